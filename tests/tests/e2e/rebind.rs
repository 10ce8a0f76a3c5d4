//! Addresses in `sockdock.toml` that come and go while their listener runs: who is connected stays so.

use super::config::{Folder, counted, free, generation, listener, listeners};
use crate::guests;
use serde_json::{Value, json};
use sockdock_tests::{Certificates, Client, Host, Serve, eventually, example_folder, trusting};
use std::{
    io::ErrorKind,
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    sync::Arc,
};

fn with(addresses: &[&str], more: &str) -> String {
    format!("[[listener]]\nname = \"one\"\nplugin = \"one.wasm\"\naddress = {addresses:?}\n{more}\n")
}

fn addresses(host: &Host) -> Value {
    listeners(host)[0]["addresses"].clone()
}

fn nobody_listens(address: SocketAddr) {
    eventually("the address to be given up", || TcpStream::connect(address).is_err().then_some(()));
}

#[test]
fn one_goes_one_stays_others_come() {
    let (folder, [gone, stays, new]) = (Folder::new(), [free(), free(), free()].map(|address| address.to_string()));
    let unix = folder.path("new.sock");
    folder.plugin("one.wasm", guests::COUNTER_V1);
    folder.write(&with(&[&gone, &stays], ""));
    let host = folder.serve().start();
    let [mut by_gone, mut by_stays] = [&gone, &stays].map(|address| Client::tcp(address.parse().unwrap()));
    counted(&mut by_gone, "v1 all=1 mine=1");
    counted(&mut by_stays, "v1 all=2 mine=1");
    folder.write(&with(&[&new, &stays, &format!("unix:{}", unix.display())], ""));
    let said = host.cli(["reload"]).success();
    assert_eq!(said, format!("one: listening on tcp://{new}, tcp://{stays}, unix:{} now\n", unix.display()));
    assert_eq!(addresses(&host), json!([format!("tcp://{new}"), format!("tcp://{stays}"), format!("unix:{}", unix.display())]));
    nobody_listens(gone.parse().unwrap());
    // It is one plugin with one state, which nobody has touched.
    counted(&mut by_gone, "v1 all=3 mine=2");
    counted(&mut Client::tcp(new.parse().unwrap()), "v1 all=4 mine=1");
    counted(&mut by_stays, "v1 all=5 mine=2");
    assert!(UnixStream::connect(&unix).is_ok());
    assert_eq!(generation(&host, "one"), 1);
    assert_eq!(host.cli(["reload"]).success(), "", "nothing has changed since");
    // A socket's file goes with it, and what was given up can be had again: with another plugin, in one go.
    folder.plugin("one.wasm", guests::COUNTER_V2);
    folder.write(&with(&[&gone], ""));
    let said = host.cli(["reload"]).success();
    assert!(said.contains("generation 2") && said.contains(&format!("one: listening on tcp://{gone} now")), "{said}");
    counted(&mut Client::tcp(gone.parse().unwrap()), "v2 all=6 new=1 mine=1");
    counted(&mut by_stays, "v2 all=7 new=2 mine=3");
    assert!(!unix.exists());
    nobody_listens(new.parse().unwrap());
}

#[test]
fn newcomers_that_the_kernel_has_let_in_already_are_served() {
    let (folder, [old, new]) = (Folder::new(), [free(), free()].map(|address| address.to_string()));
    folder.plugin("one.wasm", guests::ECHO_V1);
    folder.write(&with(&[&old], ""));
    let host = folder.serve().start();
    for round in 0..10 {
        let (from, to) = if round % 2 == 0 { (&old, &new) } else { (&new, &old) };
        let mut clients: Vec<_> = (0..50).map(|_| Client::tcp(from.parse().unwrap())).collect();
        folder.write(&with(&[to], ""));
        host.cli(["reload"]).success();
        clients.iter_mut().for_each(|client| client.echo("let in before"));
    }
    assert_eq!(host.count("accepted"), 500);
}

#[test]
fn tls_comes_to_a_plain_listener_on_an_address_of_its_own() {
    let (folder, plain, encrypted) = (Folder::new(), free(), free());
    let made = Certificates::write(folder.0.path(), "own");
    folder.plugin("one.wasm", guests::ECHO_V1);
    let bare = listener("one", plain, "");
    folder.write(&bare);
    let host = folder.serve().start();
    let mut client = Client::tcp(plain);
    client.echo("before");
    let pair = "[listener.tls]\ncert = \"own.pem\"\nkey = \"own.key\"\n";
    folder.write(&format!("{bare}tls-address = \"{encrypted}\"\n{pair}"));
    host.cli(["reload"]).success();
    let trust = Arc::new(trusting(&made.certificate));
    let mut secret = Client::tls(encrypted, trust.clone());
    secret.echo("by TLS");
    assert_eq!(addresses(&host), json!([format!("tcp://{plain}"), format!("tls://{encrypted}")]));
    // Read again like any other's.
    let other = Certificates::write(folder.0.path(), "own");
    host.cli(["reload"]).success();
    Client::tls(encrypted, Arc::new(trusting(&other.certificate))).echo("by a new certificate");
    // What is plain can't come to be encrypted under people's feet.
    folder.write(&format!("{bare}{pair}"));
    host.cli(["reload"]).refusal(1, &["one", "can't turn from plain to TLS"]);
    folder.write(&bare);
    host.cli(["reload"]).success();
    nobody_listens(encrypted);
    secret.echo("still there");
    client.echo("still there");
}

#[test]
fn an_address_that_cannot_be_had_changes_nothing() {
    let (folder, [old, new]) = (Folder::new(), [free(), free()].map(|address| address.to_string()));
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = held.local_addr().unwrap().to_string();
    folder.plugin("one.wasm", guests::COUNTER_V1);
    folder.write(&with(&[&old], ""));
    let host = folder.serve().start();
    let mut client = Client::tcp(old.parse().unwrap());
    counted(&mut client, "v1 all=1 mine=1");
    folder.plugin("one.wasm", guests::COUNTER_V2);
    folder.write(&with(&[&new, &taken], "limits = { max-connections = 1 }"));
    host.cli(["reload"]).refusal(1, &["one", "the address is in use"]);
    counted(&mut client, "v1 all=2 mine=2");
    counted(&mut Client::tcp(old.parse().unwrap()), "v1 all=3 mine=1");
    nobody_listens(new.parse().unwrap());
    // The other way round: the plugin refuses, and the addresses stay as they are.
    folder.plugin("one.wasm", guests::COUNTER_REFUSES);
    folder.write(&with(&[&new], ""));
    host.cli(["reload"]).refusal(1, &["reload of one failed in `restore`"]);
    nobody_listens(new.parse().unwrap());
    counted(&mut Client::tcp(old.parse().unwrap()), "v1 all=4 mine=1");
    assert_eq!(addresses(&host), json!([format!("tcp://{old}")]));
}

#[test]
fn where_the_plugin_may_connect() {
    let upstream = Serve::guest(guests::ECHO_V1).tcp().start();
    let (folder, address) = (Folder::new(), free());
    std::fs::copy(example_folder("proxy").join("proxy.wasm"), folder.path("one.wasm")).unwrap();
    let file = |rules: &[String]| {
        let settings = format!("config = {{ upstream = \"{}\" }}\nallow-half-open = true", upstream.tcp_address());
        listener("one", address, &format!("{settings}\nallow-connect = {rules:?}"))
    };
    folder.write(&file(&[]));
    let host = folder.serve().start();
    let refused = || match Client::tcp(address).rest() {
        Ok(rest) => rest.is_empty(),
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    };
    assert!(refused(), "nothing was allowed");
    folder.write(&file(&[upstream.tcp_address().to_string()]));
    host.cli(["reload"]).success();
    let mut client = Client::tcp(address);
    client.echo("through");
    folder.write(&file(&["127.0.0.1:1".to_owned()]));
    host.cli(["reload"]).success();
    assert!(refused(), "it isn't allowed any more");
    client.echo("what there was goes on");
    assert_eq!(generation(&host, "one"), 1);
}
