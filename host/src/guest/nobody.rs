//! A host that there is none of, for looking at components without running them.

use super::Host;
use crate::pure::socket::{ConnectOptions, Endpoint, ErrorCode, SessionInfo, SocketId, TlsOptions};

/// Has no value, so that nothing can ever be asked of it.
pub(super) enum Nobody {}

impl Host for Nobody {
    fn write(&mut self, _: SocketId, _: &[u8]) -> Result<u32, ErrorCode> {
        match *self {}
    }

    fn flush(&mut self, _: SocketId) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn end(&mut self, _: SocketId) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn shutdown(&mut self, _: SocketId) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn terminate(&mut self, _: SocketId) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn pause(&mut self, _: SocketId) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn resume(&mut self, _: SocketId) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn set_auto_pause(&mut self, _: SocketId, _: bool) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn queued(&mut self, _: SocketId) -> Result<u32, ErrorCode> {
        match *self {}
    }

    fn set_timeout(&mut self, _: SocketId, _: Option<u32>) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn set_no_delay(&mut self, _: SocketId, _: bool) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn set_keep_alive(&mut self, _: SocketId, _: Option<u32>) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn local_endpoint(&mut self, _: SocketId) -> Result<Endpoint, ErrorCode> {
        match *self {}
    }

    fn remote_endpoint(&mut self, _: SocketId) -> Result<Endpoint, ErrorCode> {
        match *self {}
    }

    fn listener(&mut self, _: SocketId) -> Result<Option<String>, ErrorCode> {
        match *self {}
    }

    fn bytes_read(&mut self, _: SocketId) -> Result<u64, ErrorCode> {
        match *self {}
    }

    fn bytes_written(&mut self, _: SocketId) -> Result<u64, ErrorCode> {
        match *self {}
    }

    fn context(&mut self, _: SocketId) -> Result<&[u8], ErrorCode> {
        match *self {}
    }

    fn set_context(&mut self, _: SocketId, _: &[u8]) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn live(&mut self) -> Vec<SocketId> {
        match *self {}
    }

    fn connect(&mut self, _: &str, _: ConnectOptions) -> Result<SocketId, ErrorCode> {
        match *self {}
    }

    fn session(&mut self, _: SocketId) -> Result<Option<SessionInfo>, ErrorCode> {
        match *self {}
    }

    fn peer_certificates(&mut self, _: SocketId) -> Result<Vec<Vec<u8>>, ErrorCode> {
        match *self {}
    }

    fn upgrade_client(&mut self, _: SocketId, _: TlsOptions) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn upgrade_server(&mut self, _: SocketId, _: &str) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn set_timer(&mut self, _: u64, _: u32) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn clear_timer(&mut self, _: u64) {
        match *self {}
    }

    fn subscribe(&mut self, _: SocketId, _: &str) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn unsubscribe(&mut self, _: SocketId, _: &str) -> Result<(), ErrorCode> {
        match *self {}
    }

    fn publish(&mut self, _: &str, _: &[u8], _: Option<SocketId>) -> Result<u32, ErrorCode> {
        match *self {}
    }
}
