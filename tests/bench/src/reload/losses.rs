//! Nothing lost, repeated, reordered or disconnected under constant traffic and constant reloads.

use super::{
    Aim, Bench, Section, in_rhythm, row,
    sequence::{Dialect, Losses},
    traffic::{Group, Rhythm, Traffic},
};
use anyhow::{Result, ensure};

/// Of which half speak TLS.
const CONNECTIONS: usize = 1_000;
/// Messages that each has under way.
const WINDOW: u64 = 2;

pub(super) fn measure(bench: &Bench) -> Result<Section> {
    let scratch = tempfile::tempdir()?;
    let plugins = [bench.guest("echo_v2"), bench.guest("echo_v1")];
    let host = bench.host(&plugins[1], scratch.path(), &["--workers", "2", "--instances", "2"])?;
    let plain = Group {
        connections: CONNECTIONS / 2,
        address: host.tcp,
        tls: None,
        dialect: Dialect::Echo,
        rhythm: Rhythm::Constant(WINDOW),
    };
    let tls = Group { address: host.tls, tls: Some(bench.credentials.client()?), ..plain.clone() };
    let traffic = Traffic::start(vec![plain, tls], 1)?;
    let reloads = in_rhythm(bench.seconds(60, 5), |n| host.reload(&plugins[n % 2]).map(drop))?;
    let losses = traffic.finish()?.losses;
    ensure!(host.status("accepted")? == CONNECTIONS as u64, "somebody has connected again");
    ensure!(host.status("reloads")? == reloads as u64, "not every reload was committed");
    Ok(section(losses, reloads))
}

fn section(losses: Losses, reloads: usize) -> Section {
    let per_million = losses.sum() as f64 * 1e6 / losses.messages.max(1) as f64;
    let per_reloads = losses.sum() as f64 * 1e3 / reloads.max(1) as f64;
    let Losses { messages, lost, repeated, reordered, corrupted, disconnected } = losses;
    let mut table = vec![row(["messages", "reloads", "lost", "repeated", "reordered", "corrupted", "disconnected"])];
    table.push([messages, reloads as u64, lost, repeated, reordered, corrupted, disconnected].map(|n| n.to_string()).into());
    let aim = |name: &str, found: f64| Aim::new(name, format!("{found}"), "0", losses.none());
    Section {
        title: "Losses".into(),
        about: format!(
            "{CONNECTIONS} connections, half of them by TLS, two instances on two workers, an echo; each connection has {WINDOW} messages of 64 \
             bytes under way at all times, a reload every 20 ms. Each message carries its connection's number and its own; an answer that \
             is missing, comes twice, or out of turn, or is another's counts, and so does a connection that ends."
        ),
        table,
        aims: vec![aim("losses per million messages", per_million), aim("losses per thousand reloads", per_reloads)],
    }
}
