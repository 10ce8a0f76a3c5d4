//! The contract's types as the component model spells them; each only carries a value between a guest and `pure::socket`.

use crate::pure::socket;
use wasmtime::component::{ComponentType, Lift, Lower, WasmList, WasmStr};

/// `types.error-code`.
#[derive(ComponentType, Lift, Lower, Clone, Copy, Debug, PartialEq, Eq)]
#[component(enum)]
#[repr(u8)]
pub(in crate::guest) enum ErrorCode {
    #[component(name = "closed")]
    Closed,
    #[component(name = "reset")]
    Reset,
    #[component(name = "refused")]
    Refused,
    #[component(name = "unreachable")]
    Unreachable,
    #[component(name = "timed-out")]
    TimedOut,
    #[component(name = "name-resolution")]
    NameResolution,
    #[component(name = "tls")]
    Tls,
    #[component(name = "not-allowed")]
    NotAllowed,
    #[component(name = "invalid-argument")]
    InvalidArgument,
    #[component(name = "limit-exceeded")]
    LimitExceeded,
    #[component(name = "in-progress")]
    InProgress,
    #[component(name = "unsupported")]
    Unsupported,
    #[component(name = "io")]
    Io,
    #[component(name = "other")]
    Other,
}

impl From<socket::ErrorCode> for ErrorCode {
    fn from(code: socket::ErrorCode) -> Self {
        use socket::ErrorCode as Code;
        match code {
            Code::Closed => Self::Closed,
            Code::Reset => Self::Reset,
            Code::Refused => Self::Refused,
            Code::Unreachable => Self::Unreachable,
            Code::TimedOut => Self::TimedOut,
            Code::NameResolution => Self::NameResolution,
            Code::Tls => Self::Tls,
            Code::NotAllowed => Self::NotAllowed,
            Code::InvalidArgument => Self::InvalidArgument,
            Code::LimitExceeded => Self::LimitExceeded,
            Code::InProgress => Self::InProgress,
            Code::Unsupported => Self::Unsupported,
            Code::Io => Self::Io,
            Code::Other => Self::Other,
        }
    }
}

/// `types.socket-error`, on its way into a guest.
#[derive(ComponentType, Lower, Clone, Copy, Debug)]
#[component(record)]
pub(in crate::guest) struct SocketError<'a> {
    code: ErrorCode,
    message: &'a str,
}

impl<'a> From<&'a socket::SocketError> for SocketError<'a> {
    fn from(error: &'a socket::SocketError) -> Self {
        Self { code: error.code.into(), message: &error.message }
    }
}

/// `types.close-info`, on its way into a guest.
#[derive(ComponentType, Lower, Clone, Copy, Debug)]
#[component(record)]
pub(in crate::guest) struct CloseInfo<'a> {
    error: Option<SocketError<'a>>,
    unsent: u64,
}

impl<'a> From<&'a socket::CloseInfo> for CloseInfo<'a> {
    fn from(info: &'a socket::CloseInfo) -> Self {
        Self { error: info.error.as_ref().map(Into::into), unsent: info.unsent }
    }
}

/// `types.endpoint`.
#[derive(ComponentType, Lower, Clone, Debug)]
#[component(record)]
pub(in crate::guest) struct Endpoint {
    address: String,
    port: u16,
}

impl From<socket::Endpoint> for Endpoint {
    fn from(endpoint: socket::Endpoint) -> Self {
        Self { address: endpoint.address, port: endpoint.port }
    }
}

/// `types.state`, as a guest hands it out.
#[derive(ComponentType, Lift, Clone, Debug)]
#[component(record)]
pub(in crate::guest) struct State {
    version: String,
    data: Vec<u8>,
}

impl From<State> for socket::State {
    fn from(state: State) -> Self {
        Self { version: state.version, data: state.data }
    }
}

/// `types.state`, on its way into a guest.
#[derive(ComponentType, Lower, Clone, Copy, Debug)]
#[component(record)]
pub(in crate::guest) struct StateRef<'a> {
    version: &'a str,
    data: &'a [u8],
}

impl<'a> From<&'a socket::State> for StateRef<'a> {
    fn from(state: &'a socket::State) -> Self {
        Self { version: &state.version, data: &state.data }
    }
}

/// `outbound.tls-options`, still in the guest's memory.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(in crate::guest) struct TlsOptions {
    #[component(name = "server-name")]
    pub(super) server_name: Option<WasmStr>,
    pub(super) alpn: Vec<WasmStr>,
    pub(super) credentials: Option<WasmStr>,
}

/// `outbound.connect-options`, still in the guest's memory.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(in crate::guest) struct ConnectOptions {
    pub(super) tls: Option<TlsOptions>,
    #[component(name = "timeout-milliseconds")]
    pub(super) timeout_milliseconds: Option<u32>,
    #[component(name = "allow-half-open")]
    pub(super) allow_half_open: bool,
    pub(super) context: WasmList<u8>,
}

/// `tls.session-info`.
#[derive(ComponentType, Lower, Clone, Debug)]
#[component(record)]
pub(in crate::guest) struct SessionInfo {
    version: String,
    cipher: String,
    alpn: Option<String>,
    #[component(name = "server-name")]
    server_name: Option<String>,
    resumed: bool,
    verified: bool,
}

impl From<socket::SessionInfo> for SessionInfo {
    fn from(session: socket::SessionInfo) -> Self {
        let socket::SessionInfo { version, cipher, alpn, server_name, resumed, verified } = session;
        Self { version, cipher, alpn, server_name, resumed, verified }
    }
}

/// `logging.level`.
#[allow(dead_code, reason = "wasmtime makes the variants from their numbers")]
#[derive(ComponentType, Lift, Clone, Copy, Debug)]
#[component(enum)]
#[repr(u8)]
pub(in crate::guest) enum Level {
    #[component(name = "trace")]
    Trace,
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}

impl From<Level> for socket::LogLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Trace => Self::Trace,
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
        }
    }
}
