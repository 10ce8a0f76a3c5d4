//! The example `http`, as clients see it that nobody here wrote, and as others that mean no good.

use sockdock_tests::{Client, Host, Program, Serve, Terminal, eventually, example_folder};

fn http() -> Host {
    Serve::plugin(example_folder("http")).tcp().start()
}

fn curl(host: &Host, path: &str) -> Program {
    Program::new("curl")
        .args(["--silent", "--show-error", "--max-time", "20"])
        .arg(format!("http://{}{path}", host.tcp_address()))
}

/// The status, and the body.
#[track_caller]
fn curled(program: Program) -> (String, String) {
    let said = program.args(["--write-out", "\n%{http_code}"]).run().success();
    let (body, code) = said.rsplit_once('\n').unwrap();
    (code.to_owned(), body.to_owned())
}

#[test]
fn curl_gets_its_answers() {
    let host = http();
    let (code, page) = curled(curl(&host, "/"));
    assert_eq!(code, "200");
    assert!(page.contains("<h1>It works</h1>"), "{page}");
    let head = curl(&host, "/").arg("--head").run().success();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains(&format!("Content-Length: {}\r\n", page.len())), "{head}");
    assert!(head.contains("\r\nDate: "), "{head}");
    assert_eq!(curled(curl(&host, "/none")).0, "404");
    assert_eq!(curled(curl(&host, "/").args(["--request", "DELETE"])).0, "405");
    assert_eq!(curled(curl(&host, "/").args(["--request", "BREW"])).0, "501");
    assert_eq!(curled(curl(&host, "/").args(["--header", "Host:"])).0, "400");
    assert_eq!(curled(curl(&host, "/").arg("--http1.0")).0, "200");
    let long = format!("/{}", "x".repeat(9000));
    assert_eq!(curled(curl(&host, &long)).0, "414");
    let field = format!("A: {}", "x".repeat(20_000));
    assert_eq!(curled(curl(&host, "/").args(["--header", &field])).0, "431");
    assert_eq!(host.count("traps"), 0);
}

#[test]
fn curl_sends_bodies() {
    let host = http();
    let json = |program: Program| program.args(["--header", "Content-Type: application/json", "--data-binary", "@-"]);
    let echo = |body: &str| json(curl(&host, "/echo")).input(body);
    assert_eq!(curled(echo("{ \"a\": [1, 2] }")), ("200".into(), "{\"a\":[1,2]}\n".into()));
    assert_eq!(curled(echo("{")).0, "400");
    // Large enough that curl waits for `100 Continue`.
    let large = format!("\"{}\"", "z".repeat(1_000_000));
    let (code, body) = curled(echo(&large).args(["--header", "Expect: 100-continue"]));
    assert!(code == "200" && body.trim_end() == large, "{code}");
    let (code, body) = curled(echo(&large).args(["--header", "Transfer-Encoding: chunked"]));
    assert!(code == "200" && body.trim_end() == large, "{code}");
    let too_large = "1".repeat(2_000_000);
    assert_eq!(curled(echo(&too_large)).0, "413");
    assert_eq!(curled(echo(&too_large).args(["--header", "Transfer-Encoding: chunked"])).0, "413");
    assert_eq!(host.count("traps"), 0);
    host.wait_count("connections", 0);
}

#[test]
fn https() {
    let host = Serve::plugin(example_folder("http")).tls().start();
    let address = host.tls_address();
    let curl = |path: &str| {
        Program::new("curl")
            .args(["--silent", "--show-error", "--max-time", "20", "--resolve"])
            .arg(format!("localhost:{}:{}", address.port(), address.ip()))
            .arg(format!("https://localhost:{}{path}", address.port()))
    };
    let trusting = |path: &str| curl(path).arg("--cacert").arg(&host.certificates().certificate);
    let (code, page) = curled(trusting("/"));
    assert!(code == "200" && page.contains("<h1>It works</h1>"), "{code} {page}");
    let large = format!("\"{}\"", "z".repeat(1_000_000));
    for how in ["Content-Type: application/json", "Transfer-Encoding: chunked"] {
        let post = trusting("/echo").args(["--header", "Content-Type: application/json", "--data-binary", "@-"]).input(&*large);
        let (code, body) = curled(post.args(["--header", how]));
        assert!(code == "200" && body.trim_end() == large, "{how}: {code}");
    }
    // 60: the certificate is nobody's that it knows.
    assert_eq!(curl("/").run().status.code(), Some(60));

    let mut by_hand = Terminal::openssl(address, &host.certificates().certificate);
    by_hand.types("GET /robots.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(by_hand.sees("User-agent: *").first().unwrap(), "HTTP/1.1 200 OK");
    by_hand.types("HEAD / HTTP/1.1\r\nHo");
    host.cli(["reload"]).success();
    by_hand.types("st: localhost\r\n\r\n");
    by_hand.sees("HTTP/1.1 200 OK");
    by_hand.sees(&format!("Content-Length: {}", page.len()));
    assert_eq!((host.count("generation"), host.count("traps")), (2, 0));
}

const PYTHON: &str = "
import email.utils, http.client, json, sys, time
connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=20)
connection.connect()
port = connection.sock.getsockname()
def ask(method, path, body=None, **options):
    before = int(time.time())
    connection.request(method, path, body, {'Content-Type': 'application/json'}, **options)
    answer = connection.getresponse()
    date = email.utils.parsedate_to_datetime(answer.getheader('Date')).timestamp()
    assert before <= date <= time.time(), (before, date)
    return answer.status, answer.read()
for number in range(200):
    value = {'number': number, 'text': 'x' * number}
    # From an iterator it comes in chunks.
    chunks = (byte.to_bytes() for byte in json.dumps(value).encode())
    status, body = ask('POST', '/echo', chunks if number % 2 else json.dumps(value), encode_chunked=bool(number % 2))
    assert (status, json.loads(body)) == (200, value), (status, body)
    assert ask('GET', '/none')[0] == 404
    assert ask('HEAD', '/') == (200, b'')
    assert ask('OPTIONS', '*') == (204, b'')
    status, body = ask('GET', '/')
    assert status == 200 and b'It works' in body
assert connection.sock.getsockname() == port, 'it had to connect again'
print('exact')
";

#[test]
fn python_keeps_its_connection() {
    let host = http();
    let address = host.tcp_address();
    let output =
        Program::new("python3").args(["-c", PYTHON, &address.ip().to_string(), &address.port().to_string()]).run().success();
    assert_eq!(output, "exact\n");
    assert_eq!(host.count("traps"), 0);
}

#[test]
fn wrk_finds_no_error() {
    let host = http();
    let url = format!("http://{}/", host.tcp_address());
    let said = Program::new("wrk")
        .args(["--threads", "1", "--connections", "50", "--duration", "2s", "--timeout", "20s", &url])
        .run()
        .success();
    assert!(said.contains("Requests/sec") && !said.contains("Non-2xx") && !said.contains("Socket errors"), "{said}");
    assert_eq!(host.count("traps"), 0);
    host.wait_count("connections", 0);
}

fn post(body: &str) -> String {
    let length = body.len();
    format!("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
}

fn json(body: &str) -> String {
    let length = body.len() + 1;
    format!(
        "HTTP/1.1 200 OK\r\n{DATE}Content-Type: application/json\r\nContent-Length: {length}\r\nConnection: keep-alive\r\n\r\n{body}\n"
    )
}

/// In place of any date: all are of one length.
const DATE: &str = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

/// Reads exactly this, but for the dates.
#[track_caller]
fn expect(client: &mut Client, answers: &str) {
    let mut got = String::from_utf8(client.receive(answers.len())).unwrap();
    let dates: Vec<usize> = got.match_indices("Date: ").map(|(at, _)| at).collect();
    dates.into_iter().for_each(|at| got.replace_range(at..at + DATE.len(), DATE));
    assert_eq!(got, answers);
}

#[test]
fn a_pipeline_is_answered_in_order() {
    let host = http();
    let mut client = host.tcp();
    let requests: String = (0..2000).map(|number| post(&number.to_string())).collect();
    let answers: String = (0..2000).map(|number| json(&number.to_string())).collect();
    client.send(&requests);
    expect(&mut client, &answers);
    for piece in post("[1]").as_bytes().chunks(3) {
        client.send(piece);
    }
    expect(&mut client, &json("[1]"));
}

#[test]
fn a_half_request_lives_through_a_reload() {
    let host = http();
    let request = post("{\"half\":\"whole\"}");
    for cut in [3, 40, request.len() - 5] {
        let (first, second) = request.split_at(cut);
        let mut client = host.tcp();
        let before = host.count("bytes_read");
        client.send(first);
        eventually("the half request to be read", || (host.count("bytes_read") == before + first.len() as u64).then_some(()));
        host.cli(["reload"]).success();
        client.send(second);
        expect(&mut client, &json("{\"half\":\"whole\"}"));
    }
    assert_eq!(host.count("generation"), 4);
}

#[test]
fn what_can_be_understood_in_two_ways_is_refused() {
    let host = http();
    let smuggled = "GET /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n";
    for (request, code) in [
        ("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n", 501),
        ("GET / HTTP/1.1\nHost: x\n\n", 400),
        ("GET / HTTP/1.1\rHost: x\r\r", 400),
        ("GET / HTTP/3.0\r\nHost: x\r\n\r\n", 505),
        ("\x16\x03\x01\r\n", 400),
    ] {
        let mut client = host.tcp();
        client.send(format!("{request}{smuggled}"));
        let answer = String::from_utf8(client.rest().expect("a clean end")).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {code} ")), "{request:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{request:?}: {answer}");
    }
    assert_eq!(host.count("traps"), 0);
}

#[test]
fn who_sends_too_slowly_is_told() {
    let host = Serve::plugin(example_folder("http")).set("request-timeout", "1").tcp().start();
    let mut client = host.tcp();
    client.send("GET / HTTP/1.1\r\nHo");
    let answer = String::from_utf8(client.rest().expect("a clean end")).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
    host.wait_count("connections", 0);
}
