//! Connections that the plugin makes, with each option.

use crate::plugins::Plugin;
use crate::world::{Upstream, tracer_with};
use std::{
    io::{Read as _, Write as _},
    net::Shutdown,
    os::unix::net::UnixListener,
};

stories!(
    a_connection_as_any_other,
    by_a_unix_socket,
    by_a_name,
    what_is_written_before_it_stands,
    ended_before_it_stands,
    given_up_before_it_stands,
    with_a_context,
    with_a_time_limit,
    half_open,
);

fn a_connection_as_any_other(plugin: &Plugin) {
    let upstream = Upstream::new();
    let tracer = upstream.tracer(plugin);
    let (id, mut peer) = upstream.connected(&tracer, "");
    assert_eq!(tracer.value(&format!("local {id}")), peer.peer_addr().unwrap().to_string());
    assert_eq!(tracer.ask(&format!("listener {id}; context {id}; no-delay {id} on; keep-alive {id} 1000")), "ok -; ok; ok; ok");
    peer.write_all(b"hello").unwrap();
    tracer.wait(&format!("data {id}"));
    tracer.tell(&format!("write {id} world"));
    let mut got = [0; 5];
    peer.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"world");
    peer.shutdown(Shutdown::Write).unwrap();
    assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
    let told = [&format!("open from {}", upstream.address), "data 5 hello", "end", "close none unsent=0"];
    assert_eq!(tracer.closed(id), told);
}

fn by_a_unix_socket(plugin: &Plugin) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("up.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let address = format!("unix:{}", path.display());
    let tracer = tracer_with(plugin, |serve| serve.args(["--allow-connect", &address]));
    let id: u64 = tracer.value(&format!("connect {address}")).parse().unwrap();
    let (mut peer, _) = listener.accept().unwrap();
    assert_eq!(tracer.wait(&format!("open {id}")), format!("open {id} from {}:0", path.display()));
    tracer.tell("write @ hello; end @");
    let mut got = String::new();
    peer.read_to_string(&mut got).unwrap();
    assert_eq!(got, "hello");
}

fn by_a_name(plugin: &Plugin) {
    let upstream = Upstream::new();
    let port = upstream.listener.local_addr().unwrap().port();
    let tracer = tracer_with(plugin, |serve| serve.args(["--allow-connect", &format!("localhost:{port}")]));
    let id = tracer.value(&format!("connect LOCALHOST:{port}"));
    assert_eq!(tracer.wait(&format!("open {id}")), format!("open {id} from 127.0.0.1:{port}"));
}

fn what_is_written_before_it_stands(plugin: &Plugin) {
    let upstream = Upstream::new();
    let tracer = upstream.tracer(plugin);
    let answers = tracer.ask(&format!("connect {}; write @ first; write @ second; queued @; remote @; read @", upstream.address));
    let (_, told) = answers.split_once("; ").unwrap();
    assert_eq!(told, "ok 5; ok 6; ok 11; err in-progress; ok 0");
    let mut got = [0; 11];
    upstream.accept().read_exact(&mut got).unwrap();
    assert_eq!(&got, b"firstsecond");
}

fn ended_before_it_stands(plugin: &Plugin) {
    let upstream = Upstream::new();
    let tracer = upstream.tracer(plugin);
    let answers = tracer.ask(&format!("connect {}; write @ last; end @; write @ no; end @", upstream.address));
    let (made, told) = answers.split_once("; ").unwrap();
    assert_eq!(told, "ok 4; ok; err closed; err closed");
    let mut got = String::new();
    upstream.accept().read_to_string(&mut got).unwrap();
    assert_eq!(got, "last");
    let id = made.strip_prefix("ok ").unwrap().parse().unwrap();
    assert_eq!(tracer.closed(id), ["close none unsent=0"]);
}

fn given_up_before_it_stands(plugin: &Plugin) {
    let (address, _full) = Upstream::silent();
    let tracer = tracer_with(plugin, |serve| serve.args(["--allow-connect", &address]));
    let id: u64 = tracer.value(&format!("connect {address}")).parse().unwrap();
    assert!(tracer.value("live").split(' ').any(|live| live == id.to_string()), "connecting ones are live");
    assert_eq!(tracer.ask(&format!("terminate {id}")), "ok");
    let told = tracer.wait(&format!("connect-error {id}"));
    assert!(told.starts_with(&format!("connect-error {id} closed ")), "{told}");
    assert_eq!(tracer.events(id).len(), 1);
}

fn with_a_context(plugin: &Plugin) {
    let upstream = Upstream::new();
    let tracer = upstream.tracer(plugin);
    let id = tracer.value(&format!("connect {} context=grüße", upstream.address));
    assert_eq!(tracer.value(&format!("context {id}")), r"gr\xc3\xbc\xc3\x9fe");
}

fn with_a_time_limit(plugin: &Plugin) {
    let (address, _full) = Upstream::silent();
    let tracer = tracer_with(plugin, |serve| serve.args(["--allow-connect", &address, "--connect-timeout", "10m"]));
    let id: u64 = tracer.value(&format!("connect {address} timeout=150")).parse().unwrap();
    let told = tracer.wait(&format!("connect-error {id}"));
    assert!(told.starts_with(&format!("connect-error {id} timed-out ")), "{told}");
    assert_eq!(tracer.ask(&format!("connect {address} timeout=0")), "err invalid-argument");
}

fn half_open(plugin: &Plugin) {
    let upstream = Upstream::new();
    let tracer = upstream.tracer(plugin);
    let (id, mut peer) = upstream.connected(&tracer, "half-open timeout=5000 context=x");
    peer.shutdown(Shutdown::Write).unwrap();
    tracer.wait(&format!("end {id}"));
    tracer.tell(&format!("write {id} still here"));
    let mut got = [0; 10];
    peer.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"still here");
    tracer.tell(&format!("end {id}"));
    assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
    assert_eq!(tracer.closed(id)[1..], ["end", "close none unsent=0"]);
}
