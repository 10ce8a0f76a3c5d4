//! `sockdock promote`: a canary takes over.

use super::{AdminArgs, block_on, output::Failure, reload::show};
use crate::control::admin::PromoteRequest;
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  sockdock reload echo-v2.wasm --policy canary --share 10% --watch 5m
  sockdock promote                 before the five minutes are over
  sockdock promote --listener kv

The other way out is `sockdock rollback`. Left alone, a canary is promoted or
rolled back when its time is over.";

/// Have a canary take over at once
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PromoteArgs {
    /// The listener's name; may be left out if there is only one
    #[arg(long, value_name = "NAME")]
    listener: Option<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    admin: AdminArgs,
}

pub(super) fn run(args: PromoteArgs) -> Result<(), Failure> {
    let request = PromoteRequest { listener: args.listener };
    let reply = block_on(async { Ok(args.admin.client().promote(&request).await?) })?;
    show(&reply, args.json)
}
