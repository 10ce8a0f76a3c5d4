//! The two ends of a connection, as its plugin is told of them.

use crate::net::endpoint_of;
use crate::pure::proxy_protocol::Announced;
use crate::pure::socket::Endpoint;
use rustix::net::SocketAddrAny;
use std::net::{IpAddr, SocketAddr, SocketAddrV4};

/// Where a connection comes from; small, since every idle connection keeps one.
pub(super) enum Remote {
    V4(SocketAddrV4),
    Other(Box<SocketAddrAny>),
    Unknown,
}

impl From<Option<SocketAddrAny>> for Remote {
    fn from(address: Option<SocketAddrAny>) -> Self {
        match address {
            None => Self::Unknown,
            Some(address) => match SocketAddrV4::try_from(address.clone()) {
                Ok(ip) => Self::V4(ip),
                Err(_) => Self::Other(Box::new(address)),
            },
        }
    }
}

/// Both ends of a connection that was accepted.
pub(super) struct Ends {
    pub(super) remote: Remote,
    /// Where a balancer announced it; else the socket knows.
    pub(super) local: Option<Box<Endpoint>>,
}

impl Remote {
    /// Its IP address; none of a unix socket.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::V4(ip) => Some((*ip.ip()).into()),
            Self::Other(address) => SocketAddr::try_from((**address).clone()).ok().map(|address| address.ip()),
            Self::Unknown => None,
        }
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        match self {
            Self::V4(ip) => Endpoint { address: ip.ip().to_string(), port: ip.port() },
            Self::Other(address) => endpoint_of(address),
            Self::Unknown => Endpoint { address: String::new(), port: 0 },
        }
    }
}

impl From<Announced> for Ends {
    fn from(announced: Announced) -> Self {
        let local = announced.destination;
        Self {
            remote: Remote::from(Some(announced.source.into())),
            local: Some(Box::new(Endpoint { address: local.ip().to_string(), port: local.port() })),
        }
    }
}
