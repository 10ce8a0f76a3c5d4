//! Traffic, reloads that succeed and reloads that fail, traps, slow readers, comings and goings, in random order against the
//! real program. What fails names its seed: `SOCKDOCK_SEED=… cargo test --test e2e -- reload_random` does the same again.

use crate::guests;
use serde_json::{Value, json};
use sockdock_tests::{Client, Host, Random, Serve, take_back};
use std::io::{Read as _, Write as _};

const SEEDS: [u64; 3] = [1, 2, 3];
const STEPS: usize = 120;
/// Of bytes on one connection, sent and not read back: less than what the host queues.
const AHEAD: usize = 200_000;

/// A peer: what it has sent comes back, in order and once.
struct Peer {
    client: Client,
    out: Random,
    back: Random,
    /// Bytes sent, and not read back yet.
    ahead: usize,
}

impl Peer {
    fn send(&mut self, length: usize) {
        let bytes = self.out.bytes(length);
        self.client.send(bytes);
        self.ahead += length;
    }

    fn read(&mut self, length: usize) {
        let got = take_back(&mut self.client, length);
        assert!(got == self.back.bytes(length), "other bytes than were sent");
        self.ahead -= length;
    }

    /// All is read, then both sides end.
    fn leave(mut self) {
        self.read(self.ahead);
        self.client.finish();
        self.client.expect_end();
    }
}

/// How the instances are divided among connections.
#[derive(Clone, Copy, PartialEq)]
enum Division {
    Shared,
    PerConnection,
}

struct Play {
    division: Division,
    host: Host,
    random: Random,
    peers: Vec<Peer>,
    made: u64,
    generation: u64,
    reloads: u64,
    failed: u64,
    traps: u64,
}

fn settings(host: &Host, phase: &str, how: &str) -> Value {
    json!({ "commands": "off", "culprit": host.path("culprit"), "in": phase, "how": how, "milliseconds": "5" })
}

impl Play {
    fn new(division: Division, seed: u64) -> Self {
        let instances = if division == Division::Shared { "3" } else { "per-connection" };
        let serve = Serve::guest(guests::FAULTY).tcp().tls().unix("culprit").args(["--workers", "2", "--instances", instances]);
        let host = serve.args(["--memory-limit", "24MiB", "--reload-deadline", "10s"]).set("commands", "off").start();
        let random = Random::new(seed);
        Self { division, host, random, peers: Vec::new(), made: 0, generation: 1, reloads: 0, failed: 0, traps: 0 }
    }

    fn step(&mut self) {
        match self.random.between(0, 22) {
            0..=2 if self.peers.len() < 12 => self.arrive(),
            0 if !self.peers.is_empty() => {
                let n = self.random.between(0, self.peers.len() - 1);
                self.peers.swap_remove(n).leave();
            }
            1 if !self.peers.is_empty() => {
                let n = self.random.between(0, self.peers.len() - 1);
                self.peers.swap_remove(n).client.reset();
            }
            3..=8 => self.each(|peer, random| {
                if peer.ahead < AHEAD && random.between(0, 1) == 0 {
                    peer.send(random.between(1, 40_000).min(AHEAD - peer.ahead));
                }
            }),
            9..=12 => self.each(|peer, random| {
                // The others read slowly, or not at all for a while.
                if peer.ahead > 0 && random.between(0, 2) == 0 {
                    peer.read(random.between(1, peer.ahead));
                }
            }),
            13..=15 => self.reload(),
            16 | 17 => self.reload_in_vain(),
            18 => self.dry_run(),
            19 => self.reload_beside(),
            20 => self.canary(),
            _ => self.trap(),
        }
    }

    fn each(&mut self, mut what: impl FnMut(&mut Peer, &mut Random)) {
        let Self { peers, random, .. } = self;
        peers.iter_mut().for_each(|peer| what(peer, random));
    }

    fn arrive(&mut self) {
        let client = if self.random.between(0, 2) == 0 { self.host.tls() } else { self.host.tcp() };
        let seed = self.random.next();
        self.made += 1;
        self.peers.push(Peer { client, out: Random::new(seed), back: Random::new(seed), ahead: 0 });
    }

    /// Into a generation that is sound, or one that traps where the culprit speaks.
    fn reload(&mut self) {
        let report = self.succeeds(&json!({ "policy": "migrate" }));
        self.reloads += 1;
        self.serves(&report);
    }

    fn succeeds(&mut self, how: &Value) -> Value {
        let phase = ["", "data", "open"][self.random.between(0, 2)];
        self.request(phase, how).unwrap_or_else(|failure| panic!("it should have succeeded: {failure}"))
    }

    fn request(&self, phase: &str, how: &Value) -> Result<Value, Value> {
        let mut request = json!({ "plugin": guests::FAULTY.path(), "set": settings(&self.host, phase, "trap") });
        request.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
        self.host.try_reload(request)
    }

    /// Each generation has a number of its own, larger than those before.
    fn serves(&mut self, report: &Value) {
        let number = report["generation"].as_u64().unwrap();
        assert!(number > self.generation, "{report}");
        self.generation = number;
    }

    /// A generation for those who come from now on; the others stay with theirs.
    fn reload_beside(&mut self) {
        match self.request("", &json!({ "policy": "new-connections", "split_state": true })) {
            Ok(report) => {
                self.reloads += 1;
                self.serves(&report);
            }
            Err(failure) => {
                assert!(failure["reason"].as_str().unwrap().contains("max-generations"), "{failure}");
                self.failed += 1;
            }
        }
    }

    /// A generation for some of those who come; then for all, or for nobody.
    fn canary(&mut self) {
        let how = json!({ "policy": "canary", "split_state": true, "share": 50, "watch_ms": 3_600_000 });
        let report = match self.request("", &how) {
            Ok(report) => report,
            Err(failure) => {
                assert!(failure["reason"].as_str().unwrap().contains("max-generations"), "{failure}");
                self.failed += 1;
                return;
            }
        };
        (0..self.random.between(0, 4)).for_each(|_| self.arrive());
        self.each(|peer, random| {
            if peer.ahead < AHEAD {
                peer.send(random.between(1, 10_000).min(AHEAD - peer.ahead));
            }
        });
        // There is one trial at a time.
        self.host.reload_fails(json!({ "plugin": guests::FAULTY.path() }), "prepare");
        self.failed += 1;
        let promoted = self.random.between(0, 1) == 0;
        let (code, answer) = self.host.request("POST", if promoted { "/promote" } else { "/rollback" }, None);
        assert_eq!(code, 200, "{answer}");
        if promoted {
            self.reloads += 1;
            self.serves(&report);
        }
    }

    fn reload_in_vain(&mut self) {
        // With an instance for each, one that can't go over stays, and that is no failure of the reload.
        let phases = if self.division == Division::Shared { 1 } else { 0 };
        let (phase, at) = [("start", "prepare"), ("restore", "restore")][self.random.between(0, phases)];
        let how = ["trap", "error", "memory", "stack"][self.random.between(0, 3)];
        let request = json!({ "plugin": guests::FAULTY.path(), "set": settings(&self.host, phase, how) });
        self.host.reload_fails(request, at);
        self.failed += 1;
    }

    fn dry_run(&mut self) {
        let set = settings(&self.host, "restore", "busy");
        let request = json!({ "plugin": guests::FAULTY.path(), "set": set, "dry_run": true });
        assert_eq!(self.host.try_reload(request).unwrap()["generation"], self.generation);
    }

    /// One whose event traps is reset, and nobody else; or it is served, by a generation that doesn't.
    fn trap(&mut self) {
        let mut culprit = self.host.unix("culprit");
        self.made += 1;
        // Where `open` traps already, it may be gone.
        culprit.write_all(b"trap").ok();
        let mut answer = [0; 4];
        if culprit.read_exact(&mut answer).is_err() {
            self.traps += 1;
        } else {
            assert_eq!(&answer, b"trap");
        }
    }

    fn end(mut self) {
        // The faults stop: everybody gets what is due, and the connections drain.
        self.peers.drain(..).for_each(Peer::leave);
        self.host.wait_count("connections", 0);
        let status = self.host.status();
        let counts = ["generation", "reloads", "reloads_failed", "accepted", "traps"].map(|name| status[name].as_u64().unwrap());
        assert_eq!(counts, [self.generation, self.reloads, self.failed, self.made, self.traps], "{status}");
        // Those of older generations go with their last connection.
        let instances = if self.division == Division::Shared { 3 } else { 0 };
        self.host.wait_count("instances_up", instances);
    }
}

fn everybody_gets_what_is_due(division: Division) {
    let seeds = std::env::var("SOCKDOCK_SEED").ok().map(|seed| vec![seed.parse().expect("a number")]).unwrap_or(SEEDS.into());
    for seed in seeds {
        let played = std::panic::catch_unwind(|| {
            let mut play = Play::new(division, seed);
            (0..STEPS).for_each(|_| play.step());
            play.end();
        });
        if let Err(why) = played {
            let text =
                why.downcast_ref::<String>().cloned().or_else(|| why.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            panic!("SOCKDOCK_SEED={seed}: {}", text.unwrap_or_default());
        }
    }
}

#[test]
fn instances_for_all() {
    everybody_gets_what_is_due(Division::Shared);
}

#[test]
fn an_instance_for_each() {
    everybody_gets_what_is_due(Division::PerConnection);
}
