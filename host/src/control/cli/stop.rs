//! `sockdock stop`: returns when it has stopped.

use super::{
    AdminArgs, block_on,
    human::plain,
    output::{Failure, print},
};
use crate::control::admin::{Client, StopRequest};
use clap::Args;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, pidfd_open},
};
use std::os::fd::OwnedFd;

const EXAMPLES: &str = "\
Examples:
  sockdock stop                  accept no more, let the connections end, then stop
  sockdock stop --force          close the connections at once
  sockdock stop --listener kv    one listener; the others go on

It returns when all is stopped. `sockdock stop --force` also cuts short a stop
that takes too long.";

/// How long a host may take to end its process after it has said that all is stopped.
const EXIT: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// Stop the host or one listener
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StopArgs {
    /// Stop this listener only
    #[arg(long, value_name = "NAME")]
    listener: Option<String>,
    /// Close live connections instead of waiting for their end
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    admin: AdminArgs,
}

pub(super) fn run(args: StopArgs) -> Result<(), Failure> {
    let client = args.admin.client();
    let (stopped, process) = block_on(async {
        // Before it stops: afterwards its process id may be somebody else's.
        let process = if args.listener.is_none() { watch(&client).await? } else { None };
        let request = StopRequest { listener: args.listener, force: args.force };
        Ok((client.stop(&request).await?.stopped, process))
    })?;
    if let Some(process) = process {
        // A program that embeds the host lives on: that is no failure.
        let _ = poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&EXIT));
    }
    for name in stopped {
        print(&format!("stopped {}\n", plain(&name)))?;
    }
    Ok(())
}

/// The host's process, readable when it has ended; none if it is out of sight.
async fn watch(client: &Client) -> Result<Option<OwnedFd>, Failure> {
    let pid = client.process().await?.and_then(Pid::from_raw);
    Ok(pid.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()))
}
