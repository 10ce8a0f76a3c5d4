//! What the operator can set.

use sockdock_guest::{Config, Failure};
use std::collections::BTreeSet;

/// What leaves the connection as it is, and doesn't keep it waiting: commands that many can give on one.
const SHARED: &[&str] = &[
    "append",
    "dbsize",
    "decr",
    "decrby",
    "del",
    "echo",
    "exists",
    "expire",
    "get",
    "getdel",
    "getrange",
    "getset",
    "hdel",
    "hexists",
    "hget",
    "hgetall",
    "hincrby",
    "hkeys",
    "hlen",
    "hmget",
    "hset",
    "incr",
    "incrby",
    "incrbyfloat",
    "lindex",
    "llen",
    "lpop",
    "lpush",
    "lrange",
    "ltrim",
    "mget",
    "mset",
    "persist",
    "pexpire",
    "ping",
    "pttl",
    "publish",
    "rpop",
    "rpush",
    "sadd",
    "scard",
    "set",
    "setex",
    "setnx",
    "sismember",
    "smembers",
    "spop",
    "srem",
    "strlen",
    "time",
    "ttl",
    "type",
    "unlink",
    "zadd",
    "zcard",
    "zincrby",
    "zpopmin",
    "zrange",
    "zrangebyscore",
    "zrem",
    "zscore",
];

#[derive(Debug, Default)]
pub struct Settings {
    /// Where clients' requests go, by a connection of our own.
    pub server: Option<String>,
    user: Option<String>,
    password: Option<String>,
    /// Commands to be given at once, on the connection that the host has made.
    pub run: Vec<String>,
    /// Channels to listen to, there.
    pub subscribe: Vec<String>,
    allowed: BTreeSet<String>,
    /// Bytes of one argument.
    pub max_bulk: usize,
    /// Bytes of one reply.
    pub max_reply: usize,
    /// Bytes of all clients' half-read requests and unread replies.
    pub max_clients: usize,
}

impl Settings {
    pub fn from_config(config: &Config) -> Result<Self, Failure> {
        config.only(&["server", "user", "password", "run", "subscribe", "allow", "max-bulk", "max-reply", "max-clients"])?;
        let all = |key| config.all(key).map(str::to_owned).collect::<Vec<_>>();
        let settings = Self {
            server: config.get("server").map(String::from),
            user: config.get("user").map(String::from),
            password: config.get("password").map(String::from),
            run: all("run"),
            subscribe: all("subscribe"),
            allowed: SHARED
                .iter()
                .map(|name| (*name).to_owned())
                .chain(config.all("allow").map(str::to_ascii_lowercase))
                .collect(),
            max_bulk: config.parse("max-bulk")?.unwrap_or(16 << 20),
            max_reply: config.parse("max-reply")?.unwrap_or(32 << 20),
            max_clients: config.parse("max-clients")?.unwrap_or(64 << 20),
        };
        match (&settings.server, settings.run.is_empty() && settings.subscribe.is_empty()) {
            (None, true) => Err(
                "nothing to do: `server=HOST:PORT` (with `sockdock serve`), or `run` or `subscribe` (with `sockdock connect`)"
                    .into(),
            ),
            (Some(_), false) => Err("`server` is for `sockdock serve`, `run` and `subscribe` are for `sockdock connect`".into()),
            _ if settings.user.is_some() && settings.password.is_none() => Err("`user` needs a `password`".into()),
            _ => Ok(settings),
        }
    }

    /// The first words on a connection; none are needed without a password.
    pub fn greeting(&self) -> Option<Vec<&str>> {
        let password = self.password.as_deref()?;
        Some(["auth"].into_iter().chain(self.user.as_deref()).chain([password]).collect())
    }

    /// Whether clients may give this command.
    pub fn allows(&self, command: &[u8]) -> bool {
        std::str::from_utf8(command).is_ok_and(|command| self.allowed.contains(&command.to_ascii_lowercase()))
    }
}
