//! A store with 100 MiB of state, reloaded under traffic: what the pause is made of, and whether a count is lost.

use super::{
    Aim, Bench, Host, Section, pass, row,
    sequence::Dialect,
    traffic::{Group, Rhythm, Traffic},
};
use crate::histogram::Histogram;
use anyhow::{Context as _, Result, ensure};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// Values of so many bytes, and how many of them make up the state.
const SHAPES: [(usize, usize); 2] = [(64, 1_300_000), (1_024, 100_000)];
const CONNECTIONS: usize = 100;
/// Each message counts a key of its connection's own up, so that the store itself would notice what is carried out twice.
const PACE: Duration = Duration::from_millis(50);
/// For 100 MiB.
const MOST: Duration = Duration::from_secs(1);

/// Of a reload, in microseconds.
struct Found {
    value: usize,
    bytes: u64,
    reloads: Vec<[u64; 3]>,
    latency: Histogram,
}

pub(super) fn measure(bench: &Bench) -> Result<Section> {
    let found = SHAPES.iter().map(|(value, count)| one(bench, *value, *count)).collect::<Result<Vec<_>>>()?;
    Ok(section(&found))
}

fn one(bench: &Bench, value: usize, count: usize) -> Result<Found> {
    let scratch = tempfile::tempdir()?;
    let plugin = bench.example("kv");
    let host = bench.host(&plugin, scratch.path(), &LIMITS)?;
    let (count, times) = if bench.quick { (count / 10, 2) } else { (count, 7) };
    fill(&host, value, count)?;
    let plain = Group {
        connections: CONNECTIONS / 2,
        address: host.tcp,
        tls: None,
        dialect: Dialect::Increment,
        rhythm: Rhythm::Paced(PACE),
    };
    let tls = Group { address: host.tls, tls: Some(bench.credentials.client()?), ..plain.clone() };
    let traffic = Traffic::start(vec![plain, tls], 1)?;
    traffic.phase(0);
    let (mut reloads, mut bytes) = (Vec::new(), 0);
    for _ in 0..times {
        pass(Duration::from_millis(500));
        let report = host.reload(&plugin)?;
        let first = |figures: &[u64]| figures.first().copied().context("no figure");
        reloads.push([first(&report.pause)?, first(&report.snapshot)?, first(&report.restore)?]);
        bytes = report.snapshot_bytes;
    }
    let outcome = traffic.finish()?;
    ensure!(outcome.losses.none(), "{:?}", outcome.losses);
    verify(&host, value, count)?;
    let latency = outcome.latency.into_iter().next().context("a phase")?;
    Ok(Found { value, bytes, reloads, latency })
}

/// Beyond the defaults: an instance has the state and its snapshot at the same time; a pause that misses its aim is to be measured,
/// not cut short.
const LIMITS: [&str; 6] = ["--memory-limit", "1GiB", "--reload-deadline", "10s", "--set", "maxmemory=800mb"];

/// The value of a key: its number, again and again.
fn content(number: usize, length: usize) -> Vec<u8> {
    format!("{number:08}").into_bytes().into_iter().cycle().take(length).collect()
}

/// Answers that are awaited at a time.
const BATCH: usize = 500;

fn fill(host: &Host, value: usize, count: usize) -> Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(host.tcp)?);
    for batch in (0..count).step_by(BATCH) {
        let numbers = batch..(batch + BATCH).min(count);
        let mut requests = Vec::new();
        for number in numbers.clone() {
            write!(requests, "*3\r\n$3\r\nSET\r\n$12\r\nkey:{number:08}\r\n${value}\r\n")?;
            requests.extend(content(number, value));
            requests.extend(b"\r\n");
        }
        stream.get_mut().write_all(&requests)?;
        for _ in numbers {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            ensure!(line == "+OK\r\n", "SET was answered {line:?}");
        }
    }
    Ok(())
}

fn verify(host: &Host, value: usize, count: usize) -> Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(host.tcp)?);
    for batch in (0..count).step_by(BATCH) {
        let numbers = batch..(batch + BATCH).min(count);
        let requests: String = numbers.clone().map(|number| format!("*2\r\n$3\r\nGET\r\n$12\r\nkey:{number:08}\r\n")).collect();
        stream.get_mut().write_all(requests.as_bytes())?;
        for number in numbers {
            let right = [format!("${value}\r\n").into_bytes(), content(number, value), b"\r\n".to_vec()].concat();
            let mut answer = vec![0; right.len()];
            stream.read_exact(&mut answer)?;
            ensure!(answer == right, "the value of key {number} is another one");
        }
    }
    Ok(())
}

pub(super) fn median(mut figures: Vec<u64>) -> u64 {
    figures.sort_unstable();
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

fn section(found: &[Found]) -> Section {
    let mut table = vec![row([
        "values of",
        "snapshot",
        "reloads",
        "pause",
        "snapshot",
        "restore",
        "commit",
        "pause per 100 MiB",
        "longest wait of a client",
    ])];
    let mut aims = Vec::new();
    for Found { value, bytes, reloads, latency } in found {
        let column = |at: usize| median(reloads.iter().map(|figures| figures[at]).collect());
        let (pause, snapshot, restore) = (column(0), column(1), column(2));
        let commit = median(reloads.iter().map(|[pause, snapshot, restore]| pause.saturating_sub(snapshot + restore)).collect());
        let share = |us: u64| format!("{:.1} ms ({:.0} %)", us as f64 / 1e3, 100.0 * us as f64 / pause.max(1) as f64);
        let per_100 = Duration::from_micros(pause).mul_f64(f64::from(100 << 20) / (*bytes).max(1) as f64);
        table.push(vec![
            format!("{value} bytes"),
            format!("{:.1} MiB", *bytes as f64 / f64::from(1 << 20)),
            reloads.len().to_string(),
            format!("{:.1} ms", pause as f64 / 1e3),
            share(snapshot),
            share(restore),
            share(commit),
            format!("{:.0} ms", per_100.as_secs_f64() * 1e3),
            format!("{:.0} ms", latency.quantile(1.0).as_secs_f64() * 1e3),
        ]);
        let name = format!("pause per 100 MiB, values of {value} bytes");
        aims.push(Aim::new(name, format!("{:.2} s", per_100.as_secs_f64()), "≤ 1 s", per_100 <= MOST));
    }
    Section {
        title: "State".into(),
        about: format!(
            "`examples/kv` with a state of about 100 MiB. {CONNECTIONS} connections, half of them by TLS, each count a key of their own up every 50 ms; the \
             answers are the counts, so that one lost or carried out twice would show in all that follow; at the end every value is read \
             back. Medians over the reloads. The host runs with `{}`: the default `--memory-limit` of 256 MiB has no room for such a state \
             and its snapshot at the same time.",
            LIMITS.join(" ")
        ),
        table,
        aims,
    }
}
