//! docs/bun-parity.md is whole and true: it has a row for everything in the types of the Bun that is installed beside it, and
//! the tests that it names exist.

use sockdock_tests::repository;
use std::{collections::BTreeSet, fs};

/// Bun's TCP API, and what its documentation says to write through.
const INTERFACES: [&str; 14] = [
    "SocketHandler",
    "BinaryTypeList",
    "SocketOptions",
    "TCPSocketListenOptions",
    "TCPSocketConnectOptions",
    "UnixSocketOptions",
    "FdSocketOptions",
    "Socket",
    "TLSUpgradeOptions",
    "SocketListener",
    "TCPSocketListener",
    "UnixSocketListener",
    "TLSOptions",
    "ArrayBufferSink",
];

/// A row of the table. One that speaks of several items is there once for each.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// `Socket.write`.
    pub(crate) item: String,
    pub(crate) ours: String,
    pub(crate) tests: Vec<String>,
    /// Where it differs, and why.
    pub(crate) why: String,
}

/// The row of this item, such as `Socket.write`.
pub(crate) fn row(item: &str) -> Option<Row> {
    rows().into_iter().find(|row| row.item == item)
}

fn rows() -> Vec<Row> {
    let page = fs::read_to_string(repository().join("docs/bun-parity.md")).unwrap();
    let (mut interface, mut rows) = ("", Vec::new());
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            interface = heading;
        }
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let [_, items, ours, tests, why, _] = cells[..] else { continue };
        let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        rows.extend(quoted(items).into_iter().map(|item| Row {
            item: format!("{interface}.{item}"),
            ours: ours.to_owned(),
            tests: quoted(tests),
            why: why.to_owned(),
        }));
    }
    rows
}

/// The members of an interface (or class) of `bun.d.ts`: what stands at its first level, comments apart.
fn members(types: &str, interface: &str) -> BTreeSet<String> {
    let begins = |line: &&str| {
        let named = line.strip_prefix("  interface ").or_else(|| line.strip_prefix("  class "));
        named.and_then(|rest| rest.strip_prefix(interface)).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    let mut lines = types.lines().skip_while(|line| !begins(line));
    assert!(lines.next().is_some(), "bun.d.ts has no interface {interface}");
    let body = lines.take_while(|line| *line != "  }");
    body.filter_map(|line| line.strip_prefix("    ").filter(|rest| !rest.starts_with([' ', '*', '/', '}']))).map(member).collect()
}

/// `readonly port: number;` and `write(data: …): number;` without what follows the name.
fn member(line: &str) -> String {
    let line = line.strip_prefix("readonly ").unwrap_or(line);
    line[..line.find(['?', ':', '(', '<']).unwrap_or_else(|| panic!("not understood in bun.d.ts: {line:?}"))].to_owned()
}

#[test]
fn everything_of_buns_is_in_the_table() {
    let path = repository().join("target/clients/bun/node_modules/bun-types/bun.d.ts");
    let types = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("can't read {}: {error} (scripts/setup-bun installs it)", path.display());
    });
    let wanted: BTreeSet<String> = INTERFACES
        .iter()
        .flat_map(|interface| members(&types, interface).into_iter().map(move |item| format!("{interface}.{item}")))
        .collect();
    // Understood at all.
    assert!(
        wanted.contains("Socket.upgradeTLS") && wanted.contains("Socket.[Symbol.dispose]") && wanted.len() > 100,
        "{wanted:?}"
    );
    let rows = rows();
    let known: BTreeSet<String> = rows.iter().map(|row| row.item.clone()).collect();
    assert_eq!(known.len(), rows.len(), "an item stands in the table twice");
    let missing: Vec<_> = wanted.difference(&known).collect();
    let gone: Vec<_> = known.difference(&wanted).collect();
    assert!(missing.is_empty() && gone.is_empty(), "docs/bun-parity.md lacks {missing:?}, and has {gone:?}, which Bun hasn't");
}

#[test]
fn each_row_names_a_test_or_says_why_there_is_nothing() {
    for Row { item, ours, tests, why } in rows() {
        if ours == "–" {
            assert!(!why.is_empty() && tests.is_empty(), "{item}: why isn't it there?");
        } else {
            assert!(!ours.is_empty() && !tests.is_empty(), "{item}: which test shows it?");
        }
        for test in tests {
            assert!(exists(&test), "{item}: there is no test {test}");
        }
    }
}

/// `ending::terminate_resets`, or `guest-sdk/tests/plugin.rs::timers_and_idle_times`.
fn exists(test: &str) -> bool {
    let Some((module, name)) = test.rsplit_once("::") else { return false };
    let file = match module.contains('/') {
        true => module.to_owned(),
        false => format!("tests/tests/e2e/{}.rs", module.replace("::", "/")),
    };
    let source = fs::read_to_string(repository().join(file)).unwrap_or_default();
    source.split("#[test]").skip(1).any(|part| part.trim_start().starts_with(&format!("fn {name}(")))
}

#[test]
fn the_version_is_the_one_that_is_installed() {
    let script = fs::read_to_string(repository().join("scripts/setup-bun")).unwrap();
    let version = script.lines().find_map(|line| line.strip_prefix("bun=")).unwrap();
    let text = fs::read_to_string(repository().join("docs/bun-parity.md")).unwrap();
    assert!(text.contains(&format!("Bun {version}")), "docs/bun-parity.md speaks of another Bun than {version}");
}

#[test]
fn members_are_read_as_they_are_written() {
    let types = "  interface Other {\n    a: 1;\n  }\n  interface One<T = undefined> extends X {\n    /**\n     * no: comment\n     */\n    \
                 readonly a?: -2 | 1;\n    b(c: string): void;\n    b(): void;\n    d<T>(x: {\n      e: 1;\n    }): T;\n    [Symbol.dispose](): void;\n  }\n";
    assert_eq!(members(types, "One").into_iter().collect::<Vec<_>>(), ["[Symbol.dispose]", "a", "b", "d"]);
}
