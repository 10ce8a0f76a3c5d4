//! One running copy of a component.

use super::bindings::{CloseInfo as CloseInfoArg, SocketError as SocketErrorArg, State as GuestState, StateRef};
use super::core::Core;
use super::fault::INSTANTIATE;
use super::functions::{Functions, Lifecycle};
use super::{Component, GuestFault, Host, Settings, Slot, budget::CpuBudget, store::Data};
use crate::pure::socket::{CloseInfo, SocketError, SocketId, State};
use std::time::Duration;
use wasmtime::{Result, Store};

type Called<T = ()> = std::result::Result<T, GuestFault>;

/// One running copy of a component: its memory and its functions. One call at a time; none of them blocks.
///
/// A call takes the host's side out of `slot` and puts it back when it returns, whatever happened. It uses up to 1 MiB
/// of the calling thread's stack. After a fault other than [`FaultKind::Refused`](super::FaultKind::Refused) every
/// further call answers [`FaultKind::Dead`](super::FaultKind::Dead).
pub struct Instance<H: Host> {
    pub(super) store: Store<Data<H>>,
    functions: Functions,
    pub(super) settings: Settings,
    /// What ended it.
    ended: Option<GuestFault>,
    /// What that left, if core dumps are asked for.
    pub(super) core: Option<Core>,
    /// Keeps the engine, and its ticker, going.
    _component: Component<H>,
}

impl<H: Host> Instance<H> {
    /// Makes an instance and runs its initialisers, within `start_budget`. `start` isn't called yet. Takes from 20 µs
    /// to a few milliseconds.
    ///
    /// # Errors
    /// When an initialiser fails, or the pool is exhausted.
    pub fn new(component: &Component<H>, settings: &Settings, slot: &mut Slot<H>) -> Called<Self> {
        let inner = component.inner();
        let data = Data::new(settings, CpuBudget::new(inner.engine.activity()));
        let mut store = Store::new(inner.engine.raw(), data);
        store.limiter(|data| &mut data.memory);
        store.epoch_deadline_callback(|mut store| store.data_mut().budget.tick());
        // What a list or string that a guest passes is charged. They are read where they are, so the guest's own memory bounds
        // them; twice that, because two arguments may overlap.
        store.set_hostcall_fuel(settings.memory.saturating_mul(2));
        let functions = lend(&mut store, slot, &mut None, INSTANTIATE, settings.start_budget, |store| {
            let instance = inner.pre.instantiate(&mut *store)?;
            Functions::find(store, &instance, &inner.exports)
        })?;
        Ok(Self { store, functions, settings: settings.clone(), ended: None, core: None, _component: component.clone() })
    }

    /// `socket-handlers.open`.
    ///
    /// # Errors
    /// These, and all the following: how the call failed.
    pub fn open(&mut self, slot: &mut Slot<H>, socket: SocketId) -> Called {
        self.event(slot, "open", |store, functions| functions.open.call(store, (socket.0,)))
    }

    /// `socket-handlers.data`; `bytes` are copied straight into the guest's memory.
    pub fn data(&mut self, slot: &mut Slot<H>, socket: SocketId, bytes: &[u8]) -> Called {
        self.event(slot, "data", |store, functions| functions.data(store)?.call(store, (socket.0, bytes)))
    }

    /// `socket-handlers.drain`.
    pub fn drain(&mut self, slot: &mut Slot<H>, socket: SocketId) -> Called {
        self.event(slot, "drain", |store, functions| functions.drain.call(store, (socket.0,)))
    }

    /// `socket-handlers.end`.
    pub fn end(&mut self, slot: &mut Slot<H>, socket: SocketId) -> Called {
        self.event(slot, "end", |store, functions| functions.end.call(store, (socket.0,)))
    }

    /// `socket-handlers.timeout`.
    pub fn timeout(&mut self, slot: &mut Slot<H>, socket: SocketId) -> Called {
        self.event(slot, "timeout", |store, functions| functions.timeout.call(store, (socket.0,)))
    }

    /// `socket-handlers.handshake`; an error says why the peer isn't verified.
    pub fn handshake(&mut self, slot: &mut Slot<H>, socket: SocketId, verified: std::result::Result<(), &str>) -> Called {
        self.event(slot, "handshake", |store, functions| functions.handshake(store)?.call(store, (socket.0, verified)))
    }

    /// `socket-handlers.error`.
    pub fn error(&mut self, slot: &mut Slot<H>, socket: SocketId, error: &SocketError) -> Called {
        let error = SocketErrorArg::from(error);
        self.event(slot, "error", |store, functions| functions.error(store)?.call(store, (socket.0, error)))
    }

    /// `socket-handlers.close`.
    pub fn close(&mut self, slot: &mut Slot<H>, socket: SocketId, info: &CloseInfo) -> Called {
        let info = CloseInfoArg::from(info);
        self.event(slot, "close", |store, functions| functions.close(store)?.call(store, (socket.0, info)))
    }

    /// `socket-handlers.connect-error`.
    pub fn connect_error(&mut self, slot: &mut Slot<H>, socket: SocketId, error: &SocketError) -> Called {
        let error = SocketErrorArg::from(error);
        self.event(slot, "connect-error", |store, functions| functions.connect_error(store)?.call(store, (socket.0, error)))
    }

    /// `timer-handler.fired`; nothing happens where the component doesn't export it.
    pub fn fired(&mut self, slot: &mut Slot<H>, token: u64) -> Called {
        self.event(slot, "fired", |store, functions| match &functions.fired {
            Some(fired) => fired.call(store, (token,)),
            None => Ok(()),
        })
    }

    /// `lifecycle.start`; nothing happens where the component doesn't export it.
    pub fn start(&mut self, slot: &mut Slot<H>, config: &[(String, String)]) -> Called {
        let budget = self.settings.start_budget;
        self.lifecycle(slot, "start", budget, |store, lifecycle| lifecycle.start(store)?.call(store, (config,)))?;
        Ok(())
    }

    /// `lifecycle.snapshot`; none where the component doesn't export it. One above the limit is
    /// [`FaultKind::Refused`](super::FaultKind::Refused).
    pub fn snapshot(&mut self, slot: &mut Slot<H>) -> Called<Option<State>> {
        let budget = self.settings.state_budget;
        let taken: Option<Option<GuestState>> =
            self.lifecycle(slot, "snapshot", budget, |store, lifecycle| lifecycle.snapshot.call(store, ()))?;
        let Some(state) = taken.flatten().map(State::from) else { return Ok(None) };
        let (bytes, limit) = (state.version.len() + state.data.len(), self.settings.snapshot);
        if bytes > limit { Err(GuestFault::snapshot_too_large(bytes, limit)) } else { Ok(Some(state)) }
    }

    /// `lifecycle.restore`; refused where the component doesn't export it.
    pub fn restore(&mut self, slot: &mut Slot<H>, state: &State) -> Called {
        let budget = self.settings.state_budget;
        let state = StateRef::from(state);
        let restored =
            self.lifecycle(slot, "restore", budget, |store, lifecycle| lifecycle.restore(store)?.call(store, (state,)))?;
        restored.ok_or_else(|| GuestFault::refused("restore", "the plugin has no `restore` to take a snapshot over"))
    }

    /// Linear memory that it has at the moment, bytes.
    pub fn memory_bytes(&self) -> usize {
        self.store.data().memory.used()
    }

    /// It is about to be freed: others of its listener may have its memory.
    pub fn leave(&mut self) {
        self.store.data_mut().memory.leave();
    }

    /// Whether a fault has ended it.
    pub fn is_dead(&self) -> bool {
        self.ended.is_some()
    }

    fn event(
        &mut self,
        slot: &mut Slot<H>,
        handler: &'static str,
        call: impl FnOnce(&mut Store<Data<H>>, &Functions) -> Result<()>,
    ) -> Called {
        self.call(slot, handler, self.settings.event_budget, call)
    }

    /// Calls a function of `lifecycle`, if there is one, and turns its error into a refusal.
    fn lifecycle<T>(
        &mut self,
        slot: &mut Slot<H>,
        handler: &'static str,
        budget: Duration,
        call: impl FnOnce(&mut Store<Data<H>>, &Lifecycle) -> Result<(std::result::Result<T, String>,)>,
    ) -> Called<Option<T>> {
        let answer = self.call(slot, handler, budget, |store, functions| {
            functions.lifecycle.as_ref().map(|lifecycle| call(store, lifecycle)).transpose()
        })?;
        answer.map(|(answer,)| answer.map_err(|words| GuestFault::refused(handler, &words))).transpose()
    }

    fn call<T>(
        &mut self,
        slot: &mut Slot<H>,
        handler: &'static str,
        budget: Duration,
        call: impl FnOnce(&mut Store<Data<H>>, &Functions) -> Result<T>,
    ) -> Called<T> {
        if let Some(cause) = &self.ended {
            return Err(GuestFault::dead(handler, cause));
        }
        let functions = &self.functions;
        lend(&mut self.store, slot, &mut self.core, handler, budget, |store| call(store, functions))
            .inspect_err(|fault| self.ended = Some(fault.clone()))
    }
}

/// Runs `call` with the host's side in the store and a budget of CPU time. A fault leaves its `core`.
fn lend<H: Host, T>(
    store: &mut Store<Data<H>>,
    slot: &mut Slot<H>,
    core: &mut Option<Core>,
    handler: &'static str,
    budget: Duration,
    call: impl FnOnce(&mut Store<Data<H>>) -> Result<T>,
) -> Called<T> {
    let data = store.data_mut();
    data.swap(slot);
    data.budget.begin(budget);
    data.memory.begin();
    store.set_epoch_deadline(1);
    let outcome = call(store);
    let data = store.data_mut();
    data.swap(slot);
    data.log().settle();
    outcome.map_err(|error| {
        let fault = GuestFault::new(handler, &error, &data.memory);
        *core = Core::of(error);
        fault
    })
}
