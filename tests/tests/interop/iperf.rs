//! iperf3: its control connection and its streams all go through the proxy.

use crate::pairs;
use serde_json::Value;
use sockdock_tests::{DEADLINE, Program};
use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

/// Serves tests one after the other.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start() -> Self {
        let address = pairs::free();
        let mut process = Command::new("iperf3")
            .args(["--server", "--forceflush", "--bind", "127.0.0.1", "--port", &address.port().to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .expect("start iperf3 (`make interop` installs it)");
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(said.any(|line| line.starts_with("Server listening on ")), "iperf3 doesn't listen");
        // What it says of each test must go somewhere.
        std::thread::spawn(move || said.for_each(drop));
        Self { process, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[test]
fn both_directions_one_stream_or_several() {
    let server = Server::start();
    let host = pairs::proxy(server.address);
    let port = host.tcp_address().port().to_string();
    for how in
        [&[][..], &["--reverse"], &["--bidir"], &["--parallel", "4"], &["--reverse", "--parallel", "4", "--length", "1000"]]
    {
        let said = Program::new("iperf3")
            .args(["--client", "127.0.0.1", "--port", &port, "--bytes", "64M", "--json"])
            .args(how)
            .patience(6 * DEADLINE)
            .run()
            .success();
        let result: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(result["error"], Value::Null, "{how:?}");
        let streams = result["end"]["streams"].as_array().unwrap();
        assert!(!streams.is_empty());
        // It counts until the sender is done; what is on its way then, it doesn't read.
        let moved = |end: &str| -> u64 { streams.iter().filter_map(|stream| stream[end]["bytes"].as_u64()).sum() };
        assert!(moved("sender") >= 64 << 20 && moved("receiver") > 0, "{how:?}: {said}");
        assert!(moved("receiver") <= moved("sender"), "{how:?}: {said}");
    }
    assert_eq!(host.count("traps"), 0);
    host.wait_count("connections", 0);
}
