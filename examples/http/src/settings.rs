//! What the operator can set.

use crate::reader::Limits;
use sockdock_guest::{Config, Failure};
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Settings {
    pub limits: Limits,
    /// Bytes of all half-read requests and unsent answers together; who goes beyond is turned away.
    pub memory: usize,
    /// How long one request may take to arrive.
    pub request_timeout: Duration,
    /// How long a connection may wait for its next request.
    pub idle_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits { head: 16 << 10, body: 1 << 20 },
            memory: 32 << 20,
            request_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
        }
    }
}

impl Settings {
    pub fn from_config(config: &Config) -> Result<Self, Failure> {
        config.only(&["max-head", "max-body", "max-memory", "request-timeout", "idle-timeout"])?;
        let default = Self::default();
        let seconds = |key, default| match config.parse::<u32>(key)? {
            Some(0) => Err(Failure::from(format!("`{key}` can't be `0`: give seconds"))),
            given => Ok(given.map_or(default, |seconds| Duration::from_secs(seconds.into()))),
        };
        Ok(Self {
            limits: Limits {
                head: config.parse("max-head")?.unwrap_or(default.limits.head),
                body: config.parse("max-body")?.unwrap_or(default.limits.body),
            },
            memory: config.parse("max-memory")?.unwrap_or(default.memory),
            request_timeout: seconds("request-timeout", default.request_timeout)?,
            idle_timeout: seconds("idle-timeout", default.idle_timeout)?,
        })
    }
}
