//! Reloads under constant traffic: no connection lost, no byte lost, repeated or out of order.

use crate::guests;
use serde_json::json;
use sockdock_tests::{Load, Serve, eventually};
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 50;
const EVERY: Duration = Duration::from_millis(50);
const FOR: Duration = Duration::from_secs(10);

#[track_caller]
fn reloads_under_traffic(instances: &str, length: Duration) {
    let host = Serve::guest(guests::ECHO_V1).tcp().tls().args(["--workers", "2", "--instances", instances]).start();
    let load =
        Load::start((CONNECTIONS, host.tcp_address()), Some((CONNECTIONS, host.tls_address(), host.certificates().client())));
    eventually("traffic on every connection", || (load.conversing() == 2 * CONNECTIONS as u64).then_some(()));
    let (start, mut reloads) = (Instant::now(), 0_u32);
    while start.elapsed() < length {
        let plugin = [guests::ECHO_V2, guests::ECHO_V1][reloads as usize % 2].path();
        let before = load.echoed();
        let report = host.try_reload(json!({ "plugin": plugin })).unwrap_or_else(|failure| panic!("reload {reloads}: {failure}"));
        assert_eq!(report["connections"], 2 * CONNECTIONS, "{report}");
        reloads += 1;
        #[expect(clippy::disallowed_methods, reason = "the rhythm of the reloads is the load here, not a wait for a state")]
        std::thread::sleep((start + EVERY * reloads).saturating_duration_since(Instant::now()));
        eventually("the traffic to go on", || (load.echoed() > before).then_some(()));
    }
    let tally = load.finish();
    assert_eq!(tally.failures, [""; 0]);
    assert_eq!(tally.echoed.len(), 2 * CONNECTIONS);
    assert!(tally.echoed.iter().all(|bytes| *bytes > 0));
    host.wait_count("connections", 0);
    let status = host.status();
    assert_eq!(status["reloads"], reloads);
    assert_eq!(status["reloads_failed"], 0);
    assert_eq!(status["traps"], 0);
    assert_eq!(status["accepted"], 2 * CONNECTIONS);
    let total: u64 = tally.echoed.iter().sum();
    assert_eq!(status["bytes_read"], total);
    assert_eq!(status["bytes_written"], total);
    let wanted = (length.as_millis() / EVERY.as_millis()) as u32;
    assert!(reloads > wanted / 2, "{reloads} reloads in {length:?}");
}

#[test]
fn one_instance() {
    reloads_under_traffic("shared", FOR);
}

#[test]
fn an_instance_per_worker() {
    reloads_under_traffic("2", FOR / 4);
}

#[test]
fn newcomers_during_reloads_are_served() {
    let host = Serve::guest(guests::ECHO_V1).tcp().tls().args(["--workers", "2", "--instances", "2"]).start();
    std::thread::scope(|scope| {
        let newcomers = scope.spawn(|| {
            for n in 0..150 {
                let mut client = if n % 3 == 0 { host.tls() } else { host.tcp() };
                client.echo(format!("newcomer {n}"));
                client.finish();
                client.expect_end();
            }
        });
        let mut reloads = 0;
        while !newcomers.is_finished() {
            host.reload([guests::ECHO_V2, guests::ECHO_V1][reloads % 2]);
            reloads += 1;
        }
        assert!(reloads > 2, "{reloads}");
    });
    host.wait_count("connections", 0);
    assert_eq!(host.count("accepted"), 150);
}
