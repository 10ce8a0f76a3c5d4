//! The configuration file read again: what has changed is carried out, the whole of it or nothing.

use super::admin::ReloadReply;
use super::build::CompilerOutput;
use super::config::{Config, ListenerConfig};
use super::operations::Operations;
use crate::runtime::blocking;
use crate::{Changes, Error, ReloadFailure, Result, Server};

impl Operations {
    /// Reads the file again, if a file describes what is served, and carries out what has changed. None: no file does.
    pub(crate) async fn reconfigure(&self) -> Option<ReloadReply> {
        // Locked to the end: a second reading starts from what the first one has left.
        let mut current = self.config.lock().await;
        let old = current.as_ref()?;
        tracing::info!(file = %old.path().display(), "reading the configuration again");
        match self.carry_out(old).await {
            Ok((config, reply)) => {
                *current = Some(config);
                Some(reply)
            }
            Err(failure) => {
                tracing::error!("the configuration isn't used, all goes on as it was: {}", failure.reason);
                Some(ReloadReply { failures: vec![failure], ..ReloadReply::default() })
            }
        }
    }

    async fn carry_out(&self, old: &Config) -> Result<(Config, ReloadReply), ReloadFailure> {
        let of_the_file = |error: Error| ReloadFailure::of("", "prepare", &error, 0);
        let path = old.path().to_owned();
        let config = blocking(move || Config::read(&path)).await.map_err(of_the_file)?;
        if config.host != old.host {
            let error = Error::configuration(format!("{}: [host] has changed", config.path().display()));
            return Err(of_the_file(error.hint("its keys hold from start to end: restart, or take the change back")));
        }
        let mut changes = Changes::default();
        for listener in &config.listeners {
            let known = old.listeners.iter().find(|known| known.name() == listener.name());
            changes = match (known, self.host.server(listener.name())) {
                (Some(known), Some(server)) => change(changes, known, listener, &server).await,
                // Not there before, or stopped since by hand.
                _ => open(changes, listener).await,
            }
            .map_err(|error| ReloadFailure::of(listener.name(), "prepare", &error, 0))?;
        }
        let gone = |known: &&ListenerConfig| !config.listeners.iter().any(|listener| listener.name() == known.name());
        for known in old.listeners.iter().filter(gone) {
            if let Some(server) = self.host.server(known.name()) {
                changes = changes.stop(&server);
            }
        }
        let changed = self.host.apply(changes).await?;
        for listener in &config.listeners {
            self.set_source(listener.name(), listener.source()).await;
        }
        for server in &changed.listening {
            tracing::info!(listener = server.name(), addresses = server.addresses().join(", "), "listening");
        }
        let reply = ReloadReply {
            reports: changed.reports,
            rebound: changed.rebound,
            limited: changed.limited,
            tls: changed.tls,
            failures: changed.failures,
        };
        Ok((config, reply))
    }
}

/// What has become of a listener that serves.
async fn change(changes: Changes, old: &ListenerConfig, new: &ListenerConfig, server: &Server) -> Result<Changes> {
    if let Some(key) = new.fixed_key_that_differs(old) {
        let error = Error::configuration(format!("listener '{}': {key} can't change while it runs", new.name()));
        return Err(error.hint("restart; take the change back; or make it a new listener, with another name and another address"));
    }
    let changes = changes.limits(server, new.limits.clone());
    let changes = match new.allowed_otherwise(old) {
        Some(rules) => changes.allow_connect(server, rules),
        None => changes,
    };
    let changes = if new.has_addresses_of(old) { changes } else { changes.rebind(server, new.listen()?) };
    // Files are read again whether or not their names have changed: what is in them may have.
    let changes = match new.tls(old)? {
        Some(tls) => changes.reload_tls(server, tls),
        None => changes,
    };
    let plugin = new.source().load_async(CompilerOutput::InError).await?;
    let serving = server.plugin();
    if plugin.bytes() == serving.bytes() && plugin.configuration() == serving.configuration() {
        return Ok(changes);
    }
    Ok(changes.reload(server, plugin, new.reload_options()))
}

async fn open(changes: Changes, listener: &ListenerConfig) -> Result<Changes> {
    let plugin = listener.source().load_async(CompilerOutput::InError).await?;
    Ok(changes.listen(listener.listen()?, plugin))
}
