//! Peers whose every request makes the plugin trap, and what others see of it.

use super::{
    Aim, Bench, Section, milliseconds, pass, row,
    sequence::Dialect,
    traffic::{Group, Rhythm, Traffic},
};
use anyhow::{Context as _, Result, bail, ensure};
use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread::JoinHandle,
    time::Duration,
};

const PEERS: usize = 64;
const OTHERS: usize = 200;
/// Of the others' messages: so many in a second each.
const PACE: Duration = Duration::from_millis(20);
const TURNS: u32 = 5;

pub(super) fn measure(bench: &Bench) -> Result<Section> {
    let scratch = tempfile::tempdir()?;
    let culprits = scratch.path().join("culprit");
    let path = culprits.to_str().context("a path that isn't text")?;
    let (listen, culprit) = (format!("unix:{path}"), format!("culprit={path}"));
    // An echo and nothing else: a message may begin like one of its commands.
    let args = ["--listen", &listen, "--set", &culprit, "--set", "in=data", "--set", "how=trap", "--set", "commands=off"];
    let host = bench.host(&bench.guest("faulty"), scratch.path(), &args)?;
    let plain =
        Group { connections: OTHERS / 2, address: host.tcp, tls: None, dialect: Dialect::Echo, rhythm: Rhythm::Paced(PACE) };
    let tls = Group { address: host.tls, tls: Some(bench.credentials.client()?), ..plain.clone() };
    let traffic = Traffic::start(vec![plain, tls], 2)?;
    // Turn by turn: half of the time nobody makes trouble.
    let (turn, mut trapped) = (bench.seconds(30, 5) / TURNS, 0);
    for _ in 0..TURNS {
        traffic.phase(0);
        pass(turn);
        traffic.phase(1);
        let storm = Storm::start(&culprits);
        pass(turn);
        trapped += storm.end()?;
    }
    let outcome = traffic.finish()?;
    ensure!(outcome.losses.none(), "the well-behaved have lost something: {:?}", outcome.losses);
    let traps = host.status("traps")?;
    ensure!(traps > 0 && trapped > 0, "nothing trapped");
    let [quiet, during] = &outcome.latency[..] else { bail!("two phases") };
    let (before, meanwhile) = (quiet.quantile(0.99), during.quantile(0.99));
    let times = meanwhile.as_secs_f64() / before.as_secs_f64().max(1e-9);
    let per_second = traps as f64 / (turn * TURNS).as_secs_f64();
    Ok(Section {
        title: "A storm of traps".into(),
        about: format!(
            "{PEERS} connections, by a unix socket, each send a request that makes the plugin trap, are reset, and come again at once; beside \
             {OTHERS} well-behaved ones, half of them by TLS, with a message of 64 bytes every 20 ms each, on the same instance. {} s with the \
             storm and as many without take turns.",
            (turn * TURNS).as_secs()
        ),
        table: vec![
            row(["", "messages", "p50", "p99", "p99.9", "traps per second"]),
            figures("without", quiet, "0"),
            figures("with the storm", during, &format!("{per_second:.0}")),
        ],
        aims: vec![
            Aim::new("losses of the well-behaved", outcome.losses.sum().to_string(), "0", outcome.losses.none()),
            Aim::new("their p99 ÷ that without the storm", format!("{times:.2}"), "≤ 2", times <= 2.0),
        ],
    })
}

fn figures(name: &str, latency: &crate::histogram::Histogram, traps: &str) -> Vec<String> {
    let mut cells = vec![name.to_owned(), latency.len().to_string()];
    cells.extend([0.5, 0.99, 0.999].map(|share| milliseconds(latency.quantile(share))));
    cells.push(traps.to_owned());
    cells
}

/// The trouble-makers, a thread each: most of the time they wait.
struct Storm {
    stop: Arc<AtomicBool>,
    trapped: Arc<AtomicU64>,
    threads: Vec<JoinHandle<std::io::Result<()>>>,
}

impl Storm {
    fn start(path: &Path) -> Self {
        let (stop, trapped) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let threads = (0..PEERS).map(|_| {
            let (path, stop, trapped): (PathBuf, _, _) = (path.to_owned(), stop.clone(), trapped.clone());
            std::thread::spawn(move || {
                while !stop.load(Relaxed) {
                    let mut stream = UnixStream::connect(&path)?;
                    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
                    // Reset before or after it was written; either way there is no answer.
                    let _ = stream.write_all(b"trap");
                    let _ = stream.read(&mut [0; 16]);
                    trapped.fetch_add(1, Relaxed);
                }
                Ok(())
            })
        });
        Self { threads: threads.collect(), stop, trapped }
    }

    fn end(self) -> Result<u64> {
        self.stop.store(true, Relaxed);
        for thread in self.threads {
            match thread.join() {
                Ok(result) => result.context("a trouble-maker can't connect")?,
                Err(_) => bail!("a trouble-maker panicked"),
            }
        }
        Ok(self.trapped.load(Relaxed))
    }
}
