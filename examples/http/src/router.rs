//! Which path is answered how.

use crate::head::{Framing, Head};
use crate::reader::Request;
use crate::response::Response;
use crate::status::Status;
use serde_json::{Value, json};

const INDEX: &[u8] = include_bytes!("../static/index.html");
const ROBOTS: &[u8] = b"User-agent: *\nDisallow:\n";

enum Route {
    Static { content_type: &'static str, body: &'static [u8] },
    Echo,
}

fn route(path: &str) -> Option<Route> {
    Some(match path {
        "/" => Route::Static { content_type: "text/html; charset=utf-8", body: INDEX },
        "/robots.txt" => Route::Static { content_type: "text/plain; charset=utf-8", body: ROBOTS },
        "/echo" => Route::Echo,
        _ => return None,
    })
}

impl Route {
    fn methods(&self) -> &'static [&'static str] {
        match self {
            Self::Static { .. } => &["GET", "HEAD", "OPTIONS"],
            Self::Echo => &["POST", "OPTIONS"],
        }
    }
}

/// What can be refused before the body has come.
pub fn refuse(head: &Head) -> Option<Response> {
    find(head).err()
}

/// The route of a request that may be answered; none: it is for the server as a whole.
fn find(head: &Head) -> Result<Option<Route>, Response> {
    if !["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"].contains(&head.method.as_str()) {
        return Err(Response::plain(Status::NOT_IMPLEMENTED));
    }
    if head.path == "*" {
        return Ok(None);
    }
    let route = route(&head.path).ok_or_else(|| Response::plain(Status::NOT_FOUND))?;
    if !route.methods().contains(&head.method.as_str()) {
        return Err(Response::plain(Status::METHOD_NOT_ALLOWED).allowing(route.methods()));
    }
    if head.method == "POST" && head.framing == Framing::None {
        return Err(Response::plain(Status::LENGTH_REQUIRED));
    }
    Ok(Some(route))
}

pub fn answer(request: &Request) -> Response {
    match find(&request.head) {
        Err(refusal) => refusal,
        Ok(None) => Response::plain(Status::NO_CONTENT).allowing(&["GET", "HEAD", "POST", "OPTIONS"]),
        Ok(Some(route)) if request.head.method == "OPTIONS" => Response::plain(Status::NO_CONTENT).allowing(route.methods()),
        Ok(Some(Route::Static { content_type, body })) => Response::new(Status::OK, content_type, body),
        Ok(Some(Route::Echo)) => echo(request),
    }
}

/// Reads JSON and writes it again.
fn echo(request: &Request) -> Response {
    let kind = request.head.content_type.as_deref().unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Response::plain(Status::UNSUPPORTED_MEDIA_TYPE);
    }
    match serde_json::from_slice::<Value>(&request.body) {
        Ok(value) => Response::json(Status::OK, &value),
        Err(error) => Response::json(Status::BAD_REQUEST, &json!({ "error": error.to_string() })),
    }
}
