//! What a guest may ask of its host.

use crate::pure::socket::{ConnectOptions, Endpoint, ErrorCode, SessionInfo, SocketId, TlsOptions};

/// The host's side of one guest call, lent to the instance for as long as the call lasts.
///
/// `None` outside of a call, so that an instance that rests never keeps the sockets alive.
pub type Slot<H> = Option<Box<H>>;

/// The host's side of the contract: one method per imported function (`wit/`), with the same meaning and errors.
///
/// A type parameter rather than a trait object, because `data` → `write` is the hot path. No method may block, and
/// none can call back into the guest. What the plugin logs isn't here: it goes to the log straight away.
pub trait Host: Send + 'static {
    /// `sockets.write`; `data` is the guest's own memory, borrowed. Answers how many bytes were taken.
    fn write(&mut self, socket: SocketId, data: &[u8]) -> Result<u32, ErrorCode>;
    /// `sockets.flush`.
    fn flush(&mut self, socket: SocketId) -> Result<(), ErrorCode>;
    /// `sockets.end`.
    fn end(&mut self, socket: SocketId) -> Result<(), ErrorCode>;
    /// `sockets.shutdown`.
    fn shutdown(&mut self, socket: SocketId) -> Result<(), ErrorCode>;
    /// `sockets.terminate`.
    fn terminate(&mut self, socket: SocketId) -> Result<(), ErrorCode>;
    /// `sockets.pause`.
    fn pause(&mut self, socket: SocketId) -> Result<(), ErrorCode>;
    /// `sockets.resume`.
    fn resume(&mut self, socket: SocketId) -> Result<(), ErrorCode>;
    /// `sockets.set-auto-pause`.
    fn set_auto_pause(&mut self, socket: SocketId, enabled: bool) -> Result<(), ErrorCode>;
    /// `sockets.queued`, in bytes.
    fn queued(&mut self, socket: SocketId) -> Result<u32, ErrorCode>;
    /// `sockets.set-timeout`.
    fn set_timeout(&mut self, socket: SocketId, milliseconds: Option<u32>) -> Result<(), ErrorCode>;
    /// `sockets.set-no-delay`.
    fn set_no_delay(&mut self, socket: SocketId, enabled: bool) -> Result<(), ErrorCode>;
    /// `sockets.set-keep-alive`.
    fn set_keep_alive(&mut self, socket: SocketId, delay_milliseconds: Option<u32>) -> Result<(), ErrorCode>;
    /// `sockets.local-endpoint`.
    fn local_endpoint(&mut self, socket: SocketId) -> Result<Endpoint, ErrorCode>;
    /// `sockets.remote-endpoint`.
    fn remote_endpoint(&mut self, socket: SocketId) -> Result<Endpoint, ErrorCode>;
    /// `sockets.listener`; none: an outbound socket.
    fn listener(&mut self, socket: SocketId) -> Result<Option<String>, ErrorCode>;
    /// `sockets.bytes-read`.
    fn bytes_read(&mut self, socket: SocketId) -> Result<u64, ErrorCode>;
    /// `sockets.bytes-written`.
    fn bytes_written(&mut self, socket: SocketId) -> Result<u64, ErrorCode>;
    /// `sockets.context`.
    fn context(&mut self, socket: SocketId) -> Result<&[u8], ErrorCode>;
    /// `sockets.set-context`; borrowed from the guest's memory.
    fn set_context(&mut self, socket: SocketId, context: &[u8]) -> Result<(), ErrorCode>;
    /// `sockets.live`.
    fn live(&mut self) -> Vec<SocketId>;

    /// `outbound.connect`.
    fn connect(&mut self, address: &str, options: ConnectOptions) -> Result<SocketId, ErrorCode>;

    /// `tls.session`; none: a plain socket.
    fn session(&mut self, socket: SocketId) -> Result<Option<SessionInfo>, ErrorCode>;
    /// `tls.peer-certificates`: DER, leaf first.
    fn peer_certificates(&mut self, socket: SocketId) -> Result<Vec<Vec<u8>>, ErrorCode>;
    /// `tls.upgrade-client`.
    fn upgrade_client(&mut self, socket: SocketId, options: TlsOptions) -> Result<(), ErrorCode>;
    /// `tls.upgrade-server`; `credentials` names a configured certificate and key.
    fn upgrade_server(&mut self, socket: SocketId, credentials: &str) -> Result<(), ErrorCode>;

    /// `timers.set-timer`.
    fn set_timer(&mut self, token: u64, delay_milliseconds: u32) -> Result<(), ErrorCode>;
    /// `timers.clear-timer`.
    fn clear_timer(&mut self, token: u64);

    /// `topics.subscribe`.
    fn subscribe(&mut self, socket: SocketId, topic: &str) -> Result<(), ErrorCode>;
    /// `topics.unsubscribe`.
    fn unsubscribe(&mut self, socket: SocketId, topic: &str) -> Result<(), ErrorCode>;
    /// `topics.publish`; `data` is borrowed from the guest's memory. Answers how many sockets took it.
    fn publish(&mut self, topic: &str, data: &[u8], skip: Option<SocketId>) -> Result<u32, ErrorCode>;
}
