//! What an instance holds.

use super::{ALL, Bench, Section, row};
use crate::{load::Exchange, measure, scenario, servers::Server};
use anyhow::{Context as _, Result};
use std::{path::Path, process::Command, time::Duration};

const INSTANCES: usize = 50;

pub(super) fn measure(bench: &Bench) -> Result<Section> {
    let mut table = vec![row(["", "memory per instance"])];
    for language in &ALL {
        let path = bench.component(language);
        // Each has one connection, and has echoed one message.
        let (one, many) = (resident(bench, language.name, &path, 1)?, resident(bench, language.name, &path, 1 + INSTANCES)?);
        let each = many.saturating_sub(one) as f64 / INSTANCES as f64;
        table.push(vec![language.name.to_owned(), format!("{:.0} KiB", each / 1024.0)]);
    }
    Ok(Section {
        title: "An instance's memory",
        about: "By how much the host's resident memory is larger with 51 instances than with one, each of which has a connection and has echoed \
                one message: connection and instance together, divided by 50.",
        table,
        aims: Vec::new(),
    })
}

fn resident(bench: &Bench, name: &'static str, component: &Path, instances: usize) -> Result<u64> {
    let scratch = tempfile::tempdir()?;
    let mut command = Command::new(&bench.sockdock);
    command.arg("serve").arg(component).args(["--workers", "1", "--log-level", "warn", "--listen", "127.0.0.1:0"]);
    command.arg("--instances").arg(instances.to_string()).arg("--admin").arg(scratch.path().join("admin.sock"));
    let server = Server::printing(name, command, scratch)?;
    let scenario = scenario::Scenario { connections: instances, exchange: Exchange::Echo(64), ..scenario::ALL[0] };
    measure::held(&scenario, &server, &bench.credentials, Duration::from_millis(200)).with_context(|| name.to_owned())
}
