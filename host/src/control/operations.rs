//! Reload, stop and status, as both the admin API and the signals do them. One reload at a time per listener: the next
//! one starts from what the last one has left.

use super::{build::CompilerOutput, config::Config, source::Source};
use crate::{
    Digest, Error, Host, HostStatus, ReloadFailure, ReloadOptions, ReloadReport, Result, Server, Stop, TlsReload, TlsReport,
};
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

/// The file or folder that a listener's plugin comes from, if it is known; locked while the listener is reloaded.
type Slot = Arc<tokio::sync::Mutex<Option<PathBuf>>>;

/// A host, and where its listeners' plugins come from.
pub(crate) struct Operations {
    pub(super) host: Host,
    slots: Mutex<HashMap<String, Slot>>,
    /// What is served, where a file describes it.
    pub(super) config: tokio::sync::Mutex<Option<Config>>,
}

/// What a reload changes; what is none stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    /// Another file or folder.
    pub(crate) plugin: Option<PathBuf>,
    /// What the component has to be.
    pub(crate) digest: Option<Digest>,
    /// Other settings.
    pub(crate) settings: Option<Vec<(String, String)>>,
    /// How to go about it.
    pub(crate) options: ReloadOptions,
}

impl Operations {
    pub(crate) fn new(host: Host) -> Self {
        Self { host, slots: Mutex::default(), config: tokio::sync::Mutex::default() }
    }

    /// What is served is described by `config`, which a reload of everything reads again.
    pub(crate) fn configured(self, config: Option<Config>) -> Self {
        Self { config: tokio::sync::Mutex::new(config), ..self }
    }

    /// Says where a listener's plugin comes from, which its file alone doesn't tell if it was built from a folder.
    pub(crate) async fn set_source(&self, listener: &str, source: &Source) {
        *self.slot(listener).lock().await = Some(source.path().to_owned());
    }

    pub(crate) async fn status(&self) -> HostStatus {
        self.host.status().await
    }

    /// The listener of that name; without a name, the only one.
    pub(crate) fn find(&self, name: Option<&str>) -> Result<Server> {
        let servers = self.host.servers();
        let names: Vec<&str> = servers.iter().map(Server::name).collect();
        let index = choose(name, &names)?;
        servers.into_iter().nth(index).ok_or_else(|| Error::host("the listener has stopped meanwhile"))
    }

    /// Puts a new generation behind one listener's connections.
    pub(crate) async fn reload(&self, server: &Server, change: Change) -> Result<ReloadReport, ReloadFailure> {
        let slot = self.slot(server.name());
        let mut current = slot.lock().await;
        let reloaded = self.reload_from(server, current.clone(), change).await;
        let (report, next) = reloaded?;
        if !report.dry_run {
            *current = Some(next.path().to_owned());
        }
        Ok(report)
    }

    /// Goes back to what served before the last reload.
    pub(crate) async fn roll_back(&self, server: &Server, discard_state: bool) -> Result<ReloadReport, ReloadFailure> {
        let slot = self.slot(server.name());
        let mut current = slot.lock().await;
        let report = server.rollback(discard_state).await?;
        *current = server.plugin().source().map(ToOwned::to_owned);
        Ok(report)
    }

    /// Reads one listener's certificates again.
    pub(crate) async fn reload_tls(&self, server: &Server, dry_run: bool) -> Result<TlsReport, ReloadFailure> {
        server.reload_tls_with(TlsReload::default().dry_run(dry_run)).await
    }

    /// Reads every listener's certificates and plugin again, one after the other; each success and failure is in the log.
    pub(crate) async fn reload_all(&self) {
        if self.reconfigure().await.is_some() {
            return;
        }
        for server in self.host.servers() {
            // The quicker one first; neither depends on the other.
            let _ = self.reload_tls(&server, false).await;
            let _ = self.reload(&server, Change::default()).await;
        }
    }

    pub(crate) async fn stop_one(&self, server: &Server, how: Stop) -> Result<Vec<String>> {
        let name = server.name().to_owned();
        tracing::info!(listener = name, force = how == Stop::Force, "stopping");
        server.stop(how).await?;
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
        Ok(vec![name])
    }

    pub(crate) async fn stop_all(&self, how: Stop) -> Result<Vec<String>> {
        let names: Vec<String> = self.host.servers().iter().map(|server| server.name().to_owned()).collect();
        tracing::info!(listeners = names.join(", "), force = how == Stop::Force, "stopping");
        self.host.stop(how).await?;
        Ok(names)
    }

    async fn reload_from(
        &self,
        server: &Server,
        current: Option<PathBuf>,
        change: Change,
    ) -> Result<(ReloadReport, Source), ReloadFailure> {
        let loading = async {
            let source = next_source(server, current, change.plugin, change.settings)?.pinned(change.digest);
            let plugin = source.load_async(CompilerOutput::InError).await?;
            Ok((source, plugin))
        };
        let (source, plugin) = match loading.await {
            Ok(loaded) => loaded,
            Err(error) => return Err(server.refuse_reload(error)),
        };
        Ok((server.reload_with(plugin, change.options).await?, source))
    }

    fn slot(&self, listener: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(listener.to_owned()).or_default())
    }
}

/// Where the new generation comes from: what the request says, else what is there now.
fn next_source(
    server: &Server,
    current: Option<PathBuf>,
    plugin: Option<PathBuf>,
    settings: Option<Vec<(String, String)>>,
) -> Result<Source> {
    // What serves knows best: it may have come by a rollback.
    let path = plugin.or_else(|| server.plugin().source().map(ToOwned::to_owned)).or(current);
    let path = path.ok_or_else(|| {
        Error::configuration(format!("the plugin of {} came from no file that could be read again", server.name()))
            .hint("name the plugin to load")
    })?;
    let settings = settings.unwrap_or_else(|| server.plugin().configuration().to_vec());
    Source::new(&path, settings)
}

/// Which of `names` is meant.
fn choose(name: Option<&str>, names: &[&str]) -> Result<usize> {
    let list = || names.join(", ");
    match (name, names) {
        (_, []) => Err(Error::configuration("no listener is running").hint("the host is stopping, or has not started yet")),
        (None, [_]) => Ok(0),
        (None, _) => Err(Error::configuration(format!("there are {} listeners, and none was named", names.len()))
            .hint(format!("name one with --listener NAME: {}", list()))),
        (Some(name), _) => names.iter().position(|known| *known == name).ok_or_else(|| {
            Error::configuration(format!("there is no listener `{name}`")).hint(format!("the listeners are: {}", list()))
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_only_listener_needs_no_name() {
        assert_eq!(choose(None, &["echo"]).unwrap(), 0);
        assert_eq!(choose(Some("kv"), &["echo", "kv"]).unwrap(), 1);
    }

    #[test]
    fn an_ambiguous_or_unknown_name_lists_the_listeners() {
        let ambiguous = choose(None, &["echo", "kv"]).unwrap_err();
        assert_eq!(ambiguous.advice(), Some("name one with --listener NAME: echo, kv"));
        let unknown = choose(Some("kv2"), &["echo", "kv"]).unwrap_err();
        assert_eq!(unknown.message(), "there is no listener `kv2`");
        assert_eq!(unknown.advice(), Some("the listeners are: echo, kv"));
        assert_eq!(choose(Some("kv"), &[]).unwrap_err().message(), "no listener is running");
    }
}
