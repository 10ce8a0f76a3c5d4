//! `sockdock reload`: a new generation behind live connections.

use super::units::{Percent, Span};
use super::{
    AdminArgs, block_on, key_value,
    output::{Failure, print, print_json, warn},
    report::{failure_text, limits_text, rebind_text, report_text, tls_text},
};
use crate::{Digest, Policy, Spread};
use crate::{
    Error,
    control::admin::{ReloadReply, ReloadRequest},
};
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  sockdock reload                   read the plugin again (build its folder again)
  sockdock reload echo-v2.wasm      another component
  sockdock reload kv.wasm --listener kv --dry-run
  sockdock reload --tls             read the certificates again
  sockdock reload --policy new-connections --drain-after 10m
                                    for new connections; the others stay for 10 minutes
  sockdock reload echo-v2.wasm --policy canary --share 10% --watch 5m
                                    for one of ten new connections, and then for all, or none
  sockdock reload --json            the report for programs

If anything goes wrong, the old generation goes on serving (the old
certificates stay in use), the reason is shown, and the exit code is 1.";

/// Swap a plugin under its live connections, or its certificates
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReloadArgs {
    /// A .wasm component or a plugin's source folder, which the host builds; left out: the one that is served, read again
    plugin: Option<PathBuf>,
    /// The listener's name; may be left out if there is only one
    #[arg(long, value_name = "NAME")]
    listener: Option<String>,
    /// Read certificates, keys, authorities and revocation lists again, for new handshakes; the plugin stays
    #[arg(long, conflicts_with_all = ["plugin", "digest", "discard_state", "set", "policy", "drain_after", "split_state", "share", "share_by", "watch"])]
    tls: bool,
    /// Prepare it, restore a copy of the state on the side, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// If the new generation can't take the old one's snapshot over, start without it
    #[arg(long)]
    discard_state: bool,
    /// What becomes of live connections: `migrate` takes them over; with `new-connections` they stay with their
    /// generation; with `canary` the new one gets a share of the new ones, and is watched
    #[arg(long, value_name = "POLICY", default_value_t = Policy::Migrate)]
    policy: Policy,
    /// Reset connections that are still with an old generation after this time [default: they stay until they end]
    #[arg(long, value_name = "TIME")]
    drain_after: Option<Span>,
    /// Have two generations at a time though the plugin has state: each goes on with a state of its own
    #[arg(long)]
    split_state: bool,
    /// Percent of the new connections that a canary gets [default: 10%]
    #[arg(long, value_name = "PERCENT")]
    share: Option<Percent>,
    /// What decides which connections a canary gets: the peer's address (`peer`), or each is drawn for itself (`connection`) [default: peer]
    #[arg(long, value_name = "WHAT")]
    share_by: Option<Spread>,
    /// How long a canary is watched until it is promoted or rolled back [default: 1m]
    #[arg(long, value_name = "TIME")]
    watch: Option<Span>,
    /// Refuse it unless the component's SHA-256 is this: sha256: and 64 hexadecimal digits
    #[arg(long, value_name = "DIGEST")]
    digest: Option<Digest>,
    /// Pass KEY=VALUE to the plugin's `start`, in place of all settings that it has now; may be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    set: Vec<(String, String)>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    admin: AdminArgs,
}

pub(super) fn run(args: ReloadArgs) -> Result<(), Failure> {
    let request = args.request()?;
    let reply = block_on(async { Ok(args.admin.client().reload(&request).await?) })?;
    show(&reply, args.json)
}

impl ReloadArgs {
    fn request(&self) -> Result<ReloadRequest, Failure> {
        // The host's working directory is another one; and a slip is told at once, by the name that was typed.
        let absolute = |path: &PathBuf| {
            path.canonicalize().map_err(|error| {
                Error::configuration(format!("cannot read the plugin {}: {error}", path.display()))
                    .hint("name a .wasm component or a plugin's source folder")
            })
        };
        Ok(ReloadRequest {
            listener: self.listener.clone(),
            plugin: self.plugin.as_ref().map(absolute).transpose()?,
            digest: self.digest.map(|digest| format!("sha256:{digest}")),
            dry_run: self.dry_run,
            discard_state: self.discard_state,
            tls: self.tls,
            policy: Some(self.policy).filter(|policy| *policy != Policy::Migrate).map(|policy| policy.to_string()),
            drain_after_ms: self.drain_after.map(millis),
            share: self.share.map(|Percent(share)| share),
            share_by: self.share_by.map(|spread| spread.to_string()),
            watch_ms: self.watch.map(millis),
            split_state: self.split_state,
            set: Some(self.set.clone()).filter(|set| !set.is_empty()),
        })
    }
}

fn millis(span: Span) -> u64 {
    u64::try_from(span.0.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn show(reply: &ReloadReply, json: bool) -> Result<(), Failure> {
    if json {
        print_json(reply)?;
    } else {
        for report in &reply.reports {
            print(&report_text(report))?;
        }
        for report in &reply.rebound {
            print(&rebind_text(report))?;
        }
        for name in &reply.limited {
            print(&limits_text(name))?;
        }
        for report in &reply.tls {
            print(&tls_text(report))?;
        }
        for failure in &reply.failures {
            warn(&failure_text(failure));
        }
    }
    if reply.failures.is_empty() { Ok(()) } else { Err(Failure::Reported) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        reload: ReloadArgs,
    }

    fn request(flags: &[&str]) -> Result<ReloadRequest, Failure> {
        Line::try_parse_from(std::iter::once(&"x").chain(flags)).unwrap().reload.request()
    }

    #[test]
    fn without_flags_nothing_is_asked_to_change() {
        assert_eq!(request(&[]).unwrap(), ReloadRequest::default());
    }

    #[test]
    fn a_canary_has_a_share_and_a_time() {
        let asked = request(&["--policy", "canary", "--share", "5%", "--watch", "2m", "--share-by", "connection"]).unwrap();
        assert_eq!((asked.policy.as_deref(), asked.share, asked.watch_ms), (Some("canary"), Some(5), Some(120_000)));
        assert_eq!(asked.share_by.as_deref(), Some("connection"));
        for wrong in ["0%", "100%", "-1", "half"] {
            assert!(Line::try_parse_from(["x", "--policy", "canary", "--share", wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_path_is_made_absolute_here() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.wasm");
        std::fs::write(&file, "").unwrap();
        let dotted = folder.path().join(".").join("a.wasm");
        let asked = request(&[dotted.to_str().unwrap(), "--set", "a=1", "--dry-run"]).unwrap();
        assert_eq!(asked.plugin, Some(file.canonicalize().unwrap()));
        assert_eq!(asked.set, Some(vec![("a".to_owned(), "1".to_owned())]));
        assert!(asked.dry_run);
        let Err(Failure::Failed(error)) = request(&["/nowhere/x.wasm"]) else { panic!("it was taken") };
        assert!(error.message().starts_with("cannot read the plugin /nowhere/x.wasm"), "{error}");
    }
}
