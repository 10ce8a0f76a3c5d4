//! Who is measured, and at what.

/// Who serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `sockdock serve`, with a plugin by the Rust SDK.
    Sockdock,
    /// tokio, a runtime per core, no plugin: the limit.
    Native,
    /// `Bun.listen`.
    Bun,
    /// `net.createServer` and `tls.createServer`.
    Node,
    /// A proxy-wasm network filter that reads, then the echo filter.
    Envoy,
    /// Debian's redis-server.
    Redis,
}

impl Kind {
    /// All, as they stand in tables.
    pub const ALL: [Self; 6] = [Self::Sockdock, Self::Native, Self::Bun, Self::Node, Self::Envoy, Self::Redis];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sockdock => "sockdock",
            Self::Native => "native tokio",
            Self::Bun => "Bun",
            Self::Node => "Node",
            Self::Envoy => "Envoy + Wasm",
            Self::Redis => "Redis",
        }
    }

    /// As a heading: `÷ Bun`.
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Envoy => "Envoy",
            kind => kind.name(),
        }
    }
}

/// What a scenario has servers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Service {
    /// Send back what comes.
    Echo,
    /// Answer each byte with `hello`, in five writes.
    FiveWrites,
    /// Send back what comes, by TLS.
    TlsEcho,
    /// Keep values, by Redis's protocol.
    Kv,
}

impl Service {
    /// As the servers' command lines name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::FiveWrites => "five-writes",
            Self::TlsEcho => "tls-echo",
            Self::Kv => "kv",
        }
    }

    /// Who is measured at it; others aren't in the scenario.
    pub fn offered_by(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| match kind {
            Kind::Sockdock => true,
            Kind::Native | Kind::Bun | Kind::Node => self != Self::Kv,
            Kind::Envoy => self == Self::Echo,
            Kind::Redis => self == Self::Kv,
        })
    }
}
