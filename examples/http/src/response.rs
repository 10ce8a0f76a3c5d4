//! Answers.

use crate::date;
use crate::status::Status;
use sockdock_guest::Sink;
use std::borrow::Cow;

#[derive(Debug)]
pub struct Response {
    pub status: Status,
    content_type: &'static str,
    body: Cow<'static, [u8]>,
    /// For the field `Allow`.
    allow: Option<String>,
}

impl Response {
    pub fn new(status: Status, content_type: &'static str, body: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { status, content_type, body: body.into(), allow: None }
    }

    pub fn json(status: Status, value: &serde_json::Value) -> Self {
        Self::new(status, "application/json", format!("{value}\n").into_bytes())
    }

    /// The status, for people.
    pub fn plain(status: Status) -> Self {
        Self::new(status, "text/plain; charset=utf-8", format!("{status}\n").into_bytes())
    }

    /// Says which methods there are.
    pub fn allowing(self, methods: &[&str]) -> Self {
        Self { allow: Some(methods.join(", ")), ..self }
    }

    /// Writes it. `with_body`: not for HEAD, whose answer has all fields of GET's and no body.
    pub fn write(&self, sink: &mut Sink, with_body: bool, keep_alive: bool) {
        let Self { status, content_type, body, allow } = self;
        let mut head = format!("HTTP/1.1 {status}\r\n");
        date::append(&mut head);
        // A 204 has no body, and no length of one.
        if *status != Status::NO_CONTENT {
            head += &format!("Content-Type: {content_type}\r\nContent-Length: {}\r\n", body.len());
        }
        if let Some(methods) = allow {
            head += &format!("Allow: {methods}\r\n");
        }
        head += if keep_alive { "Connection: keep-alive\r\n\r\n" } else { "Connection: close\r\n\r\n" };
        // The only error is a connection that is gone.
        sink.write(head.as_bytes()).ok();
        if with_body {
            sink.write(body).ok();
        }
    }
}
