//! The flags that say where to listen, and how.

use super::{Failure, tls::TlsArgs};
use crate::{Bind, Error, Instances, Listen, Owner, control::listening::Listening};
use clap::Args;
use std::str::FromStr;

const HEADING: &str = "Listening";

#[derive(Debug, Args)]
pub(in crate::control::cli) struct ListenArgs {
    /// Address to listen on: HOST:PORT, [::1]:PORT, unix:/path, unix:@name or fd:NAME; may be given several times
    ///
    /// Port 0 lets the system choose a free one; unix:@name is an abstract name, without a file; fd:NAME is a socket that the service manager opened, by name or number. With --tls-cert and without --listen-tls, these addresses speak TLS.
    #[arg(long, value_name = "ADDR", help_heading = HEADING)]
    listen: Vec<Bind>,
    /// Address that speaks TLS; then those of --listen stay plain
    #[arg(long, value_name = "ADDR", requires = "tls_cert", help_heading = HEADING)]
    listen_tls: Vec<Bind>,
    #[command(flatten)]
    tls: TlsArgs,
    /// The listener's name, in `status`, logs and `--listener` [default: the plugin's file or folder name]
    #[arg(long, value_parser = listener_name, help_heading = HEADING)]
    pub(in crate::control::cli) name: Option<String>,
    /// Instances of the plugin, each with its own memory: `shared` (one for all connections), `per-core`, a number, or
    /// `per-connection`
    #[arg(long, value_name = "N", default_value = "shared", help_heading = HEADING)]
    instances: Instances,
    /// Connections that the kernel may hold until they are accepted [default: 4096]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..), help_heading = HEADING)]
    backlog: Option<u32>,
    /// Permissions of unix sockets, in octal as 0660 [default: what the umask leaves]
    #[arg(long, value_name = "MODE", help_heading = HEADING)]
    unix_mode: Option<Mode>,
    /// Owner of unix sockets: USER, USER:GROUP or :GROUP, by name or number [default: this process's]
    #[arg(long, value_name = "OWNER", help_heading = HEADING)]
    unix_owner: Option<Owner>,
    /// Whether [::] takes IPv6 alone [default: as the system is set]
    #[arg(long, value_name = "BOOL", help_heading = HEADING)]
    ipv6_only: Option<bool>,
    /// Let other processes listen on the same port, each getting a share of the connections
    #[arg(long, help_heading = HEADING)]
    reuse_port: bool,
    /// Connections begin with a PROXY header (version 1 or 2) of a balancer: their endpoints are those that it announces; others are closed
    #[arg(long, help_heading = HEADING)]
    proxy_protocol: bool,
    /// The network or address of a balancer, as 10.0.0.0/8; others are refused; may be given several times [default: anybody]
    #[arg(long, value_name = "NETWORK", requires = "proxy_protocol", help_heading = HEADING)]
    proxy_from: Vec<String>,
    /// When a peer has ended its side, leave it to the plugin to end the other
    #[arg(long, help_heading = HEADING)]
    allow_half_open: bool,
}

impl ListenArgs {
    /// Listens there if no address is given.
    pub(in crate::control::cli) fn or_listen(&mut self, bind: Bind) {
        if self.listen.is_empty() && self.listen_tls.is_empty() {
            self.listen.push(bind);
        }
    }

    /// The listener, with its certificates read and checked.
    pub(in crate::control::cli) fn resolve(&self) -> Result<Listen, Failure> {
        let listening = self.listening();
        listening.check("--").map_err(Failure::Usage)?;
        let tls = self.tls.tls()?;
        let no_address = || Failure::Usage(Error::configuration("no address to listen on").hint("give --listen ADDR"));
        listening.listen(tls.as_ref())?.ok_or_else(no_address)
    }

    fn listening(&self) -> Listening<'_> {
        Listening {
            addresses: self.listen.iter().collect(),
            encrypted: self.listen_tls.iter().collect(),
            instances: self.instances,
            allow_half_open: self.allow_half_open,
            backlog: self.backlog,
            unix_mode: self.unix_mode.map(|Mode(mode)| mode),
            unix_owner: self.unix_owner,
            ipv6_only: self.ipv6_only,
            reuse_port: self.reuse_port,
            proxy_protocol: self.proxy_protocol,
            proxy_from: &self.proxy_from,
        }
    }
}

/// Permissions of a file, written in octal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::control) struct Mode(pub(in crate::control) u32);

impl FromStr for Mode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777);
        mode.map(Self).ok_or("write octal permissions, as 0660")
    }
}

/// A name stands in tables, logs and requests, so it is one word.
pub(in crate::control) fn listener_name(text: &str) -> Result<String, String> {
    let fits = |c: char| !c.is_whitespace() && !c.is_control();
    if !text.is_empty() && text.chars().all(fits) { Ok(text.to_owned()) } else { Err("a name is one word".to_owned()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        listen: ListenArgs,
    }

    fn parse(flags: &[&str]) -> Result<ListenArgs, clap::Error> {
        Line::try_parse_from(std::iter::once(&"x").chain(flags)).map(|line| line.listen)
    }

    #[test]
    fn an_address_is_required_and_tls_needs_both_files() {
        let tcp = "127.0.0.1:0";
        for line in [
            &["--listen", "nonsense"][..],
            &["--listen", tcp, "--tls-cert", "c"],
            &["--listen", tcp, "--tls-key", "k"],
            &["--listen-tls", tcp],
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line:?}");
        }
        let Err(Failure::Usage(error)) = parse(&[]).unwrap().resolve() else { panic!("it was taken") };
        assert_eq!(error.message(), "no address to listen on");
        assert!(parse(&["--listen-tls", tcp, "--tls-cert", "c", "--tls-key", "k"]).is_ok());
        assert_eq!(parse(&["--listen", tcp, "--listen", "unix:/x.sock"]).unwrap().listen.len(), 2);
    }

    #[test]
    fn instances_are_counted_or_named() {
        let error = parse(&["--listen", "127.0.0.1:0", "--instances", "per-peer"]).unwrap_err();
        assert!(error.to_string().contains("instances 'per-peer' makes no sense"), "{error}");
        let each = parse(&["--listen", "127.0.0.1:0", "--instances", "per-connection"]).unwrap();
        assert_eq!(each.instances, Instances::PerConnection);
        assert_eq!(parse(&["--listen", "127.0.0.1:0", "--instances", "per-core"]).unwrap().instances, Instances::PerCore);
    }

    #[test]
    fn a_flag_without_effect_is_refused() {
        for (flags, words) in [
            (&["--listen", "127.0.0.1:0", "--unix-mode", "0600"][..], "no unix socket with a file"),
            (&["--listen", "unix:@x", "--unix-owner", "0"], "no unix socket with a file"),
            (&["--listen", "127.0.0.1:0", "--ipv6-only", "true"], "no IPv6 address"),
            (&["--listen", "unix:/x.sock", "--reuse-port"], "no TCP address"),
            (&["--listen", "fd:3", "--backlog", "9"], "no address of its own"),
        ] {
            let Err(Failure::Usage(error)) = parse(flags).unwrap().resolve() else { panic!("{flags:?} was taken") };
            assert!(error.message().contains(words), "{}", error.message());
        }
        assert!(
            parse(&["--listen", "[::]:0", "--listen", "unix:/x", "--unix-mode", "0600", "--ipv6-only", "true"])
                .unwrap()
                .resolve()
                .is_ok()
        );
    }

    #[test]
    fn permissions_are_octal() {
        assert_eq!("0660".parse(), Ok(Mode(0o660)));
        assert_eq!("777".parse(), Ok(Mode(0o777)));
        for bad in ["", "8", "0o660", "1777", "-1"] {
            assert!(bad.parse::<Mode>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_name_is_one_word() {
        assert!(listener_name("kv-1").is_ok());
        for bad in ["", "a b", "a\n"] {
            assert!(listener_name(bad).is_err(), "{bad:?}");
        }
    }
}
