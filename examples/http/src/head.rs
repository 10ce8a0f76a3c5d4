//! The head of a request: its first line and its fields.
//!
//! `httparse` reads the grammar. Here stands what it leaves open, and where there are two ways to understand a
//! request, there is none: a proxy before this server may have taken the other one (*request smuggling*).

use crate::status::Status;
use serde::{Deserialize, Serialize};

/// Bytes of the first line.
pub const LONGEST_LINE: usize = 8 << 10;
const MOST_FIELDS: usize = 100;

/// What the server needs to know of a request before its body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    pub method: String,
    /// Without the query; `*` for the server as a whole.
    pub path: String,
    pub framing: Framing,
    pub content_type: Option<String>,
    /// The client wants to send more requests on this connection.
    pub keep_alive: bool,
    /// The client waits for `100 Continue` before it sends the body.
    pub expects_continue: bool,
}

/// Where the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Framing {
    /// There is no body.
    None,
    Length(u64),
    Chunked,
}

impl Framing {
    pub fn is_none(self) -> bool {
        self == Self::None
    }
}

impl Head {
    /// Parses a head that is whole: `bytes` end with its empty line.
    pub fn parse(bytes: &[u8]) -> Result<Self, Status> {
        let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut request = httparse::Request::new(&mut fields);
        match request.parse(bytes) {
            Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
            Ok(_) => return Err(Status::BAD_REQUEST),
            Err(httparse::Error::TooManyHeaders) => return Err(Status::HEADERS_TOO_LARGE),
            Err(httparse::Error::Version) if names_other_version(bytes) => return Err(Status::VERSION_NOT_SUPPORTED),
            Err(_) => return Err(Status::BAD_REQUEST),
        }
        let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version) else {
            return Err(Status::BAD_REQUEST);
        };
        let fields = Fields(request.headers);
        let is_1_1 = minor == 1;
        match fields.all("host").collect::<Vec<_>>()[..] {
            [] if !is_1_1 => {}
            [host] if is_host(host) => {}
            _ => return Err(Status::BAD_REQUEST),
        }
        let options: Vec<String> = fields.list("connection").collect();
        let says = |option: &str| options.iter().any(|said| said == option);
        let framing = fields.framing(is_1_1)?;
        Ok(Self {
            method: method.into(),
            path: path(method, target)?,
            framing,
            content_type: fields.all("content-type").next().map(|value| String::from_utf8_lossy(value).into_owned()),
            keep_alive: !says("close") && (is_1_1 || says("keep-alive")),
            expects_continue: match fields.list("expect").collect::<Vec<_>>()[..] {
                [] => false,
                // A client of 1.0 can't have meant it.
                [ref expectation] if expectation == "100-continue" => is_1_1,
                _ => return Err(Status::EXPECTATION_FAILED),
            },
        })
    }
}

/// The first line is that of a request, and ends like `HTTP/2.0`.
fn names_other_version(bytes: &[u8]) -> bool {
    let line = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let [_, _, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]] = words[..] else { return false };
    major.is_ascii_digit() && minor.is_ascii_digit() && !matches!([major, minor], [b'1', b'0' | b'1'])
}

fn path(method: &str, target: &str) -> Result<String, Status> {
    if !target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        return Err(Status::BAD_REQUEST);
    }
    let path = match (method, target) {
        ("OPTIONS", "*") => return Ok("*".into()),
        // The form for proxies, which every server must accept as well.
        _ if target.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://")) => {
            let rest = &target[7..];
            rest.find(['/', '?']).map_or("/", |at| &rest[at..])
        }
        ("CONNECT", _) => return Err(Status::NOT_IMPLEMENTED),
        _ if target.starts_with('/') => target,
        _ => return Err(Status::BAD_REQUEST),
    };
    let path = path.split('?').next().unwrap_or_default();
    Ok(if path.is_empty() { "/".into() } else { path.into() })
}

fn is_host(host: &[u8]) -> bool {
    host.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+;=:[]".contains(byte))
}

struct Fields<'a>(&'a [httparse::Header<'a>]);

impl Fields<'_> {
    fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.0.iter().filter(move |field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value)
    }

    /// The elements of a list, in lower case; it may be spread over several fields.
    fn list(&self, name: &str) -> impl Iterator<Item = String> {
        let elements = self.all(name).flat_map(|value| value.split(|byte| *byte == b','));
        elements.map(|element| String::from_utf8_lossy(element.trim_ascii()).to_ascii_lowercase()).filter(|text| !text.is_empty())
    }

    fn framing(&self, is_1_1: bool) -> Result<Framing, Status> {
        let lengths: Vec<&[u8]> = self.all("content-length").collect();
        let has_codings = self.all("transfer-encoding").next().is_some();
        let codings: Vec<String> = self.list("transfer-encoding").collect();
        if has_codings {
            // Both say where the body ends; and 1.0 knows no chunks, so what forwards such a request hasn't seen them.
            if !lengths.is_empty() || !is_1_1 {
                return Err(Status::BAD_REQUEST);
            }
            return match codings.split_last() {
                Some((last, [])) if last == "chunked" => Ok(Framing::Chunked),
                Some((last, others)) if last == "chunked" && !others.contains(last) => Err(Status::NOT_IMPLEMENTED),
                _ => Err(Status::BAD_REQUEST),
            };
        }
        match lengths[..] {
            [] => Ok(Framing::None),
            // Digits alone: no sign, no list, no space within.
            [length] if !length.is_empty() && length.iter().all(u8::is_ascii_digit) => {
                let digits = std::str::from_utf8(length).map_err(|_| Status::BAD_REQUEST)?;
                digits.parse().map(Framing::Length).map_err(|_| Status::CONTENT_TOO_LARGE)
            }
            // Two of them may agree now and differ for the next server.
            _ => Err(Status::BAD_REQUEST),
        }
    }
}
