//! Clients that nobody here wrote.

use crate::guests;
use sockdock_tests::{Host, Program, Serve};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

fn echo() -> Host {
    Serve::guest(guests::ECHO_V1).tcp().tls().start()
}

#[test]
fn openssl() {
    let host = echo();
    for version in ["-tls1_3", "-tls1_2"] {
        let mut client = Command::new("openssl")
            .args(["s_client", "-quiet", "-verify_return_error", version, "-servername", "localhost", "-connect"])
            .arg(host.tls_address().to_string())
            .arg("-CAfile")
            .arg(&host.certificates().certificate)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start openssl (`.ci/run` installs what the tests need)");
        let mut input = client.stdin.take().unwrap();
        let mut output = BufReader::new(client.stdout.take().unwrap());
        for n in 0..50 {
            let line = format!("line {n} of {version}\n");
            input.write_all(line.as_bytes()).unwrap();
            let mut back = String::new();
            output.read_line(&mut back).unwrap();
            assert_eq!(back, line);
        }
        client.kill().unwrap();
        client.wait().unwrap();
    }
    host.wait_count("connections", 0);
    assert_eq!(host.count("handshakes_failed"), 0);
}

const PYTHON: &str = "
import os, socket, ssl, sys, threading
host, plain, secure, ca = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
def echo(peer):
    sent = os.urandom(300_000)
    back = bytearray()
    writer = threading.Thread(target=lambda: (peer.sendall(sent), peer.shutdown(socket.SHUT_WR)))
    if isinstance(peer, ssl.SSLSocket):
        for start in range(0, len(sent), 10_000):
            peer.sendall(sent[start:start + 10_000])
            while len(back) < min(start + 10_000, len(sent)):
                back += peer.recv(65536)
        peer.unwrap().close()
    else:
        writer.start()
        while piece := peer.recv(65536):
            back += piece
        writer.join()
    assert back == sent, (len(back), len(sent))
echo(socket.create_connection((host, plain)))
context = ssl.create_default_context(cafile=ca)
echo(context.wrap_socket(socket.create_connection((host, secure)), server_hostname='localhost'))
print('exact')
";

#[test]
fn python() {
    let host = echo();
    let (plain, secure) = (host.tcp_address(), host.tls_address());
    let output = Program::new("python3")
        .args(["-c", PYTHON, &plain.ip().to_string(), &plain.port().to_string(), &secure.port().to_string()])
        .arg(&host.certificates().certificate)
        .run();
    assert_eq!(output.success(), "exact\n");
    host.wait_count("connections", 0);
}

const NODE: &str = "
const net = require('net'), tls = require('tls'), fs = require('fs'), crypto = require('crypto');
const [host, plain, secure, ca] = process.argv.slice(1);
function echo(peer, done) {
  const sent = crypto.randomBytes(300000), back = [];
  peer.on('data', piece => back.push(piece));
  peer.on('error', error => { console.error(error); process.exit(1); });
  peer.on('end', () => {
    if (!Buffer.concat(back).equals(sent)) { console.error('other bytes'); process.exit(1); }
    done();
  });
  peer.end(sent);
}
echo(net.connect(plain, host), () =>
  echo(tls.connect({ host, port: secure, ca: fs.readFileSync(ca), servername: 'localhost' }), () => console.log('exact')));
";

#[test]
fn node() {
    let host = echo();
    let (plain, secure) = (host.tcp_address(), host.tls_address());
    let output = Program::new("node")
        .args(["-e", NODE, &plain.ip().to_string(), &plain.port().to_string(), &secure.port().to_string()])
        .arg(&host.certificates().certificate)
        .run();
    assert_eq!(output.success(), "exact\n");
    host.wait_count("connections", 0);
}
