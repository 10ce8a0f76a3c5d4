//! `sockdock connect`: a plugin on a connection to a server, until that ends.

use super::{
    output::Failure,
    plugin::PluginArgs,
    run::{Opened, RunArgs},
    serve::listener_name,
};
use crate::{Bind, Connect};
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  sockdock connect client.wasm localhost:6379
  sockdock connect my-plugin/ mail.example.com:465 --tls --set user=me
  sockdock connect client.wasm unix:/run/app.sock

On stdout it says what it is connected to, then `ready`; the log goes to stderr. It ends
when its connections have ended. `reload`, `status` and `stop` work as with `serve`.";

/// Connect to a server, for a plugin to speak with it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ConnectArgs {
    /// A .wasm component, or a plugin's source folder, which is built first
    plugin: PathBuf,
    /// What to connect to: HOST:PORT, [::1]:PORT or unix:/path
    address: Bind,

    /// Speak TLS; the server's certificate has to be good for HOST, or for --server-name
    #[arg(long, help_heading = "Connecting")]
    tls: bool,
    /// The name to ask for, and to check the certificate against
    #[arg(long, value_name = "NAME", requires = "tls", help_heading = "Connecting")]
    server_name: Option<String>,
    /// Show the certificate of the --credentials with this name, if the server asks for one
    #[arg(long, value_name = "NAME", requires = "tls", requires = "credentials", help_heading = "Connecting")]
    show_credentials: Option<String>,
    /// Offer this application protocol, such as h2; may be given several times, the most wanted first
    #[arg(long, value_name = "PROTOCOL", requires = "tls", help_heading = "Connecting")]
    alpn: Vec<String>,
    /// The client's name, in `status`, logs and `--listener` [default: the plugin's file or folder name]
    #[arg(long, value_parser = listener_name, help_heading = "Connecting")]
    name: Option<String>,
    /// When the peer has ended its side, leave it to the plugin to end the other
    #[arg(long, help_heading = "Connecting")]
    allow_half_open: bool,
    #[command(flatten)]
    about: PluginArgs,
    #[command(flatten)]
    run: RunArgs,
}

pub(super) fn run(args: ConnectArgs) -> Result<(), Failure> {
    args.run.with_log(connect(&args))
}

async fn connect(args: &ConnectArgs) -> Result<(), Failure> {
    let source = args.about.source(&args.plugin)?;
    let connect = args.connect()?.name(args.name.clone().unwrap_or_else(|| source.name()));
    let open = async |host: &crate::Host, plugins: Vec<crate::Plugin>| {
        let Some(plugin) = plugins.into_iter().next() else { return Ok(Vec::new()) };
        let client = host.connect(connect, plugin).await?;
        let said = vec![format!("connected to {} ({})", client.address(), client.name())];
        let name = client.name().to_owned();
        tokio::spawn(async move {
            client.closed().await;
            // Nothing is left to drain, so this can't fail for long; the host's end follows from it.
            let _ = client.stop(crate::Stop::Graceful).await;
        });
        Ok(vec![Opened { name, said }])
    };
    args.run.run(&[source], None, open).await
}

impl ConnectArgs {
    fn connect(&self) -> Result<Connect, Failure> {
        let connect = Connect::tcp(self.address.to_string())
            .limits(self.about.limits()?)
            .allow_connect(self.about.allow_connect())
            .allow_half_open(self.allow_half_open)
            .trust(self.about.trust()?);
        let credentials = self.about.credentials()?;
        let connect = credentials.into_iter().fold(connect, |connect, (name, tls)| connect.credentials(name, tls));
        let connect = if self.tls { connect.tls().alpn(self.alpn.clone()) } else { connect };
        let connect = match &self.show_credentials {
            Some(name) => connect.show_credentials(name),
            None => connect,
        };
        Ok(match &self.server_name {
            Some(name) => connect.server_name(name),
            None => connect,
        })
    }
}
