//! `sockdock:plugin/outbound`, and the options that it shares with `tls`.

use super::interface::{Interface, Memory};
use super::types;
use crate::guest::Host;
use crate::pure::socket::{ConnectOptions, ErrorCode, TlsOptions};
use wasmtime::Result;
use wasmtime::component::{WasmList, WasmStr};

pub(super) fn link<H: Host>(to: &mut Interface<'_, H>) -> Result<()> {
    to.borrowing("connect", |host, memory, (address, options): (WasmStr, types::ConnectOptions)| {
        let mut copied = Copied::new(memory);
        let options = match copied.connect_options(&options) {
            Ok(options) => options,
            Err(refusal) => return refusal.answer(),
        };
        Ok(host.connect(&address.to_str(memory)?, options).map(|id| id.0))
    })
}

/// Why an argument wasn't copied.
pub(super) enum Refusal {
    /// There is too much of it: the guest is told.
    TooMuch,
    /// It isn't what it says it is (a string that isn't UTF-8): a trap.
    Malformed(wasmtime::Error),
}

impl Refusal {
    /// As the answer of a function.
    pub(super) fn answer<R>(self) -> Result<Result<R, ErrorCode>> {
        match self {
            Self::TooMuch => Ok(Err(ErrorCode::LimitExceeded)),
            Self::Malformed(error) => Err(error),
        }
    }
}

impl From<wasmtime::Error> for Refusal {
    fn from(error: wasmtime::Error) -> Self {
        Self::Malformed(error)
    }
}

/// Copies what must outlive the call, up to the instance's `event-fuel`.
pub(super) struct Copied<'a, H: Host> {
    memory: &'a Memory<'a, H>,
    left: usize,
}

impl<'a, H: Host> Copied<'a, H> {
    pub(super) fn new(memory: &'a Memory<'a, H>) -> Self {
        Self { memory, left: memory.data().copy_limit() }
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.left = self.left.checked_sub(bytes).ok_or(Refusal::TooMuch)?;
        Ok(())
    }

    fn string(&mut self, string: &WasmStr) -> Result<String, Refusal> {
        let string = string.to_str(self.memory)?;
        self.spend(string.len())?;
        Ok(string.into_owned())
    }

    fn optional(&mut self, string: Option<&WasmStr>) -> Result<Option<String>, Refusal> {
        string.map(|string| self.string(string)).transpose()
    }

    fn bytes(&mut self, bytes: &WasmList<u8>) -> Result<Vec<u8>, Refusal> {
        self.spend(bytes.len())?;
        Ok(bytes.as_le_slice(self.memory).to_vec())
    }

    pub(super) fn tls_options(&mut self, options: &types::TlsOptions) -> Result<TlsOptions, Refusal> {
        Ok(TlsOptions {
            server_name: self.optional(options.server_name.as_ref())?,
            alpn: options.alpn.iter().map(|protocol| self.string(protocol)).collect::<Result<_, _>>()?,
            credentials: self.optional(options.credentials.as_ref())?,
        })
    }

    fn connect_options(&mut self, options: &types::ConnectOptions) -> Result<ConnectOptions, Refusal> {
        Ok(ConnectOptions {
            tls: options.tls.as_ref().map(|tls| self.tls_options(tls)).transpose()?,
            timeout_milliseconds: options.timeout_milliseconds,
            allow_half_open: options.allow_half_open,
            context: self.bytes(&options.context)?,
        })
    }
}
