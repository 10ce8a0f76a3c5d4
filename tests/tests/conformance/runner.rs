//! Runs each story for each plugin, in a process of its own, and prints what failed and the table.
//!
//! `cargo test --test conformance -- [WORD]…` runs the cells whose names (`LANGUAGE STORY`) have all these words.

use crate::{
    STORIES, hand_over, plugins,
    plugins::{Kind, Plugin},
    table::Table,
};
use std::{
    process::{Command, ExitCode, Stdio},
    sync::Mutex,
    thread,
    time::Duration,
};

/// How a process is told to tell one story.
const CELL: &str = "--cell";

/// A story with whom it is about.
#[derive(Clone)]
pub(crate) struct Cell {
    pub(crate) language: String,
    pub(crate) story: String,
}

impl Cell {
    fn name(&self) -> String {
        format!("{} {}", self.language, self.story)
    }
}

pub(crate) fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let plugins = match plugins::all() {
        Ok(plugins) => plugins,
        Err(wrong) => {
            eprintln!("error: {wrong}");
            return ExitCode::from(2);
        }
    };
    if let [flag, language, story] = &args[..]
        && flag == CELL
    {
        tell(&plugins, language, story);
        return ExitCode::SUCCESS;
    }
    let words: Vec<&String> = args.iter().filter(|arg| !arg.starts_with("--")).collect();
    let mut cells = cells(&plugins);
    cells.retain(|cell| words.iter().all(|word| cell.name().contains(word.as_str())));
    if args.iter().any(|arg| arg == "--list") {
        cells.iter().for_each(|cell| println!("{}: test", cell.name()));
        return ExitCode::SUCCESS;
    }
    run_all(&plugins, cells)
}

/// Every story for every plugin.
fn cells(plugins: &[Plugin]) -> Vec<Cell> {
    let told = STORIES.iter().copied().flatten().map(|story| short(story.name).to_owned());
    let conformance = plugins.iter().filter(|plugin| plugin.kind() == Kind::Conformance);
    let stories: Vec<String> = told.chain(conformance.map(|from| hand_over::name(&from.name))).collect();
    let of = |story: &String| {
        let (story, kind) = (story.clone(), kind(story));
        let concerned = plugins.iter().filter(move |plugin| plugin.kind() == kind);
        concerned.map(move |plugin| Cell { language: plugin.name.clone(), story: story.clone() })
    };
    stories.iter().flat_map(of).collect()
}

/// What a story is about.
fn kind(story: &str) -> Kind {
    match story.split_once("::") {
        Some(("echo", _)) => Kind::Echo,
        Some(("chat", _)) => Kind::Chat,
        _ => Kind::Conformance,
    }
}

/// Without the crate's name.
fn short(name: &str) -> &str {
    name.split_once("::").map_or(name, |(_, rest)| rest)
}

/// In the process of one cell: fails by panicking.
fn tell(plugins: &[Plugin], language: &str, story: &str) {
    let named = |name: &str| plugins.iter().find(|plugin| plugin.name == name).unwrap_or_else(|| panic!("no plugin {name}"));
    if let Some(from) = plugins.iter().find(|from| hand_over::name(&from.name) == story) {
        return hand_over::from_to(from, named(language));
    }
    let found = STORIES.iter().copied().flatten().find(|known| short(known.name) == story);
    (found.unwrap_or_else(|| panic!("no story {story}")).tell)(named(language));
}

fn run_all(plugins: &[Plugin], cells: Vec<Cell>) -> ExitCode {
    // One after the other: compiling takes all cores.
    let concerned =
        |plugin: &Plugin| cells.iter().any(|cell| cell.language == plugin.name || cell.story.starts_with("hand_over"));
    let unfit: Vec<(String, String)> = plugins
        .iter()
        .filter(|plugin| concerned(plugin))
        .filter_map(|plugin| plugin.prepare().err().map(|why| (plugin.name.clone(), why)))
        .collect();
    unfit.iter().for_each(|(_, why)| eprintln!("error: {why}"));
    let table = Mutex::new(Table::of(&cells));
    let queue = Mutex::new(cells.into_iter());
    let workers = thread::available_parallelism().map_or(2, usize::from).min(8);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(cell) = next(&queue) {
                    let missing = unfit.iter().find(|(name, _)| *name == cell.language || cell.story == hand_over::name(name));
                    let said = match missing {
                        Some((name, _)) => Err(format!("{name} can't be served\n")),
                        None => run(&cell),
                    };
                    println!("{} ... {}", cell.name(), if said.is_ok() { "ok" } else { "FAILED" });
                    if let Err(said) = &said {
                        println!("---- {} ----\n{said}", cell.name());
                    }
                    table.lock().expect("the table").add(&cell, said.is_ok());
                }
            });
        }
    });
    table.into_inner().expect("the table").print()
}

fn next(queue: &Mutex<std::vec::IntoIter<Cell>>) -> Option<Cell> {
    queue.lock().expect("the queue").next()
}

/// Runs one in a process of its own: whatever it does, the others go on. What it said, if it has failed.
fn run(cell: &Cell) -> Result<(), String> {
    let program = std::env::current_exe().expect("the path of this program");
    let mut command = Command::new("timeout");
    command.arg(LONGEST.as_secs().to_string()).arg(program).args([CELL, &cell.language, &cell.story]);
    // A failure says where it is in its story; the rest of the stack is this harness.
    let output = command.env("RUST_BACKTRACE", "0").stdin(Stdio::null()).output().expect("start `timeout` of coreutils");
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    Err(format!("{said}{}", if output.status.code() == Some(124) { "stopped: it took too long\n" } else { "" }))
}

/// Far longer than any story takes; the waits within them end before.
const LONGEST: Duration = Duration::from_secs(300);
