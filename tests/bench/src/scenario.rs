//! What is measured, by name.

use crate::{load::Exchange, native::Behaviour};
use anyhow::{Result, bail};

/// One kind of traffic at one number of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scenario {
    /// As on the command line, without the number of connections.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// Open at a time.
    pub connections: usize,
    /// What a unit is.
    pub exchange: Exchange,
    /// What the servers do.
    pub behaviour: Behaviour,
    /// How it is measured.
    pub measure: Measure,
}

/// How a scenario is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Exchanges on connections that stay open.
    Exchanges,
    /// Whole connections, one exchange each.
    Connections,
    /// Memory that connections hold which say nothing.
    Memory,
}

const fn echo(name: &'static str, title: &'static str, bytes: usize, connections: usize) -> Scenario {
    let (exchange, behaviour) = (Exchange::Echo(bytes), Behaviour::Echo);
    Scenario { name, title, connections, exchange, behaviour, measure: Measure::Exchanges }
}

const ECHO_64: &str = "64-byte echo";
const ECHO_16K: &str = "16 KiB echo";

/// All scenarios.
pub const ALL: [Scenario; 9] = [
    echo("echo-64", ECHO_64, 64, 1),
    echo("echo-64", ECHO_64, 64, 64),
    echo("echo-64", ECHO_64, 64, 1000),
    echo("echo-16k", ECHO_16K, 16 << 10, 1),
    echo("echo-16k", ECHO_16K, 16 << 10, 64),
    echo("echo-16k", ECHO_16K, 16 << 10, 1000),
    Scenario {
        exchange: Exchange::Hello,
        behaviour: Behaviour::FiveWrites,
        ..echo("five-writes", "`h`, `e`, `l`, `l`, `o`: five writes per reply", 0, 64)
    },
    Scenario { measure: Measure::Connections, ..echo("connect-close", "Connect, one 64-byte echo, close", 64, 16) },
    Scenario { measure: Measure::Memory, ..echo("idle-memory", "Memory per idle connection", 64, 10_000) },
];

impl Scenario {
    /// `echo-64/1000`: what picks this one alone.
    pub fn id(&self) -> String {
        format!("{}/{}", self.name, self.connections)
    }
}

/// The scenarios that the arguments pick, by `NAME` or `NAME/CONNECTIONS`; all, without arguments.
pub fn pick(wanted: &[String]) -> Result<Vec<Scenario>> {
    for name in wanted {
        if !ALL.iter().any(|scenario| matches(scenario, name)) {
            let known: Vec<String> = ALL.iter().map(Scenario::id).collect();
            bail!("there is no scenario {name}; there are {}", known.join(", "));
        }
    }
    Ok(ALL.into_iter().filter(|scenario| wanted.is_empty() || wanted.iter().any(|name| matches(scenario, name))).collect())
}

fn matches(scenario: &Scenario, name: &str) -> bool {
    scenario.name == name || scenario.id() == name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(wanted: &[&str]) -> Vec<String> {
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        pick(&wanted).unwrap().iter().map(Scenario::id).collect()
    }

    #[test]
    fn a_name_picks_all_its_numbers_of_connections() {
        assert_eq!(ids(&["echo-64"]), ["echo-64/1", "echo-64/64", "echo-64/1000"]);
        assert_eq!(ids(&["idle-memory", "echo-16k/64"]), ["echo-16k/64", "idle-memory/10000"]);
        assert_eq!(ids(&[]).len(), ALL.len());
    }

    #[test]
    fn an_unknown_name_is_an_error_that_names_the_known_ones() {
        let error = pick(&["echo-65".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("echo-65") && error.contains("five-writes/64"), "{error}");
    }
}
