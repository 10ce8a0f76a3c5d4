//! What listens, and how: inherited sockets, permissions, families, shared ports.

use crate::guests;
use sockdock_tests::{Client, Serve};
use std::{
    net::{TcpListener, TcpStream},
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            fs::{MetadataExt as _, PermissionsExt as _},
            net::UnixStream,
        },
    },
};

/// Opens a TCP socket and a unix socket as a service manager does, and becomes the program that is named.
const MANAGER: &str = "
import fcntl, os, socket, sys
tcp = socket.create_server(('127.0.0.1', 0))
unix = socket.socket(socket.AF_UNIX)
unix.bind(sys.argv[1])
unix.listen()
high = [fcntl.fcntl(listener, fcntl.F_DUPFD, 10) for listener in (tcp, unix)]
for fd, copy in zip((3, 4), high):
    os.dup2(copy, fd)
os.environ.update(LISTEN_FDS='2', LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES='web:local')
os.execv(sys.argv[2], sys.argv[2:])
";

#[test]
fn sockets_that_a_service_manager_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("activated.sock");
    let mut host = Serve::guest(guests::ECHO_V1)
        .args(["--listen", "fd:web", "--listen", "fd:4"])
        .launched_by(["python3", "-c", MANAGER, path.to_str().unwrap()])
        .start();
    host.tcp().echo("by name");
    Client::unix(&path).echo("by number");
    host.signal(rustix::process::Signal::TERM);
    assert!(host.ended().success());
    assert!(path.exists(), "the file is the manager's");
}

#[test]
fn sockets_that_nobody_opened() {
    for (address, words) in [("fd:web", "handed 0 sockets"), ("fd:3", "handed 0 sockets"), ("fd:", "is missing")] {
        let output = Serve::guest(guests::ECHO_V1).args(["--listen", address]).run();
        assert!(!output.status.success() && output.stderr.contains(words), "{output:?}");
    }
}

#[test]
fn permissions_of_a_unix_socket() {
    let host = Serve::guest(guests::ECHO_V1).unix("mine.sock").args(["--unix-mode", "0600"]).start();
    let mode = std::fs::metadata(host.path("mine.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    host.unix("mine.sock").echo("hello");
}

#[test]
fn the_owner_of_a_unix_socket() {
    // Root may give it away; others may only keep it.
    let (user, group) = if rustix::process::geteuid().is_root() {
        (12_345, 54_321)
    } else {
        (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw())
    };
    let host = Serve::guest(guests::ECHO_V1).unix("theirs.sock").args(["--unix-owner", &format!("{user}:{group}")]).start();
    let file = std::fs::metadata(host.path("theirs.sock")).unwrap();
    assert_eq!((file.uid(), file.gid()), (user, group));
    host.unix("theirs.sock").echo("hello");
    for (owner, words) in [("nobody-we-know", "no user 'nobody-we-know'"), (":nothing-we-know", "no group"), ("", "no user ''")] {
        Serve::guest(guests::ECHO_V1).unix("x.sock").args(["--unix-owner", owner]).run().refusal(2, &[words]);
    }
}

#[test]
fn an_abstract_name() {
    let name = format!("sockdock-{}", std::process::id());
    let address = format!("unix:@{name}");
    let mut host = Serve::guest(guests::ECHO_V1).args(["--listen", &address]).start();
    assert_eq!(host.said()[0], format!("listening on {address} (echo_v1)"));
    let connect = || {
        let there = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
        UnixStream::connect_addr(&there).map(Client::Unix)
    };
    connect().unwrap().echo("hello");
    Serve::guest(guests::ECHO_V1).args(["--listen", &address]).run().refusal(1, &[&address, "in use"]);
    let client = Serve::connect(guests::TRACER, &address).start();
    assert_eq!(client.said()[0], format!("connected to {address} (tracer)"));
    drop(client);
    host.signal(rustix::process::Signal::TERM);
    assert!(host.ended().success());
    assert!(connect().is_err());
}

#[test]
fn ipv6_with_and_without_ipv4() {
    for (only, reaches) in [("true", false), ("false", true)] {
        let host = Serve::guest(guests::ECHO_V1).args(["--listen", "[::]:0", "--ipv6-only", only]).start();
        let port = host.tcp_address().port();
        assert!(TcpStream::connect(("::1", port)).is_ok());
        assert_eq!(TcpStream::connect(("127.0.0.1", port)).is_ok(), reaches, "ipv6-only {only}");
    }
}

#[test]
fn a_shared_port() {
    let first = Serve::guest(guests::ECHO_V1).tcp().args(["--reuse-port", "--backlog", "64"]).start();
    let address = first.tcp_address();
    let second = Serve::guest(guests::ECHO_V1).args(["--listen", &address.to_string(), "--reuse-port"]).start();
    // The kernel deals them out by chance: with fifty, both get some.
    let clients: Vec<_> = (0..50).map(|_| Client::tcp(address)).collect();
    for mut client in clients {
        client.echo("hello");
    }
    assert!(first.count("accepted") > 0 && second.count("accepted") > 0);
    assert_eq!(first.count("accepted") + second.count("accepted"), 50);
    // Without the flag it is in use.
    assert!(TcpListener::bind(address).is_err());
}
