//! `sockdock serve -c sockdock.toml`: what a file describes is served; read again, it is carried out wholly or not at all.

use crate::guests;
use rustix::process::Signal;
use serde_json::Value;
use sockdock_tests::{Certificates, Client, Guest, Host, Serve, eventually, trusting};
use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::Arc,
};

/// A folder with a configuration in it, and the plugins that it names.
pub(crate) struct Folder(pub(crate) tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, config: &str) {
        std::fs::write(self.path("sockdock.toml"), config).unwrap();
    }

    /// Puts a plugin where the configuration looks for it.
    pub(crate) fn plugin(&self, name: &str, guest: Guest) {
        // Whole or not at all, as a careful operator would.
        std::fs::copy(guest.path(), self.path("new")).unwrap();
        std::fs::rename(self.path("new"), self.path(name)).unwrap();
    }

    pub(crate) fn serve(&self) -> Serve {
        Serve::configured(self.path("sockdock.toml"))
    }
}

/// A port that is free now.
pub(crate) fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub(crate) fn listener(name: &str, address: SocketAddr, more: &str) -> String {
    format!("[[listener]]\nname = \"{name}\"\nplugin = \"{name}.wasm\"\naddress = \"{address}\"\n{more}\n")
}

#[track_caller]
pub(crate) fn counted(client: &mut Client, answer: &str) {
    client.send("\n");
    client.expect(format!("{answer}\n"));
}

pub(crate) fn listeners(host: &Host) -> Vec<Value> {
    let (_, status) = host.request("GET", "/status", None);
    status["listeners"].as_array().unwrap().clone()
}

pub(crate) fn generation(host: &Host, name: &str) -> u64 {
    let found = listeners(host).into_iter().find(|listener| listener["name"] == name);
    found.unwrap()["generation"].as_u64().unwrap()
}

#[test]
fn several_listeners_of_one_file() {
    let (folder, one, two) = (Folder::new(), free(), free());
    folder.plugin("one.wasm", guests::COUNTER_V1);
    folder.plugin("two.wasm", guests::ECHO_V1);
    folder.write(&format!("[host]\nworkers = 1\n\n{}{}", listener("one", one, ""), listener("two", two, "")));
    let host = folder.serve().start();
    assert_eq!(host.said()[..2], [format!("listening on tcp://{one} (one)"), format!("listening on tcp://{two} (two)")]);
    counted(&mut Client::tcp(one), "v1 all=1 mine=1");
    Client::tcp(two).echo("hello");
}

#[test]
fn a_file_that_is_wrong_is_refused_with_its_line() {
    let folder = Folder::new();
    folder.write("[[listener]]\nname = \"x\"\nplugn = \"x.wasm\"\n");
    folder.serve().run().refusal(1, &["sockdock.toml:3:1: unknown key 'plugn'", "'plugin' is a key that may be meant"]);
    folder.write(&listener("x", free(), ""));
    folder.serve().run().refusal(1, &["x.wasm", "No such file"]);
}

#[test]
fn one_listener_that_cannot_start_stops_all() {
    let (folder, one, taken) = (Folder::new(), free(), TcpListener::bind("127.0.0.1:0").unwrap());
    folder.plugin("one.wasm", guests::ECHO_V1);
    folder.plugin("two.wasm", guests::ECHO_V1);
    folder.write(&[listener("one", one, ""), listener("two", taken.local_addr().unwrap(), "")].concat());
    folder.serve().run().refusal(1, &["the address is in use"]);
}

#[test]
fn what_has_changed_is_carried_out_and_the_rest_is_not_touched() {
    let (folder, [same, changed, gone, new]) = (Folder::new(), [free(), free(), free(), free()]);
    for name in ["same.wasm", "changed.wasm", "gone.wasm", "new.wasm"] {
        folder.plugin(name, guests::COUNTER_V1);
    }
    let kept = listener("same", same, "");
    folder.write(&[kept.clone(), listener("changed", changed, ""), listener("gone", gone, "")].concat());
    let host = folder.serve().start();
    let (mut one, mut two, mut three) = (Client::tcp(same), Client::tcp(changed), Client::tcp(gone));
    for client in [&mut one, &mut two, &mut three] {
        counted(client, "v1 all=1 mine=1");
    }
    folder.plugin("changed.wasm", guests::COUNTER_V2);
    folder.write(&[listener("new", new, ""), listener("changed", changed, ""), kept].concat());
    let said = host.cli(["reload"]).success();
    assert!(said.contains("changed") && said.contains("generation 2"), "{said}");
    counted(&mut one, "v1 all=2 mine=2");
    counted(&mut two, "v2 all=2 new=1 mine=2");
    assert_eq!((generation(&host, "same"), generation(&host, "changed")), (1, 2));
    // Nor is TLS, where there is none.
    assert!(listeners(&host).iter().all(|listener| listener["tls_reloads"] == 0));
    counted(&mut Client::tcp(new), "v1 all=1 mine=1");
    // It takes nobody any more; who is there stays.
    eventually("the listener to be gone", || TcpStream::connect(gone).is_err().then_some(()));
    counted(&mut three, "v1 all=2 mine=2");
    drop(three);
    eventually("its end", || (listeners(&host).len() == 3).then_some(()));
}

#[test]
fn all_of_it_or_nothing() {
    let (folder, [one, two, new]) = (Folder::new(), [free(), free(), free()]);
    for name in ["one.wasm", "two.wasm", "new.wasm"] {
        folder.plugin(name, guests::COUNTER_V1);
    }
    let both = [listener("one", one, ""), listener("two", two, "")].concat();
    folder.write(&both);
    let host = folder.serve().start();
    let (mut first, mut second) = (Client::tcp(one), Client::tcp(two));
    counted(&mut first, "v1 all=1 mine=1");
    counted(&mut second, "v1 all=1 mine=1");
    // `one` would go over; `two` refuses the state; `new` could start.
    folder.plugin("one.wasm", guests::COUNTER_V2);
    folder.plugin("two.wasm", guests::COUNTER_REFUSES);
    folder.write(&format!("{both}{}", listener("new", new, "")));
    let failed = host.cli(["reload"]);
    failed.refusal(1, &["reload of two failed in `restore`", "generation 1 goes on serving"]);
    counted(&mut first, "v1 all=2 mine=2");
    counted(&mut second, "v1 all=2 mine=2");
    assert!(TcpStream::connect(new).is_err());
    assert_eq!((generation(&host, "one"), generation(&host, "two")), (1, 1));
    // By signal as well; it is in the log.
    host.signal(Signal::HUP);
    host.wait_log(&["the configuration isn't used, all goes on as it was"]);
    // What stood in the way is mended.
    folder.plugin("two.wasm", guests::COUNTER_V2);
    host.signal(Signal::HUP);
    eventually("both to be new", || (generation(&host, "one") == 2 && generation(&host, "two") == 2).then_some(()));
    counted(&mut first, "v2 all=3 new=1 mine=3");
    counted(&mut second, "v2 all=3 new=1 mine=3");
    counted(&mut Client::tcp(new), "v1 all=1 mine=1");
}

#[test]
fn what_is_wrong_changes_nothing() {
    let (folder, one, taken) = (Folder::new(), free(), TcpListener::bind("127.0.0.1:0").unwrap());
    folder.plugin("one.wasm", guests::COUNTER_V1);
    folder.plugin("two.wasm", guests::COUNTER_V1);
    let good = listener("one", one, "");
    folder.write(&good);
    let host = folder.serve().start();
    let mut client = Client::tcp(one);
    counted(&mut client, "v1 all=1 mine=1");
    folder.plugin("one.wasm", guests::COUNTER_V2);
    for (config, words) in [
        (format!("{good}backlg = 1\n"), &["sockdock.toml", "unknown key 'backlg'"][..]),
        (format!("{good}backlog = 1\n"), &["one", "backlog can't change while it runs"]),
        (format!("[host]\nworkers = 7\n{good}"), &["[host] has changed"]),
        (good.replace("one.wasm", "none.wasm"), &["none.wasm", "No such file"]),
        ([good.clone(), listener("two", taken.local_addr().unwrap(), "")].concat(), &["two", "the address is in use"]),
    ] {
        folder.write(&config);
        host.cli(["reload"]).refusal(1, words);
        assert_eq!(generation(&host, "one"), 1, "{config}");
    }
    counted(&mut client, "v1 all=2 mine=2");
    folder.write(&good);
    host.cli(["reload"]).success();
    counted(&mut client, "v2 all=3 new=1 mine=3");
}

#[test]
fn certificates_are_read_again() {
    let (folder, address) = (Folder::new(), free());
    folder.plugin("one.wasm", guests::ECHO_V1);
    let made = |name: &str| Certificates::write(folder.0.path(), name);
    let (old, new) = (made("old"), made("new"));
    let with = |name: &str| listener("one", address, &format!("[listener.tls]\ncert = \"{name}.pem\"\nkey = \"{name}.key\"\n"));
    let trusts = |file: &Path| Arc::new(trusting(file));
    folder.write(&with("old"));
    let host = folder.serve().start();
    let mut live = Client::tls(address, trusts(&old.certificate));
    live.echo("before");
    folder.write(&with("new"));
    host.cli(["reload"]).success();
    Client::tls(address, trusts(&new.certificate)).echo("after");
    live.echo("still there");
    // Broken: all stays.
    std::fs::write(&new.key, "nonsense").unwrap();
    host.cli(["reload"]).refusal(1, &["new.key"]);
    Client::tls(address, trusts(&new.certificate)).echo("after");
}

#[test]
fn credentials_are_not_taken_away_in_silence() {
    let (folder, one) = (Folder::new(), free());
    folder.plugin("one.wasm", guests::ECHO_V1);
    Certificates::write(folder.0.path(), "own");
    let bare = listener("one", one, "");
    let with = |names: &[&str]| {
        let tables = names.iter().map(|name| format!("[listener.credentials.{name}]\ncert = \"own.pem\"\nkey = \"own.key\"\n"));
        [bare.clone(), tables.collect()].concat()
    };
    folder.write(&with(&["bank", "post"]));
    let host = folder.serve().start();
    for config in [with(&["bank"]), bare.clone()] {
        folder.write(&config);
        host.cli(["reload"]).refusal(1, &["credentials.", "(which is missing) can't change while it runs"]);
    }
    // More of them are welcome.
    folder.write(&with(&["bank", "post", "rail"]));
    host.cli(["reload"]).success();
    assert_eq!(host.status()["tls_reloads"], 1);
}

#[test]
fn a_policy_of_its_own() {
    let (folder, one) = (Folder::new(), free());
    folder.plugin("one.wasm", guests::ECHO_V1);
    folder.write(&listener("one", one, "[listener.reload]\npolicy = \"new-connections\"\n"));
    let host = folder.serve().start();
    let mut old = Client::tcp(one);
    old.echo("old");
    folder.plugin("one.wasm", guests::ECHO_V2);
    let said = host.cli(["reload", "--json"]).success();
    assert!(said.contains("\"policy\": \"new-connections\"") || said.contains("\"policy\":\"new-connections\""), "{said}");
    old.echo("old");
    assert_eq!(host.status()["generations"].as_array().unwrap().len(), 2);
}
