//! The one record that a fault leaves in the log.

use super::generation::Generation;
use crate::guest::GuestFault;
use crate::pure::socket::SocketId;

/// Tells all that is known of `fault`. `what` happened, for people.
pub(super) fn record(listener: &str, generation: &Generation, socket: Option<SocketId>, fault: &GuestFault, what: &str) {
    let backtrace = (!fault.backtrace.is_empty()).then(|| fault.backtrace.join(" < "));
    tracing::error!(
        %listener,
        generation = generation.number,
        digest = %generation.short_digest(),
        handler = fault.handler,
        socket = socket.map(|id| id.0),
        kind = fault.kind.as_str(),
        backtrace = backtrace.as_deref(),
        hint = fault.hint.as_deref(),
        "{what}: {fault}"
    );
}
