//! What `serve` and `connect` have in common: flags, and a host that runs until it is told to stop.

mod signals;

use self::signals::{Order, Signals};
use super::{
    AdminArgs, block_on,
    output::{Failure, print},
};
use crate::{
    Host, HostConfig, Plugin, Stop,
    control::{
        admin::{Claim, serve_claimed},
        build::CompilerOutput,
        config::{Config, HostTable},
        operations::Operations,
        source::Source,
        telemetry::{self, LogFormat},
    },
};
use clap::Args;
use std::{
    env,
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
    sync::Arc,
};

/// How the process is operated.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Where compiled plugins are kept [default: sockdock under $XDG_CACHE_HOME or ~/.cache]
    #[arg(long, value_name = "DIR", conflicts_with = "no_cache", help_heading = "Operation")]
    cache_dir: Option<PathBuf>,
    /// Compile plugins at every start and reload
    #[arg(long, help_heading = "Operation")]
    no_cache: bool,
    #[command(flatten, next_help_heading = "Operation")]
    admin: AdminArgs,
    /// Threads that serve connections [default: one per core]
    #[arg(long, value_name = "N", help_heading = "Operation")]
    workers: Option<NonZeroUsize>,
    /// Instances of plugins at a time, candidates of reloads included; each takes address space, not memory [default: 256]
    #[arg(long, value_name = "N", help_heading = "Operation")]
    max_instances: Option<NonZeroU32>,
    /// Leave a Wasm core dump here for each fault of a plugin
    #[arg(long, value_name = "DIR", help_heading = "Operation")]
    coredump: Option<PathBuf>,
    /// Core dumps that the folder may hold; beyond, none is written [default: 16]
    #[arg(long, value_name = "N", help_heading = "Operation")]
    coredump_limit: Option<usize>,
    /// Shape of the log's lines [default: text]
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = "Operation")]
    log_format: Option<LogFormat>,
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
    /// With what a configuration file says where no flag does.
    pub(super) fn or(mut self, host: &HostTable) -> Self {
        let uncached = self.cache_dir.is_none() && host.cache == Some(false);
        self.no_cache |= uncached;
        self.cache_dir = self.cache_dir.or_else(|| host.cache_dir.clone().filter(|_| !self.no_cache));
        self.admin.admin = self.admin.admin.or_else(|| host.admin.clone());
        self.workers = self.workers.or(host.workers);
        self.max_instances = self.max_instances.or(host.max_instances);
        self.coredump = self.coredump.or_else(|| host.coredump.clone());
        self.coredump_limit = self.coredump_limit.or(host.coredump_limit);
        self.log_format = self.log_format.or(host.log_format);
        self.log_level = self
            .log_level
            .or_else(|| env::var("RUST_LOG").ok().filter(|level| !level.is_empty()))
            .or_else(|| host.log_level.clone());
        self
    }

    /// Runs `command` with the log going.
    pub(super) fn with_log(&self, command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
        let _log = telemetry::start(self.log_format.unwrap_or(LogFormat::Text), &self.log_level()).map_err(Failure::Usage)?;
        block_on(command)
    }

    /// Loads the plugins, has `open` put them to work, and goes on until it is told to stop.
    pub(super) async fn run(
        &self,
        sources: &[Source],
        config: Option<Config>,
        open: impl AsyncFnOnce(&Host, Vec<Plugin>) -> Result<Vec<Opened>, Failure>,
    ) -> Result<(), Failure> {
        self.run_beside(sources, config, open, async |_: &Host| std::future::pending().await).await
    }

    /// The same, and does `beside` until it is told to stop.
    pub(super) async fn run_beside(
        &self,
        sources: &[Source],
        config: Option<Config>,
        open: impl AsyncFnOnce(&Host, Vec<Plugin>) -> Result<Vec<Opened>, Failure>,
        beside: impl AsyncFnOnce(&Host) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        // What takes long comes first, what others can see last.
        let mut plugins = Vec::new();
        for source in sources {
            plugins.push(source.load_async(CompilerOutput::Shown).await?);
        }
        let mut signals = Signals::new()?;
        let claim = Claim::take(&self.admin.path()).await?;

        let host = Host::new(self.host_config())?;
        let opened = tokio::select! {
            opened = open(&host, plugins) => opened?,
            () = signals.stop() => return Ok(()),
        };
        let operations = Arc::new(Operations::new(host.clone()).configured(config));
        for (opened, source) in opened.iter().zip(sources) {
            operations.set_source(&opened.name, source).await;
        }
        let admin = serve_claimed(claim, Arc::clone(&operations));
        print(&ready(&opened, admin.path()))?;

        let running = obey(&host, &operations, &mut signals, beside(&host)).await;
        admin.close().await;
        running
    }

    /// With this log level, unless somebody says another.
    pub(super) fn or_log_level(mut self, level: &str) -> Self {
        let said = env::var("RUST_LOG").ok().filter(|level| !level.is_empty());
        self.log_level = self.log_level.or(said).or_else(|| Some(level.to_owned()));
        self
    }

    fn log_level(&self) -> String {
        let given = self.log_level.clone().or_else(|| env::var("RUST_LOG").ok());
        given.filter(|level| !level.is_empty()).unwrap_or_else(|| "info".into())
    }

    fn host_config(&self) -> HostConfig {
        let cache_dir = if self.no_cache { None } else { self.cache_dir.clone().or_else(default_cache) };
        let max_instances = self.max_instances.map(NonZeroU32::get);
        let (coredump, coredump_limit) = (self.coredump.clone(), self.coredump_limit);
        HostConfig { workers: self.workers, cache_dir, max_instances, coredump, coredump_limit }
    }
}

/// Where compiled plugins are kept unless the operator says otherwise; none for a user without a home.
pub(super) fn default_cache() -> Option<PathBuf> {
    let absolute = |key: &str| env::var_os(key).map(PathBuf::from).filter(|path| path.is_absolute());
    Some(absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?.join("sockdock"))
}

/// What stdout says once it works.
fn ready(opened: &[Opened], admin: &Path) -> String {
    let said: String = opened.iter().flat_map(|opened| &opened.said).map(|line| format!("{line}\n")).collect();
    format!("{said}admin on unix:{}\nready\n", admin.display())
}

/// Does what signals ask for, until the host has stopped.
async fn obey(
    host: &Host,
    operations: &Arc<Operations>,
    signals: &mut Signals,
    beside: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let stopping = async {
        let told = async {
            while signals.next().await == Order::Reload {
                // In the background: a build takes long, and a stop mustn't wait for it.
                tokio::spawn(reload_all(Arc::clone(operations)));
            }
        };
        tokio::select! {
            () = told => {}
            done = beside => done?,
        }
        tracing::info!("stopping: waiting for the connections to end; the same signal again closes them");
        let stopped = tokio::select! {
            done = operations.stop_all(Stop::Graceful) => done,
            () = signals.stop() => operations.stop_all(Stop::Force).await,
        };
        Ok(stopped.map(drop)?)
    };
    tokio::select! {
        done = stopping => done,
        // Stopped over the admin socket, or by its breaker.
        () = host.run() => host.failure().map_or(Ok(()), |error| Err(error.into())),
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
        let line = ["x"].into_iter().chain(flags.iter().copied());
        Line::try_parse_from(line).map(|line| line.run)
    }

    #[test]
    fn the_cache_can_be_placed_or_left_out() {
        assert_eq!(parse(&["--cache-dir", "/c"]).unwrap().host_config().cache_dir, Some("/c".into()));
        assert_eq!(parse(&["--no-cache"]).unwrap().host_config().cache_dir, None);
        assert_eq!(parse(&["--no-cache", "--cache-dir", "/c"]).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let host = |text: &str| toml::from_str::<HostTable>(text).unwrap();
        let file = host("workers = 3\ncache-dir = \"/f\"\nadmin = \"/a\"\nlog-level = \"debug\"");
        let args = parse(&["--workers", "2"]).unwrap().or(&file);
        assert_eq!(args.workers.map(NonZeroUsize::get), Some(2));
        assert_eq!(args.host_config().cache_dir, Some("/f".into()));
        assert_eq!(args.admin.path(), Path::new("/a"));
        assert_eq!(parse(&["--no-cache"]).unwrap().or(&file).host_config().cache_dir, None);
        assert_eq!(parse(&[]).unwrap().or(&host("cache = false")).host_config().cache_dir, None);
        assert_eq!(parse(&["--cache-dir", "/c"]).unwrap().or(&host("cache = false")).host_config().cache_dir, Some("/c".into()));
    }

    #[test]
    fn the_log_level_is_a_flag_first() {
        assert_eq!(parse(&["--log-level", "warn"]).unwrap().log_level(), "warn");
    }
}
