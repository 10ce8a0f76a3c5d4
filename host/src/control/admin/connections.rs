//! The admin API's connections: HTTP/1.1, with a limit to how long a client may be silent.

use super::socket::OwnersOnly;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{pin::pin, time::Duration};
use tokio::{
    net::UnixStream,
    sync::{oneshot, watch},
    task::JoinSet,
};

/// Serves all that come until `closed`, then finishes the requests that are being answered. Dropped, it ends them all.
///
/// A connection on which no whole head of a request comes for `patience` (half of one, or none: a client that keeps it
/// for later) is closed.
pub(super) async fn serve(listener: OwnersOnly, router: Router, patience: Duration, mut closed: oneshot::Receiver<()>) {
    let (closing, _) = watch::channel(());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            stream = listener.accept() => {
                connections.spawn(connection(stream, router.clone(), patience, closing.subscribe()));
            }
            Some(_) = connections.join_next() => {}
            _ = &mut closed => break,
        }
    }
    drop((closing, listener));
    while connections.join_next().await.is_some() {}
}

async fn connection(stream: UnixStream, router: Router, patience: Duration, mut closing: watch::Receiver<()>) {
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut serving = pin!(serving);
    let mut going_on = true;
    let result = loop {
        tokio::select! {
            result = &mut serving => break result,
            // Nothing is ever sent: it ends with its sender.
            _ = closing.changed(), if going_on => {
                going_on = false;
                serving.as_mut().graceful_shutdown();
            }
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection to the admin socket has failed");
    }
}
