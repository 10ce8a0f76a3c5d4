//! Uses what the standard library offers, and tells what came of it: a word per line of input.
#![allow(clippy::disallowed_methods, reason = "what a plugin should not call is what is tried here")]

use bindings::exports::sockdock::plugin::{
    lifecycle::{self, State},
    socket_handlers::{self, CloseInfo, SocketError, SocketId},
    timer_handler,
};
use bindings::sockdock::plugin::sockets;
use std::{
    env, fs,
    hash::{BuildHasher as _, Hasher as _, RandomState},
    io::{self, Read as _, Write as _},
    net::{TcpListener, TcpStream, UdpSocket},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

struct Stdio;

fn answer(command: &str) -> String {
    let (name, rest) = command.split_once(' ').unwrap_or((command, ""));
    match name {
        "print" => println!("{rest}"),
        "print-part" => {
            print!("{rest}");
            io::stdout().flush().expect("flush");
        }
        "eprint" => eprintln!("{rest}"),
        "print-much" => (0..rest.parse::<u32>().expect("lines")).for_each(|n| println!("line {n}")),
        "clock" => {
            let (start, wall) = (Instant::now(), SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970"));
            return format!("{} {}", wall.as_secs(), Instant::now() >= start);
        }
        "random" => return format!("{:016x}", RandomState::new().build_hasher().finish()),
        "file" => return outcome(fs::read("/etc/hostname")),
        "create" => return outcome(fs::write("/tmp/out", "x")),
        "env" => return env::vars().count().to_string(),
        "arguments" => return env::args().count().to_string(),
        "stdin" => return outcome(io::stdin().read(&mut [0; 16])),
        "connect" => return outcome(TcpStream::connect("127.0.0.1:1")),
        "listen" => return outcome(TcpListener::bind("127.0.0.1:0")),
        "udp" => return outcome(UdpSocket::bind("127.0.0.1:0")),
        "resolve" => return outcome(TcpStream::connect("localhost:1")),
        "sleep" => std::thread::sleep(Duration::from_millis(rest.parse().expect("milliseconds"))),
        "exit" => std::process::exit(rest.parse().expect("a code")),
        _ => return format!("no command {name:?}"),
    }
    "done".to_owned()
}

/// `ok`, or the kind of the error.
fn outcome<T>(result: io::Result<T>) -> String {
    result.map_or_else(|error| format!("{:?}", error.kind()), |_| "ok".to_owned())
}

impl socket_handlers::Guest for Stdio {
    fn open(_: SocketId) {}

    fn data(socket: SocketId, data: Vec<u8>) {
        let command = String::from_utf8(data).expect("text");
        let answer = answer(command.trim_end()) + "\n";
        sockets::write(socket, answer.as_bytes()).expect("write");
    }

    fn drain(_: SocketId) {}
    fn end(_: SocketId) {}
    fn timeout(_: SocketId) {}
    fn handshake(_: SocketId, _: Result<(), String>) {}
    fn error(_: SocketId, _: SocketError) {}
    fn close(_: SocketId, _: CloseInfo) {}
    fn connect_error(_: SocketId, _: SocketError) {}
}

impl lifecycle::Guest for Stdio {
    fn start(_: Vec<(String, String)>) -> Result<(), String> {
        println!("started with a print");
        Ok(())
    }

    fn snapshot() -> Result<Option<State>, String> {
        Ok(None)
    }

    fn restore(_: State) -> Result<(), String> {
        Ok(())
    }
}

impl timer_handler::Guest for Stdio {
    fn fired(_: u64) {}
}

bindings::export!(Stdio with_types_in bindings);
