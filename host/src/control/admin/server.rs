//! The admin API's server: routes, and how a request is refused.

use super::{
    Claim, ErrorReply, PromoteRequest, ReloadReply, ReloadRequest, RollbackRequest, StopReply, StopRequest, connections,
    socket::SocketFile,
};
use crate::{
    Error, Host, HostStatus, ReloadFailure, ReloadOptions, ReloadReport, Result, Stop,
    control::operations::{Change, Operations},
};
use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderValue, Method, StatusCode, Uri, header::SERVER},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::de::DeserializeOwned;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

/// The largest request body: a path, a name and a plugin's settings.
const BODY_LIMIT: usize = 256 << 10;

/// How long a client may take to send a request's head, and then its body: it is a program on the same machine, so this
/// is long. Without it, one that connects and says nothing would hold a descriptor for ever.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long `close` waits for answers that are on their way.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

const IDENTITY: HeaderValue = HeaderValue::from_static(concat!("sockdock/", env!("CARGO_PKG_VERSION")));

/// A running admin API. Dropping it ends it at once; [`close`](Self::close) lets answers that are on their way out.
#[derive(Debug)]
pub struct Admin {
    file: SocketFile,
    closing: oneshot::Sender<()>,
    server: AbortOnDrop,
}

#[derive(Debug)]
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Admin {
    /// The socket's path.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Removes the socket, then waits, at most 2 s, for requests that are being answered.
    pub async fn close(self) {
        let Self { file, closing, mut server } = self;
        drop(file);
        let _ = closing.send(());
        if timeout(CLOSE_TIMEOUT, &mut server.0).await.is_err() {
            tracing::debug!("the admin API was closed under a request");
        }
    }
}

/// Serves `host`'s admin API on a unix socket at `path` (mode 0600; only our own user and root may use it). A dead
/// socket that is there already is replaced. A plugin's file is read again for a reload that names none.
///
/// # Errors
/// If another program answers at `path`, or something other than a socket is there, or the folder is missing or open
/// to every user, or the socket can't be made.
pub async fn serve(host: Host, path: impl AsRef<Path>) -> Result<Admin> {
    let claim = Claim::take(path.as_ref()).await?;
    Ok(serve_claimed(claim, Arc::new(Operations::new(host))))
}

/// [`serve`] on a socket that is ours already.
pub(crate) fn serve_claimed(claim: Claim, operations: Arc<Operations>) -> Admin {
    let (listener, file) = claim.into_parts();
    let (closing, closed) = oneshot::channel();
    let server = tokio::spawn(connections::serve(listener, router(operations), PATIENCE, closed));
    Admin { file, closing, server: AbortOnDrop(server) }
}

fn router(operations: Arc<Operations>) -> Router {
    Router::new()
        .route("/status", get(status))
        .route("/reload", post(reload))
        .route("/rollback", post(rollback))
        .route("/promote", post(promote))
        .route("/stop", post(stop))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(map_response(|mut response: Response| async move {
            response.headers_mut().insert(SERVER, IDENTITY);
            response
        }))
        .with_state(operations)
}

const RESOURCES: &str = "ask GET /status, POST /reload, POST /rollback, POST /promote or POST /stop";

async fn unknown(uri: Uri) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, format!("there is no {}", uri.path()), RESOURCES)
}

async fn wrong_method(method: Method, uri: Uri) -> Refusal {
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, format!("{} doesn't take {method}", uri.path()), RESOURCES)
}

async fn status(State(operations): State<Arc<Operations>>) -> Json<HostStatus> {
    Json(operations.status().await)
}

async fn reload(State(operations): State<Arc<Operations>>, body: Body) -> Result<Response, Refusal> {
    let request: ReloadRequest = read_json(body).await?;
    if let Some(plugin) = request.plugin.as_ref().filter(|plugin| !plugin.is_absolute()) {
        let what = format!("the plugin's path {} is not absolute", plugin.display());
        return Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            what,
            "the host's working directory isn't the client's: send the full path",
        ));
    }
    if request.tls
        && (request.plugin.is_some()
            || request.digest.is_some()
            || request.set.is_some()
            || request.discard_state
            || request.policy.is_some())
    {
        let what = "a reload of TLS doesn't touch the plugin";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, what, "ask for the plugin in a request of its own"));
    }
    if request == ReloadRequest::default() {
        // Of everything, where a file describes it. A task of its own, as below.
        let all = Arc::clone(&operations);
        let done = tokio::spawn(async move { all.reconfigure().await }).await.map_err(|error| Refusal::crashed(&error))?;
        if let Some(reply) = done {
            let status = if reply.failures.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
            return Ok((status, Json(reply)).into_response());
        }
    }
    let server =
        operations.find(request.listener.as_deref()).map_err(|error| Refusal::from_error(StatusCode::NOT_FOUND, &error))?;
    if request.tls {
        // A task of its own, as below.
        let done = tokio::spawn(async move { operations.reload_tls(&server, request.dry_run).await }).await;
        return Ok(match done.map_err(|error| Refusal::crashed(&error))? {
            Ok(report) => Json(ReloadReply { tls: vec![report], ..ReloadReply::default() }).into_response(),
            Err(failure) => failed(failure),
        });
    }
    let options = options(&request)?;
    let digest = request.digest.as_deref().map(str::parse).transpose();
    let digest = digest.map_err(|error| Refusal::from_error(StatusCode::BAD_REQUEST, &error))?;
    let change = Change { plugin: request.plugin, digest, settings: request.set, options };
    // A task of its own: a client that hangs up half-way doesn't leave half a reload.
    let done =
        tokio::spawn(async move { operations.reload(&server, change).await }).await.map_err(|error| Refusal::crashed(&error))?;
    Ok(reloaded(done))
}

fn options(request: &ReloadRequest) -> Result<ReloadOptions, Refusal> {
    let policy = request.policy.as_deref().map(str::parse).transpose();
    let policy = policy.map_err(|error: Error| Refusal::from_error(StatusCode::BAD_REQUEST, &error))?;
    let spread = request.share_by.as_deref().map(str::parse).transpose();
    let mut options = ReloadOptions::default()
        .dry_run(request.dry_run)
        .discard_state(request.discard_state)
        .policy(policy.unwrap_or_default())
        .drain_after(request.drain_after_ms.map(Duration::from_millis))
        .split_state(request.split_state);
    options.share = request.share;
    options.watch = request.watch_ms.map(Duration::from_millis);
    options.spread = spread.map_err(|error: Error| Refusal::from_error(StatusCode::BAD_REQUEST, &error))?;
    Ok(options)
}

async fn promote(State(operations): State<Arc<Operations>>, body: Body) -> Result<Response, Refusal> {
    let request: PromoteRequest = read_json(body).await?;
    let server =
        operations.find(request.listener.as_deref()).map_err(|error| Refusal::from_error(StatusCode::NOT_FOUND, &error))?;
    let done = tokio::spawn(async move { server.promote().await });
    Ok(reloaded(done.await.map_err(|error| Refusal::crashed(&error))?))
}

async fn rollback(State(operations): State<Arc<Operations>>, body: Body) -> Result<Response, Refusal> {
    let request: RollbackRequest = read_json(body).await?;
    let server =
        operations.find(request.listener.as_deref()).map_err(|error| Refusal::from_error(StatusCode::NOT_FOUND, &error))?;
    let done = tokio::spawn(async move { operations.roll_back(&server, request.discard_state).await });
    Ok(reloaded(done.await.map_err(|error| Refusal::crashed(&error))?))
}

fn reloaded(done: Result<ReloadReport, ReloadFailure>) -> Response {
    match done {
        Ok(report) => Json(ReloadReply { reports: vec![report], ..ReloadReply::default() }).into_response(),
        Err(failure) => failed(failure),
    }
}

fn failed(failure: ReloadFailure) -> Response {
    (StatusCode::CONFLICT, Json(ReloadReply { failures: vec![failure], ..ReloadReply::default() })).into_response()
}

async fn stop(State(operations): State<Arc<Operations>>, body: Body) -> Result<Json<StopReply>, Refusal> {
    let request: StopRequest = read_json(body).await?;
    let how = if request.force { Stop::Force } else { Stop::Graceful };
    let server = match &request.listener {
        Some(name) => Some(operations.find(Some(name)).map_err(|error| Refusal::from_error(StatusCode::NOT_FOUND, &error))?),
        None => None,
    };
    let stopped = tokio::spawn(async move {
        match server {
            Some(server) => operations.stop_one(&server, how).await,
            None => operations.stop_all(how).await,
        }
    });
    let stopped = stopped.await.map_err(|error| Refusal::crashed(&error))?;
    stopped.map(|stopped| Json(StopReply { stopped })).map_err(|error| Refusal::from_error(StatusCode::CONFLICT, &error))
}

/// The request's body; an empty one stands for `{}`.
async fn read_json<T: DeserializeOwned + Default>(body: Body) -> Result<T, Refusal> {
    let reading = timeout(PATIENCE, axum::body::to_bytes(body, BODY_LIMIT)).await;
    let bytes = reading
        .map_err(|_| {
            let what = format!("the request's body didn't arrive within {} s", PATIENCE.as_secs());
            Refusal::new(StatusCode::REQUEST_TIMEOUT, what, "send it at once")
        })?
        .map_err(|_| {
            let what = format!("the request's body can't be read, or has more than {BODY_LIMIT} bytes");
            Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, what, "send a smaller one")
        })?;
    if bytes.is_empty() {
        return Ok(T::default());
    }
    // With the path: `dry_run: invalid type` says more than a column.
    let mut json = serde_json::Deserializer::from_slice(&bytes);
    let parsed = serde_path_to_error::deserialize(&mut json).map_err(|error| error.to_string());
    let whole = parsed.and_then(|request| json.end().map(|()| request).map_err(|error| error.to_string()));
    whole.map_err(|error| {
        Refusal::new(
            StatusCode::BAD_REQUEST,
            format!("the request's body doesn't fit: {error}"),
            "send a JSON object with known fields only",
        )
    })
}

/// A request that isn't done.
#[derive(Debug)]
struct Refusal(StatusCode, ErrorReply);

impl Refusal {
    fn new(status: StatusCode, error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self(status, ErrorReply { error: error.into(), hint: Some(hint.into()) })
    }

    fn from_error(status: StatusCode, error: &Error) -> Self {
        Self(status, ErrorReply { error: error.message().to_owned(), hint: error.advice().map(str::to_owned) })
    }

    fn crashed(error: &tokio::task::JoinError) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("the host failed at it: {error}"),
            "this is a bug in sockdock; its log may say more",
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}
