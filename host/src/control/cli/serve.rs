//! `sockdock serve`: one listener by flags, or all those of a configuration file, until it is told to stop.

mod listening;
mod tls;

pub(super) use self::listening::ListenArgs;
pub(in crate::control) use self::listening::{Mode, listener_name};
use super::{
    output::Failure,
    plugin::PluginArgs,
    run::{Opened, RunArgs},
};
use crate::{Host, Listen, Plugin, Result, Stop, control::config::Config};
use clap::Args;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  sockdock serve echo.wasm --listen 127.0.0.1:7000
  sockdock serve my-plugin/ --listen 127.0.0.1:6379 --set max-keys=100000
  sockdock serve echo.wasm --listen 0.0.0.0:443 --instances per-core \\
      --tls-cert chain.pem --tls-key key.pem
  sockdock serve echo.wasm --listen 127.0.0.1:7000 --listen unix:/run/echo.sock \\
      --listen-tls 127.0.0.1:7443 --tls-cert chain.pem --tls-key key.pem
  sockdock serve -c sockdock.toml

On stdout it says where it listens, then `ready`; the log goes to stderr.

SIGHUP           read everything again (the configuration file, certificates, plugins;
                 build folders again) and reload what has changed
SIGTERM, SIGINT  accept no more, let the connections end, then stop;
                 the second one closes the connections at once";

/// Flags whose place is taken by the keys of a configuration file. clap makes no group of a struct that has another one within.
const IN_THE_FILE: [&str; 19] = [
    "plugin",
    "listen",
    "listen_tls",
    "name",
    "instances",
    "backlog",
    "unix_mode",
    "unix_owner",
    "proxy_protocol",
    "proxy_from",
    "ipv6_only",
    "reuse_port",
    "allow_half_open",
    "set",
    "digest",
    "allow_connect",
    "TlsArgs",
    "SecretArgs",
    "LimitArgs",
];

/// Serve a plugin on sockets
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ServeArgs {
    /// A .wasm component, or a plugin's source folder, which is built first
    #[arg(required_unless_present = "config")]
    plugin: Option<PathBuf>,
    /// Serve what this file describes (docs/configuration.md), in place of PLUGIN and the flags about it and its listener
    #[arg(short, long, value_name = "FILE", conflicts_with_all = IN_THE_FILE)]
    config: Option<PathBuf>,
    #[command(flatten)]
    listen: ListenArgs,
    #[command(flatten)]
    about: PluginArgs,
    #[command(flatten)]
    run: RunArgs,
}

pub(super) fn run(args: ServeArgs) -> Result<(), Failure> {
    match (&args.config, &args.plugin) {
        (Some(file), _) => {
            let config = Config::read(file)?;
            let run = args.run.or(&config.host);
            run.with_log(serve_all(&run, config))
        }
        (None, Some(plugin)) => args.run.with_log(serve(&args, plugin)),
        (None, None) => Err(Failure::Usage(crate::Error::configuration("no plugin to serve").hint("name one, or a file by -c"))),
    }
}

async fn serve(args: &ServeArgs, plugin: &Path) -> Result<(), Failure> {
    // What can be refused without work comes first.
    let limits = args.about.limits()?;
    let listen = args.listen.resolve()?.limits(limits).allow_connect(args.about.allow_connect());
    let listen = listen.connect_trust(args.about.trust()?);
    let listen = args.about.credentials()?.into_iter().fold(listen, |listen, (name, tls)| listen.credentials(name, tls));
    let source = args.about.source(plugin)?;
    let listen = listen.name(args.listen.name.clone().unwrap_or_else(|| source.name()));
    let open = async |host: &Host, plugins| open(host, vec![listen], plugins).await;
    args.run.run(&[source], None, open).await
}

async fn serve_all(run: &RunArgs, config: Config) -> Result<(), Failure> {
    let listens = config.listeners.iter().map(|listener| listener.listen()).collect::<Result<Vec<_>>>()?;
    let sources: Vec<_> = config.listeners.iter().map(|listener| listener.source().clone()).collect();
    let open = async |host: &Host, plugins| open(host, listens, plugins).await;
    run.run(&sources, Some(config), open).await
}

/// Starts all listeners, or none.
async fn open(host: &Host, listens: Vec<Listen>, plugins: Vec<Plugin>) -> Result<Vec<Opened>, Failure> {
    let mut opened = Vec::new();
    for (listen, plugin) in listens.into_iter().zip(plugins) {
        let server = match host.listen(listen, plugin).await {
            Ok(server) => server,
            Err(error) => {
                host.stop(Stop::Force).await?;
                return Err(error.into());
            }
        };
        let said = server.addresses().iter().map(|address| format!("listening on {address} ({})", server.name())).collect();
        opened.push(Opened { name: server.name().to_owned(), said });
    }
    Ok(opened)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use clap::{Command, FromArgMatches as _};

    #[test]
    fn a_flag_is_about_the_process_or_it_stands_in_the_file() {
        let serve = ServeArgs::augment_args(Command::new("serve"));
        let process = RunArgs::augment_args(Command::new("run"));
        let config = serve.get_arguments().find(|arg| arg.get_id() == "config").unwrap();
        let conflicts = serve.get_arg_conflicts_with(config);
        for arg in serve.get_arguments().filter(|arg| arg.get_id() != "config") {
            let of_the_process = process.get_arguments().any(|other| other.get_id() == arg.get_id());
            let conflicting = conflicts.iter().any(|other| other.get_id() == arg.get_id());
            assert!(of_the_process != conflicting, "--{} with -c", arg.get_id());
        }
        let parsed = |line: &[&str]| {
            ServeArgs::augment_args(Command::new("serve"))
                .try_get_matches_from(line)
                .map(|found| ServeArgs::from_arg_matches(&found).is_ok())
        };
        assert!(parsed(&["serve", "-c", "f", "--workers", "2"]).unwrap());
        assert!(parsed(&["serve", "-c", "f", "--memory-limit", "1MiB"]).is_err());
    }
}
