//! The example `kv`, as the client libraries for Redis see it (`scripts/setup-test-clients` installs them).

use sockdock_tests::{Host, Program, Serve, example_folder, repository};

const PYTHON: &str = include_str!("kv_libraries/client.py");
const NODE: &str = include_str!("kv_libraries/client.mjs");

fn kv() -> Host {
    Serve::plugin(example_folder("kv")).tcp().start()
}

/// Runs the program twice, with a reload in between: the second run finds the data of the first.
fn drive(client: impl Fn(&Host) -> Program) {
    let host = kv();
    for round in ["1", "2"] {
        assert_eq!(client(&host).arg(round).run().success(), "exact\n");
        host.cli(["reload"]).success();
    }
    assert_eq!(host.count("traps"), 0);
    host.wait_count("connections", 0);
}

#[test]
fn redis_py() {
    let python = repository().join("target/clients/python/bin/python");
    drive(|host| Program::new(&python).args(["-c", PYTHON, &host.tcp_address().port().to_string()]));
}

#[test]
fn node_redis() {
    // It looks for the library where the program stands, so the program must be told where that is.
    let library = repository().join("target/clients/node_modules/redis/dist/index.js");
    drive(|host| {
        Program::new("node")
            .args(["--input-type=module", "-e", NODE, "--"])
            .arg(&library)
            .arg(host.tcp_address().port().to_string())
    });
}
