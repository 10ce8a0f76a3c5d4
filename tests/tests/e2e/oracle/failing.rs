//! Connections that nobody takes.

use super::{Role, plain};
use std::net::TcpListener;

#[test]
fn refused() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    plain(&[("connect-error", "end; try more")]).in_vain(&Role::Connect { port }, &[]);
}

#[test]
fn a_name_without_an_address() {
    plain(&[]).in_vain(&Role::ConnectTo { host: "no.such.name.invalid", port: 80 }, &[]);
}

#[test]
fn no_such_unix_socket() {
    plain(&[]).in_vain(&Role::ConnectUnix { path: "/nowhere/at.all".to_owned() }, &[]);
}
