//! `sockdock-bench`: the benchmark's command line. `scripts/bench` builds what it needs and calls it.

#![expect(clippy::print_stdout, reason = "the results are what this program is for")]

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, Parser, Subcommand};
use sockdock_bench::{
    credentials::Credentials,
    languages, machine,
    native::{self, Behaviour},
    process, reload,
    report::{Results, aligned, chart, document},
    runner::{Cores, Pace, Runner},
    scenario,
    servers::{Programs, Service},
};
use std::{fs, num::NonZeroUsize, path::PathBuf, time::Duration};

/// Measures sockdock beside a native server, Bun, Node, Envoy and Redis
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure, and print tables
    Run(RunArgs),
    /// Measure what reloads cost those who are connected
    Reload(ReloadArgs),
    /// Measure what a plugin's language costs
    Languages(LanguagesArgs),
    /// Serve as the native server does, on a free port of 127.0.0.1
    Native {
        /// What it does with what it reads
        service: Service,
        /// Its certificate, for TLS
        #[arg(requires = "key")]
        certificate: Option<PathBuf>,
        /// The key of that
        key: Option<PathBuf>,
        /// Threads
        #[arg(long, default_value = "1")]
        workers: NonZeroUsize,
    },
}

#[derive(Debug, Args)]
struct RunArgs {
    /// NAME or NAME/CONNECTIONS [default: all]
    scenarios: Vec<String>,
    /// Two short rounds: a look, no result
    #[arg(long)]
    quick: bool,
    /// Rounds that count
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// What is measured of each server in each round, in milliseconds
    #[arg(long, default_value_t = 1_000)]
    milliseconds: u64,
    /// Core of the servers [default: the second]
    #[arg(long)]
    server_core: Option<usize>,
    /// Core of the load generator [default: the first]
    #[arg(long)]
    load_core: Option<usize>,
    /// The repository
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Another build of sockdock than target/release/sockdock, to compare with
    #[arg(long, conflicts_with = "record")]
    sockdock: Option<PathBuf>,
    /// Write docs/benchmarks.md and its chart
    #[arg(long, conflicts_with_all = ["quick", "scenarios"])]
    record: bool,
}

#[derive(Debug, Args)]
struct ReloadArgs {
    /// losses, pauses, chat, state, storm [default: all]
    names: Vec<String>,
    /// Short runs: a look, no result
    #[arg(long)]
    quick: bool,
    /// The repository
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Another build of sockdock, below the repository
    #[arg(long, default_value = "target/release/sockdock")]
    sockdock: PathBuf,
    /// Write docs/reload-benchmark.md
    #[arg(long, conflicts_with_all = ["quick", "names"])]
    record: bool,
    /// What else should be known of this run; written down with it
    #[arg(long)]
    note: Vec<String>,
}

#[derive(Debug, Args)]
struct LanguagesArgs {
    /// Short runs: a look, no result
    #[arg(long)]
    quick: bool,
    /// The repository
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Write docs/languages.md
    #[arg(long, conflicts_with = "quick")]
    record: bool,
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Run(args) => run(&args),
        Command::Reload(args) => run_reload(args),
        Command::Languages(args) => run_languages(&args),
        Command::Native { service, certificate, key, workers } => {
            let credentials = certificate.zip(key).map(|(certificate, key)| Credentials { certificate, key });
            let behaviour = match (service, credentials) {
                (Service::Echo, None) => Behaviour::Echo,
                (Service::FiveWrites, None) => Behaviour::FiveWrites,
                (Service::TlsEcho, Some(credentials)) => Behaviour::TlsEcho(credentials.server()?.into()),
                (Service::TlsEcho, None) => bail!("TLS needs a certificate and its key"),
                (Service::Echo | Service::FiveWrites, Some(_)) => bail!("only tls-echo has use for a certificate"),
                (Service::Kv, _) => bail!("the native server keeps no values"),
            };
            process::raise_open_files()?;
            let listener = native::listen()?;
            println!("listening on tcp://{}\nready", listener.local_addr()?);
            Ok(native::serve(&listener, workers, &behaviour)?)
        }
    }
}

fn run(args: &RunArgs) -> Result<()> {
    let scenarios = scenario::pick(&args.scenarios)?;
    let pace = if args.quick {
        Pace { rounds: 2, warm_up: Duration::from_millis(100), measured: Duration::from_millis(300) }
    } else {
        let measured = Duration::from_millis(args.milliseconds);
        Pace { rounds: args.rounds, warm_up: measured / 4, measured }
    };
    ensure!(!args.record || pace.rounds >= 5, "a run that is recorded has five rounds at least");

    let cores = two_cores(args.server_core, args.load_core)?;
    let files = process::raise_open_files()?;
    for scenario in &scenarios {
        let need = scenario.connections as u64 + 200;
        ensure!(files >= need, "{} needs {need} open files, {files} are allowed (ulimit -Hn)", scenario.id());
    }
    let programs = Programs::of(&args.root.canonicalize().context("--root")?, args.sockdock.as_deref());
    programs.check()?;
    let mut setting = machine::describe()?;
    setting.push(programs.versions()?.join(", "));
    setting.push(format!(
        "{} rounds of {} ms per server, servers on core {}, load on core {}",
        pace.rounds,
        pace.measured.as_millis(),
        cores.server,
        cores.load
    ));
    for line in &setting {
        println!("{line}");
    }

    let folder = tempfile::tempdir()?;
    let runner = Runner { programs, cores, pace, credentials: Credentials::write(folder.path())? };
    let before = machine::Activity::now()?;
    let mut results = Vec::new();
    for scenario in &scenarios {
        let result = runner.run(scenario)?;
        println!("\n{}: {}\n{}", scenario.id(), scenario.title, aligned(&result.table()));
        results.push(result);
    }
    let meanwhile = machine::Activity::now()?.others_since(before);
    println!("{meanwhile}");
    if args.record {
        setting.push(meanwhile);
        record(&runner, &results, &setting)?;
    }
    Ok(())
}

fn run_reload(args: ReloadArgs) -> Result<()> {
    let known = reload::ALL.map(|(name, _)| name);
    if let Some(name) = args.names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("there is no measurement {name}; there are {}", known.join(", "));
    }
    let root = args.root.canonicalize().context("--root")?;
    let folder = tempfile::tempdir()?;
    let sockdock = root.join(&args.sockdock);
    let bench = reload::Bench { root, sockdock, quick: args.quick, credentials: Credentials::write(folder.path())? };
    bench.check()?;
    let mut setting = machine::describe()?;
    setting.push(format!("the host: {}", args.sockdock.display()));
    setting.extend(args.note);
    println!("{}", setting.join("\n"));
    let before = machine::Activity::now()?;
    let mut sections = Vec::new();
    for (_, measure) in reload::ALL.iter().filter(|(name, _)| args.names.is_empty() || args.names.iter().any(|own| own == name)) {
        let section = measure(&bench)?;
        println!("\n{}\n{}", section.title, aligned(&section.table));
        for aim in &section.aims {
            println!("  {}: {} ({}){}", aim.name, aim.found, aim.aim, if aim.reached { "" } else { " MISSED" });
        }
        sections.push(section);
    }
    let meanwhile = machine::Activity::now()?.others_since(before);
    println!("\n{meanwhile}");
    if args.record {
        setting.push(meanwhile);
        fs::write(bench.root.join("docs/reload-benchmark.md"), reload::document(&sections, &setting))?;
        println!("written: docs/reload-benchmark.md");
    }
    Ok(())
}

fn run_languages(args: &LanguagesArgs) -> Result<()> {
    let root = args.root.canonicalize().context("--root")?;
    let folder = tempfile::tempdir()?;
    let cores = two_cores(None, None)?;
    let bench = languages::Bench {
        sockdock: root.join("target/release/sockdock"),
        root,
        quick: args.quick,
        credentials: Credentials::write(folder.path())?,
        cores,
    };
    bench.check()?;
    process::raise_open_files()?;
    let mut setting = machine::describe()?;
    println!("{}", setting.join("\n"));
    let before = machine::Activity::now()?;
    let sections = bench.run()?;
    let meanwhile = machine::Activity::now()?.others_since(before);
    for section in &sections {
        println!("\n{}\n{}", section.title, aligned(&section.table));
        for (name, found, aim, reached) in &section.aims {
            println!("  {name}: {found} ({aim}){}", if *reached { "" } else { " MISSED" });
        }
    }
    println!("\n{meanwhile}");
    if args.record {
        setting.push(meanwhile);
        fs::write(bench.root.join("docs/languages.md"), languages::document(&sections, &setting))?;
        println!("written: docs/languages.md");
    }
    Ok(())
}

fn record(runner: &Runner, results: &[Results], setting: &[String]) -> Result<()> {
    let docs = runner.programs.root.join("docs");
    fs::write(docs.join("benchmarks.svg"), chart(results))?;
    fs::write(docs.join("benchmarks.md"), document(results, setting, "benchmarks.svg"))?;
    println!("written: docs/benchmarks.md, docs/benchmarks.svg");
    Ok(())
}

fn two_cores(server: Option<usize>, load: Option<usize>) -> Result<Cores> {
    let allowed = process::cores()?;
    ensure!(allowed.len() >= 2, "two cores are needed, one for the servers and one for the load");
    let cores = Cores { server: server.unwrap_or(allowed[1]), load: load.unwrap_or(allowed[0]) };
    ensure!(cores.server != cores.load, "servers and load need a core each");
    Ok(cores)
}
