//! From a request to its reply.

mod data;
mod docs;
mod server;

use crate::reply::Reply;
use crate::resp::Args;
use crate::settings::Settings;
use crate::store::Store;
use sockdock_guest::Sink;

/// One request being executed.
struct Call<'a> {
    args: Args<'a>,
    store: &'a mut Store,
    settings: &'a Settings,
    reply: &'a mut Sink,
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
    run: fn(Call<'_>),
}

/// The rest of the arguments are keys.
const ALL_KEYS: (i64, i64, i64) = (1, -1, 1);
const ONE_KEY: (i64, i64, i64) = (1, 1, 1);
const NO_KEY: (i64, i64, i64) = (0, 0, 0);

macro_rules! commands {
    ($($name:literal $arity:literal $flags:expr, $keys:expr, $group:literal $since:literal $run:expr, $summary:literal;)*) => {
        &[$(Command {
            name: $name, arity: $arity, flags: &$flags, keys: $keys, group: $group, since: $since, summary: $summary, run: $run,
        }),*]
    };
}

static COMMANDS: &[Command] = commands! {
    "get" 2 ["readonly", "fast"], ONE_KEY, "string" "1.0.0" data::get, "Returns the value of a key.";
    "set" -3 ["write", "denyoom"], ONE_KEY, "string" "1.0.0" data::set, "Sets the value of a key.";
    "ping" -1 ["fast"], NO_KEY, "connection" "1.0.0" server::ping, "Returns PONG, or its argument.";
    "incr" 2 ["write", "denyoom", "fast"], ONE_KEY, "string" "1.0.0" data::incr, "Adds one to the integer value of a key.";
    "decr" 2 ["write", "denyoom", "fast"], ONE_KEY, "string" "1.0.0" data::decr, "Takes one from the integer value of a key.";
    "del" -2 ["write"], ALL_KEYS, "generic" "1.0.0" data::del, "Deletes keys.";
    "exists" -2 ["readonly", "fast"], ALL_KEYS, "generic" "1.0.0" data::exists, "Counts which of the keys exist.";
    "mget" -2 ["readonly", "fast"], ALL_KEYS, "string" "1.0.0" data::mget, "Returns the values of keys.";
    "mset" -3 ["write", "denyoom"], (1, -1, 2), "string" "1.0.1" data::mset, "Sets the values of keys.";
    "dbsize" 1 ["readonly", "fast"], NO_KEY, "server" "1.0.0" data::dbsize, "Returns the number of keys.";
    "flushall" -1 ["write"], NO_KEY, "server" "1.0.0" data::flushall, "Removes all keys.";
    "echo" 2 ["fast"], NO_KEY, "connection" "1.0.0" server::echo, "Returns its argument.";
    "select" 2 ["fast"], NO_KEY, "connection" "1.0.0" server::select, "Chooses the database; there is 0 alone.";
    "hello" -1 ["fast"], NO_KEY, "connection" "6.0.0" server::hello, "Shakes hands; protocol 2 alone is spoken.";
    "client" -2 [], NO_KEY, "connection" "2.4.0" server::client, "Names the connection, and answers its name and id.";
    "config" -2 ["admin"], NO_KEY, "server" "2.0.0" server::config, "Returns settings.";
    "command" -1 [], NO_KEY, "server" "2.8.13" docs::command, "Describes the commands.";
    "quit" -1 ["fast"], NO_KEY, "connection" "1.0.0" server::quit, "Closes the connection.";
};

/// Executes one request, which has at least one argument, and writes its reply.
pub fn execute(args: Args<'_>, store: &mut Store, settings: &Settings, reply: &mut Sink) {
    match find(&args[0]) {
        None => unknown(args, reply),
        Some(command) if !command.takes(args.len()) => wrong_arity(command.name, reply),
        Some(command) if command.flags.contains(&"denyoom") && store.used() > settings.maxmemory => {
            reply.error("OOM command not allowed when used memory > 'maxmemory'.");
        }
        Some(command) => (command.run)(Call { args, store, settings, reply }),
    }
}

fn find(name: &[u8]) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name.as_bytes().eq_ignore_ascii_case(name))
}

impl Command {
    fn takes(&self, args: usize) -> bool {
        let bound = self.arity.unsigned_abs() as usize;
        if self.arity < 0 { args >= bound } else { args == bound }
    }
}

// Errors that several commands share, as Redis words them.

fn wrong_arity(command: &str, reply: &mut Sink) {
    reply.error(format!("ERR wrong number of arguments for '{command}' command"));
}

fn unknown(args: Args<'_>, reply: &mut Sink) {
    let mut shown = Vec::new();
    for arg in args.skip(1).iter() {
        if shown.len() >= 128 {
            break;
        }
        shown = [&shown[..], b"'", start(arg, 128 - shown.len()), b"' "].concat();
    }
    reply.error([b"ERR unknown command '", start(&args[0], 128), b"', with args beginning with: ", &shown].concat());
}

fn wrong_subcommand_arity(args: Args<'_>, reply: &mut Sink) {
    // A subcommand that is known is plain text.
    wrong_arity(&format!("{}|{}", args[0].escape_ascii(), args[1].escape_ascii()).to_lowercase(), reply);
}

fn unknown_subcommand(args: Args<'_>, reply: &mut Sink) {
    let command = args[0].to_ascii_uppercase();
    reply.error([b"ERR unknown subcommand '", start(&args[1], 128), b"'. Try ", &command, b" HELP."].concat());
}

/// The beginning of an argument, to be shown.
fn start(bytes: &[u8], length: usize) -> &[u8] {
    &bytes[..bytes.len().min(length)]
}
