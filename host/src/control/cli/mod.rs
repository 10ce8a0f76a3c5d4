//! The command line: one file per command.

mod build;
mod connect;
mod dev;
mod human;
mod inspect;
mod limits;
mod new;
mod output;
mod plugin;
mod promote;
mod reload;
mod report;
mod rollback;
mod run;
mod secrets;
mod serve;
mod status;
mod stop;
mod table;
mod units;

pub(super) use self::{
    limits::LimitArgs,
    output::warn,
    serve::{Mode, listener_name},
    units::{Percent, Span},
};

use self::output::Failure;
use super::admin::{Client, path::default_path};
use crate::{Error, Result};
use clap::{Args, Parser, Subcommand};
use std::{future::Future, path::PathBuf, process::ExitCode};

const EXAMPLES: &str = "\
Examples:
  sockdock serve examples/echo --listen 127.0.0.1:7000
                      build a plugin and serve it on a TCP port
  sockdock connect my-plugin mail.example.com:465 --tls
                      put a plugin on a connection to a server
  sockdock reload     swap in its new build, under live connections
  sockdock rollback   go back to what served before
  sockdock status     what is served, and how it does
  sockdock stop       let the connections end, then stop

`sockdock COMMAND --help` explains a command and gives more examples.

Exit codes: 0 done, 1 failed, 2 called wrongly.";

/// A socket host for WebAssembly plugins.
///
/// The host owns every socket and all TLS. A plugin is a WebAssembly component that handles the sockets' events in a
/// sandbox. `reload` puts a new component behind live connections: nobody is disconnected, no byte is lost.
#[derive(Debug, Parser)]
#[command(name = "sockdock", version, after_help = EXAMPLES, max_term_width = 110, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(Box<serve::ServeArgs>),
    Connect(Box<connect::ConnectArgs>),
    Reload(reload::ReloadArgs),
    Promote(promote::PromoteArgs),
    Rollback(rollback::RollbackArgs),
    Status(status::StatusArgs),
    Stop(stop::StopArgs),
    New(new::NewArgs),
    Build(build::BuildArgs),
    Dev(Box<dev::DevArgs>),
    Inspect(inspect::InspectArgs),
}

/// How a command finds a running host.
#[derive(Debug, Args)]
struct AdminArgs {
    /// Control socket of the host
    ///
    /// Default: $XDG_RUNTIME_DIR/sockdock.sock, else sockdock-UID/sockdock.sock under the temporary directory. Only
    /// the user who runs the host, and root, can use it.
    #[arg(long, value_name = "PATH")]
    admin: Option<PathBuf>,
}

impl AdminArgs {
    fn path(&self) -> PathBuf {
        self.admin.clone().unwrap_or_else(default_path)
    }

    fn client(&self) -> Client {
        Client::new(self.path())
    }
}

/// Runs the `sockdock` command with this process's arguments.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(args) => serve::run(*args),
        Command::Connect(args) => connect::run(*args),
        Command::Reload(args) => reload::run(args),
        Command::Promote(args) => promote::run(args),
        Command::Rollback(args) => rollback::run(args),
        Command::Status(args) => status::run(args),
        Command::Stop(args) => stop::run(args),
        Command::New(args) => new::run(args),
        Command::Build(args) => build::run(args),
        Command::Dev(args) => dev::run(*args),
        Command::Inspect(args) => inspect::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Runs `work` on this thread; connections have threads of their own, in the runtime.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::host(format!("cannot start: {error}")))?.block_on(work)
}

/// `KEY=VALUE`, for `--set`.
fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("write KEY=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples_and_every_flag_a_help() {
        for command in Cli::command().get_subcommands() {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.starts_with("Examples:"), "{}", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
        }
    }

    #[test]
    fn what_is_unknown_is_an_error_with_code_2() {
        for line in [
            &["sockdock", "status", "--jsn"][..],
            &["sockdock", "connect", "x"],
            &["sockdock", "serve", "x.wasm", "-c", "sockdock.toml"],
            &["sockdock", "serve", "-c", "sockdock.toml", "--listen", "127.0.0.1:0"],
            &["sockdock", "serve", "-c", "sockdock.toml", "--idle-timeout", "1s"],
            &["sockdock", "serve", "-c", "sockdock.toml", "--set", "a=1"],
            &["sockdock", "serve"],
            &["sockdock", "reload", "--policy", "sometimes"],
            &["sockdock", "reload", "--drain-after", "10"],
            &["sockdock"],
        ] {
            assert_eq!(Cli::try_parse_from(line).unwrap_err().exit_code(), 2, "{line:?}");
        }
    }

    #[test]
    fn settings_are_pairs() {
        assert_eq!(key_value("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert_eq!(key_value("a="), Ok(("a".into(), String::new())));
        assert!(key_value("a").is_err() && key_value("=a").is_err());
    }
}
