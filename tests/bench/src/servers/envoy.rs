//! Envoy: its configuration, and where it then listens.

use super::Programs;
use anyhow::{Context as _, Result, bail, ensure};
use std::{
    fs,
    io::{BufRead, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Command,
    time::Duration,
};

/// One worker; a log that tells when it serves, and no more than that.
pub(super) fn command(programs: &Programs, scratch: &Path) -> Result<Command> {
    let template = programs.root.join("tests/bench/servers/envoy.yaml");
    let template = fs::read_to_string(&template).with_context(|| template.display().to_string())?;
    let filter = programs.envoy_filter.to_str().context("the filter's path isn't UTF-8")?;
    let configuration = scratch.join("envoy.yaml");
    fs::write(&configuration, template.replace("ENVOY_FILTER", filter))?;
    let mut command = Command::new(&programs.envoy);
    command.arg("--config-path").arg(configuration).args(["--concurrency", "1", "--disable-hot-restart"]);
    command.args(["--log-level", "error", "--component-log-level", "admin:info,config:info"]);
    Ok(command)
}

/// Waits until the workers run, then asks the admin port, which the system has chosen, for the listener's, which it has chosen, too.
pub(super) fn listening(log: &mut dyn BufRead) -> Result<SocketAddr> {
    let (mut admin, mut line, mut said) = (None, String::new(), String::new());
    while log.read_line(&mut line)? > 0 {
        if let Some((_, address)) = line.split_once("admin address: ") {
            admin = Some(address.trim().parse().with_context(|| format!("not an address: {address}"))?);
        } else if line.contains("starting workers") {
            return ask(admin.context("no admin port")?);
        }
        said += &line;
        line.clear();
    }
    bail!("it ended, and had said: {said}")
}

/// `/listeners` answers `NAME::ADDRESS` for each.
fn ask(admin: SocketAddr) -> Result<SocketAddr> {
    let mut stream = TcpStream::connect(admin)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"GET /listeners HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    ensure!(answer.starts_with("HTTP/1.1 200"), "the admin port answers {answer}");
    let address = answer.lines().find_map(|line| line.strip_prefix("echo::")).context("no listener `echo`")?;
    address.trim().parse().with_context(|| format!("not an address: {address}"))
}
