//! One round of one scenario against one server.

use crate::{
    credentials::Credentials,
    histogram::Histogram,
    load::{Clients, Load, Tally},
    redis_benchmark::{self, Found, Request, Run},
    scenario::{Measure, Scenario},
    servers::{Server, Service},
};
use anyhow::{Context as _, Result, ensure};
use std::time::Duration;

/// What a round found.
#[derive(Debug, Clone)]
pub enum Sample {
    /// Traffic.
    Traffic(Traffic),
    /// Bytes that a server's resident memory grew by, per connection.
    Memory {
        /// Growth divided by connections.
        per_connection: f64,
        /// Resident memory with all connections open.
        resident: u64,
    },
}

/// Figures of traffic.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// Units per second.
    pub rate: f64,
    /// Server CPU per unit, in microseconds.
    pub cpu: f64,
    /// Share of the round that the server was on its core.
    pub busy: f64,
    /// Resident memory while the connections are open, in bytes.
    pub resident: u64,
    /// Latencies.
    pub latency: Latency,
}

/// Latencies, as far as they are known.
#[derive(Debug, Clone)]
pub enum Latency {
    /// Of each unit.
    Each(Histogram),
    /// As the load told them.
    Told {
        /// The median.
        p50: Duration,
        /// The 99th percentile.
        p99: Duration,
    },
}

impl Sample {
    /// What servers are compared by; less is better: CPU µs per unit, or bytes per connection.
    pub fn cost(&self) -> f64 {
        match self {
            Self::Traffic(traffic) => traffic.cpu,
            Self::Memory { per_connection, .. } => *per_connection,
        }
    }
}

/// Loads the server for `duration` and answers what that cost it.
pub fn traffic(
    scenario: &Scenario,
    server: &Server,
    credentials: &Credentials,
    warm_up: Duration,
    duration: Duration,
) -> Result<Sample> {
    let mut clients = connect(scenario, server, credentials)?;
    check(scenario, server, &clients.run(warm_up)?)?;
    let before = server.cpu()?;
    let tally = clients.run(duration)?;
    let cpu = server.cpu()?.since(&before);
    let resident = server.resident()?;
    check(scenario, server, &tally)?;
    clients.reset();
    Ok(Sample::Traffic(Traffic {
        rate: tally.units as f64 / tally.elapsed.as_secs_f64(),
        cpu: cpu.as_secs_f64() * 1e6 / tally.units as f64,
        busy: cpu.as_secs_f64() / tally.elapsed.as_secs_f64(),
        resident,
        latency: Latency::Each(tally.latency),
    }))
}

/// Opens connections to a server that has just been started, has each say one thing, and answers what they hold.
pub fn memory(scenario: &Scenario, server: &Server, credentials: &Credentials, settle: Duration) -> Result<Sample> {
    // What the first connections bring to life (code, pools) isn't theirs. No more traffic than that: its garbage would be
    // taken for the server's own memory, and then be reused for connections.
    let mut first = connect(&Scenario { connections: 100, ..*scenario }, server, credentials)?;
    check(scenario, server, &first.once()?)?;
    first.idle(settle)?;
    let before = server.resident()?;
    let mut clients = connect(scenario, server, credentials)?;
    check(scenario, server, &clients.once()?)?;
    clients.idle(settle)?;
    let resident = server.resident()?;
    clients.reset();
    first.reset();
    let per_connection = resident.saturating_sub(before) as f64 / scenario.connections as f64;
    Ok(Sample::Memory { per_connection, resident })
}

/// Opens connections to a server, has each say one thing, and answers what it holds then, in bytes.
pub fn held(scenario: &Scenario, server: &Server, credentials: &Credentials, settle: Duration) -> Result<u64> {
    let mut clients = connect(scenario, server, credentials)?;
    check(scenario, server, &clients.once()?)?;
    clients.idle(settle)?;
    let resident = server.resident()?;
    clients.reset();
    Ok(resident)
}

/// Has redis-benchmark load the server for about `duration` and answers what that cost it.
pub fn redis(
    scenario: &Scenario,
    server: &Server,
    (request, pipeline): (Request, usize),
    warm_up: Duration,
    duration: Duration,
) -> Result<Sample> {
    let context = || format!("{} at {}", server.name, scenario.id());
    redis_benchmark::fill(server.address).with_context(context)?;
    // It takes a number of requests rather than a time. The first guess is a second's work of nobody; then what was measured.
    let mut run = Run { address: server.address, connections: scenario.connections, pipeline, requests: 10_000 };
    let requests = |rate: f64, time: Duration| ((rate * time.as_secs_f64()) as u64).max(1_000);
    run.requests = requests(run.ask(request).with_context(context)?.rate, warm_up);
    run.requests = requests(run.ask(request).with_context(context)?.rate, duration);
    let before = server.cpu()?;
    let Found { rate, p50, p99 } = run.ask(request).with_context(context)?;
    let cpu = server.cpu()?.since(&before).as_secs_f64();
    let resident = server.resident()?;
    redis_benchmark::check(server.address, request).with_context(context)?;
    let units = run.requests as f64;
    let latency = Latency::Told { p50, p99 };
    Ok(Sample::Traffic(Traffic { rate, cpu: cpu * 1e6 / units, busy: cpu * rate / units, resident, latency }))
}

fn connect(scenario: &Scenario, server: &Server, credentials: &Credentials) -> Result<Clients> {
    Clients::connect(Load {
        address: server.address,
        connections: scenario.connections,
        exchange: scenario.exchange,
        reconnect: scenario.measure == Measure::Connections,
        tls: (scenario.service == Service::TlsEcho).then(|| credentials.client()).transpose()?,
    })
}

/// A server that answers wrongly isn't fast, it is broken.
fn check(scenario: &Scenario, server: &Server, tally: &Tally) -> Result<()> {
    let Tally { units, corrupted, lost, .. } = tally;
    ensure!(
        *units > 0 && *corrupted == 0 && *lost == 0,
        "{} at {}: {units} answers, {corrupted} of them corrupted, {lost} connections lost",
        server.name,
        scenario.id()
    );
    Ok(())
}
