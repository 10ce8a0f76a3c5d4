//! Certificates that have to be renewed: in `status`, and in the log at the start, after each reload of TLS and once a day.

use super::host::Inner;
use super::listener::{Listener, lock};
use super::report::CertificateStatus;
use crate::net::Tls;
use std::sync::Weak;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What renews certificates by itself does so a month before they expire: at two weeks, it has failed.
const SOON: i64 = 14 * 86_400;
const DAY: Duration = Duration::from_secs(86_400);

impl CertificateStatus {
    /// It has expired, or will within 14 days.
    pub fn is_due(&self) -> bool {
        self.expires_in_seconds < SOON
    }

    /// Nobody accepts it any more.
    pub fn has_expired(&self) -> bool {
        self.expires_in_seconds < 0
    }
}

/// Those that the listener shows, then those that its plugin may show.
pub(super) fn certificates(listener: &Listener) -> Vec<CertificateStatus> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
    let mut own: Vec<Tls> = Vec::new();
    for tls in lock(&listener.addresses).iter().filter_map(|address| address.tls()) {
        // Several addresses may share one.
        if !own.iter().any(|known| known.is(&tls)) {
            own.push(tls);
        }
    }
    let own = own.into_iter().map(|tls| (None, tls));
    let secrets = listener.grants.secrets();
    let credentials = secrets.credentials.iter().map(|(name, tls)| (Some(name.clone()), tls.clone()));
    let status = |(credentials, tls): (Option<String>, Tls)| {
        let one = move |(source, facts): (String, crate::pure::x509::Facts)| CertificateStatus {
            source,
            credentials: credentials.clone(),
            subject: facts.subject,
            not_after: facts.not_after.to_string(),
            expires_in_seconds: facts.not_after.0.saturating_sub(now),
        };
        tls.facts().map(one).collect::<Vec<_>>()
    };
    own.chain(credentials).flat_map(status).collect()
}

/// Says in the log which of them are due.
pub(super) fn warn(listener: &Listener) {
    for due in certificates(listener).iter().filter(|certificate| certificate.is_due()) {
        let CertificateStatus { source, subject, not_after, .. } = due;
        let what = if due.has_expired() { "A CERTIFICATE HAS EXPIRED" } else { "a certificate expires soon" };
        tracing::warn!(
            listener = %listener.name, source, subject, not_after,
            "{what}: renew it, put the new one in its place, then `sockdock reload --tls`"
        );
    }
}

/// Looks once a day, for as long as there is the host.
pub(super) async fn watch(host: Weak<Inner>) {
    loop {
        tokio::time::sleep(DAY).await;
        let Some(host) = host.upgrade() else { return };
        let servers = lock(&host.servers).clone();
        drop(host);
        servers.iter().for_each(|server| warn(server.listener()));
    }
}
