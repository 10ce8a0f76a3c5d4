//! From samples to tables: medians over the rounds, and ratios between servers of the same round.

mod chart;
mod document;
mod statistics;

use self::statistics::{Spread, median};
use crate::{
    histogram::Histogram,
    measure::Sample,
    scenario::{Measure, Scenario},
    servers::Kind,
};
use std::collections::BTreeMap;

pub use self::{chart::chart, document::document};

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

    fn headings(&self) -> Vec<String> {
        let figures: &[&str] = match self.scenario.measure {
            Measure::Exchanges | Measure::Connections => {
                &["CPU µs/unit", "÷ native", "÷ Bun", "units/s", "core busy", "p50 µs", "p99 µs", "p99.9 µs", "RSS MiB"]
            }
            Measure::Memory => &["bytes/connection", "÷ native", "÷ Bun", "RSS MiB"],
        };
        std::iter::once("").chain(figures.iter().copied()).map(str::to_owned).collect()
    }

    fn row(&self, kind: Kind) -> Vec<String> {
        let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let resident = |sample: &Sample| match sample {
            Sample::Traffic(traffic) => mebibytes(traffic.resident),
            Sample::Memory { resident, .. } => mebibytes(*resident),
        };
        let ratios = [self.ratio(kind, Kind::Native).to_string(), self.ratio(kind, Kind::Bun).to_string()];
        let cost = self.cost(kind);
        let mut row = vec![kind.name().to_owned()];
        match self.scenario.measure {
            Measure::Exchanges | Measure::Connections => {
                row.push(format!("{cost:.2}"));
                row.extend(ratios);
                row.push(format!("{:.0}", self.median(kind, |sample| traffic_figure(sample, |traffic| traffic.rate))));
                row.push(format!("{:.0} %", 100.0 * self.median(kind, |sample| traffic_figure(sample, |traffic| traffic.busy))));
                let latency = self.latency(kind);
                row.extend([0.5, 0.99, 0.999].map(|share| format!("{:.0}", latency.quantile(share).as_secs_f64() * 1e6)));
            }
            Measure::Memory => {
                row.push(format!("{cost:.0}"));
                row.extend(ratios);
            }
        }
        row.push(format!("{:.1}", self.median(kind, resident)));
        row
    }

    fn latency(&self, kind: Kind) -> Histogram {
        let mut all = Histogram::default();
        for sample in self.samples(kind) {
            if let Sample::Traffic(traffic) = sample {
                all.merge(&traffic.latency);
            }
        }
        all
    }
}

fn traffic_figure(sample: &Sample, figure: impl Fn(&crate::measure::Traffic) -> f64) -> f64 {
    match sample {
        Sample::Traffic(traffic) => figure(traffic),
        Sample::Memory { .. } => f64::NAN,
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
