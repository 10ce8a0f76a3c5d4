//! Who is tested: Bun, or sockdock with the plugin `mirror`.

use super::{Role, Scenario, trace::normal};
use crate::guests;
use rustix::process::Signal;
use serde_json::{Map, Value, json};
use sockdock_tests::{Host, Lines, Serve, eventually, repository};
use std::{
    io::Write as _,
    process::{Child, Command, Stdio},
};

/// One of those whose traces are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Bun,
    /// `sockdock serve`; the plugin connects by `outbound.connect`.
    Serve,
    /// `sockdock connect`.
    Connect,
}

/// One that runs.
pub(super) enum Running {
    Bun {
        child: Child,
        lines: Lines,
    },
    /// With its settings, which a reload repeats.
    Ours(Box<Host>, Map<String, Value>),
}

impl Running {
    #[track_caller]
    pub(super) fn start(side: Side, scenario: &Scenario<'_>, role: &Role) -> Self {
        match side {
            Side::Bun => bun(scenario, role),
            Side::Serve | Side::Connect => {
                let settings = scenario.on.iter().map(|(event, script)| (format!("on.{event}"), json!(script))).collect();
                Self::Ours(Box::new(ours(side, scenario, role)), settings)
            }
        }
    }

    fn lines(&self) -> Vec<Value> {
        let all = match self {
            Self::Bun { lines, .. } => lines.all(),
            Self::Ours(host, _) => host.log(),
        };
        all.iter().filter_map(|line| serde_json::from_str(line.get(line.find("{\"")?..=line.rfind('}')?)?).ok()).collect()
    }

    pub(super) fn trace(&self) -> Vec<String> {
        normal(&self.lines())
    }

    /// The port that it listens on.
    #[track_caller]
    pub(super) fn port(&self) -> u16 {
        match self {
            Self::Bun { .. } => eventually("Bun's port", || {
                self.lines().iter().find_map(|line| line["port"].as_u64()).map(|port| u16::try_from(port).unwrap())
            }),
            Self::Ours(host, _) => match &host.addresses()[0] {
                sockdock_tests::Address::Tcp(address) | sockdock_tests::Address::Tls(address) => address.port(),
                other => panic!("{other:?}"),
            },
        }
    }

    /// Puts new handlers behind the live connections.
    #[track_caller]
    pub(super) fn reload(&mut self) {
        match self {
            Self::Bun { child, .. } => {
                child.stdin.as_ref().expect("Bun's input").write_all(b"reload\n").unwrap();
                self.reloaded();
            }
            Self::Ours(host, settings) => {
                settings.insert("generation".to_owned(), json!("2"));
                let fields = json!({ "plugin": guests::MIRROR.path(), "set": settings });
                host.try_reload(fields).unwrap_or_else(|failure| panic!("the reload failed: {failure}"));
            }
        }
    }

    /// Has it end, so that its trace is whole.
    #[track_caller]
    pub(super) fn finish(&mut self) {
        match self {
            Self::Bun { child, lines } => {
                child.stdin.as_ref().expect("Bun's input").write_all(b"that is all\n").unwrap();
                lines.until_the_end();
            }
            Self::Ours(host, _) => {
                // `sockdock connect` ends with its connection.
                host.signal(Signal::TERM);
                host.ended();
                host.whole_log();
            }
        }
    }

    /// Waits until Bun says that it has.
    #[track_caller]
    pub(super) fn reloaded(&self) {
        eventually("Bun's reload", || self.lines().iter().any(|line| line["event"] == "reloaded").then_some(()));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Self::Bun { child, .. } = self {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// Bun with the program in `tests/oracle`.
#[track_caller]
fn bun(scenario: &Scenario<'_>, role: &Role) -> Running {
    let bun = repository().join("target/clients/bun/node_modules/.bin/bun");
    let on: Map<String, Value> = scenario.on.iter().map(|(event, script)| ((*event).to_owned(), json!(script))).collect();
    let mut given = json!({ "on": on, "halfOpen": scenario.half_open });
    let more = match role {
        Role::Listen => json!({ "role": "listen" }),
        Role::Connect { port } => json!({ "role": "connect", "port": port }),
        Role::ConnectTo { host, port } => json!({ "role": "connect", "hostname": host, "port": port }),
        Role::ConnectUnix { path } => json!({ "role": "connect", "unix": path }),
    };
    given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    if let Some(tls) = &scenario.tls {
        given["tls"] = tls.bun.clone();
    }
    let mut child = Command::new(&bun)
        .arg(repository().join("tests/oracle/bun.js"))
        .arg(given.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("can't start {}: {error} (scripts/setup-bun installs it)", bun.display()));
    let lines = Lines::of(child.stdout.take().unwrap());
    Running::Bun { child, lines }
}

fn ours(side: Side, scenario: &Scenario<'_>, role: &Role) -> Host {
    let address = match role {
        Role::Listen => None,
        Role::Connect { port } => Some(format!("127.0.0.1:{port}")),
        Role::ConnectTo { host, port } => Some(format!("{host}:{port}")),
        Role::ConnectUnix { path } => Some(format!("unix:{path}")),
    };
    let mut serve = match (&address, side) {
        (Some(address), Side::Connect) => Serve::connect(guests::MIRROR, address.as_str()),
        (Some(address), _) => {
            let serve = Serve::guest(guests::MIRROR).unix("idle.sock").set("connect", address);
            serve.args(["--allow-connect", address])
        }
        (None, _) => {
            let listen = if scenario.tls.is_some() { "--listen-tls" } else { "--listen" };
            Serve::guest(guests::MIRROR).args([listen, "127.0.0.1:0"])
        }
    };
    for (event, script) in scenario.on {
        serve = serve.set(&format!("on.{event}"), script);
    }
    if scenario.half_open {
        serve = match side {
            Side::Serve if address.is_some() => serve.set("half-open", "yes"),
            _ => serve.arg("--allow-half-open"),
        };
    }
    if let Some(tls) = &scenario.tls {
        serve = match (&address, side) {
            (Some(_), Side::Serve) => serve.set("tls", tls.name),
            (Some(_), _) if tls.name.is_empty() => serve.arg("--tls"),
            (Some(_), _) => serve.args(["--tls", "--server-name", tls.name]),
            (None, _) => serve,
        };
        serve = serve.args(&tls.flags);
    }
    serve.args(["--event-budget", "5s"]).start()
}
