//! Standard output and error, into the plugin's log.

use crate::guest::log::{PluginLog, Stream};
use bytes::Bytes;
use std::sync::Arc;
use tokio::io::AsyncWrite;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// Bytes that one `write` may bring. Streams of a file or a socket grant about as much.
const AT_ONCE: usize = 64 << 10;

/// One of the two streams; clones write to the same log.
#[derive(Clone)]
pub(super) struct Output {
    log: Arc<PluginLog>,
    stream: Stream,
}

impl Output {
    pub(super) fn new(log: &Arc<PluginLog>, stream: Stream) -> Self {
        Self { log: log.clone(), stream }
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }

    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // For WASI 0.3, which isn't linked.
        Box::new(tokio::io::sink())
    }
}

#[async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.log.print(self.stream, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(AT_ONCE)
    }
}
