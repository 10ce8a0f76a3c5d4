//! Listeners side by side, one of which wants all the CPU time there is.

use crate::guests;
use sockdock::{Host, HostConfig, Limits, Listen, Plugin, ReloadOptions, Server};
use sockdock_tests::{Client, Guest};
use std::{
    io::{BufRead as _, BufReader},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};

fn plugin(guest: Guest) -> Plugin {
    Plugin::from_file(guest.path()).unwrap()
}

/// A host with so many workers; on it an echo, and the tracer, which does what its control socket tells it.
struct Pair {
    runtime: tokio::runtime::Runtime,
    echo: Server,
    hog: Server,
    control: PathBuf,
    _host: Host,
    _folder: tempfile::TempDir,
}

impl Pair {
    fn new(workers: usize, limits: Limits) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let control = folder.path().join("control.sock");
        let (host, echo, hog) = runtime.block_on(async {
            let host = Host::new(HostConfig::default().workers(NonZeroUsize::new(workers).unwrap())).unwrap();
            let echo = host.listen(Listen::tcp("127.0.0.1:0").name("echo"), plugin(guests::ECHO_V1)).await.unwrap();
            let tracer = plugin(guests::TRACER).config("control", control.display().to_string());
            let listen = Listen::tcp("127.0.0.1:0").and(format!("unix:{}", control.display()).parse().unwrap());
            let hog = host.listen(listen.name("hog").limits(limits), tracer).await.unwrap();
            (host, echo, hog)
        });
        Self { runtime, echo, hog, control, _host: host, _folder: folder }
    }

    fn echo(&self) -> Client {
        Client::tcp(self.echo.local_addr().unwrap())
    }

    /// A line to the tracer, and its answer.
    fn tell(control: &Path, command: &str) {
        let mut client = BufReader::new(Client::unix(control));
        client.get_mut().send(format!("{command}\n"));
        let mut answer = String::new();
        client.read_line(&mut answer).unwrap();
        assert_eq!(answer, "ok\n", "{command}");
    }
}

#[test]
fn a_plugin_that_hogs_its_worker_leaves_other_workers_alone() {
    let pair = Pair::new(2, Limits { event_budget: Duration::from_secs(60), ..Limits::default() });
    let mut neighbour = pair.echo();
    neighbour.echo("before");
    let mut busy = Client::unix(&pair.control);
    busy.send("busy 10000\n");
    // Once it has begun nothing else of that worker is done.
    let mut next = Client::tcp(pair.hog.local_addr().unwrap());
    next.send("x");
    for round in 0..20 {
        neighbour.echo(format!("round {round}"));
        pair.echo().echo("a newcomer");
    }
    assert!(!busy.readable(Duration::ZERO), "it is still at it");
}

#[test]
fn above_its_share_a_plugin_waits_and_its_neighbour_on_the_worker_does_not() {
    let limits = Limits { cpu_share: Some("1%".parse().unwrap()), ..Limits::default() };
    let pair = Pair::new(1, limits);
    Pair::tell(&pair.control, "on data busy 30; line $ done");
    let mut hog = BufReader::new(Client::tcp(pair.hog.local_addr().unwrap()));
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let neighbour = scope.spawn(|| {
            let mut client = pair.echo();
            let mut rounds = 0_u64;
            while !over.load(Relaxed) {
                client.echo("mine");
                rounds += 1;
            }
            rounds
        });
        // All of it is done, if later: nothing is lost, and nothing is done twice.
        let mut rounds = 0;
        while pair.runtime.block_on(pair.hog.status()).containment.throttled_us == 0 {
            rounds += 1;
            assert!(rounds < 1_000, "it is never held back");
            hog.get_mut().send("x");
            let mut line = String::new();
            hog.read_line(&mut line).unwrap();
            assert_eq!(line, "done\n");
        }
        over.store(true, Relaxed);
        assert!(neighbour.join().unwrap() > 0);
    });
    let (contained, echo) =
        pair.runtime.block_on(async { (pair.hog.status().await.containment, pair.echo.status().await.containment) });
    assert!(contained.throttled > 0 && contained.throttled_us > 0, "{contained:?}");
    assert_eq!((contained.trapped, contained.budget_exceeded, echo.throttled), (0, 0, 0));
}

#[test]
fn timers_and_reloads_know_the_share_too() {
    let limits = Limits { cpu_share: Some("2%".parse().unwrap()), ..Limits::default() };
    let pair = Pair::new(1, limits);
    Pair::tell(&pair.control, "on fired busy 40; timer 1 1");
    Pair::tell(&pair.control, "timer 1 1");
    let throttled = || pair.runtime.block_on(pair.hog.status()).containment.throttled;
    sockdock_tests::eventually("timers to be held back", || (throttled() > 0).then_some(()));
    // In the midst of a pause a reload is as quick as ever, and takes the connections along.
    let mut client = Client::tcp(pair.hog.local_addr().unwrap());
    let options = ReloadOptions::default().discard_state(true);
    let report = pair.runtime.block_on(pair.hog.reload_with(plugin(guests::ECHO_V1), options)).unwrap();
    assert_eq!(report.generation, 2);
    client.echo("an echo now");
}
