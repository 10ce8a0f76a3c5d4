//! Limits in `sockdock.toml` that change while their listener runs: they hold at once, for connections that are there too, and an
//! instance that they bound is replaced as by a reload.

use super::config::{Folder, counted, free, generation, listener, listeners};
use crate::guests;
use serde_json::json;
use sockdock_tests::{Client, Guest, Host, Load, eventually};
use std::{io::Read as _, net::SocketAddr};

/// A host with one listener, whose file can say other limits.
struct Scene {
    folder: Folder,
    address: SocketAddr,
    more: String,
    host: Host,
}

impl Scene {
    fn new(plugin: Guest, limits: &str, more: &str) -> Self {
        let (folder, address) = (Folder::new(), free());
        folder.plugin("one.wasm", plugin);
        write(&folder, address, limits, more);
        Self { host: folder.serve().start(), folder, address, more: more.to_owned() }
    }

    /// Has the file say these, and read again.
    fn limits(&self, limits: &str) -> String {
        self.write(limits);
        self.host.cli(["reload"]).success()
    }

    fn write(&self, limits: &str) {
        write(&self.folder, self.address, limits, &self.more);
    }

    fn client(&self) -> Client {
        Client::tcp(self.address)
    }

    #[track_caller]
    fn refused(&self) {
        let refused = self.host.count("refused");
        self.client().rest().ok();
        assert_eq!(self.host.count("refused"), refused + 1);
    }
}

fn write(folder: &Folder, address: SocketAddr, limits: &str, more: &str) {
    folder.write(&listener("one", address, &format!("limits = {{ {limits} }}\n{more}")));
}

#[test]
fn the_idle_timeout_of_those_that_are_there() {
    let scene = Scene::new(guests::ECHO_V1, "", "");
    let (mut idle, mut other) = (scene.client(), scene.client());
    idle.echo("hello");
    other.echo("hello");
    let said = scene.limits("idle-timeout = \"200ms\"");
    assert_eq!(said, "one: other limits hold from now on\n");
    // An alarm that nobody had set.
    idle.expect_end();
    other.expect_end();
    // Nobody had to make room.
    assert_eq!(generation(&scene.host, "one"), 1);
    assert_eq!(scene.limits(""), "one: other limits hold from now on\n");
    assert_eq!(scene.host.cli(["reload"]).success(), "", "nothing has changed since");
    scene.client().echo("hello");
}

#[test]
fn how_many_may_come() {
    let scene = Scene::new(guests::ECHO_V1, "max-connections = 1", "");
    let mut first = scene.client();
    first.echo("hello");
    scene.refused();
    scene.limits("max-connections = 2");
    let mut second = scene.client();
    second.echo("hello");
    scene.refused();
    // Who is there stays.
    scene.limits("max-connections = 1");
    first.echo("still there");
    second.echo("still there");
    scene.refused();
    drop(first);
    drop(second);
    scene.host.wait_count("connections", 0);
    // By peer: those that came before it was counted aren't.
    let mut before = scene.client();
    before.echo("hello");
    scene.limits("max-connections-per-peer = 1");
    let mut counted = scene.client();
    counted.echo("hello");
    scene.refused();
    scene.limits("max-connections-per-peer = 2");
    scene.client().echo("hello");
    scene.limits("");
    scene.client().echo("hello");
    before.echo("still there");
    counted.echo("still there");
}

#[test]
fn what_bounds_an_instance_comes_with_a_fresh_one_and_its_state_is_handed_on() {
    let scene = Scene::new(guests::COUNTER_V1, "", "");
    let mut client = scene.client();
    counted(&mut client, "v1 all=1 mine=1");
    let said = scene.limits("memory-limit = \"32MiB\", idle-timeout = \"1h\"");
    assert!(said.contains("one: generation 2 serves now") && said.contains("one: other limits hold"), "{said}");
    counted(&mut client, "v1 all=2 mine=2");
    // Together with the plugin it is one reload.
    scene.folder.plugin("one.wasm", guests::COUNTER_V2);
    let said = scene.limits("memory-limit = \"48MiB\"");
    assert!(said.contains("generation 3"), "{said}");
    counted(&mut client, "v2 all=3 new=1 mine=3");
    // To the component before: not to its limits, which the file says.
    assert_eq!(scene.host.cli(["reload"]).success(), "");
}

#[test]
fn a_memory_limit_is_the_new_instances() {
    let scene = Scene::new(guests::FAULTY, "memory-limit = \"24MiB\"", "");
    scene.client().echo("hello");
    scene.limits("memory-limit = \"2MiB\"");
    assert_eq!(generation(&scene.host, "one"), 2);
    scene.client().echo("hello");
    // What the plugin needs to begin with: all stays as it is.
    scene.write("memory-limit = \"64KiB\", max-connections = 1");
    scene.host.cli(["reload"]).refusal(1, &["reload of one failed in `prepare`", "generation 2 goes on serving"]);
    let (mut one, mut two) = (scene.client(), scene.client());
    one.echo("hello");
    two.echo("its limit hasn't changed either");
}

#[test]
fn the_budget_of_an_event_of_each_connections_instance() {
    let spinning = "instances = \"per-connection\"\nconfig = { name = \"one\", how = \"slow\", spin = \"150000\" }";
    let scene = Scene::new(guests::TELLER, "event-budget = \"5s\"", spinning);
    let mut patient = scene.client();
    patient.send("n");
    patient.expect("1");
    let said = scene.limits("event-budget = \"20ms\"");
    assert!(said.contains("generation 2"), "{said}");
    patient.send("n");
    patient.expect_reset();
    scene.host.wait_count("traps", 1);
    assert_eq!(scene.host.status()["containment"]["budget_exceeded"], 1);
    scene.limits("event-budget = \"5s\"");
    let mut client = scene.client();
    client.send("n");
    client.expect("1");
}

#[test]
fn buffers_that_grow_under_traffic() {
    let scene = Scene::new(guests::ECHO_V1, "", "instances = 2");
    let load = Load::start((20, scene.address), None);
    eventually("traffic on every connection", || (load.conversing() == 20).then_some(()));
    for round in 0..10 {
        let before = load.echoed();
        scene.limits(match round % 2 {
            0 => "read-buffer = \"512KiB\", high-water = \"128KiB\", cpu-share = \"90%\", recycle-events = 100",
            _ => "write-buffer = \"128KiB\", read-buffer = \"1KiB\", high-water = \"1KiB\"",
        });
        eventually("traffic", || (load.echoed() > before + 100).then_some(()));
    }
    assert_eq!(load.finish().failures, [""; 0]);
    assert_eq!(scene.host.count("traps"), 0);
    assert_eq!(generation(&scene.host, "one"), 1);
}

#[test]
fn other_rules_for_faults_begin_anew() {
    let more = "config = { name = \"one\", how = \"trap\" }";
    let scene = Scene::new(guests::TELLER, "on-trap = \"refuse\", trap-limit = 2", more);
    let fail = || {
        let mut culprit = scene.client();
        culprit.send("x");
        let mut rest = Vec::new();
        culprit.read_to_end(&mut rest).ok();
    };
    let breaker = || scene.host.status()["containment"]["breaker"].clone();
    fail();
    fail();
    eventually("an open breaker", || (breaker() == "open").then_some(()));
    scene.refused();
    scene.limits("on-trap = \"refuse\", trap-limit = 3");
    assert_eq!(breaker(), "closed");
    let traps = scene.host.count("traps");
    fail();
    fail();
    scene.host.wait_count("traps", traps + 2);
    assert_eq!(breaker(), "closed");
    fail();
    eventually("an open breaker", || (breaker() == "open").then_some(()));
    scene.limits("on-trap = \"restart\"");
    assert_eq!(breaker(), "off");
    let welcome = scene.client();
    scene.host.wait_count("connections", 1);
    drop(welcome);
    // From now on it ends.
    scene.limits("on-trap = \"stop\", trap-limit = 1");
    fail();
    let mut host = scene.host;
    assert_eq!(host.ended().code(), Some(1));
}

#[test]
fn what_does_not_work_changes_nothing() {
    let scene = Scene::new(guests::ECHO_V1, "max-connections = 1", "");
    let mut only = scene.client();
    only.echo("hello");
    for (limits, words) in [
        ("write-buffer = \"1KiB\"", &["write-buffer", "less than high-water and read-buffer together"][..]),
        ("total-memory = \"1GiB\"", &["one", "total-memory can't be introduced while it runs"]),
        ("max-connections = 0", &["max-connections is 0"]),
    ] {
        scene.write(limits);
        scene.host.cli(["reload"]).refusal(1, words);
    }
    scene.refused();
    only.echo("hello");
}

#[test]
fn all_of_it_or_nothing() {
    let (folder, one, two) = (Folder::new(), free(), free());
    folder.plugin("one.wasm", guests::ECHO_V1);
    folder.plugin("two.wasm", guests::COUNTER_V1);
    let file = |limits: &str| [listener("one", one, limits), listener("two", two, "")].concat();
    folder.write(&file("limits = { max-connections = 1 }"));
    let host = folder.serve().start();
    let mut first = Client::tcp(one);
    first.echo("hello");
    let mut counter = Client::tcp(two);
    counted(&mut counter, "v1 all=1 mine=1");
    folder.plugin("two.wasm", guests::COUNTER_REFUSES);
    folder.write(&file("limits = { max-connections = 2, event-budget = \"50ms\" }"));
    host.cli(["reload"]).refusal(1, &["reload of two failed in `restore`"]);
    assert_eq!((generation(&host, "one"), generation(&host, "two")), (1, 1));
    Client::tcp(one).rest().ok();
    assert_eq!(listeners(&host)[0]["refused"], json!(1));
    first.echo("hello");
    counted(&mut counter, "v1 all=2 mine=2");
    folder.plugin("two.wasm", guests::COUNTER_V2);
    host.cli(["reload"]).success();
    assert_eq!((generation(&host, "one"), generation(&host, "two")), (2, 2));
    Client::tcp(one).echo("hello");
    counted(&mut counter, "v2 all=3 new=1 mine=3");
}
