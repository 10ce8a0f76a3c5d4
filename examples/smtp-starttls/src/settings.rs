//! What the operator can set.

use sockdock_guest::{Config, Failure};

#[derive(Clone, Debug)]
pub struct Settings {
    /// This server's name, as it greets.
    pub name: String,
    /// The certificate for STARTTLS, by the operator's name for it; without one it isn't offered.
    pub credentials: Option<String>,
    /// No mail before STARTTLS.
    pub require_tls: bool,
    /// Whose mail is taken; empty: everybody's.
    pub domains: Vec<String>,
    /// Clients may read what is kept, by XMAIL.
    pub readable: bool,
    /// Bytes of one message.
    pub max_size: usize,
    /// Bytes of all messages kept; the oldest go.
    pub max_kept: usize,
    /// Bytes of all messages that are on their way in.
    pub max_unfinished: usize,
}

impl Settings {
    pub fn from_config(config: &Config) -> Result<Self, Failure> {
        let keys = ["name", "credentials", "require-tls", "domain", "readable", "max-size", "max-kept", "max-unfinished"];
        config.only(&keys)?;
        let credentials = config.get("credentials").map(String::from);
        let settings = Self {
            name: config.get("name").unwrap_or("localhost").into(),
            require_tls: config.parse("require-tls")?.unwrap_or(false),
            domains: config.all("domain").map(str::to_ascii_lowercase).collect(),
            readable: config.parse("readable")?.unwrap_or(false),
            max_size: config.parse("max-size")?.unwrap_or(10 << 20),
            max_kept: config.parse("max-kept")?.unwrap_or(32 << 20),
            max_unfinished: config.parse("max-unfinished")?.unwrap_or(32 << 20),
            credentials,
        };
        if settings.name.is_empty() || !settings.name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("`name` can't be `{}`: give the host's name", settings.name).into());
        }
        if settings.require_tls && settings.credentials.is_none() {
            return Err("`require-tls` needs a certificate: --set credentials=NAME, and --credentials NAME=CERT,KEY".into());
        }
        if settings.max_size > settings.max_kept.min(settings.max_unfinished) {
            return Err("`max-size` can't be more than `max-kept` and `max-unfinished`: no such message could be taken".into());
        }
        Ok(settings)
    }

    /// Whether mail for this mailbox is taken. A postmaster is always there (RFC 5321, 4.5.1).
    pub fn takes(&self, mailbox: &str) -> bool {
        let domain = mailbox.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase());
        domain.is_none_or(|domain| self.domains.is_empty() || self.domains.contains(&domain))
    }
}
