//! `redis-benchmark` as the load of a store: Redis's own, so that nobody can say that we ask ourselves what suits us.

use anyhow::{Context as _, Result, ensure};
use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    time::Duration,
};

/// What it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// The value of a key.
    Get,
    /// To give a key a value.
    Set,
}

/// Keys that it draws from.
const KEYS: usize = 10_000;
/// Bytes of a value.
const BYTES: usize = 64;

/// What values consist of: those that were there before redis-benchmark ran, and those that it sets.
const FILLED: char = 'f';
const SET: char = 's';

fn value(letter: char) -> String {
    letter.to_string().repeat(BYTES)
}

/// What a run may take, in seconds.
const LONGEST: &str = "60";

/// A run.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// The server.
    pub address: SocketAddr,
    /// Connections.
    pub connections: usize,
    /// Requests per connection under way.
    pub pipeline: usize,
    /// Requests in all.
    pub requests: u64,
}

/// What it found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// Requests per second.
    pub rate: f64,
    /// Half of all requests were answered within this.
    pub p50: Duration,
    /// 99 % were.
    pub p99: Duration,
}

impl Run {
    /// Sends so many requests, keys drawn by chance, and waits for the answers.
    ///
    /// # Errors
    /// Where redis-benchmark can't be started, fails, takes longer than a minute, reports that the server answered by an error, or its report has another shape.
    pub fn ask(&self, request: Request) -> Result<Found> {
        // Where connecting fails, it tries again for ever.
        let mut command = Command::new("timeout");
        command.args([LONGEST, "redis-benchmark"]);
        command.args(["-h", &self.address.ip().to_string(), "-p", &self.address.port().to_string(), "--csv", "--precision", "3"]);
        command.args(["-c", &self.connections.to_string(), "-P", &self.pipeline.to_string(), "-n", &self.requests.to_string()]);
        command.args(["-r", &KEYS.to_string()]);
        match request {
            Request::Get => command.args(["GET", "key:__rand_int__"]),
            Request::Set => command.args(["SET", "key:__rand_int__", &value(SET)]),
        };
        let output = command.stdin(Stdio::null()).output().context("redis-benchmark")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let complaints = String::from_utf8_lossy(&output.stderr);
        let failed = !output.status.success() || said.contains("Error") || complaints.contains("Error");
        ensure!(!failed, "{command:?}: {}: {said}{complaints}", output.status);
        parse(&said).with_context(|| format!("redis-benchmark's report has another shape: {said}"))
    }
}

/// `"test","rps",…`, then a row: `"GET","123.45",…`; latencies are in milliseconds.
fn parse(report: &str) -> Option<Found> {
    let mut lines = report.lines().map(|line| line.split(',').map(|cell| cell.trim_matches('"')));
    let headings: Vec<&str> = lines.by_ref().map(Vec::from_iter).find(|line: &Vec<&str>| line.first() == Some(&"test"))?;
    let row: Vec<&str> = lines.next()?.collect();
    let figure = |name: &str| -> Option<f64> { row.get(headings.iter().position(|heading| *heading == name)?)?.parse().ok() };
    let latency = |name: &str| Some(Duration::from_secs_f64(figure(name)? / 1e3));
    Some(Found { rate: figure("rps")?, p50: latency("p50_latency_ms")?, p99: latency("p99_latency_ms")? })
}

/// Gives every key a value.
pub fn fill(address: SocketAddr) -> Result<()> {
    let value = value(FILLED);
    let requests: String =
        (0..KEYS).map(|n| format!("*3\r\n$3\r\nSET\r\n$16\r\nkey:{n:012}\r\n${BYTES}\r\n{value}\r\n")).collect();
    let answers = exchange(address, &requests, 5)?;
    ensure!(answers.iter().all(|answer| answer == "+OK\r\n"), "the store didn't take all values");
    Ok(())
}

/// Reads all values back: redis-benchmark looks at no answer, and a store that loses values isn't fast, it is broken.
pub fn check(address: SocketAddr, request: Request) -> Result<()> {
    let requests: String = (0..KEYS).map(|n| format!("*2\r\n$3\r\nGET\r\n$16\r\nkey:{n:012}\r\n")).collect();
    let [filled, set] = [FILLED, SET].map(|letter| format!("${BYTES}\r\n{}\r\n", value(letter)));
    let answers = exchange(address, &requests, filled.len())?;
    let are = |value: &str| answers.iter().filter(|answer| *answer == value).count();
    let (filled, set) = (are(&filled), are(&set));
    ensure!(filled + set == KEYS, "of {KEYS} keys, {} have lost their value", KEYS - filled - set);
    ensure!((set > 0) == (request == Request::Set), "redis-benchmark has set {set} of {KEYS} keys");
    Ok(())
}

/// Sends all requests at once and answers what comes, in pieces of the length that each answer must have.
fn exchange(address: SocketAddr, requests: &str, answer: usize) -> Result<Vec<String>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut sender = stream.try_clone()?;
    let mut answers = vec![0; answer * KEYS];
    std::thread::scope(|scope| {
        let sent = scope.spawn(move || sender.write_all(requests.as_bytes()));
        stream.read_exact(&mut answers).context("the store stopped answering")?;
        sent.join().map_err(|_| anyhow::anyhow!("the sender panicked"))??;
        anyhow::Ok(())
    })?;
    Ok(answers.chunks(answer).map(|answer| String::from_utf8_lossy(answer).into_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_is_read_by_its_headings() {
        let report = "WARNING: Could not fetch server CONFIG\n\
            \"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\",\"p99_latency_ms\",\"max_latency_ms\"\n\
            \"GET\",\"116279.07\",\"0.231\",\"0.072\",\"0.215\",\"0.271\",\"0.543\",\"1.935\"\n";
        let found = parse(report).unwrap();
        assert_eq!(found, Found { rate: 116_279.07, p50: Duration::from_micros(215), p99: Duration::from_micros(543) });
        assert_eq!(parse("Could not connect to Redis at 127.0.0.1:1: Connection refused\n"), None);
    }

    /// Answers one request of 36 bytes by what is given, for every key.
    fn store(answers: String) -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; 36]).unwrap();
            stream.write_all(answers.as_bytes()).unwrap();
            stream.read_to_end(&mut Vec::new()).ok();
        });
        address
    }

    #[test]
    fn a_store_that_answers_wrongly_is_noticed() {
        let [filled, set] = [FILLED, SET].map(|letter| format!("${BYTES}\r\n{}\r\n", value(letter)));
        check(store(filled.repeat(KEYS)), Request::Get).unwrap();
        check(store(set.clone() + &filled.repeat(KEYS - 1)), Request::Set).unwrap();
        let error = |answers, request| check(store(answers), request).unwrap_err().to_string();
        assert!(error(filled.repeat(KEYS), Request::Set).contains("has set 0"));
        assert!(error(set.repeat(KEYS), Request::Get).contains("has set 10000"));
        let torn = filled.replacen('f', "?", 1);
        assert!(error(filled.repeat(KEYS - 1) + &torn, Request::Get).contains("1 have lost"));
    }
}
