//! What `serve` and `connect` have in common: flags, and a host that runs until it is told to stop.

mod secrets;
mod signals;

use self::{
    secrets::SecretArgs,
    signals::{Order, Signals},
};
use super::{
    AdminArgs, block_on, key_value,
    limits::LimitArgs,
    output::{Failure, print},
};
use crate::{
    ConnectRule, Host, HostConfig, Limits, Plugin, Stop, Tls, Trust,
    control::{
        admin::{Claim, serve_claimed},
        build::CompilerOutput,
        operations::Operations,
        source::Source,
        telemetry::{self, LogFormat},
    },
};
use clap::Args;
use std::{
    env,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The plugin, its limits, and how the process is operated.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// A .wasm component, or a plugin's source folder, which is built first
    plugin: PathBuf,

    /// Pass KEY=VALUE to the plugin's `start`; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value, help_heading = "Plugin")]
    set: Vec<(String, String)>,
    /// Let the plugin connect to NAME:PORT, *.DOMAIN:PORT, NETWORK/BITS:PORT or unix:/path; may be given several times
    ///
    /// PORT may be a range (8000-8999) or *. A name reaches public addresses alone; loopback, private and link-local ones take a
    /// rule with the address, as 127.0.0.1:6379 or 10.0.0.0/8:5432 (or localhost:8080). Without rules a plugin connects nowhere.
    #[arg(long, value_name = "RULE", help_heading = "Plugin")]
    allow_connect: Vec<ConnectRule>,
    #[command(flatten)]
    secrets: SecretArgs,
    /// Where compiled plugins are kept [default: sockdock under $XDG_CACHE_HOME or ~/.cache]
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache", help_heading = "Plugin")]
    cache_dir: Option<PathBuf>,
    /// Compile the plugin at every start and reload
    #[arg(long, help_heading = "Plugin")]
    no_cache: bool,

    #[command(flatten)]
    limits: LimitArgs,

    #[command(flatten, next_help_heading = "Operation")]
    admin: AdminArgs,
    /// Threads that serve connections [default: one per core]
    #[arg(long, value_name = "N", help_heading = "Operation")]
    workers: Option<NonZeroUsize>,
    /// Instances of plugins at a time, candidates of reloads included; each takes address space, not memory [default: 256]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Operation")]
    max_instances: Option<u32>,
    /// Shape of the log's lines
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text, help_heading = "Operation")]
    log_format: LogFormat,
    /// error, warn, info, debug, trace, off, or by module as in `info,sockdock=debug` [default: $RUST_LOG, else info]
    #[arg(long, value_name = "LEVEL", help_heading = "Operation")]
    log_level: Option<String>,
}

/// What is opened once the host is there.
pub(super) struct Opened {
    /// As `status` and the other commands name it.
    pub(super) name: String,
    /// What stdout says of it, a line each.
    pub(super) said: Vec<String>,
}

impl RunArgs {
    /// The limits, if they can hold together.
    pub(super) fn limits(&self) -> Result<Limits, Failure> {
        self.limits.limits().map_err(Failure::Usage)
    }

    /// Where the plugin may connect.
    pub(super) fn allow_connect(&self) -> Vec<ConnectRule> {
        self.allow_connect.clone()
    }

    /// Whose certificates are good where it connects.
    pub(super) fn trust(&self) -> Result<Trust, Failure> {
        self.secrets.trust()
    }

    /// What the plugin may use by name.
    pub(super) fn credentials(&self) -> Result<Vec<(String, Tls)>, Failure> {
        self.secrets.credentials()
    }

    /// The plugin's file or folder.
    pub(super) fn source(&self) -> Result<Source, Failure> {
        Ok(Source::new(&self.plugin, self.set.clone())?)
    }

    /// Runs `command` with the log going.
    pub(super) fn with_log(&self, command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
        let _log = telemetry::start(self.log_format, &self.log_level()).map_err(Failure::Usage)?;
        block_on(command)
    }

    /// Loads the plugin, has `open` put it to work, and goes on until it is told to stop.
    pub(super) async fn run(
        &self,
        source: Source,
        open: impl AsyncFnOnce(&Host, Plugin) -> Result<Opened, Failure>,
    ) -> Result<(), Failure> {
        // What takes long comes first, what others can see last.
        let plugin = source.load_async(CompilerOutput::Shown).await?;
        let mut signals = Signals::new()?;
        let claim = Claim::take(&self.admin.path()).await?;

        let host = Host::new(self.host_config())?;
        let opened = open(&host, plugin).await?;
        let operations = Arc::new(Operations::new(host.clone()));
        operations.set_source(&opened.name, &source).await;
        let admin = serve_claimed(claim, Arc::clone(&operations));
        print(&ready(&opened, admin.path()))?;

        let running = obey(&host, &operations, &mut signals).await;
        admin.close().await;
        running
    }

    fn log_level(&self) -> String {
        let given = self.log_level.clone().or_else(|| env::var("RUST_LOG").ok());
        given.filter(|level| !level.is_empty()).unwrap_or_else(|| "info".into())
    }

    fn host_config(&self) -> HostConfig {
        let cache_dir = if self.no_cache { None } else { self.cache_dir.clone().or_else(default_cache) };
        HostConfig { workers: self.workers, cache_dir, max_instances: self.max_instances, ..HostConfig::default() }
    }
}

/// Where compiled plugins are kept unless the operator says otherwise; none for a user without a home.
fn default_cache() -> Option<PathBuf> {
    let absolute = |key: &str| env::var_os(key).map(PathBuf::from).filter(|path| path.is_absolute());
    Some(absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?.join("sockdock"))
}

/// What stdout says once it works.
fn ready(opened: &Opened, admin: &Path) -> String {
    let said: String = opened.said.iter().map(|line| format!("{line}\n")).collect();
    format!("{said}admin on unix:{}\nready\n", admin.display())
}

/// Does what signals ask for, until the host has stopped.
async fn obey(host: &Host, operations: &Arc<Operations>, signals: &mut Signals) -> Result<(), Failure> {
    let stopping = async {
        while signals.next().await == Order::Reload {
            // In the background: a build takes long, and a stop mustn't wait for it.
            tokio::spawn(reload_all(Arc::clone(operations)));
        }
        tracing::info!("stopping: waiting for the connections to end; the same signal again closes them");
        let again = async { while signals.next().await != Order::Stop {} };
        tokio::select! {
            done = operations.stop_all(Stop::Graceful) => done.map(drop),
            () = again => operations.stop_all(Stop::Force).await.map(drop),
        }
    };
    tokio::select! {
        done = stopping => Ok(done?),
        // Stopped over the admin socket.
        () = host.run() => Ok(()),
    }
}

async fn reload_all(operations: Arc<Operations>) {
    tracing::info!("SIGHUP: reading every plugin and all certificates again");
    operations.reload_all().await;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        run: RunArgs,
    }

    fn parse(flags: &[&str]) -> Result<RunArgs, clap::Error> {
        let line = ["x", "p.wasm"].into_iter().chain(flags.iter().copied());
        Line::try_parse_from(line).map(|line| line.run)
    }

    #[test]
    fn the_cache_can_be_placed_or_left_out() {
        assert_eq!(parse(&["--cache-dir", "/c"]).unwrap().host_config().cache_dir, Some("/c".into()));
        assert_eq!(parse(&["--no-cache"]).unwrap().host_config().cache_dir, None);
        assert_eq!(parse(&["--no-cache", "--cache-dir", "/c"]).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn settings_keep_their_order() {
        let args = parse(&["--set", "b=1", "--set", "a=2"]).unwrap();
        assert_eq!(args.set, [("b".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn the_log_level_is_a_flag_first() {
        assert_eq!(parse(&["--log-level", "warn"]).unwrap().log_level(), "warn");
    }
}
