//! redis-benchmark as the load, and Redis as the server that surely keeps what it is given (`scripts/setup-test-clients` has both).

use sockdock_bench::{
    credentials::Credentials,
    redis_benchmark::{Request, Run, check, fill},
    servers::{Kind, Programs, Server, Service},
};
use std::{path::Path, time::Duration};

#[test]
fn redis_keeps_what_redis_benchmark_sets() {
    let folder = tempfile::tempdir().unwrap();
    let programs = Programs::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), None);
    let credentials = Credentials::write(folder.path()).unwrap();
    let server = Server::start(&programs, Kind::Redis, Service::Kv, &credentials).unwrap();

    fill(server.address).unwrap();
    let run = Run { address: server.address, connections: 5, pipeline: 4, requests: 2_000 };
    let found = run.ask(Request::Get).unwrap();
    assert!(found.rate > 0.0 && found.p99 >= found.p50 && found.p50 > Duration::ZERO, "{found:?}");
    check(server.address, Request::Get).unwrap();
    run.ask(Request::Set).unwrap();
    check(server.address, Request::Set).unwrap();
    assert!(check(server.address, Request::Get).is_err(), "values have been set");
}
