//! From a request to its reply.

mod connection;
mod counters;
mod docs;
mod expiry;
mod hashes;
mod keys;
mod lists;
mod server;
mod sets;
mod sorted_sets;
mod strings;
mod table;

use crate::reply::Reply;
use crate::resp::{Args, integer};
use crate::settings::Settings;
use crate::store::{Store, WrongType};
use std::borrow::Cow;
use table::COMMANDS;

/// One request being executed.
struct Call<'a, 'r> {
    args: Args<'a>,
    store: &'a mut Store,
    settings: &'a Settings,
    reply: &'a mut Reply<'r>,
}

/// A command as it is looked up, and as COMMAND describes it.
struct Command {
    name: &'static str,
    /// Arguments, the name included; negative: at least so many.
    arity: i32,
    flags: &'static [&'static str],
    /// Where the keys stand: first, last (negative: from the end), step.
    keys: (i64, i64, i64),
    group: &'static str,
    since: &'static str,
    summary: &'static str,
    run: fn(Call<'_, '_>) -> Outcome,
}

/// A command has replied, or is to be answered with an error.
type Outcome = Result<(), Refusal>;

/// An error as it is sent, its kind first.
#[derive(Debug)]
struct Refusal(Cow<'static, str>);

impl From<&'static str> for Refusal {
    fn from(text: &'static str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Refusal {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<WrongType> for Refusal {
    fn from(_: WrongType) -> Self {
        "WRONGTYPE Operation against a key holding the wrong kind of value".into()
    }
}

const SYNTAX: &str = "ERR syntax error";
const NOT_AN_INTEGER: &str = "ERR value is not an integer or out of range";
const NOT_A_FLOAT: &str = "ERR value is not a valid float";

/// Executes one request, which has at least one argument, and writes its reply.
pub fn execute(args: Args<'_>, store: &mut Store, settings: &Settings, reply: &mut Reply<'_>) {
    let outcome = match find(&args[0]) {
        None => return unknown(args, reply),
        Some(command) if !command.takes(args.len()) => Err(wrong_arity(command.name)),
        Some(command) if command.flags.contains(&"denyoom") && store.used() > settings.maxmemory => {
            Err("OOM command not allowed when used memory > 'maxmemory'.".into())
        }
        Some(command) => (command.run)(Call { args, store, settings, reply }),
    };
    if let Err(Refusal(error)) = outcome {
        reply.error(error.as_bytes());
    }
}

fn find(name: &[u8]) -> Option<&'static Command> {
    let mut lower = [0; 16];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    let found = COMMANDS.binary_search_by(|command| command.name.as_bytes().cmp(lower));
    found.ok().map(|place| &COMMANDS[place])
}

impl Command {
    fn takes(&self, args: usize) -> bool {
        let bound = self.arity.unsigned_abs() as usize;
        if self.arity < 0 { args >= bound } else { args == bound }
    }
}

impl Call<'_, '_> {
    /// Whether a reply that repeats so many bytes of the store may be given: a short request can ask for much.
    fn may_reply(&self, bytes: usize) -> Outcome {
        if bytes > self.settings.maxmemory_clients {
            return Err("ERR reply is larger than maxmemory-clients".into());
        }
        Ok(())
    }

    /// The argument at this place, which is an integer.
    fn integer(&self, at: usize) -> Result<i64, Refusal> {
        integer(&self.args[at]).ok_or(NOT_AN_INTEGER.into())
    }

    /// The number of elements asked for by the argument at this place, if it is there.
    fn count(&self, at: usize) -> Result<Option<usize>, Refusal> {
        if self.args.len() <= at {
            return Ok(None);
        }
        let count = integer(&self.args[at]).and_then(|count| usize::try_from(count).ok());
        count.map(Some).ok_or("ERR value is out of range, must be positive".into())
    }
}

// Errors that several commands share, as Redis words them.

fn wrong_arity(command: &str) -> Refusal {
    format!("ERR wrong number of arguments for '{command}' command").into()
}

fn unknown(args: Args<'_>, reply: &mut Reply<'_>) {
    let mut shown = Vec::new();
    for arg in args.skip(1).iter() {
        if shown.len() >= 128 {
            break;
        }
        shown = [&shown[..], b"'", start(arg, 128 - shown.len()), b"' "].concat();
    }
    reply.error([b"ERR unknown command '", start(&args[0], 128), b"', with args beginning with: ", &shown].concat());
}

fn wrong_subcommand_arity(args: Args<'_>) -> Refusal {
    // A subcommand that is known is plain text.
    wrong_arity(&format!("{}|{}", args[0].escape_ascii(), args[1].escape_ascii()).to_lowercase())
}

fn unknown_subcommand(args: Args<'_>, reply: &mut Reply<'_>) -> Outcome {
    let command = args[0].to_ascii_uppercase();
    reply.error([b"ERR unknown subcommand '", start(&args[1], 128), b"'. Try ", &command, b" HELP."].concat());
    Ok(())
}

/// The beginning of an argument, to be shown.
fn start(bytes: &[u8], length: usize) -> &[u8] {
    &bytes[..bytes.len().min(length)]
}
