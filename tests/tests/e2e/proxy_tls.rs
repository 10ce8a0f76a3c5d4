//! `examples/proxy` and TLS: ended by the host, begun by the host, or passed through to the server that the client names.

use crate::guests;
use sockdock_tests::{Address, Certificates, Client, Host, Pace, Program, Random, Secure, Serve, example_folder, pump, trusting};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

fn proxy(upstreams: &[&str], options: impl FnOnce(Serve) -> Serve) -> Host {
    let mut serve = Serve::plugin(example_folder("proxy")).arg("--allow-half-open");
    for upstream in upstreams {
        serve = serve.args(["--allow-connect", upstream]);
    }
    options(serve).start()
}

/// Two servers with certificates of their own, and a proxy that knows them by name.
fn two(options: impl FnOnce(Serve) -> Serve) -> ([Host; 2], Host) {
    let servers = [guests::ECHO_V1, guests::ECHO_V2].map(|guest| {
        let serve = Serve::guest(guest);
        let name = if guest.name() == guests::ECHO_V1.name() { "one.example" } else { "x.two.example" };
        let made = Certificates::write_for(serve.folder(), "named", &[name]);
        serve.args(["--listen-tls", "127.0.0.1:0", "--tls-cert"]).arg(&made.certificate).arg("--tls-key").arg(&made.key).start()
    });
    let [one, two] = [&servers[0], &servers[1]].map(|server| server.tls_address().to_string());
    let proxy = proxy(&[&one, &two], |serve| options(serve.set("route.one.example", &one).set("route.*.two.example", &two)));
    (servers, proxy)
}

fn named(proxy: &Host, name: &str, server: &Host) -> Secure<TcpStream> {
    let config = Arc::new(trusting(&server.path("named.pem")));
    Secure::handshake_with(name, TcpStream::connect(proxy.tcp_address()).unwrap(), config).unwrap()
}

#[test]
fn passed_through_to_the_server_that_the_client_names() {
    let (servers, proxy) = two(Serve::tcp);
    // Each shows its own certificate, so the handshake tells whom the client has reached.
    for (name, server) in [("one.example", &servers[0]), ("x.two.example", &servers[1])] {
        let mut client = named(&proxy, name, server);
        client.write_all(b"hello").unwrap();
        client.flush().unwrap();
        let mut back = [0; 5];
        client.read_exact(&mut back).unwrap();
        assert_eq!(String::from_utf8_lossy(&back), "hello", "{name}");
    }
    proxy.wait_count("connections", 0);
}

/// Sends the first message byte by byte, with reloads in between.
struct Trickle<'a>(TcpStream, &'a Host, usize);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl std::io::Write for Trickle<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.2 += 1;
        if self.2.is_multiple_of(50) {
            self.1.try_reload(serde_json::json!({})).unwrap();
        }
        self.0.write(&bytes[..1])
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

#[test]
fn a_first_message_byte_by_byte() {
    let (servers, proxy) = two(Serve::tcp);
    let stream = TcpStream::connect(proxy.tcp_address()).unwrap();
    stream.set_nodelay(true).unwrap();
    let config = Arc::new(trusting(&servers[0].path("named.pem")));
    let mut client = Secure::handshake_with("one.example", Trickle(stream, &proxy, 0), config).unwrap();
    client.write_all(b"x").unwrap();
    client.read_exact(&mut [0]).unwrap();
    assert!(client.stream.2 > 200 && proxy.count("reloads") > 3);
}

#[test]
fn openssl_is_told_why_it_is_refused() {
    let (_servers, proxy) = two(Serve::tcp);
    let address = proxy.tcp_address().to_string();
    for (name, alert) in [(&["-servername", "other.example"][..], "unrecognized name"), (&["-noservername"], "missing extension")]
    {
        let said = Program::new("openssl").args(["s_client", "-connect", &address]).args(name).run();
        assert!(!said.status.success());
        // Old versions have no word for the second: 109.
        assert!(said.stderr.contains(alert) || said.stderr.contains("alert number 109"), "{name:?}: {}", said.stderr);
    }
    let mut client = proxy.tcp();
    client.send("GET / HTTP/1.1\r\n\r\n");
    assert_eq!(client.rest().unwrap(), [21, 3, 3, 0, 2, 2, 10]);
    proxy.wait_count("connections", 0);
}

#[test]
fn ended_by_the_host_and_still_chosen_by_name() {
    let servers = [guests::ECHO_V1, guests::ECHO_V2].map(|guest| Serve::guest(guest).tcp().start());
    let [one, two] = [&servers[0], &servers[1]].map(|server| server.tcp_address().to_string());
    let proxy = proxy(&[&one, &two], |serve| serve.tls().set("upstream", &one).set("route.localhost", &two));
    // The harness's client asks for `localhost`.
    let mut client = proxy.tls();
    client.echo("hello");
    assert_eq!(servers.each_ref().map(|server| server.count("connections")), [0, 1]);
    let other =
        Secure::handshake_with("127.0.0.1", TcpStream::connect(proxy.tls_address()).unwrap(), proxy.certificates().client());
    let mut other = other.unwrap();
    other.write_all(b"hello").unwrap();
    let mut back = [0; 5];
    other.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"hello");
    assert_eq!(servers.each_ref().map(|server| server.count("connections")), [1, 1]);
}

/// Serves an echo by TLS, which only who shows a certificate may use: `openssl` as the server wouldn't send back what it gets.
fn by_tls(name: &str, trusted: impl FnOnce(&Path) -> String) -> (Host, String, String) {
    let echo = Serve::guest(guests::ECHO_V1).tls().start();
    let Some(Address::Tls(address)) = echo.addresses().first() else { panic!("no TLS") };
    let (address, ca) = (format!("{name}:{}", address.port()), trusted(&echo.certificates().certificate));
    (echo, address, ca)
}

#[test]
fn begun_by_the_host_for_clients_without_it() {
    let (echo, address, ca) = by_tls("localhost", |file| file.display().to_string());
    let local = echo.tls_address().to_string();
    let proxy = proxy(&[&address, &local], |serve| {
        serve.tcp().tls().args(["--connect-ca", &ca]).set("upstream", &address).set("upstream-tls", "true")
    });
    let mut random = Random::new(31);
    let bytes = random.bytes(1 << 20);
    let pace = Pace { write: 50_000, read: 20_000, read_late: true };
    for mut client in [proxy.tcp(), proxy.tls()] {
        let back = pump(&mut client, &bytes, pace, &mut random);
        assert!(back == bytes, "other bytes came back");
        client.finish();
        client.expect_end();
    }
    proxy.wait_count("connections", 0);
}

#[test]
fn an_upstream_of_another_name_gets_no_byte() {
    let (echo, _, ca) = by_tls("localhost", |file| file.display().to_string());
    let address = echo.tls_address().to_string();
    for (name, good) in [("localhost", true), ("other.example", false)] {
        let proxy = proxy(&[&address], |serve| {
            serve
                .tcp()
                .args(["--connect-ca", &ca])
                .set("upstream", &address)
                .set("upstream-tls", "true")
                .set("upstream-name", name)
        });
        let mut client: Client = proxy.tcp();
        if good {
            client.echo("hello");
        } else {
            client.expect_reset();
            proxy.wait_log(&["no upstream for", "tls"]);
        }
    }
    echo.wait_count("connections", 0);
}

#[test]
fn an_upstream_that_wants_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, theirs] = ["ours", "theirs"].map(|name| Certificates::write(folder.path(), name));
    // It sends each line back reversed, to those whose certificate it knows.
    let mut server = Command::new("openssl")
        .args(["s_server", "-accept", "127.0.0.1:0", "-rev", "-Verify", "1", "-verify_return_error", "-CAfile"])
        .arg(&ours.certificate)
        .arg("-cert")
        .arg(&theirs.certificate)
        .arg("-key")
        .arg(&theirs.key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("start openssl s_server");
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.find(|line| line.starts_with("ACCEPT ")).expect("openssl says where it listens");
    let address = format!("127.0.0.1:{}", said.rsplit(':').next().unwrap());
    let pair = format!("ours={},{}", ours.certificate.display(), ours.key.display());
    let ca = theirs.certificate.display().to_string();
    for shown in [true, false] {
        let proxy = proxy(&[&address], |serve| {
            let serve = serve.tcp().args(["--connect-ca", &ca, "--credentials", &pair]);
            let serve = serve.set("upstream", &address).set("upstream-tls", "true");
            if shown { serve.set("upstream-credentials", "ours") } else { serve }
        });
        let mut client = proxy.tcp();
        client.send("hello\n");
        if shown {
            client.expect("olleh\n");
        } else {
            assert_eq!(client.expect_reset(), b"");
        }
    }
    server.kill().ok();
    server.wait().ok();
}
