//! A host that notes what it is asked.

use crate::guest::{Host, Slot};
use crate::pure::socket::{ConnectOptions, Endpoint, ErrorCode, SessionInfo, SocketId, TlsOptions};

/// Knows the sockets 1 to 99; any other is `closed`.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    /// What was written, in order.
    pub(super) written: Vec<(u64, Vec<u8>)>,
    /// Other calls, as text.
    pub(super) calls: Vec<String>,
    context: Vec<u8>,
}

impl Recorder {
    /// One, ready to be lent.
    pub(super) fn slot() -> Slot<Self> {
        Some(Box::default())
    }

    /// What was written since last asked, as text.
    pub(super) fn take_written(&mut self) -> Vec<String> {
        self.written.drain(..).map(|(id, bytes)| format!("#{id} {}", String::from_utf8_lossy(&bytes))).collect()
    }

    fn note(&mut self, socket: SocketId, call: String) -> Result<(), ErrorCode> {
        if !(1..100).contains(&socket.0) {
            return Err(ErrorCode::Closed);
        }
        self.calls.push(format!("{socket} {call}"));
        Ok(())
    }
}

impl Host for Recorder {
    fn write(&mut self, socket: SocketId, data: &[u8]) -> Result<u32, ErrorCode> {
        if !(1..100).contains(&socket.0) {
            return Err(ErrorCode::Closed);
        }
        self.written.push((socket.0, data.to_vec()));
        Ok(u32::try_from(data.len()).unwrap())
    }

    fn flush(&mut self, socket: SocketId) -> Result<(), ErrorCode> {
        self.note(socket, "flush".into())
    }

    fn end(&mut self, socket: SocketId) -> Result<(), ErrorCode> {
        self.note(socket, "end".into())
    }

    fn shutdown(&mut self, socket: SocketId) -> Result<(), ErrorCode> {
        self.note(socket, "shutdown".into())
    }

    fn terminate(&mut self, socket: SocketId) -> Result<(), ErrorCode> {
        self.note(socket, "terminate".into())
    }

    fn pause(&mut self, socket: SocketId) -> Result<(), ErrorCode> {
        self.note(socket, "pause".into())
    }

    fn resume(&mut self, socket: SocketId) -> Result<(), ErrorCode> {
        self.note(socket, "resume".into())
    }

    fn set_auto_pause(&mut self, socket: SocketId, enabled: bool) -> Result<(), ErrorCode> {
        self.note(socket, format!("set-auto-pause {enabled}"))
    }

    fn queued(&mut self, socket: SocketId) -> Result<u32, ErrorCode> {
        self.note(socket, "queued".into()).map(|()| 7)
    }

    fn set_timeout(&mut self, socket: SocketId, milliseconds: Option<u32>) -> Result<(), ErrorCode> {
        self.note(socket, format!("set-timeout {milliseconds:?}"))
    }

    fn set_no_delay(&mut self, socket: SocketId, enabled: bool) -> Result<(), ErrorCode> {
        self.note(socket, format!("set-no-delay {enabled}"))
    }

    fn set_keep_alive(&mut self, socket: SocketId, delay_milliseconds: Option<u32>) -> Result<(), ErrorCode> {
        self.note(socket, format!("set-keep-alive {delay_milliseconds:?}"))
    }

    fn local_endpoint(&mut self, socket: SocketId) -> Result<Endpoint, ErrorCode> {
        self.note(socket, "local-endpoint".into()).map(|()| Endpoint { address: "::1".into(), port: 7000 })
    }

    fn remote_endpoint(&mut self, socket: SocketId) -> Result<Endpoint, ErrorCode> {
        self.note(socket, "remote-endpoint".into()).map(|()| Endpoint { address: "::2".into(), port: 4711 })
    }

    fn listener(&mut self, socket: SocketId) -> Result<Option<String>, ErrorCode> {
        self.note(socket, "listener".into()).map(|()| None)
    }

    fn bytes_read(&mut self, socket: SocketId) -> Result<u64, ErrorCode> {
        self.note(socket, "bytes-read".into()).map(|()| 1)
    }

    fn bytes_written(&mut self, socket: SocketId) -> Result<u64, ErrorCode> {
        self.note(socket, "bytes-written".into()).map(|()| 2)
    }

    fn context(&mut self, socket: SocketId) -> Result<&[u8], ErrorCode> {
        self.note(socket, "context".into())?;
        Ok(&self.context)
    }

    fn set_context(&mut self, socket: SocketId, context: &[u8]) -> Result<(), ErrorCode> {
        self.context = context.to_vec();
        self.note(socket, format!("set-context {}", String::from_utf8_lossy(context)))
    }

    fn live(&mut self) -> Vec<SocketId> {
        vec![SocketId(1), SocketId(2)]
    }

    fn connect(&mut self, address: &str, options: ConnectOptions) -> Result<SocketId, ErrorCode> {
        self.calls.push(format!("connect {address} {options:?}"));
        Ok(SocketId(42))
    }

    fn session(&mut self, socket: SocketId) -> Result<Option<SessionInfo>, ErrorCode> {
        self.note(socket, "session".into()).map(|()| None)
    }

    fn peer_certificates(&mut self, socket: SocketId) -> Result<Vec<Vec<u8>>, ErrorCode> {
        self.note(socket, "peer-certificates".into()).map(|()| vec![vec![1, 2]])
    }

    fn upgrade_client(&mut self, socket: SocketId, options: TlsOptions) -> Result<(), ErrorCode> {
        self.note(socket, format!("upgrade-client {options:?}"))
    }

    fn upgrade_server(&mut self, socket: SocketId, credentials: &str) -> Result<(), ErrorCode> {
        self.note(socket, format!("upgrade-server {credentials}"))
    }

    fn set_timer(&mut self, token: u64, delay_milliseconds: u32) -> Result<(), ErrorCode> {
        self.calls.push(format!("set-timer {token} {delay_milliseconds}"));
        Ok(())
    }

    fn clear_timer(&mut self, token: u64) {
        self.calls.push(format!("clear-timer {token}"));
    }

    fn subscribe(&mut self, socket: SocketId, topic: &str) -> Result<(), ErrorCode> {
        self.note(socket, format!("subscribe {topic}"))
    }

    fn unsubscribe(&mut self, socket: SocketId, topic: &str) -> Result<(), ErrorCode> {
        self.note(socket, format!("unsubscribe {topic}"))
    }

    fn publish(&mut self, topic: &str, data: &[u8], skip: Option<SocketId>) -> Result<u32, ErrorCode> {
        self.calls.push(format!("publish {topic} {} {skip:?}", String::from_utf8_lossy(data)));
        Ok(3)
    }
}
