//! `sockdock rollback`: back to what served before.

use super::{AdminArgs, block_on, output::Failure, reload::show};
use crate::control::admin::RollbackRequest;
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  sockdock rollback                   to the component and settings before the last reload
  sockdock rollback --listener kv
  sockdock rollback --discard-state   also if it can't take the state over

All live connections go along, as with `reload`. A second rollback takes the
first one back.";

/// Go back to the previous generation
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RollbackArgs {
    /// The listener's name; may be left out if there is only one
    #[arg(long, value_name = "NAME")]
    listener: Option<String>,
    /// Go back without the state, if the previous component can't take it over
    #[arg(long)]
    discard_state: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    admin: AdminArgs,
}

pub(super) fn run(args: RollbackArgs) -> Result<(), Failure> {
    let request = RollbackRequest { listener: args.listener, discard_state: args.discard_state };
    let reply = block_on(async { Ok(args.admin.client().rollback(&request).await?) })?;
    show(&reply, args.json)
}
