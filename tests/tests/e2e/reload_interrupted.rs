//! Something comes in the middle of a reload: its client goes away, another reload comes, a stop, a signal. Whatever it is,
//! one generation serves afterwards, the log says which, and no peer has lost a byte.

use crate::guests;
use rustix::process::Signal;
use serde_json::{Value, json};
use sockdock_tests::{Guest, Host, Load, Serve, eventually};
use std::{io::Write as _, os::unix::net::UnixStream, sync::atomic::AtomicBool, sync::atomic::Ordering::Relaxed};

const CONNECTIONS: usize = 12;

/// Where the middle may be: before the workers take part, in the old generation, in the new one.
const MIDDLES: [&str; 3] = ["start", "snapshot", "restore"];

/// A host under traffic, whose plugin or the next one takes its time in `middle`.
struct Scene {
    host: Host,
    load: Load,
    /// Asks for such a reload.
    request: Value,
    middle: &'static str,
}

fn fields(guest: Guest, middle: &str) -> Value {
    json!({ "plugin": guest.path(), "set": { "commands": "off", "in": middle, "how": "busy", "milliseconds": "400" } })
}

impl Scene {
    fn new(middle: &'static str, instances: &str) -> Self {
        let serve = Serve::guest(guests::FAULTY).tcp().tls().args(["--workers", "2", "--instances", instances]);
        let serve = serve.args(["--reload-deadline", "20s"]).set("commands", "off").set("how", "busy").set("milliseconds", "400");
        // `start` of the first generation isn't what is meant.
        let host = if middle == "snapshot" { serve.set("in", middle) } else { serve }.start();
        let load =
            Load::start((CONNECTIONS, host.tcp_address()), Some((CONNECTIONS, host.tls_address(), host.certificates().client())));
        eventually("traffic on every connection", || (load.conversing() == 2 * CONNECTIONS as u64).then_some(()));
        Self { host, load, request: fields(guests::FAULTY, middle), middle }
    }

    #[track_caller]
    fn wait_middle(&self) {
        self.host.wait_log(&[&format!("in the middle of {}", self.middle)]);
    }

    /// Does something in the middle of a reload; gives that reload's outcome.
    fn interrupted<T: Send>(&self, what: impl FnOnce(&Host) -> T) -> (Result<Value, Value>, T) {
        std::thread::scope(|scope| {
            let reload = scope.spawn(|| self.host.try_reload(self.request.clone()));
            self.wait_middle();
            let done = what(&self.host);
            (reload.join().expect("the reload's thread"), done)
        })
    }

    /// All that was sent has come back, in order and once, and goes on doing so.
    #[track_caller]
    fn nothing_lost(self) -> Host {
        let before = self.load.echoed();
        eventually("the traffic to go on", || (self.load.echoed() > before + 1_000_000).then_some(()));
        let tally = self.load.finish();
        assert_eq!(tally.failures, [""; 0]);
        assert_eq!(tally.echoed.len(), 2 * CONNECTIONS);
        self.host
    }
}

/// How many reloads the log says to have been committed, and to have failed.
fn outcomes(log: &[String]) -> (usize, usize) {
    let count = |words: &str| log.iter().filter(|line| line.contains(words)).count();
    (count("reloaded"), count("reload failed"))
}

#[test]
fn the_client_goes_away() {
    for middle in MIDDLES {
        for instances in ["1", "2"] {
            let folder = tempfile::tempdir().unwrap();
            let plugin = folder.path().join("next.wasm");
            std::fs::copy(guests::FAULTY.path(), &plugin).unwrap();
            let mut scene = Scene::new(middle, instances);
            scene.request["plugin"] = json!(plugin);
            let body = scene.request.to_string();
            let mut client = UnixStream::connect(scene.host.admin_socket()).unwrap();
            write!(client, "POST /reload HTTP/1.1\r\nHost: sockdock\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
            scene.wait_middle();
            drop(client);
            // It is carried out all the same, and the next one starts from what it has left.
            scene.host.wait_count("generation", 2);
            scene.host.try_reload(json!({ "set": { "commands": "off" } })).unwrap();
            let host = scene.nothing_lost();
            let status = host.status();
            assert_eq!((&status["generation"], &status["plugin"]), (&json!(3), &json!(plugin)));
            assert_eq!(outcomes(&host.log()), (2, 0));
        }
    }
}

#[test]
fn another_reload_comes() {
    for middle in MIDDLES {
        let scene = Scene::new(middle, "2");
        let (first, (second, dry)) = scene.interrupted(|host| {
            let second = host.try_reload(json!({ "plugin": guests::ECHO_V1.path(), "discard_state": true }));
            let dry = host.try_reload(json!({ "plugin": guests::ECHO_V2.path(), "dry_run": true }));
            (second, dry)
        });
        assert_eq!(first.unwrap()["generation"], 2, "{middle}");
        assert_eq!(second.unwrap()["generation"], 3, "{middle}: it waits for its turn");
        assert_eq!(dry.unwrap()["generation"], 3, "{middle}: it changes nothing");
        let host = scene.nothing_lost();
        assert_eq!((host.count("generation"), outcomes(&host.log())), (3, (2, 0)));
    }
}

/// One that fails in the middle of another's turn harms neither.
#[test]
fn a_reload_comes_that_fails() {
    let scene = Scene::new("restore", "2");
    let (first, second) =
        scene.interrupted(|host| host.try_reload(json!({ "plugin": guests::ASKS_TOO_MUCH.path() })).unwrap_err());
    assert_eq!(first.unwrap()["generation"], 2);
    assert_eq!((&second["phase"], &second["generation"]), (&json!("prepare"), &json!(2)), "{second}");
    let host = scene.nothing_lost();
    assert_eq!(outcomes(&host.log()), (1, 1));
}

#[test]
fn a_hangup_comes() {
    let scene = Scene::new("restore", "2");
    let (first, ()) = scene.interrupted(|host| host.signal(Signal::HUP));
    assert_eq!(first.unwrap()["generation"], 2);
    // With the settings of the first.
    scene.host.wait_count("generation", 3);
    assert_eq!(outcomes(&scene.nothing_lost().log()), (2, 0));
}

/// A drain begins: the reload ends one way or the other, peers are served until they go, the host ends well.
#[test]
fn sigterm_comes() {
    for middle in MIDDLES {
        for instances in ["1", "2"] {
            let scene = Scene::new(middle, instances);
            // The admin socket may be gone before it has answered.
            let asked = scene.host.admin_socket().to_owned();
            let body = scene.request.to_string();
            let mut client = UnixStream::connect(asked).unwrap();
            write!(client, "POST /reload HTTP/1.1\r\nHost: sockdock\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
            scene.wait_middle();
            scene.host.signal(Signal::TERM);
            scene.host.wait_log(&["stopping"]);
            let mut host = scene.nothing_lost();
            assert!(host.ended().success(), "{middle}");
            let log = host.whole_log();
            let (committed, failed) = outcomes(&log);
            assert_eq!(committed + failed, 1, "{middle}, {instances}: {log:#?}");
        }
    }
}

/// Connections are reset, and nothing waits for the reload for ever.
#[test]
fn a_forced_stop_comes() {
    for middle in MIDDLES {
        for instances in ["1", "2"] {
            let mut scene = Scene::new(middle, instances);
            let stopped = AtomicBool::new(false);
            std::thread::scope(|scope| {
                let (scene, stopped) = (&scene, &stopped);
                scope.spawn(move || {
                    let mut client = UnixStream::connect(scene.host.admin_socket()).unwrap();
                    let body = scene.request.to_string();
                    write!(client, "POST /reload HTTP/1.1\r\nHost: sockdock\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                        .unwrap();
                    eventually("the stop", || stopped.load(Relaxed).then_some(()));
                });
                scene.wait_middle();
                scene.host.cli(["stop", "--force"]).success();
                stopped.store(true, Relaxed);
            });
            assert!(scene.host.ended().success(), "{middle}");
            let (committed, failed) = outcomes(&scene.host.whole_log());
            assert!(committed + failed <= 1, "{middle}, {instances}");
            // Each was cut off, and what had come until then was right.
            let tally = scene.load.finish();
            assert!(tally.failures.iter().all(|failure| !failure.contains("other bytes")), "{:?}", tally.failures);
        }
    }
}

#[test]
fn a_reload_during_a_drain_is_refused() {
    let scene = Scene::new("start", "2");
    std::thread::scope(|scope| {
        let stop = scope.spawn(|| scene.host.cli(["stop", "--listener", "faulty"]).success());
        eventually("the drain", || (scene.host.status()["state"] == "draining").then_some(()));
        let reason = scene.host.reload_fails(scene.request.clone(), "prepare");
        assert!(reason.contains("is stopping"), "{reason}");
        let tally = scene.load.finish();
        assert_eq!(tally.failures, [""; 0]);
        stop.join().expect("the stop's thread");
    });
}
