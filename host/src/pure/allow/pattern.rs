//! One rule, as people write it.

use crate::pure::error::{Error, Result};
use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

/// What a plugin may connect to: a name, a domain, addresses or a unix socket; and on which ports.
///
/// ```
/// use sockdock::ConnectRule;
/// for rule in [
///     "db.example.com:5432",     // this name, at public addresses
///     "*.example.com:443",       // all names below it
///     "*:80-443",                // any name, any public address
///     "10.0.0.0/8:*",            // these addresses, also where a permitted name leads to them
///     "127.0.0.1:6379",
///     "[fd00::/8]:6379",
///     "localhost:8080",          // this machine
///     "unix:/run/postgresql/.s.PGSQL.5432",
/// ] {
///     assert_eq!(rule.parse::<ConnectRule>()?.to_string(), rule);
/// }
/// assert!("db.example.com".parse::<ConnectRule>().is_err());
/// # Ok::<(), sockdock::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectRule {
    pub(super) whom: Whom,
    pub(super) ports: Ports,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    /// `*`.
    Anything,
    Name(String),
    /// All names that end so, the dot included.
    Below(String),
    Net(IpNet),
    Unix(PathBuf),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ports(RangeInclusive<u16>);

impl Ports {
    const ALL: RangeInclusive<u16> = 1..=u16::MAX;

    pub(super) fn contains(&self, port: u16) -> bool {
        self.0.contains(&port)
    }
}

impl ConnectRule {
    /// Whether the rule's words fit `name`.
    pub(super) fn names(&self, name: &str, port: u16) -> bool {
        let fits = match &self.whom {
            Whom::Anything => true,
            Whom::Name(own) => own == name,
            Whom::Below(suffix) => name.len() > suffix.len() && name.ends_with(suffix),
            Whom::Net(_) | Whom::Unix(_) => false,
        };
        fits && self.ports.contains(port)
    }

    pub(super) fn is_anything(&self) -> bool {
        self.whom == Whom::Anything
    }

    pub(super) fn is_localhost(&self) -> bool {
        matches!(&self.whom, Whom::Name(name) if name == "localhost")
    }
}

impl FromStr for ConnectRule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let bad = |why: &str| {
            Error::configuration(format!("allow-connect '{text}': {why}")).hint(
                "write NAME:PORT, *.DOMAIN:PORT, ADDRESS:PORT, NETWORK/BITS:PORT, [IPV6/BITS]:PORT, unix:/path or unix:@name; PORT may be a range as 8000-8999, or *",
            )
        };
        if let Some(path) = text.strip_prefix("unix:") {
            if !(path.starts_with('/') || path.starts_with('@') && path.len() > 1) {
                return Err(bad("the path of a unix socket begins with /, an abstract name with @"));
            }
            // An abstract name is a path that begins with a zero byte, for the system as for us.
            let path = path.strip_prefix('@').map_or_else(|| path.to_owned(), |name| format!("\0{name}"));
            return Ok(Self { whom: Whom::Unix(path.into()), ports: Ports(Ports::ALL) });
        }
        let (whom, ports) = text.rsplit_once(':').ok_or_else(|| bad("the port is missing"))?;
        Ok(Self { whom: whom_of(whom).map_err(bad)?, ports: ports_of(ports).map_err(bad)? })
    }
}

fn whom_of(text: &str) -> Result<Whom, &'static str> {
    if text == "*" {
        return Ok(Whom::Anything);
    }
    let brackets = text.strip_prefix('[').map(|rest| rest.strip_suffix(']').ok_or("a bracket isn't closed")).transpose()?;
    let net = brackets.unwrap_or(text);
    if brackets.is_some() || net.contains('/') || net.parse::<IpAddr>().is_ok() {
        let net = net.parse::<IpNet>().or_else(|_| net.parse::<IpAddr>().map(IpNet::from));
        let net = net.map_err(|_| "this isn't an address or a network as 10.0.0.0/8")?;
        return match (net, brackets) {
            (IpNet::V6(_), None) => Err("an IPv6 address needs brackets"),
            _ if net.addr() != net.network() => Err("the address has bits beyond the network's"),
            _ => Ok(Whom::Net(net)),
        };
    }
    let (below, name) = match text.strip_prefix("*.") {
        Some(domain) => (true, domain),
        None => (false, text),
    };
    let name = host_name(name).ok_or("this isn't a host name (letters, digits, - and . ; others in their xn-- form)")?;
    Ok(if below { Whom::Below(format!(".{name}")) } else { Whom::Name(name) })
}

fn ports_of(text: &str) -> Result<Ports, &'static str> {
    let number = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0).ok_or("a port is a number from 1 to 65535");
    let range = match text.split_once('-') {
        _ if text == "*" => Ports::ALL,
        Some((first, last)) => number(first)?..=number(last)?,
        None => number(text)?..=number(text)?,
    };
    if range.is_empty() { Err("the range of ports is empty") } else { Ok(Ports(range)) }
}

/// A host name as it is compared: lower case, without the dot that may close it; none if it can't be one.
pub fn host_name(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    (name.len() <= 253 && name.split('.').all(label)).then_some(name)
}

impl fmt::Display for ConnectRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.whom {
            Whom::Anything => f.write_str("*")?,
            Whom::Name(name) => f.write_str(name)?,
            Whom::Below(suffix) => write!(f, "*{suffix}")?,
            Whom::Net(net) if net.prefix_len() == net.max_prefix_len() && net.addr().is_ipv4() => write!(f, "{}", net.addr())?,
            Whom::Net(net) if net.prefix_len() == net.max_prefix_len() => write!(f, "[{}]", net.addr())?,
            Whom::Net(net) if net.addr().is_ipv4() => write!(f, "{net}")?,
            Whom::Net(net) => write!(f, "[{net}]")?,
            Whom::Unix(path) => return write!(f, "unix:{}", path.display().to_string().replacen('\0', "@", 1)),
        }
        match (self.ports.0.start(), self.ports.0.end()) {
            _ if self.ports.0 == Ports::ALL => f.write_str(":*"),
            (first, last) if first == last => write!(f, ":{first}"),
            (first, last) => write!(f, ":{first}-{last}"),
        }
    }
}
