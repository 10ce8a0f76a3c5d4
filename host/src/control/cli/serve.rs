//! `sockdock serve`: one listener, until it is told to stop.

mod listening;
mod tls;

use self::listening::ListenArgs;
pub(super) use self::listening::listener_name;
use super::{
    output::Failure,
    run::{Opened, RunArgs},
};
use clap::Args;

const EXAMPLES: &str = "\
Examples:
  sockdock serve echo.wasm --listen 127.0.0.1:7000
  sockdock serve my-plugin/ --listen 127.0.0.1:6379 --set max-keys=100000
  sockdock serve echo.wasm --listen 0.0.0.0:443 --instances per-core \\
      --tls-cert chain.pem --tls-key key.pem
  sockdock serve echo.wasm --listen 127.0.0.1:7000 --listen unix:/run/echo.sock \\
      --listen-tls 127.0.0.1:7443 --tls-cert chain.pem --tls-key key.pem

On stdout it says where it listens, then `ready`; the log goes to stderr.

SIGHUP           read the plugin again (build its folder again) and reload it;
                 read the certificates again for new handshakes
SIGTERM, SIGINT  accept no more, let the connections end, then stop;
                 the second one closes the connections at once";

/// Serve a plugin on sockets
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    listen: ListenArgs,
    #[command(flatten)]
    run: RunArgs,
}

pub(super) fn run(args: ServeArgs) -> Result<(), Failure> {
    args.run.with_log(serve(&args))
}

async fn serve(args: &ServeArgs) -> Result<(), Failure> {
    // What can be refused without work comes first.
    let limits = args.run.limits()?;
    let listen = args.listen.resolve()?.limits(limits).allow_connect(args.run.allow_connect());
    let listen = listen.connect_trust(args.run.trust()?);
    let listen = args.run.credentials()?.into_iter().fold(listen, |listen, (name, tls)| listen.credentials(name, tls));
    let source = args.run.source()?;
    let listen = listen.name(args.listen.name.clone().unwrap_or_else(|| source.name()));
    let open = async |host: &crate::Host, plugin| {
        let server = host.listen(listen, plugin).await?;
        let said = server.addresses().iter().map(|address| format!("listening on {address} ({})", server.name())).collect();
        Ok(Opened { name: server.name().to_owned(), said })
    };
    args.run.run(source, open).await
}
