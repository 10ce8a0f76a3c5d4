//! What the compilers have made of the contract is the contract: each item that a component imports or exports is as it
//! was frozen. C's is made from bindings that are kept in the repository, so this also says whether those still fit.

use crate::plugins::Language;
use sockdock_tests::{Contract, Program, repository};

in_each_language!(components_speak_the_frozen_contract);

fn components_speak_the_frozen_contract(language: Language) {
    let list = repository().join("tests/frozen/sockdock-plugin-0.1.0.txt");
    let frozen = Contract::from_text(&std::fs::read_to_string(list).unwrap());
    for component in [language.echo(), language.probe()] {
        let tool = repository().join("target/languages/python/bin/wasm-tools");
        let text = Program::new(tool).args(["component", "wit"]).arg(&component).run().success();
        let spoken = Contract::in_text(&text);
        assert_eq!(spoken.broken_by(&frozen), [""; 0], "{}", component.display());
        assert!(spoken.to_text().contains("socket-handlers.connect-error: func("), "{text}");
        let said = Program::sockdock(["inspect"]).arg(&component).run().success();
        assert!(said.contains("can be served"), "{said}");
    }
}
