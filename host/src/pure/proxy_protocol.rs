//! The PROXY protocol, versions 1 and 2: what a load balancer in front says about whom it connects.

use super::error::{Error, Result};
use ipnet::IpNet;
use proxy_header::{ParseConfig, Protocol, ProxyHeader};
use std::net::{IpAddr, SocketAddr};

/// The longest header of version 1, its end of line included.
const V1_LONGEST: usize = 107;
const V1_BEGIN: &[u8] = b"PROXY ";
const V2_BEGIN: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, length.
const V2_FIXED: usize = 16;
/// The TLV that carries a checksum of the header.
const CRC32C: u8 = 0x03;

/// That connections begin with a PROXY header, and from whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyProtocol {
    from: Vec<IpNet>,
}

impl ProxyProtocol {
    /// From anybody who can connect: right where a firewall lets balancers alone through.
    pub fn new() -> Self {
        Self::default()
    }

    /// From this network alone, as `10.0.0.0/8` or `10.1.2.3`; others are refused. Several add up. Unix sockets are for their files'
    /// permissions to guard.
    ///
    /// # Errors
    /// When it isn't a network.
    pub fn from(mut self, network: &str) -> Result<Self> {
        let bad = |why: &str| {
            Error::configuration(format!("proxy-from '{network}': {why}"))
                .hint("write a network or an address, as 10.0.0.0/8, 10.1.2.3 or fd00::/8")
        };
        let net = network.parse::<IpNet>().or_else(|_| network.parse::<IpAddr>().map(IpNet::from));
        let net = net.map_err(|_| bad("this isn't a network"))?;
        if net.addr() != net.network() {
            return Err(bad("the address has bits beyond the network's"));
        }
        self.from.push(net);
        Ok(self)
    }

    /// Whether a connection from there may announce whom it is for.
    pub fn trusts(&self, peer: Option<IpAddr>) -> bool {
        let Some(peer) = peer.map(|peer| peer.to_canonical()) else { return true };
        self.from.is_empty() || self.from.iter().any(|net| net.contains(&peer))
    }
}

/// The ends of the connection that the balancer took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Who connected to the balancer.
    pub source: SocketAddr,
    /// What it connected to.
    pub destination: SocketAddr,
}

/// What became of a header with the bytes that were there.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// All of them belong to it, and it goes on.
    More,
    /// So many of them belonged to it, and that was all. None announced: the balancer speaks for itself (a health check), or of something
    /// that has no IP address.
    Done(usize, Option<Announced>),
}

/// A header on its way in.
#[derive(Debug, Default)]
pub struct Header {
    bytes: Vec<u8>,
}

impl Header {
    /// Goes on with the bytes that follow; they may reach beyond the header.
    ///
    /// # Errors
    /// Why this is no header.
    pub fn advance(&mut self, bytes: &[u8]) -> Result<Progress, &'static str> {
        let before = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        let Some(end) = self.end()? else { return Ok(Progress::More) };
        self.bytes.truncate(end);
        Ok(Progress::Done(end.saturating_sub(before), self.announced()?))
    }

    /// Where it ends, as soon as that is known and all is there.
    fn end(&self) -> Result<Option<usize>, &'static str> {
        let bytes = &self.bytes[..];
        if begins(bytes, V1_BEGIN) {
            return match bytes.iter().take(V1_LONGEST).position(|byte| *byte == b'\n') {
                Some(place) => Ok(Some(place + 1)),
                None if bytes.len() >= V1_LONGEST => Err("its line is longer than 107 bytes"),
                None => Ok(None),
            };
        }
        if !begins(bytes, V2_BEGIN) {
            return Err("the connection doesn't begin with one");
        }
        let &[.., high, low] = bytes.get(..V2_FIXED).unwrap_or_default() else { return Ok(None) };
        let end = V2_FIXED + usize::from(u16::from_be_bytes([high, low]));
        Ok((bytes.len() >= end).then_some(end))
    }

    fn announced(&self) -> Result<Option<Announced>, &'static str> {
        let (header, length) = ProxyHeader::parse(&self.bytes, ParseConfig::default()).map_err(|_| "it can't be understood")?;
        if length != self.bytes.len() {
            return Err("its line has more than it should");
        }
        if header.tlvs().any(|tlv| tlv.is_err()) {
            return Err("one of its extensions can't be understood");
        }
        if header.crc32c().is_some_and(|sum| self.checksum() != Some(sum)) {
            return Err("its checksum is wrong");
        }
        match header.proxied_address() {
            Some(address) if address.protocol != Protocol::Stream => Err("it speaks of datagrams"),
            Some(address) => Ok(Some(Announced { source: address.source, destination: address.destination })),
            None => Ok(None),
        }
    }

    /// Its CRC32c, taken as the protocol says: with zeros in the checksum's place.
    fn checksum(&self) -> Option<u32> {
        let addresses = match self.bytes.get(13)? >> 4 {
            1 => 12,
            2 => 36,
            3 => 216,
            _ => 0,
        };
        let mut bytes = self.bytes.clone();
        let mut tlv = V2_FIXED + addresses;
        while *bytes.get(tlv)? != CRC32C {
            tlv += 3 + usize::from(u16::from_be_bytes([*bytes.get(tlv + 1)?, *bytes.get(tlv + 2)?]));
        }
        bytes.get_mut(tlv + 3..tlv + 7)?.fill(0);
        Some(crc32c(&bytes))
    }
}

/// Whether `bytes` begin so, as far as they go.
fn begins(bytes: &[u8], with: &[u8]) -> bool {
    bytes.iter().zip(with).all(|(have, want)| have == want)
}

/// RFC 3720's checksum, bit by bit: headers are short.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { (sum >> 1) ^ 0x82f6_3b78 } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests;
