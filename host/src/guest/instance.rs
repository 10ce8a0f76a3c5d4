//! One running copy of a component.
#![allow(unused_variables, clippy::todo)]

use super::{Component, GuestFault, Host, Settings, Slot};
use crate::pure::socket::{CloseInfo, SocketError, SocketId, State};
use std::marker::PhantomData;

type Called<T = ()> = Result<T, GuestFault>;

/// One running copy of a component: its memory and its functions. One call at a time; none of them blocks.
///
/// Each call takes the host's side out of `slot` and puts it back when it returns, whatever happened. After a fault
/// other than [`FaultKind::Refused`](super::FaultKind::Refused) every further call answers
/// [`FaultKind::Dead`](super::FaultKind::Dead).
pub struct Instance<H: Host> {
    host: PhantomData<H>,
}

impl<H: Host> Instance<H> {
    /// Makes an instance: links it and runs its initialisers, within `start_budget`. `start` isn't called yet.
    pub fn new(component: &Component<H>, settings: &Settings, slot: &mut Slot<H>) -> Called<Self> {
        todo!()
    }

    /// `socket-handlers.open`.
    pub fn open(&mut self, slot: &mut Slot<H>, socket: SocketId) -> Called {
        todo!()
    }

    /// `socket-handlers.data`; `bytes` are copied straight into the guest's memory.
    pub fn data(&mut self, slot: &mut Slot<H>, socket: SocketId, bytes: &[u8]) -> Called {
        todo!()
    }

    /// `socket-handlers.drain`.
    pub fn drain(&mut self, slot: &mut Slot<H>, socket: SocketId) -> Called {
        todo!()
    }

    /// `socket-handlers.end`.
    pub fn end(&mut self, slot: &mut Slot<H>, socket: SocketId) -> Called {
        todo!()
    }

    /// `socket-handlers.timeout`.
    pub fn timeout(&mut self, slot: &mut Slot<H>, socket: SocketId) -> Called {
        todo!()
    }

    /// `socket-handlers.handshake`; an error says why the peer isn't verified.
    pub fn handshake(&mut self, slot: &mut Slot<H>, socket: SocketId, verified: Result<(), &str>) -> Called {
        todo!()
    }

    /// `socket-handlers.error`.
    pub fn error(&mut self, slot: &mut Slot<H>, socket: SocketId, error: &SocketError) -> Called {
        todo!()
    }

    /// `socket-handlers.close`.
    pub fn close(&mut self, slot: &mut Slot<H>, socket: SocketId, info: &CloseInfo) -> Called {
        todo!()
    }

    /// `socket-handlers.connect-error`.
    pub fn connect_error(&mut self, slot: &mut Slot<H>, socket: SocketId, error: &SocketError) -> Called {
        todo!()
    }

    /// `timer-handler.fired`; nothing happens where the component doesn't export it.
    pub fn fired(&mut self, slot: &mut Slot<H>, token: u64) -> Called {
        todo!()
    }

    /// `lifecycle.start`; nothing happens where the component doesn't export it.
    pub fn start(&mut self, slot: &mut Slot<H>, config: &[(String, String)]) -> Called {
        todo!()
    }

    /// `lifecycle.snapshot`; none where the component doesn't export it.
    pub fn snapshot(&mut self, slot: &mut Slot<H>) -> Called<Option<State>> {
        todo!()
    }

    /// `lifecycle.restore`; refused where the component doesn't export it.
    pub fn restore(&mut self, slot: &mut Slot<H>, state: &State) -> Called {
        todo!()
    }

    /// Linear memory that it has at the moment, bytes.
    pub fn memory_bytes(&self) -> usize {
        todo!()
    }

    /// Whether an earlier fault has killed it.
    pub fn is_dead(&self) -> bool {
        todo!()
    }
}
