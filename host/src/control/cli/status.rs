//! `sockdock status`: what is served, and how it does.

use super::{
    AdminArgs, block_on,
    human::{bytes, count, digest, micros, plain, plural, uptime},
    output::{Failure, print, print_json},
    table::{Align, Table},
};
use crate::{CertificateStatus, HostStatus, ListenerStatus};
use clap::Args;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  sockdock status
  sockdock status --json | jq '.listeners[].connections'
  sockdock status --admin /run/echo/admin.sock

Counters run from the listener's start. READ and WRITTEN count the plugin's
bytes, without what TLS adds.";

/// Show what is served, and how it does
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StatusArgs {
    /// Print everything that is known, as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    admin: AdminArgs,
}

pub(super) fn run(args: StatusArgs) -> Result<(), Failure> {
    let status = block_on(async { Ok(args.admin.client().status().await?) })?;
    if args.json {
        print_json(&status)?
    } else {
        print(&status_text(&status))?
    }
    Ok(())
}

fn status_text(status: &HostStatus) -> String {
    let up = uptime(Duration::from_secs(status.uptime_seconds));
    let mut text = format!("sockdock {}, pid {}, up {up}\n\n", plain(&status.version), status.pid);
    let mut table = Table::new(&[
        ("LISTENER", Align::Left),
        ("ADDRESS", Align::Left),
        ("GEN", Align::Right),
        ("DIGEST", Align::Left),
        ("CONNS", Align::Right),
        ("READ", Align::Right),
        ("WRITTEN", Align::Right),
        ("EVENTS", Align::Right),
        ("TRAPS", Align::Right),
        ("RELOADS", Align::Right),
        ("MEMORY", Align::Right),
        ("STATE", Align::Left),
    ]);
    for listener in &status.listeners {
        let mut addresses = listener.addresses.iter().map(|address| plain(address));
        table.row(vec![
            plain(&listener.name),
            addresses.next().unwrap_or_default(),
            listener.generation.to_string(),
            digest(&listener.digest),
            count(listener.connections),
            bytes(listener.bytes_read),
            bytes(listener.bytes_written),
            count(listener.events),
            count(listener.traps),
            count(listener.reloads),
            bytes(listener.memory_bytes),
            plain(&listener.state),
        ]);
        for address in addresses {
            table.row(vec![String::new(), address]);
        }
    }
    text.push_str(&table.render());
    for listener in status.listeners.iter().filter(|listener| listener.generations.len() > 1) {
        text.push_str(&format!("\n{}\n", generations(listener)));
    }
    let mut troubles: Vec<String> =
        status.listeners.iter().flat_map(|listener| trouble(listener).into_iter().chain(expiring(listener))).collect();
    if status.tickers_replaced > 0 {
        let times = plural(status.tickers_replaced, "time");
        troubles.push(format!("host: the thread that bounds CPU time was replaced {times}"));
    }
    if !troubles.is_empty() {
        text.push_str(&format!("\n{}\n", troubles.join("\n")));
    }
    text
}

/// Those of a listener that has several.
fn generations(listener: &ListenerStatus) -> String {
    let mut table = Table::new(&[
        ("GENERATION", Align::Left),
        ("DIGEST", Align::Left),
        ("AGE", Align::Right),
        ("CONNS", Align::Right),
        ("EVENTS", Align::Right),
        ("TRAPS", Align::Right),
        ("P99", Align::Right),
        ("STATE", Align::Left),
    ]);
    for generation in &listener.generations {
        table.row(vec![
            format!("{} {}", plain(&listener.name), generation.number),
            digest(&generation.digest),
            uptime(Duration::from_secs(generation.age_seconds)),
            count(generation.connections),
            count(generation.events),
            count(generation.traps),
            generation.handler_p99_us.map_or_else(|| "-".to_owned(), micros),
            plain(&generation.state),
        ]);
    }
    table.render().trim_end().to_owned()
}

/// What deserves a look, if anything.
fn trouble(listener: &ListenerStatus) -> Option<String> {
    let contained = &listener.containment;
    let counted = [
        (listener.reloads_failed, "failed reload"),
        (listener.handshakes_failed, "failed TLS handshake"),
        (listener.accept_errors, "failed accept"),
        (listener.refused, "refused connection"),
        (listener.slow_subscribers, "slow subscriber"),
        (contained.trapped, "trap"),
        (contained.budget_exceeded, "used-up budget"),
        (contained.out_of_memory, "out-of-memory trap"),
        (contained.exited, "exit"),
        (contained.restarts, "restart"),
        (contained.restarts_failed, "failed restart"),
        (contained.breaker_opened, "breaker opening"),
        (contained.memory_refused, "total-memory refusal"),
        (contained.recycles_failed, "failed recycling"),
    ];
    let mut some: Vec<String> =
        counted.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| plural(*number, noun)).collect();
    if contained.throttled > 0 {
        let waited = Duration::from_micros(contained.throttled_us);
        some.push(format!("{} ({waited:.1?} in all)", plural(contained.throttled, "pause")));
    }
    (!some.is_empty()).then(|| format!("{}: {}", plain(&listener.name), some.join(", ")))
}

/// Certificates that have to be renewed soon, or that nobody accepts any more.
fn expiring(listener: &ListenerStatus) -> impl Iterator<Item = String> {
    listener.certificates.iter().filter(|certificate| certificate.is_due()).map(|certificate| {
        let CertificateStatus { source, not_after, .. } = certificate;
        let left = uptime(Duration::from_secs(certificate.expires_in_seconds.unsigned_abs()));
        let when = if certificate.has_expired() { format!("has expired {left} ago") } else { format!("expires in {left}") };
        format!("{}: the certificate in {} {when} ({not_after})", plain(&listener.name), plain(source))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ContainmentStatus;
    use crate::GenerationStatus;

    #[test]
    fn a_table_for_people() {
        let status = HostStatus {
            version: "0.1.0".into(),
            pid: 42,
            uptime_seconds: 3725,
            tickers_replaced: 1,
            listeners: vec![
                ListenerStatus {
                    name: "echo".into(),
                    addresses: vec!["tcp://127.0.0.1:7000".into(), "tls://127.0.0.1:7443".into()],
                    generation: 12,
                    digest: "0123456789abcdef".into(),
                    connections: 1000,
                    bytes_read: 5 << 20,
                    bytes_written: 900,
                    events: 1_234_567,
                    reloads: 11,
                    reloads_failed: 1,
                    handshakes_failed: 2,
                    memory_bytes: 1 << 20,
                    containment: ContainmentStatus {
                        budget_exceeded: 2,
                        restarts: 2,
                        throttled: 1,
                        throttled_us: 1_500_000,
                        ..ContainmentStatus::default()
                    },
                    state: "listening".into(),
                    certificates: [("good.pem", 15 * 86_400), ("soon.pem", 3 * 86_400 + 7_200), ("late.pem", -90)]
                        .map(|(source, expires_in_seconds)| CertificateStatus {
                            source: source.into(),
                            not_after: "then".into(),
                            expires_in_seconds,
                            ..CertificateStatus::default()
                        })
                        .into(),
                    ..ListenerStatus::default()
                },
                ListenerStatus {
                    name: "kv".into(),
                    addresses: vec!["unix:/run/kv".into()],
                    state: "failing: \x07".into(),
                    ..ListenerStatus::default()
                },
            ],
        };
        assert_eq!(
            status_text(&status),
            "sockdock 0.1.0, pid 42, up 1h 2m\n\
             \n\
             LISTENER  ADDRESS               GEN  DIGEST        CONNS     READ  WRITTEN     EVENTS  TRAPS  RELOADS   MEMORY  STATE\n\
             echo      tcp://127.0.0.1:7000   12  0123456789ab  1,000  5.0 MiB    900 B  1,234,567      0       11  1.0 MiB  listening\n          \
                       tls://127.0.0.1:7443\n\
             kv        unix:/run/kv            0                    0      0 B      0 B          0      0        0      0 B  failing: \\u{7}\n\
             \n\
             echo: 1 failed reload, 2 failed TLS handshakes, 2 used-up budgets, 2 restarts, 1 pause (1.5s in all)\n\
             echo: the certificate in soon.pem expires in 3d 2h (then)\n\
             echo: the certificate in late.pem has expired 1m 30s ago (then)\n\
             host: the thread that bounds CPU time was replaced 1 time\n"
        );
    }

    #[test]
    fn several_generations_have_a_table_of_their_own() {
        let generation = |number, state: &str| GenerationStatus {
            number,
            digest: "0123456789abcdef".into(),
            age_seconds: 61,
            connections: 1000 / number,
            events: 12_345,
            handler_mean_ns: None,
            handler_p99_us: (number == 2).then_some(1_500),
            state: state.into(),
            ..GenerationStatus::default()
        };
        let both = vec![generation(1, "draining, 9 s left"), generation(2, "serving")];
        let listener = ListenerStatus { name: "echo".into(), generations: both, ..ListenerStatus::default() };
        let text = status_text(&HostStatus { listeners: vec![listener], ..HostStatus::default() });
        let table = text.split_once("\n\nGENERATION").unwrap().1;
        assert_eq!(
            table,
            "  DIGEST          AGE  CONNS  EVENTS  TRAPS     P99  STATE\n\
             echo 1      0123456789ab  1m 1s  1,000  12,345      0       -  draining, 9 s left\n\
             echo 2      0123456789ab  1m 1s    500  12,345      0  1.5 ms  serving\n"
        );
    }

    #[test]
    fn a_host_without_trouble_says_nothing_more() {
        let status = HostStatus { listeners: vec![ListenerStatus::default()], ..HostStatus::default() };
        assert_eq!(status_text(&status).lines().count(), 4);
    }
}
