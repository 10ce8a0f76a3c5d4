//! `sockdock dev`: serves a source folder, and swaps in what is saved there.

mod session;
mod words;

use self::session::Session;
use super::{
    output::Failure,
    plugin::PluginArgs,
    run::{Opened, RunArgs},
    serve::ListenArgs,
};
use crate::{Bind, Error, Host};
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  sockdock dev                     the folder that you are in, on 127.0.0.1:7000
  sockdock dev echo --listen 127.0.0.1:6379 --set max-keys=100
  sockdock dev --release           optimised, as `sockdock build` makes it

Builds and serves the plugin, and watches its sources. What is saved is built and
swapped in under the live connections, as by `sockdock reload`; if it doesn't
compile, or can't take over, the last build goes on serving. On stdout: a line per
swap. On stderr: the compiler's messages, and the log with what the plugin says.

Ctrl-C           accept no more, let the connections end, then stop;
                 the second one closes the connections at once";

/// Where it listens if nothing is said.
const DEFAULT: (&str, u16) = ("127.0.0.1", 7000);

/// The plugin's words, and the host's worries. Reloads have lines of their own.
const LOG: &str = "warn,plugin=debug,sockdock::control=info,sockdock::runtime::reload=off";

/// Serve a source folder, and swap in each change
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, mut_arg("digest", |arg| arg.hide(true)))]
pub(super) struct DevArgs {
    /// The plugin's source folder
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Optimise it, as `sockdock build` does: slower to build, quicker to run
    #[arg(long)]
    release: bool,
    /// If a build can't take over the state of the one before, go on without it
    #[arg(long)]
    discard_state: bool,
    #[command(flatten)]
    listen: ListenArgs,
    #[command(flatten)]
    about: PluginArgs,
    #[command(flatten)]
    run: RunArgs,
}

pub(super) fn run(mut args: DevArgs) -> Result<(), Failure> {
    if !args.dir.is_dir() {
        let error = Error::configuration(format!("{} is no folder", args.dir.display()));
        return Err(error
            .hint("name a plugin's source folder; `sockdock new` makes one, `sockdock serve` takes a component")
            .into());
    }
    args.listen.or_listen(Bind::Tcp { host: DEFAULT.0.to_owned(), port: DEFAULT.1 });
    args.run = args.run.or_log_level(LOG);
    args.run.with_log(dev(&args))
}

async fn dev(args: &DevArgs) -> Result<(), Failure> {
    let limits = args.about.limits()?;
    let listen = args.listen.resolve()?.limits(limits).allow_connect(args.about.allow_connect());
    let listen = listen.connect_trust(args.about.trust()?);
    let listen = args.about.credentials()?.into_iter().fold(listen, |listen, (name, tls)| listen.credentials(name, tls));
    let source = args.about.source(&args.dir)?.debug(!args.release);
    let listen = listen.name(args.listen.name.clone().unwrap_or_else(|| source.name()));
    let session = tokio::sync::Mutex::new(Session::begin(source, args.discard_state)?);
    let open = async |host: &Host, _| {
        let server = session.lock().await.open(host, listen).await?;
        let mut said: Vec<_> =
            server.addresses().iter().map(|address| format!("listening on {address} ({})", server.name())).collect();
        said.push(format!("watching {}", args.dir.display()));
        Ok(vec![Opened { name: server.name().to_owned(), said }])
    };
    let follow = async |host: &Host| session.lock().await.follow(host).await;
    args.run.run_beside(&[], None, open, follow).await
}
