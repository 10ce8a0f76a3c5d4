//! The messages of SOCKS 5 (RFC 1928) and of its passwords (RFC 1929). Pure: bytes in, messages out.
//!
//! Each reader looks for one whole message at the beginning of `input`: none as long as it isn't whole, else the message and its length.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub const VERSION: u8 = 5;
const PASSWORD_VERSION: u8 = 1;
const CONNECT: u8 = 1;

/// Methods of authentication.
pub mod method {
    pub const NONE: u8 = 0;
    pub const PASSWORD: u8 = 2;
    /// None of those offered will do.
    pub const REFUSED: u8 = 0xff;
}

/// Not SOCKS 5: there is no use in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// What the answer to a request says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reply {
    Succeeded = 0,
    Failure = 1,
    NotAllowed = 2,
    HostUnreachable = 4,
    Refused = 5,
    TimedOut = 6,
    CommandUnsupported = 7,
    AddressUnsupported = 8,
}

/// The first message: the methods that the client offers.
pub fn methods(input: &[u8]) -> Result<Option<(&[u8], usize)>, Malformed> {
    match input {
        [] | [VERSION] => Ok(None),
        [VERSION, count, rest @ ..] => Ok(rest.get(..usize::from(*count)).map(|methods| (methods, 2 + methods.len()))),
        _ => Err(Malformed),
    }
}

/// Who a client says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User<'a> {
    pub name: &'a [u8],
    pub password: &'a [u8],
}

/// A name and a password.
pub fn password(input: &[u8]) -> Result<Option<(User<'_>, usize)>, Malformed> {
    if input.first().is_some_and(|version| *version != PASSWORD_VERSION) {
        return Err(Malformed);
    }
    let Some((name, rest)) = input.get(1..).and_then(counted) else { return Ok(None) };
    let Some((password, _)) = counted(rest) else { return Ok(None) };
    Ok(Some((User { name, password }, 3 + name.len() + password.len())))
}

/// Bytes with their number before them, in one byte.
fn counted(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let (count, rest) = input.split_first()?;
    rest.split_at_checked((*count).into())
}

/// Why a request isn't carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Malformed,
    With(Reply),
}

/// Where the client wants to be connected to, as `HOST:PORT`.
pub fn request(input: &[u8]) -> Result<Option<(String, usize)>, Refusal> {
    if input.first().is_some_and(|version| *version != VERSION) {
        return Err(Refusal::Malformed);
    }
    let [_, command, _, kind, rest @ ..] = input else { return Ok(None) };
    if *command != CONNECT {
        return Err(Refusal::With(Reply::CommandUnsupported));
    }
    let length = match (kind, rest.first()) {
        (1, _) => 4,
        (4, _) => 16,
        (3, None) => return Ok(None),
        (3, Some(length)) => 1 + usize::from(*length),
        _ => return Err(Refusal::With(Reply::AddressUnsupported)),
    };
    let Some((address, port)) = rest.get(..length + 2).map(|rest| rest.split_at(length)) else { return Ok(None) };
    let port = u16::from_be_bytes([port[0], port[1]]);
    let host = if *kind == 3 { name(&address[1..])? } else { numeric(address) };
    Ok(Some((format!("{host}:{port}"), 4 + length + 2)))
}

fn numeric(address: &[u8]) -> String {
    let v6 = |bytes: [u8; 16]| IpAddr::V6(Ipv6Addr::from(bytes));
    let v4 = |bytes: [u8; 4]| IpAddr::V4(Ipv4Addr::from(bytes));
    let address = address.try_into().map(v6).or_else(|_| address.try_into().map(v4));
    address.map(bracketed).unwrap_or_default()
}

fn bracketed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// A name, or an address written as one. Nothing else: `connect` understands more than names (`unix:/path`), and a client is not to
/// choose among that.
fn name(bytes: &[u8]) -> Result<String, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::With(Reply::Failure))?;
    if let Ok(address) = text.parse() {
        return Ok(bracketed(address));
    }
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if text.is_empty() || !text.bytes().all(is_part) {
        return Err(Refusal::With(Reply::Failure));
    }
    Ok(text.to_owned())
}

/// The answer to the first message.
pub fn chosen(method: u8) -> [u8; 2] {
    [VERSION, method]
}

/// The answer to a name and a password.
pub fn verdict(good: bool) -> [u8; 2] {
    [PASSWORD_VERSION, u8::from(!good)]
}

/// The answer to a request; `bound` is our end of the connection that was made, if one was.
pub fn reply(reply: Reply, bound: Option<(IpAddr, u16)>) -> Vec<u8> {
    let (address, port) = bound.unwrap_or((Ipv4Addr::UNSPECIFIED.into(), 0));
    let mut bytes = vec![VERSION, reply as u8, 0];
    match address {
        IpAddr::V4(address) => bytes.extend([&[1][..], &address.octets()].concat()),
        IpAddr::V6(address) => bytes.extend([&[4][..], &address.octets()].concat()),
    }
    bytes.extend(port.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn where_to() {
        let cases: [(&[u8], &str); 5] = [
            (b"\x05\x01\0\x01\x7f\0\0\x01\x1f\x90", "127.0.0.1:8080"),
            (b"\x05\x01\0\x03\x09localhost\0\x50", "localhost:80"),
            (b"\x05\x01\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\x50", "[::1]:80"),
            (b"\x05\x01\0\x03\x03::1\0\x50", "[::1]:80"),
            (b"\x05\x01\0\x03\x0910.0.0.17\0\x50", "10.0.0.17:80"),
        ];
        for (bytes, address) in cases {
            for cut in 0..bytes.len() {
                assert_eq!(request(&bytes[..cut]), Ok(None), "{address}, cut at {cut}");
            }
            let more = [bytes, b"data behind it"].concat();
            assert_eq!(request(&more), Ok(Some((address.to_owned(), bytes.len()))));
        }
    }

    #[test]
    fn what_is_refused() {
        let with = |reply| Err(Refusal::With(reply));
        assert_eq!(request(b"\x04\x01"), Err(Refusal::Malformed));
        assert_eq!(request(b"\x05\x02\0\x01"), with(Reply::CommandUnsupported));
        assert_eq!(request(b"\x05\x03\0\x01"), with(Reply::CommandUnsupported));
        assert_eq!(request(b"\x05\x01\0\x02"), with(Reply::AddressUnsupported));
        for name in ["", "unix:/run/x", "a b", "a:1", "[::1]", "a/b", "h\u{e9}"] {
            let bytes = [b"\x05\x01\0\x03", &[name.len() as u8][..], name.as_bytes(), b"\0\x50"].concat();
            assert_eq!(request(&bytes), with(Reply::Failure), "{name:?}");
        }
    }

    #[test]
    fn replies() {
        assert_eq!(reply(Reply::Refused, None), b"\x05\x05\0\x01\0\0\0\0\0\0");
        let bound = Some(("::1".parse().unwrap(), 0x1234));
        assert_eq!(reply(Reply::Succeeded, bound), b"\x05\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x12\x34");
    }

    proptest! {
        /// Whatever comes, a message is found or refused after a bounded number of bytes, and more bytes behind it change nothing.
        #[test]
        fn no_input_panics_and_what_was_found_stays(input in prop::collection::vec(any::<u8>(), 0..700), first in 0u8..6) {
            let input = [&[first][..], &input].concat();
            for cut in 0..=input.len() {
                let (part, all) = (&input[..cut], &input[..]);
                if methods(part) != Ok(None) { prop_assert_eq!(methods(part), methods(all)); }
                if password(part) != Ok(None) { prop_assert_eq!(password(part), password(all)); }
                if request(part) != Ok(None) { prop_assert_eq!(request(part), request(all)); }
            }
            prop_assert!(input.len() < 600 || (methods(&input) != Ok(None) && password(&input) != Ok(None) && request(&input) != Ok(None)));
        }
    }
}
