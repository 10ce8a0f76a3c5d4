//! redis-server: in memory alone, as examples/kv is.

use super::Programs;
use anyhow::{Result, bail};
use std::{
    io::BufRead,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Command,
};

/// The command, and where it will listen: redis-server doesn't let the system choose.
pub(super) fn command(programs: &Programs, scratch: &Path) -> Result<(Command, SocketAddr)> {
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
    let mut command = Command::new(&programs.redis);
    command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string()]);
    command.args(["--save", "", "--appendonly", "no", "--io-threads", "1", "--tcp-backlog", "4096"]);
    command.current_dir(scratch);
    Ok((command, address))
}

pub(super) fn ready(log: &mut dyn BufRead) -> Result<()> {
    let (mut line, mut said) = (String::new(), String::new());
    while log.read_line(&mut line)? > 0 {
        if line.contains("Ready to accept connections") {
            return Ok(());
        }
        said += &line;
        line.clear();
    }
    bail!("it ended, and had said: {said}")
}
