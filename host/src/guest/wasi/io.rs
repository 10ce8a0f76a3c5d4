//! `wasi:io`: wasmtime-wasi's own implementation, each of whose waits is polled once. One that isn't over by then is the plugin's
//! error: while a handler waits, no other event of its instance or worker could be handled.

use super::Ours;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use wasmtime::component::Resource;
use wasmtime::{Error, Result};
use wasmtime_wasi::p2::bindings::io::{error, poll as async_poll, streams as async_streams};
use wasmtime_wasi::p2::bindings::sync::io::{poll, streams};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, IoError, StreamError, StreamResult};
// wasmtime-wasi's implementations, which are all of `ResourceTable`.
use async_poll::{Host as Polls, HostPollable as Pollables};
use async_streams::{Host as Streams, HostInputStream as Inputs, HostOutputStream as Outputs};
use error::HostError as Errors;

/// The outcome of `wait`, if it is there at once.
fn at_once<T>(wait: impl Future<Output = T>) -> Result<T> {
    match pin!(wait).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Ok(outcome),
        Poll::Pending => Err(Error::msg(
            "waited for something (a sleep, or input) inside a handler: handlers don't block; use the interface `timers` for time",
        )),
    }
}

fn stream_at_once<T>(wait: impl Future<Output = StreamResult<T>>) -> StreamResult<T> {
    at_once(wait).map_err(StreamError::Trap)?
}

impl error::Host for Ours<'_> {}

impl error::HostError for Ours<'_> {
    fn to_debug_string(&mut self, error: Resource<IoError>) -> Result<String> {
        Errors::to_debug_string(self.0, error)
    }

    fn drop(&mut self, error: Resource<IoError>) -> Result<()> {
        Errors::drop(self.0, error)
    }
}

impl poll::Host for Ours<'_> {
    fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> Result<Vec<u32>> {
        at_once(Polls::poll(self.0, pollables))?
    }
}

impl poll::HostPollable for Ours<'_> {
    fn ready(&mut self, pollable: Resource<DynPollable>) -> Result<bool> {
        at_once(Pollables::ready(self.0, pollable))?
    }

    fn block(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        at_once(Pollables::block(self.0, pollable))?
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        Pollables::drop(self.0, pollable)
    }
}

impl streams::Host for Ours<'_> {
    fn convert_stream_error(&mut self, error: StreamError) -> Result<streams::StreamError> {
        Ok(match Streams::convert_stream_error(self.0, error)? {
            async_streams::StreamError::Closed => streams::StreamError::Closed,
            async_streams::StreamError::LastOperationFailed(error) => streams::StreamError::LastOperationFailed(error),
        })
    }
}

impl streams::HostInputStream for Ours<'_> {
    fn read(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<Vec<u8>> {
        Inputs::read(self.0, stream, len)
    }

    fn blocking_read(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<Vec<u8>> {
        stream_at_once(Inputs::blocking_read(self.0, stream, len))
    }

    fn skip(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        Inputs::skip(self.0, stream, len)
    }

    fn blocking_skip(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        stream_at_once(Inputs::blocking_skip(self.0, stream, len))
    }

    fn subscribe(&mut self, stream: Resource<DynInputStream>) -> Result<Resource<DynPollable>> {
        Inputs::subscribe(self.0, stream)
    }

    fn drop(&mut self, stream: Resource<DynInputStream>) -> Result<()> {
        at_once(Inputs::drop(self.0, stream))?
    }
}

impl streams::HostOutputStream for Ours<'_> {
    fn check_write(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<u64> {
        Outputs::check_write(self.0, stream)
    }

    fn write(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        Outputs::write(self.0, stream, bytes)
    }

    fn blocking_write_and_flush(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        stream_at_once(Outputs::blocking_write_and_flush(self.0, stream, bytes))
    }

    fn flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        Outputs::flush(self.0, stream)
    }

    fn blocking_flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        stream_at_once(Outputs::blocking_flush(self.0, stream))
    }

    fn subscribe(&mut self, stream: Resource<DynOutputStream>) -> Result<Resource<DynPollable>> {
        Outputs::subscribe(self.0, stream)
    }

    fn write_zeroes(&mut self, stream: Resource<DynOutputStream>, len: u64) -> StreamResult<()> {
        Outputs::write_zeroes(self.0, stream, len)
    }

    fn blocking_write_zeroes_and_flush(&mut self, stream: Resource<DynOutputStream>, len: u64) -> StreamResult<()> {
        stream_at_once(Outputs::blocking_write_zeroes_and_flush(self.0, stream, len))
    }

    fn splice(&mut self, to: Resource<DynOutputStream>, from: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        Outputs::splice(self.0, to, from, len)
    }

    fn blocking_splice(&mut self, to: Resource<DynOutputStream>, from: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        stream_at_once(Outputs::blocking_splice(self.0, to, from, len))
    }

    fn drop(&mut self, stream: Resource<DynOutputStream>) -> Result<()> {
        at_once(Outputs::drop(self.0, stream))?
    }
}
