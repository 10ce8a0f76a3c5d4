//! The one record that a fault leaves in the log.

use super::generation::Generation;
use super::listener::Listener;
use super::sockets::Sockets;
use crate::guest::{FaultKind, GuestFault, Instance};
use crate::pure::socket::SocketId;

/// Tells all that is known of `fault`. `what` happened, for people. The instance, if there was one already, leaves a core dump
/// where the operator wants them.
pub(super) fn record(
    listener: &Listener,
    generation: &Generation,
    instance: Option<&mut Instance<Sockets>>,
    socket: Option<SocketId>,
    fault: &GuestFault,
    what: &str,
) {
    let coredump = listener.graveyard.cores.as_ref().zip(instance).map(|(cores, instance)| {
        let allotted = cores.allot(instance, &listener.name, generation, fault);
        allotted.map_or_else(str::to_owned, |file| file.display().to_string())
    });
    tell(&listener.name, generation, socket, fault, coredump.as_deref(), what);
}

/// As [`record`], of a candidate that fails before it is any listener's.
pub(super) fn of_candidate(listener: &str, generation: &Generation, fault: &GuestFault) {
    // A refusal is an answer, and what the host can't do is no fault of the plugin's: the reload's report has both.
    if !matches!(fault.kind, FaultKind::Refused | FaultKind::Host) {
        tell(listener, generation, None, fault, None, CANDIDATE);
    }
}

/// What happened when an instance that doesn't serve yet failed.
pub(super) const CANDIDATE: &str = "the candidate failed";

fn tell(
    listener: &str,
    generation: &Generation,
    socket: Option<SocketId>,
    fault: &GuestFault,
    coredump: Option<&str>,
    what: &str,
) {
    let backtrace = (!fault.backtrace.is_empty()).then(|| fault.backtrace.join(" < "));
    tracing::error!(
        %listener,
        generation = generation.number,
        digest = %generation.short_digest(),
        handler = fault.handler,
        socket = socket.map(|id| id.0),
        kind = fault.kind.as_str(),
        backtrace = backtrace.as_deref(),
        coredump,
        hint = fault.hint.as_deref(),
        "{what}: {fault}"
    );
}
