//! From samples to tables: medians over the rounds, and ratios between servers of the same round.

mod chart;
mod document;
mod statistics;

use self::statistics::median;
use crate::{
    histogram::Histogram,
    measure::{Latency, Sample, Traffic},
    scenario::{Measure, Scenario},
    servers::{Kind, Service},
};
use std::collections::BTreeMap;

pub use self::{
    chart::chart,
    document::document,
    statistics::{Spread, median as middle},
};

/// Every server's sample of one round.
pub type Round = BTreeMap<Kind, Sample>;

/// A scenario and all its rounds.
#[derive(Debug, Clone)]
pub struct Results {
    /// What was measured.
    pub scenario: Scenario,
    /// In order; each has all servers.
    pub rounds: Vec<Round>,
}

impl Results {
    fn samples(&self, kind: Kind) -> impl Iterator<Item = &Sample> {
        self.rounds.iter().filter_map(move |round| round.get(&kind))
    }

    fn median(&self, kind: Kind, figure: impl Fn(&Sample) -> f64) -> f64 {
        median(self.samples(kind).map(figure).collect())
    }

    /// How a server's cost compares with another's, round by round: neighbours in time, so that what disturbs the machine
    /// disturbs both.
    pub fn ratio(&self, kind: Kind, to: Kind) -> Spread {
        let ratios = self.rounds.iter().filter_map(|round| Some(round.get(&kind)?.cost() / round.get(&to)?.cost()));
        Spread::of(ratios.collect())
    }

    /// The median of what a unit costs a server: CPU µs, or bytes.
    pub fn cost(&self, kind: Kind) -> f64 {
        self.median(kind, Sample::cost)
    }

    /// Headings, then a row per server.
    pub fn table(&self) -> Vec<Vec<String>> {
        let mut rows = vec![self.headings()];
        rows.extend(Kind::ALL.into_iter().filter(|kind| self.samples(*kind).next().is_some()).map(|kind| self.row(kind)));
        rows
    }

    /// Whom the servers are compared with.
    fn compared_with(&self) -> &'static [Kind] {
        match self.scenario.service {
            Service::Kv => &[Kind::Redis],
            Service::Echo | Service::FiveWrites | Service::TlsEcho => &[Kind::Native, Kind::Bun],
        }
    }

    fn headings(&self) -> Vec<String> {
        let memory = self.scenario.measure == Measure::Memory;
        let mut headings = vec![String::new(), if memory { "bytes/connection" } else { "CPU µs/unit" }.to_owned()];
        headings.extend(self.compared_with().iter().map(|kind| format!("÷ {}", kind.short_name())));
        let traffic: &[&str] = match self.scenario.measure {
            Measure::Memory => &[],
            Measure::Redis { .. } => &["units/s", "core busy", "p50 µs", "p99 µs"],
            Measure::Exchanges | Measure::Connections => &["units/s", "core busy", "p50 µs", "p99 µs", "p99.9 µs"],
        };
        headings.extend(traffic.iter().copied().chain(["RSS MiB"]).map(str::to_owned));
        headings
    }

    fn row(&self, kind: Kind) -> Vec<String> {
        let mut row = vec![kind.name().to_owned()];
        let digits = if self.scenario.measure == Measure::Memory { 0 } else { 2 };
        row.push(format!("{:.digits$}", self.cost(kind)));
        row.extend(self.compared_with().iter().map(|to| self.ratio(kind, *to).to_string()));
        if self.scenario.measure != Measure::Memory {
            row.push(format!("{:.0}", self.traffic_median(kind, |traffic| traffic.rate)));
            row.push(format!("{:.0} %", 100.0 * self.traffic_median(kind, |traffic| traffic.busy)));
            row.extend(self.latencies(kind).into_iter().map(|seconds| format!("{:.0}", seconds * 1e6)));
        }
        let resident = |sample: &Sample| match sample {
            Sample::Traffic(Traffic { resident, .. }) | Sample::Memory { resident, .. } => *resident as f64 / f64::from(1 << 20),
        };
        row.push(format!("{:.1}", self.median(kind, resident)));
        row
    }

    fn traffic(&self, kind: Kind) -> impl Iterator<Item = &Traffic> {
        self.samples(kind).filter_map(|sample| match sample {
            Sample::Traffic(traffic) => Some(traffic),
            Sample::Memory { .. } => None,
        })
    }

    fn traffic_median(&self, kind: Kind, figure: impl Fn(&Traffic) -> f64) -> f64 {
        median(self.traffic(kind).map(figure).collect())
    }

    /// Percentiles in seconds: of all rounds together where each unit is known, else medians over the rounds.
    fn latencies(&self, kind: Kind) -> Vec<f64> {
        let (mut all, mut halves, mut tails) = (Histogram::default(), Vec::new(), Vec::new());
        for traffic in self.traffic(kind) {
            match &traffic.latency {
                Latency::Each(histogram) => all.merge(histogram),
                Latency::Told { p50, p99 } => {
                    halves.push(p50.as_secs_f64());
                    tails.push(p99.as_secs_f64());
                }
            }
        }
        if all.is_empty() {
            return vec![median(halves), median(tails)];
        }
        [0.5, 0.99, 0.999].map(|share| all.quantile(share).as_secs_f64()).into()
    }
}

/// A table for a terminal: the first column to the left, figures to the right.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column] - cell.chars().count());
            text += &if column == 0 { format!("  {cell}{pad}") } else { format!("  {pad}{cell}") };
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests;
