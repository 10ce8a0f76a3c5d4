//! Runs scenarios: all servers beside each other, rounds interleaved.

use crate::{
    credentials::Credentials,
    measure::{self, Sample},
    process,
    report::{Results, Round},
    scenario::{Measure, Scenario},
    servers::{Kind, Programs, Server, Service},
};
use anyhow::{Context as _, Result};
use std::time::Duration;

/// How long and how often.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Rounds that count.
    pub rounds: usize,
    /// Load before each round's measurement.
    pub warm_up: Duration,
    /// What is measured of each server in each round.
    pub measured: Duration,
}

/// The servers' core and the load's.
#[derive(Debug, Clone, Copy)]
pub struct Cores {
    /// For all servers; one at a time is under load.
    pub server: usize,
    /// For the load generator.
    pub load: usize,
}

/// Runs servers and load.
#[derive(Debug)]
pub struct Runner {
    /// Where the programs are.
    pub programs: Programs,
    /// Who runs where.
    pub cores: Cores,
    /// How long and how often.
    pub pace: Pace,
    /// Of those that speak TLS.
    pub credentials: Credentials,
}

impl Runner {
    /// All rounds of one scenario.
    pub fn run(&self, scenario: &Scenario) -> Result<Results> {
        let rounds = match scenario.measure {
            Measure::Exchanges | Measure::Connections | Measure::Redis { .. } => self.traffic(scenario)?,
            Measure::Memory => self.memory(scenario)?,
        };
        Ok(Results { scenario: *scenario, rounds })
    }

    fn traffic(&self, scenario: &Scenario) -> Result<Vec<Round>> {
        let kinds = scenario.service.offered_by();
        let servers = kinds.map(|kind| Ok((kind, self.start(kind, scenario.service)?))).collect::<Result<Vec<_>>>()?;
        let Pace { rounds, warm_up, measured } = self.pace;
        let measure = |server: &Server| match scenario.measure {
            Measure::Redis { request, pipeline } => measure::redis(scenario, server, (request, pipeline), warm_up, measured),
            _ => measure::traffic(scenario, server, &self.credentials, warm_up, measured),
        };
        // A round that doesn't count, for what compiles while it runs.
        for (_, server) in &servers {
            measure(server)?;
        }
        in_rounds(rounds, &servers, |(kind, server)| Ok((*kind, measure(server)?)))
    }

    /// Memory is looked at in a server that has served nobody before.
    fn memory(&self, scenario: &Scenario) -> Result<Vec<Round>> {
        let kinds: Vec<Kind> = scenario.service.offered_by().collect();
        in_rounds(self.pace.rounds, &kinds, |kind| {
            let server = self.start(*kind, scenario.service)?;
            Ok((*kind, measure::memory(scenario, &server, &self.credentials, self.pace.measured)?))
        })
    }

    fn start(&self, kind: Kind, service: Service) -> Result<Server> {
        process::pin(self.cores.server)?;
        let server = Server::start(&self.programs, kind, service, &self.credentials);
        process::pin(self.cores.load)?;
        server.with_context(|| format!("starting {}", kind.name()))
    }
}

/// Each round has all of them, and begins with another one.
fn in_rounds<T>(rounds: usize, all: &[T], each: impl Fn(&T) -> Result<(Kind, Sample)>) -> Result<Vec<Round>> {
    Ok(interleaved(rounds, all, each)?.into_iter().map(|round| round.into_iter().collect()).collect())
}

/// A sample of each in each round, in the order of `all`; each round begins with another one.
pub fn interleaved<T, S>(rounds: usize, all: &[T], each: impl Fn(&T) -> Result<S>) -> Result<Vec<Vec<S>>> {
    let round = |round: usize| {
        let order = (0..all.len()).map(|n| (round + n) % all.len());
        let mut samples = order.map(|at| Ok((at, each(&all[at])?))).collect::<Result<Vec<_>>>()?;
        samples.sort_by_key(|(at, _)| *at);
        Ok(samples.into_iter().map(|(_, sample)| sample).collect())
    };
    (0..rounds).map(round).collect()
}
