//! How long a reload holds events back, by the number of live connections; and what traffic sees of it.

use super::{
    Aim, Bench, Host, Section, histogram, in_rhythm, milliseconds, pass, row,
    sequence::Dialect,
    traffic::{Group, Rhythm, Traffic},
};
use crate::histogram::Histogram;
use anyhow::{Result, ensure};
use std::time::Duration;

/// Live connections.
const CONNECTIONS: [usize; 3] = [10, 1_000, 10_000];
/// The largest of them.
pub(super) const MOST: usize = CONNECTIONS[2];
/// How many of them speak, at most.
const ACTIVE: usize = 200;
/// Messages per second, all of them together.
const RATE: u32 = 2_000;
/// Without reloads, and with.
const PHASES: usize = 2;
const MEDIAN: Duration = Duration::from_micros(300);
const TAIL: Duration = Duration::from_millis(1);

struct Found {
    connections: usize,
    reloads: usize,
    pause: Histogram,
    quiet: Histogram,
    during: Histogram,
}

pub(super) fn measure(bench: &Bench) -> Result<Section> {
    let found = CONNECTIONS.iter().map(|connections| one(bench, *connections)).collect::<Result<Vec<_>>>()?;
    Ok(section(&found))
}

fn one(bench: &Bench, connections: usize) -> Result<Found> {
    let scratch = tempfile::tempdir()?;
    let plugins = [bench.guest("echo_v2"), bench.guest("echo_v1")];
    let host = bench.host(&plugins[1], scratch.path(), &["--max-connections", "20000"])?;
    let traffic = Traffic::start(groups(&host, bench, connections)?, PHASES)?;
    let mut pauses = Vec::new();
    // Turn by turn, so that whatever else the machine does meets both alike.
    let (turns, turn) = if bench.quick { (2, Duration::from_secs(1)) } else { (10, Duration::from_secs(2)) };
    for _ in 0..turns {
        traffic.phase(0);
        pass(turn);
        traffic.phase(1);
        in_rhythm(turn, |n| {
            pauses.extend(host.reload(&plugins[n % 2])?.pause);
            Ok(())
        })?;
    }
    let outcome = traffic.finish()?;
    ensure!(outcome.losses.none(), "with {connections} connections: {:?}", outcome.losses);
    let [quiet, during] = outcome.latency.try_into().map_err(|_| anyhow::anyhow!("two phases"))?;
    Ok(Found { connections, reloads: pauses.len(), pause: histogram(pauses), quiet, during })
}

/// Half of all speak, up to a number; a tenth of those that do speak TLS.
fn groups(host: &Host, bench: &Bench, connections: usize) -> Result<Vec<Group>> {
    let active = (connections / 2).min(ACTIVE);
    let rhythm = Rhythm::Paced(Duration::from_secs(active as u64) / RATE);
    let tls = active.div_ceil(10);
    let plain = Group { connections: active - tls, address: host.tcp, tls: None, dialect: Dialect::Echo, rhythm };
    let encrypted = Group { connections: tls, address: host.tls, tls: Some(bench.credentials.client()?), ..plain.clone() };
    let idle = Group { connections: connections - active, rhythm: Rhythm::Idle, ..plain.clone() };
    Ok(vec![idle, encrypted, plain])
}

fn section(found: &[Found]) -> Section {
    let mut table = vec![row([
        "connections",
        "reloads",
        "pause: median",
        "p99",
        "largest",
        "traffic without reloads: p50",
        "p99",
        "during reloads: p50",
        "p99",
    ])];
    let mut aims = Vec::new();
    for Found { connections, reloads, pause, quiet, during } in found {
        let mut cells = vec![connections.to_string(), reloads.to_string()];
        cells.extend([0.5, 0.99, 1.0].map(|share| milliseconds(pause.quantile(share))));
        cells.extend([quiet, during].iter().flat_map(|latency| [0.5, 0.99].map(|share| milliseconds(latency.quantile(share)))));
        table.push(cells);
        let mut aim = |what: &str, found: Duration, most: Duration| {
            let name = format!("{what}, {connections} connections");
            aims.push(Aim::new(name, milliseconds(found), format!("≤ {}", milliseconds(most)), found <= most));
        };
        aim("pause, median", pause.quantile(0.5), MEDIAN);
        aim("pause, p99", pause.quantile(0.99), TAIL);
        aim("p99 of traffic, more than without reloads", during.quantile(0.99).saturating_sub(quiet.quantile(0.99)), TAIL);
    }
    if let (Some(few), Some(many)) = (found.first(), found.last()) {
        let (few, many) = (few.pause.quantile(0.5), many.pause.quantile(0.5));
        let grows = many.as_secs_f64() / few.as_secs_f64().max(1e-9);
        aims.push(Aim::new("median pause, most connections ÷ fewest", format!("{grows:.2}"), "≤ 2", grows <= 2.0));
    }
    Section {
        title: "Pauses".into(),
        about: format!(
            "One instance of an echo, a reload every 20 ms. Half of the connections speak, {ACTIVE} at most, a tenth of them by TLS: {RATE} messages \
             of 64 bytes per second all together; the others are idle, and say something at the end. *Pause* is what the reload's report says: \
             from the last event of the old generation to the first possible one of the new. Traffic with and without reloads \
             takes turns of two seconds on the same connections; its latency is what a client sees."
        ),
        table,
        aims,
    }
}
