//! What can be asked about a connection, and the plugin's own bytes about it.

use crate::plugins::Plugin;
use crate::world::{Upstream, by_unix, escaped, tracer, tracer_with};

stories!(endpoints, endpoints_of_a_unix_socket, listener, live, a_context, a_context_of_the_largest_size, ids_are_64_bits_wide);

fn endpoints(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let subject = tracer.connect();
    let id = subject.id;
    let (ours, theirs) = (tracer.tcp_address(), subject.peer.port());
    assert_eq!(tracer.ask(&format!("local {id}; remote {id}")), format!("ok {ours}; ok 127.0.0.1:{theirs}"));
}

fn endpoints_of_a_unix_socket(plugin: &Plugin) {
    let tracer = tracer_with(plugin, |serve| serve.unix("grüße.sock"));
    let subject = by_unix(&tracer, "grüße.sock");
    let path = tracer.path("grüße.sock");
    assert_eq!(tracer.ask(&format!("local {0}; remote {0}", subject.id)), format!("ok {}:0; ok :0", path.display()));
}

fn listener(plugin: &Plugin) {
    let upstream = Upstream::new();
    let tracer = tracer_with(plugin, |serve| serve.args(["--name", "front", "--allow-connect", &upstream.address]));
    let subject = tracer.connect();
    assert_eq!(tracer.value(&format!("listener {}", subject.id)), "front");
    let (outbound, _peer) = upstream.connected(&tracer, "");
    assert_eq!(tracer.value(&format!("listener {outbound}")), "-");
}

fn live(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let control = tracer.value("live");
    assert!(control.parse::<u64>().is_ok(), "{control}");
    let mut subjects: Vec<_> = (0..20).map(|_| tracer.connect()).collect();
    let mut ids: Vec<u64> = subjects.iter().map(|subject| subject.id).chain([control.parse().unwrap()]).collect();
    ids.sort_unstable();
    let list = |ids: &[u64]| ids.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(tracer.value("live"), list(&ids));
    let gone = subjects.swap_remove(7);
    drop(gone.peer);
    tracer.closed(gone.id);
    ids.retain(|id| *id != gone.id);
    assert_eq!(tracer.value("live"), list(&ids));
}

fn a_context(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let (one, other) = (tracer.connect(), tracer.connect());
    assert_eq!(tracer.ask(&format!("context {}", one.id)), "ok");
    tracer.tell(&format!("set-context {} remember me", one.id));
    assert_eq!(tracer.ask(&format!("context {}; context {}", one.id, other.id)), "ok remember me; ok");
    tracer.tell(&format!("set-context {} \u{1f980}", one.id));
    assert_eq!(tracer.value(&format!("context {}", one.id)), escaped("\u{1f980}".as_bytes()));
}

fn a_context_of_the_largest_size(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let subject = tracer.connect();
    let id = subject.id;
    tracer.tell(&format!("set-context {id} small"));
    assert_eq!(tracer.ask(&format!("big-context {id} 65537; context {id}")), "err limit-exceeded; ok small");
    assert_eq!(tracer.ask(&format!("big-context {id} 65536; context {id}")), format!("ok; ok {}", "c".repeat(64)));
}

/// Ids are numbers of 64 bits, also where the language has other ones at hand.
fn ids_are_64_bits_wide(plugin: &Plugin) {
    let tracer = tracer(plugin);
    let subject = tracer.connect();
    // As far above the real one as 32, 53 and 63 bits reach.
    for more in [1_u64 << 32, 1 << 53, 1 << 63] {
        assert_eq!(tracer.ask(&format!("write {0} x; queued {0}", subject.id + more)), "err closed; err closed", "{more}");
    }
    assert_eq!(tracer.ask(&format!("queued {}", u64::MAX)), "err closed");
    assert_eq!(tracer.value(&format!("queued {}", subject.id)), "0");
}
