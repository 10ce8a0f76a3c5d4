//! `[listener.reload]`: how a reload goes about it when the file is read again. The flags of `sockdock reload` have these names.

use super::value::Written;
use crate::control::cli::{Percent, Span};
use crate::{Policy, ReloadOptions, Spread};
use serde::Deserialize;

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ReloadTable {
    policy: Written<Policy>,
    drain_after: Option<Span>,
    split_state: bool,
    share: Option<Written<Percent>>,
    share_by: Option<Written<Spread>>,
    watch: Option<Span>,
}

impl ReloadTable {
    pub(super) fn options(&self) -> ReloadOptions {
        let mut options = ReloadOptions::default()
            .policy(self.policy.0)
            .drain_after(self.drain_after.map(|Span(after)| after))
            .split_state(self.split_state);
        options.share = self.share.map(|Written(Percent(share))| share);
        options.spread = self.share_by.map(|Written(by)| by);
        options.watch = self.watch.map(|Span(watch)| watch);
        options
    }
}
