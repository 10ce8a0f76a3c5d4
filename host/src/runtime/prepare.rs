//! Making instances that don't serve yet: the first phase of a reload, and of a start. Off the workers.

use super::evidence;
use super::generation::{Generation, SharedGeneration};
use super::plugin::Plugin;
use super::sockets::Sockets;
use super::staged::Staged;
use crate::guest::{Engine, FaultKind, GuestFault, Instance, Settings};
use crate::pure::account::Account;
use crate::pure::error::{Error, Result};
use crate::pure::limits::Limits;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An instance that has had `start`, and what it asked for meanwhile.
pub(super) struct Candidate {
    pub(super) generation: SharedGeneration,
    pub(super) instance: Box<Instance<Sockets>>,
    pub(super) staged: Staged,
    /// What it took to make it, `start` included.
    pub(super) made_in: Duration,
}

/// What a generation is made from.
pub(super) enum Origin {
    /// A component that isn't compiled yet.
    Plugin(Engine, Plugin),
    /// A generation that has served already, with its configuration.
    Earlier(SharedGeneration),
}

impl Origin {
    fn generation(&self, number: u64, limits: &Limits, account: Option<Arc<Account>>) -> Result<Generation> {
        let settings = |plugin: &Plugin| Settings::new(plugin.name(), limits).account(account);
        match self {
            Self::Earlier(earlier) => Ok(earlier.renewed(number, settings(&earlier.plugin))),
            Self::Plugin(engine, plugin) => {
                // In an error the file says more than the name.
                let shown = plugin.path().map_or_else(|| plugin.name().into(), |path| path.to_string_lossy());
                let component = engine.load::<Sockets>(plugin.bytes(), &shown)?;
                Ok(Generation::new(number, component, plugin.clone(), settings(plugin)))
            }
        }
    }
}

/// Compiles a plugin (or takes it from the cache), makes `count` instances and calls their `start`. Blocks.
pub(super) fn prepare(
    origin: &Origin,
    number: u64,
    listener: &Arc<str>,
    limits: &Arc<Limits>,
    count: usize,
    account: Option<Arc<Account>>,
) -> Result<Vec<Candidate>> {
    let generation = Arc::new(origin.generation(number, limits, account)?);
    (0..count).map(|_| candidate(&generation, listener, limits)).collect()
}

/// One more instance of `generation`, which has had its `start`. Blocks for as long as that takes.
pub(super) fn candidate(generation: &SharedGeneration, listener: &Arc<str>, limits: &Arc<Limits>) -> Result<Candidate> {
    let (plugin, timer_handler) = (&generation.plugin, generation.component.has_timer_handler());
    let mut slot = Some(Box::new(Sockets::for_candidate(limits.clone(), listener.clone(), timer_handler)));
    let began = Instant::now();
    let failed = |fault: GuestFault| {
        evidence::of_candidate(listener, generation, &fault);
        refused(plugin, fault)
    };
    let mut instance = Instance::new(&generation.component, &generation.settings, &mut slot).map_err(failed)?;
    instance.start(&mut slot, plugin.configuration()).map_err(failed)?;
    let staged = slot.map(|sockets| sockets.staged).unwrap_or_default();
    Ok(Candidate { generation: generation.clone(), instance: Box::new(instance), staged, made_in: began.elapsed() })
}

fn refused(plugin: &Plugin, fault: GuestFault) -> Error {
    let what = match fault.kind {
        FaultKind::Refused => "refused to start",
        FaultKind::Host => "can't be started",
        _ => "failed to start",
    };
    let message = format!("plugin '{}' {what} (in {}): {fault}", plugin.name(), fault.handler);
    let error = match fault.kind {
        FaultKind::Host => Error::host(message),
        _ => Error::guest(message),
    };
    error.hint(fault.hint.unwrap_or_else(|| match fault.kind {
        FaultKind::Refused => "the plugin decides that itself: see its log, and the settings that it is given".into(),
        _ => "the log may say more".into(),
    }))
}
