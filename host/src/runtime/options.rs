//! How a reload goes about it.

use crate::pure::error::{Error, Result};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// What becomes of live connections when a new generation comes.
///
/// ```
/// use sockdock::Policy;
/// assert_eq!("new-connections".parse::<Policy>()?, Policy::NewConnections);
/// # Ok::<(), sockdock::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// All of them go over, those of older generations too.
    #[default]
    Migrate,
    /// They stay with their generation until they end; the new one gets the new ones.
    NewConnections,
    /// The new generation gets a share of the new connections, and is watched for a time: traps, connections that end with an error, and the
    /// time that events take. Then it takes over, or gives way.
    Canary,
}

/// What decides whether a connection is in a canary's share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Spread {
    /// The peer's address: who is tried on stays so. Peers of unix sockets, and those behind a balancer, are told apart by `Connection`.
    #[default]
    Peer,
    /// Each connection is drawn for itself.
    Connection,
}

impl FromStr for Spread {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "peer" => Ok(Self::Peer),
            "connection" => Ok(Self::Connection),
            _ => Err(Error::configuration(format!("share-by '{text}' makes no sense")).hint("use peer or connection")),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Peer => "peer",
            Self::Connection => "connection",
        })
    }
}

impl FromStr for Policy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "migrate" => Ok(Self::Migrate),
            "new-connections" => Ok(Self::NewConnections),
            "canary" => Ok(Self::Canary),
            _ => {
                Err(Error::configuration(format!("policy '{text}' makes no sense"))
                    .hint("use migrate, new-connections or canary"))
            }
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Migrate => "migrate",
            Self::NewConnections => "new-connections",
            Self::Canary => "canary",
        })
    }
}

/// How a reload goes about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReloadOptions {
    /// Prepare, snapshot and restore, report, change nothing.
    pub dry_run: bool,
    /// Go on though the new component can't take the old one's snapshot over; the state is lost.
    pub discard_state: bool,
    /// What becomes of live connections.
    pub policy: Policy,
    /// How long connections may stay with an old generation before they are reset; none: until they end.
    pub drain_after: Option<Duration>,
    /// Have two generations at a time though the plugin has state: each goes on with a state of its own.
    pub split_state: bool,
    /// Of the new connections, how many of a hundred a canary gets; 10 unless given.
    pub share: Option<u8>,
    /// How long a canary is watched; 60 s unless given.
    pub watch: Option<Duration>,
    /// Which connections a canary gets.
    pub spread: Option<Spread>,
}

impl ReloadOptions {
    /// Sets `dry_run`.
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Sets `discard_state`.
    #[must_use]
    pub fn discard_state(mut self, discard_state: bool) -> Self {
        self.discard_state = discard_state;
        self
    }

    /// Sets `policy`.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets `drain_after`.
    #[must_use]
    pub fn drain_after(mut self, drain_after: Option<Duration>) -> Self {
        self.drain_after = drain_after;
        self
    }

    /// Sets `split_state`.
    #[must_use]
    pub fn split_state(mut self, split_state: bool) -> Self {
        self.split_state = split_state;
        self
    }

    /// Sets `share`, percent.
    #[must_use]
    pub fn share(mut self, percent: u8) -> Self {
        self.share = Some(percent);
        self
    }

    /// Sets `watch`.
    #[must_use]
    pub fn watch(mut self, watch: Duration) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Sets `spread`.
    #[must_use]
    pub fn spread(mut self, spread: Spread) -> Self {
        self.spread = Some(spread);
        self
    }

    pub(super) fn percent(&self) -> u8 {
        self.share.unwrap_or(10)
    }

    pub(super) fn watched(&self) -> Duration {
        self.watch.unwrap_or(Duration::from_secs(60))
    }

    /// # Errors
    /// For options that would have no effect together.
    pub(super) fn check(&self) -> Result<()> {
        if !(1..=99).contains(&self.percent()) {
            return Err(Error::configuration(format!("a share of {}% is no share", self.percent())).hint("give 1% to 99%"));
        }
        let canary = [("share", self.share.is_some()), ("watch", self.watch.is_some()), ("share-by", self.spread.is_some())];
        if let Some((option, _)) = canary.iter().find(|(_, given)| *given && self.policy != Policy::Canary) {
            return Err(Error::configuration(format!("{option} has no effect with the policy {}", self.policy))
                .hint("it is about a canary: --policy canary"));
        }
        let two = self.policy != Policy::Migrate;
        let idle = |option| Error::configuration(format!("{option} has no effect with the policy {}", self.policy));
        match (two, self.drain_after, self.split_state, self.discard_state) {
            (false, Some(_), ..) => {
                Err(idle("drain-after")
                    .hint("it bounds how long connections stay with an old generation: --policy new-connections"))
            }
            (false, _, true, _) => {
                Err(idle("split-state").hint("it lets two generations live at a time: --policy new-connections"))
            }
            (true, .., true) => Err(idle("discard-state").hint("each generation keeps a state of its own: --split-state")),
            _ => Ok(()),
        }
    }
}
