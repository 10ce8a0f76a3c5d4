//! The example `kv` beside a real redis-server: the same bytes to both, and the same bytes back.

use sockdock_tests::{Client, Serve, eventually, example_folder, repository};
use std::{
    io::{BufRead as _, BufReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
};

pub(crate) struct Redis {
    process: Child,
    pub(crate) address: SocketAddr,
}

impl Redis {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(args: &[&str]) -> Self {
        // A port that is free may be somebody else's a moment later: then another one is tried.
        let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        eventually("redis-server to listen", || Self::try_at(free(), args))
    }

    pub(crate) fn start_at(address: SocketAddr, args: &[&str]) -> Self {
        eventually("redis-server to listen again", || Self::try_at(address, args))
    }

    /// None if it can't listen there.
    fn try_at(address: SocketAddr, args: &[&str]) -> Option<Self> {
        let program = repository().join("target/clients/redis-server/redis-server");
        let mut process = Command::new(&program)
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &address.port().to_string()])
            .args(args)
            .current_dir(std::env::temp_dir())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; scripts/setup-redis-server makes it", program.display()));
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let redis = Self { process, address };
        let listens = said.any(|line| line.to_lowercase().contains("ready to accept connections"));
        // What else it says must go somewhere.
        std::thread::spawn(move || said.for_each(drop));
        listens.then_some(redis)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Requests whose replies don't depend on chance, on the clock or on the server.
const REQUESTS: &str = include_str!("kv_redis/requests.txt");

const NONSENSE: &[&str] = &[
    "*1\r\n$-5\r\n",
    "*1\r\n$x\r\n",
    "*x\r\n",
    "*99999999999\r\n",
    "*2147483648\r\n",
    "*01\r\n",
    "*1\r\n:1\r\n",
    "*1\r\n$99999999999\r\n",
    "*1\r\n\r\n",
    "PING\r\n*1\r\n:1\r\nPING\r\n",
    "*0\r\n*-1\r\n\r\nPING\r\n*q\r\n",
    "ECHO \"a\r\n",
    "ECHO 'a'b\r\n",
    "ECHO \"\\x41\\n\"\r\nQUIT\r\nPING\r\n",
];

#[test]
fn the_same_requests_get_the_same_replies() {
    let redis = Redis::start();
    let host = Serve::plugin(example_folder("kv")).tcp().start();
    let (mut theirs, mut ours) = (Client::tcp(redis.address), host.tcp());
    for line in REQUESTS.lines().filter(|line| !line.is_empty()) {
        // What ends the reply, whatever it is, is the reply to this.
        let request = format!("{line}\r\nECHO end-of-reply\r\n");
        let (expected, got) = (reply(&mut theirs, &request), reply(&mut ours, &request));
        assert_eq!(got, expected, "{line}");
    }
    assert_eq!(host.count("traps"), 0);
}

fn reply(client: &mut Client, request: &str) -> String {
    client.send(request);
    let mut reply = Vec::new();
    while !reply.ends_with(b"$12\r\nend-of-reply\r\n") {
        reply.extend(client.receive(1));
    }
    String::from_utf8_lossy(&reply).into_owned()
}

#[test]
fn the_same_nonsense_gets_the_same_replies() {
    let redis = Redis::start();
    let host = Serve::plugin(example_folder("kv")).tcp().start();
    let long = [b'1'; 70_000];
    let long = std::str::from_utf8(&long).unwrap();
    let too_long = ["*", "*1\r\n$", ""].map(|start| format!("{start}{long}"));
    for nonsense in NONSENSE.iter().copied().chain(too_long.iter().map(String::as_str)) {
        let [theirs, ours] = [Client::tcp(redis.address), host.tcp()].map(|mut client| {
            client.send(nonsense);
            let rest = client.rest().unwrap_or_else(|error| error.to_string().into_bytes());
            String::from_utf8_lossy(&rest).into_owned()
        });
        let start = &nonsense[..nonsense.len().min(40)];
        assert_eq!(ours, theirs, "{start:?}");
    }
}
