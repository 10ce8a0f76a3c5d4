//! A reload's outcome in words.

use super::human::{bytes, digest, micros, plain, plain_lines, plural};
use crate::{Policy, RebindReport, ReloadFailure, ReloadReport, TlsReport};

/// A reload that was done, or a dry run that passed.
pub(super) fn report_text(report: &ReloadReport) -> String {
    let name = plain(&report.listener);
    let (from, to) = (digest(&report.from_digest), digest(&report.to_digest));
    let mut text = if report.dry_run {
        format!("{name}: the dry run passed, nothing was changed; generation {} goes on\n", report.generation)
    } else if report.policy == Policy::Canary.to_string() {
        format!("{name}: generation {} is tried now\n", report.generation)
    } else {
        format!("{name}: generation {} serves now\n", report.generation)
    };
    let same = if report.from_digest == report.to_digest { " (the same component)" } else { "" };
    let mut line = |label: &str, value: String| text.push_str(&format!("  {label:<12} {value}\n"));
    line("digest", format!("{from} → {to}{same}"));
    if report.policy == Policy::Migrate.to_string() {
        line("connections", format!("{} carried over", plural(report.connections, "connection")));
        line("pause", pauses(&report.pause_us));
    } else {
        line("policy", plain(&report.policy));
    }
    line("compile", format!("{}{}", micros(report.compile_us), if report.cached { " (from the cache)" } else { "" }));
    let version = report.from_version.as_deref().map(|version| format!(" (version {})", plain(version)));
    let snapshot = if version.is_none() && report.snapshot_bytes == 0 { "none".to_owned() } else { bytes(report.snapshot_bytes) };
    line("snapshot", snapshot + &version.unwrap_or_default());
    for note in &report.notes {
        line("note", plain_lines(note, "               "));
    }
    text
}

fn pauses(pauses: &[u64]) -> String {
    match pauses {
        [] => "none".to_owned(),
        [one] => micros(*one),
        several => format!("{} (per worker)", several.iter().map(|us| micros(*us)).collect::<Vec<_>>().join(", ")),
    }
}

/// A reload of TLS that was done, or a dry run that passed.
pub(super) fn tls_text(report: &TlsReport) -> String {
    let name = plain(&report.listener);
    let outcome = match (report.certificates.is_empty(), report.dry_run) {
        (true, _) => "it has no certificates",
        (false, true) => "the dry run passed, nothing was changed",
        (false, false) => "new handshakes use what was read",
    };
    let mut text = format!("{name}: {outcome}\n");
    for certificate in &report.certificates {
        let change = if certificate.changed { "new" } else { "as before" };
        let whose = certificate.credentials.as_deref().map(|name| format!(" (credentials {})", plain(name))).unwrap_or_default();
        text.push_str(&format!("  {change:<12} {}{whose} {}\n", plain(&certificate.source), digest(&certificate.sha256)));
    }
    text
}

/// A listener whose addresses have changed.
pub(super) fn rebind_text(report: &RebindReport) -> String {
    let addresses: Vec<_> = report.addresses.iter().map(|address| plain(address)).collect();
    format!("{}: listening on {} now\n", plain(&report.listener), addresses.join(", "))
}

/// A listener whose limits have changed.
pub(super) fn limits_text(listener: &str) -> String {
    format!("{}: other limits hold from now on\n", plain(listener))
}

/// A reload that left the old generation serving.
pub(super) fn failure_text(failure: &ReloadFailure) -> String {
    let (name, phase) = (plain(&failure.listener), plain(&failure.phase));
    let reason = plain_lines(&failure.reason, "  ");
    let mut text = match (failure.generation, &*name) {
        // Nothing was there to be reloaded.
        (0, "") => format!("error: {reason}\n"),
        (0, name) => format!("error: {name}: {reason}\n"),
        _ => format!("error: reload of {name} failed in `{phase}`: {reason}\n"),
    };
    if let Some(hint) = &failure.hint {
        text.push_str(&format!("  {}\n", plain_lines(hint, "  ")));
    }
    for lost in &failure.lost {
        text.push_str(&format!("  lost: {}\n", plain_lines(lost, "  ")));
    }
    match &*failure.phase {
        _ if failure.generation == 0 => text.push_str("  nothing has changed\n"),
        "tls" => text.push_str("  the old certificates stay in use\n"),
        _ => text.push_str(&format!("  generation {} goes on serving\n", failure.generation)),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> ReloadReport {
        ReloadReport {
            listener: "kv".into(),
            generation: 3,
            policy: "migrate".into(),
            from_digest: "0123456789abcdef".repeat(4),
            to_digest: "fedcba9876543210".repeat(4),
            from_version: Some("v1".into()),
            connections: 1204,
            pause_us: vec![180, 1250],
            snapshot_us: vec![20, 30],
            restore_us: vec![90, 800],
            snapshot_bytes: 1 << 20,
            compile_us: 812_000,
            cached: false,
            start_us: vec![60, 70],
            dry_run: false,
            notes: vec!["two\nlines".into()],
        }
    }

    #[test]
    fn a_reload_in_words() {
        assert_eq!(
            report_text(&report()),
            "kv: generation 3 serves now\n  \
               digest       0123456789ab → fedcba987654\n  \
               connections  1,204 connections carried over\n  \
               pause        180 µs, 1.2 ms (per worker)\n  \
               compile      812.0 ms\n  \
               snapshot     1.0 MiB (version v1)\n  \
               note         two\n               lines\n"
        );
    }

    #[test]
    fn a_dry_run_says_that_nothing_was_changed() {
        let report =
            ReloadReport { dry_run: true, cached: true, from_version: None, snapshot_bytes: 0, pause_us: vec![], ..report() };
        let text = report_text(&report);
        assert!(text.starts_with("kv: the dry run passed, nothing was changed; generation 3 goes on\n"), "{text}");
        assert!(
            text.contains("(from the cache)") && text.contains("snapshot     none\n") && text.contains("pause        none\n"),
            "{text}"
        );
    }

    #[test]
    fn certificates_in_words() {
        let certificate = |changed, credentials: Option<&str>| crate::TlsReported {
            source: "/etc/chain.pem".into(),
            credentials: credentials.map(str::to_owned),
            sha256: "ab".repeat(32),
            changed,
        };
        let certificates = vec![certificate(true, None), certificate(false, Some("mail"))];
        let report = TlsReport { listener: "kv".into(), dry_run: false, certificates };
        assert_eq!(
            tls_text(&report),
            "kv: new handshakes use what was read\n  new          /etc/chain.pem abababababab\n  \
               as before    /etc/chain.pem (credentials mail) abababababab\n"
        );
        let none = TlsReport { certificates: Vec::new(), ..report };
        assert_eq!(tls_text(&none), "kv: it has no certificates\n");
    }

    #[test]
    fn a_failure_says_what_goes_on() {
        let failure = ReloadFailure {
            listener: "kv".into(),
            phase: "restore".into(),
            reason: "the plugin said: \x1b[31mno".into(),
            hint: Some("give --discard-state".into()),
            generation: 2,
            lost: vec!["its memory".into()],
        };
        assert_eq!(
            failure_text(&failure),
            "error: reload of kv failed in `restore`: the plugin said: \\u{1b}[31mno\n  \
               give --discard-state\n  lost: its memory\n  generation 2 goes on serving\n"
        );
    }
}
