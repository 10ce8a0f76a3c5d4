//! What is measured, by name.

use crate::redis_benchmark::Request;
use crate::{load::Exchange, servers::Service};
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
    /// What the servers do; those that don't offer it aren't in.
    pub service: Service,
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
    /// redis-benchmark's requests, so many at a time on each connection.
    Redis {
        /// What it asks for.
        request: Request,
        /// `-P`
        pipeline: usize,
    },
}

const fn echo(name: &'static str, title: &'static str, bytes: usize, connections: usize) -> Scenario {
    let (exchange, service) = (Exchange::Echo(bytes), Service::Echo);
    Scenario { name, title, connections, exchange, service, measure: Measure::Exchanges }
}

/// With redis-benchmark's own number of connections.
const fn kv(name: &'static str, title: &'static str, request: Request, pipeline: usize) -> Scenario {
    Scenario { service: Service::Kv, measure: Measure::Redis { request, pipeline }, ..echo(name, title, 0, 50) }
}

const fn tls(scenario: Scenario) -> Scenario {
    Scenario { service: Service::TlsEcho, ..scenario }
}

const ECHO_64: &str = "64-byte echo";
const ECHO_16K: &str = "16 KiB echo";

/// All scenarios.
pub const ALL: [Scenario; 16] = [
    echo("echo-64", ECHO_64, 64, 1),
    echo("echo-64", ECHO_64, 64, 64),
    echo("echo-64", ECHO_64, 64, 1000),
    echo("echo-16k", ECHO_16K, 16 << 10, 1),
    echo("echo-16k", ECHO_16K, 16 << 10, 64),
    echo("echo-16k", ECHO_16K, 16 << 10, 1000),
    Scenario {
        exchange: Exchange::Hello,
        service: Service::FiveWrites,
        ..echo("five-writes", "`h`, `e`, `l`, `l`, `o`: five writes per reply", 0, 64)
    },
    Scenario { measure: Measure::Connections, ..echo("connect-close", "Connect, one 64-byte echo, close", 64, 16) },
    Scenario { measure: Measure::Memory, ..echo("idle-memory", "Memory per idle connection", 64, 10_000) },
    tls(echo("tls-echo-64", "64-byte echo by TLS", 64, 64)),
    tls(echo("tls-echo-16k", "16 KiB echo by TLS", 16 << 10, 64)),
    tls(Scenario {
        measure: Measure::Connections,
        ..echo("tls-handshake", "Connect, full TLS handshake, one 64-byte echo, close", 64, 16)
    }),
    kv("kv-get-p1", "GET, one per connection under way", Request::Get, 1),
    kv("kv-get-p16", "GET, 16 per connection under way", Request::Get, 16),
    kv("kv-set-p1", "SET, one per connection under way", Request::Set, 1),
    kv("kv-set-p16", "SET, 16 per connection under way", Request::Set, 16),
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
