//! Building, serving and swapping, again and again.

use super::words::{Colour, coloured, same, swapped};
use crate::{
    Error, Fault, Host, Listen, Plugin, ReloadOptions, Result, Server,
    control::{
        build::{CompilerOutput, source_folders},
        cli::{
            output::{Failure, print, say_error, warn},
            report::failure_text,
        },
        dev::Watch,
        source::Source,
    },
};
use std::{
    env,
    io::{self, IsTerminal as _},
    time::{Duration, Instant},
};

/// A source folder that is being worked on.
pub(super) struct Session {
    source: Source,
    watch: Watch,
    options: ReloadOptions,
    colours: bool,
}

impl Session {
    /// Watches from now on, so that nothing is missed while the first build runs.
    pub(super) fn begin(source: Source, discard_state: bool) -> Result<Self> {
        let watch = Watch::start(vec![source.path().to_owned()])?;
        let colours = io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Ok(Self { source, watch, options: ReloadOptions::default().discard_state(discard_state), colours })
    }

    /// Serves the first build that can be served.
    pub(super) async fn open(&mut self, host: &Host, listen: Listen) -> Result<Server, Failure> {
        // Its progress is shown, for a first build takes long.
        let mut output = CompilerOutput::Shown;
        loop {
            let tried = match self.build(output).await {
                Ok((plugin, _)) => host.listen(listen.clone(), plugin).await,
                Err(error) => Err(error),
            };
            match tried {
                Ok(server) => {
                    self.look_around().await?;
                    return Ok(server);
                }
                // Another build may do; the rest isn't mended by a change of the sources.
                Err(error) if error.fault() == Fault::Guest => {
                    self.look_around().await?;
                    self.fails(&error, "nothing is served yet");
                    self.watch.changed().await?;
                    output = CompilerOutput::Complaints;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Swaps in what changes. Ends only if it can't watch any more.
    pub(super) async fn follow(&mut self, host: &Host) -> Result<(), Failure> {
        loop {
            self.watch.changed().await?;
            let Some(server) = host.servers().into_iter().next() else { return Ok(()) };
            match self.build(CompilerOutput::Complaints).await {
                Ok((plugin, took)) => self.swap(&server, plugin, took).await?,
                Err(error) => self.fails(&error, &goes_on(&server).await),
            }
            self.look_around().await?;
        }
    }

    async fn swap(&self, server: &Server, plugin: Plugin, took: Duration) -> Result<()> {
        let file = plugin.path().and_then(|path| path.file_name()).unwrap_or_default().to_string_lossy().into_owned();
        if plugin.bytes() == server.plugin().bytes() {
            return self.say(&same(took, &file), Colour::Dim);
        }
        match server.reload_with(plugin, self.options.clone()).await {
            Ok(report) => {
                self.say(&swapped(took, &report, &file), Colour::Green)?;
                report.notes.iter().try_for_each(|note| self.say(&format!("note: {note}"), Colour::Dim))
            }
            Err(failure) => {
                warn(&failure_text(&failure));
                self.say(&format!("built, not swapped · {}", goes_on(server).await), Colour::Red)
            }
        }
    }

    /// Builds it, and answers how long that took.
    async fn build(&self, output: CompilerOutput) -> Result<(Plugin, Duration)> {
        let start = Instant::now();
        let plugin = self.source.load_async(output).await?;
        Ok((plugin, start.elapsed()))
    }

    /// Watches the folders that the sources are in by now.
    async fn look_around(&mut self) -> Result<()> {
        let folder = self.source.path().to_owned();
        let folders = tokio::task::spawn_blocking(move || source_folders(&folder)).await;
        self.watch
            .set_roots(folders.map_err(|error| Error::host(format!("looking for the sources did not end properly: {error}")))?)
    }

    fn fails(&self, error: &Error, meanwhile: &str) {
        say_error(error.message(), error.advice());
        // A reader that has gone is no reason to stop serving.
        let _ = self.say(&format!("not built · {meanwhile} · waiting for a change"), Colour::Red);
    }

    fn say(&self, line: &str, colour: Colour) -> Result<()> {
        print(&format!("{}\n", coloured(line, colour, self.colours)))
    }
}

/// What goes on without a swap.
async fn goes_on(server: &Server) -> String {
    let status = server.status().await;
    let connections = crate::control::cli::human::plural(status.connections, "connection");
    format!("generation {} goes on serving · {connections}", status.generation)
}
