//! 64 bytes there and back, 64 connections, one core.

use super::{ALL, Bench, Section, row};
use crate::{
    measure::{self, Sample},
    process,
    reload::host::request,
    report::{Spread, middle},
    runner::interleaved,
    scenario,
    servers::Server,
};
use anyhow::{Context as _, Result, bail};
use serde_json::json;
use std::{path::PathBuf, process::Command, time::Duration};

/// Servers without sockdock, each with its language's own sockets.
const OTHERS: [&str; 4] = ["Bun.listen", "Node net", "CPython asyncio", "Go net"];

struct Contestant {
    server: Server,
    /// Its control socket, if it is sockdock.
    admin: Option<PathBuf>,
}

/// What a kit's echo is compared with, and how much of its units per second it should have.
const AIMS: [(&str, &str, f64); 5] = [
    ("JavaScript (QuickJS)", "Node net", 1.0),
    ("JavaScript (QuickJS)", "Bun.listen", 0.65),
    ("Python (CPython)", "CPython asyncio", 2.0),
    ("Go", "Go net", 0.8),
    ("C", "Rust", 0.97),
];

pub(super) fn measure(bench: &Bench) -> Result<Section> {
    let scenario = scenario::pick(&["echo-64/64".to_owned()])?.into_iter().next().context("the scenario")?;
    let (rounds, measured) = if bench.quick { (2, 300) } else { (7, 1_000) };
    let measured = Duration::from_millis(measured);
    process::pin(bench.cores.server)?;
    let all = contestants(bench);
    process::pin(bench.cores.load)?;
    let all = all?;
    let one = |contestant: &Contestant, time| measure::traffic(&scenario, &contestant.server, &bench.credentials, time / 4, time);
    // For what compiles while it runs.
    for contestant in &all {
        one(contestant, measured)?;
    }
    let samples = interleaved(rounds, &all, |contestant| one(contestant, measured))?;
    section(&all, &samples)
}

fn contestants(bench: &Bench) -> Result<Vec<Contestant>> {
    let mut all = Vec::new();
    for language in &ALL {
        let scratch = tempfile::tempdir()?;
        let admin = scratch.path().join("admin.sock");
        let mut command = Command::new(&bench.sockdock);
        command.arg("serve").arg(bench.component(language)).args(["--workers", "1", "--log-level", "warn"]);
        command.args(["--listen", "127.0.0.1:0"]).arg("--admin").arg(&admin);
        // As it would be in production: CPython keeps what it has written.
        command.args(["--memory-limit", "256MiB", "--recycle-memory", "128MiB"]);
        all.push(Contestant { server: Server::printing(language.name, command, scratch)?, admin: Some(admin) });
    }
    let servers = bench.root.join("tests/bench/servers");
    for name in OTHERS {
        let mut command = match name {
            "Bun.listen" => Command::new(bench.bun()),
            "Node net" => Command::new("node"),
            "CPython asyncio" => Command::new("python3"),
            _ => Command::new(bench.go_server()),
        };
        match name {
            "Bun.listen" => drop(command.arg(servers.join("bun.js")).arg("echo")),
            "Node net" => drop(command.arg(servers.join("node.js")).arg("echo")),
            "CPython asyncio" => drop(command.arg(servers.join("asyncio_echo.py"))),
            _ => drop(command.env("GOMAXPROCS", "1")),
        }
        all.push(Contestant { server: Server::printing(name, command, tempfile::tempdir()?)?, admin: None });
    }
    Ok(all)
}

fn section(all: &[Contestant], rounds: &[Vec<Sample>]) -> Result<Section> {
    let figures = |name: &str| -> Result<Vec<[f64; 2]>> {
        let place = all.iter().position(|contestant| contestant.server.name == name).with_context(|| name.to_owned())?;
        rounds.iter().map(|round| figures(round.get(place))).collect()
    };
    let mut table = vec![row(["", "echoes per second", "server CPU µs per echo", "of it in the handler, ns", "RSS MiB"])];
    for contestant in all {
        let name = contestant.server.name;
        let column = |at: usize| Ok::<_, anyhow::Error>(middle(figures(name)?.iter().map(|pair| pair[at]).collect()));
        let handler = match &contestant.admin {
            Some(admin) => handler(admin)?.to_string(),
            None => "–".to_owned(),
        };
        let resident = contestant.server.resident()? as f64 / f64::from(1 << 20);
        table.push(vec![
            name.to_owned(),
            format!("{:.0}", column(0)?),
            format!("{:.2}", column(1)?),
            handler,
            format!("{resident:.1}"),
        ]);
    }
    let mut aims = Vec::new();
    for (ours, theirs, aim) in AIMS {
        let (ours_all, theirs_all) = (figures(ours)?, figures(theirs)?);
        let ratio = Spread::of(ours_all.iter().zip(&theirs_all).map(|(one, other)| one[0] / other[0]).collect());
        aims.push((format!("{ours} ÷ {theirs}, echoes per second"), ratio.to_string(), format!("≥ {aim}"), ratio.median >= aim));
    }
    Ok(Section {
        title: "Echo of 64 bytes",
        about: "64 connections, one message under way on each; server on one core, load on another; all servers beside each other, one under load \
                at a time, in rounds that alternate between them; every byte is compared. Medians over the rounds; ratios within each round. *In the \
                handler* is what a call of `data` takes, with the `write` in it, on average of one call in sixteen, which are timed.",
        table,
        aims,
    })
}

fn figures(sample: Option<&Sample>) -> Result<[f64; 2]> {
    match sample {
        Some(Sample::Traffic(traffic)) => Ok([traffic.rate, traffic.cpu]),
        _ => bail!("no figures of traffic"),
    }
}

/// Nanoseconds of a call.
fn handler(admin: &std::path::Path) -> Result<u64> {
    let (_, status) = request(admin, "GET", "/status", &json!({}))?;
    status["listeners"][0]["generations"][0]["handler_mean_ns"]
        .as_u64()
        .with_context(|| format!("no handler_mean_ns in {status}"))
}
