//! Work that takes a while, off the threads that others wait for.

use crate::pure::error::{Error, Result};

/// Runs `work`, which may read files, compile, or call a guest's `start`, on a thread for that.
///
/// # Errors
/// `work`'s own; and when it panics.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Error::host(format!("a bug in sockdock: {error}"))))
}
