//! COMMAND: what redis-cli asks at its start, to help the person who types.

use super::{COMMANDS, Call, Command, Outcome, find, unknown_subcommand, wrong_subcommand_arity};
use crate::reply::Reply;

/// `COMMAND [COUNT | LIST | INFO [name…] | DOCS [name…]]`
pub(super) fn command(Call { args, reply, .. }: Call<'_, '_>) -> Outcome {
    if args.len() == 1 {
        reply.array(COMMANDS.len());
        COMMANDS.iter().for_each(|command| info(command, reply));
        return Ok(());
    }
    let names = args.skip(2);
    match (args[1].to_ascii_uppercase().as_slice(), names.len()) {
        (b"COUNT", 0) => reply.integer(COMMANDS.len() as i64),
        (b"LIST", 0) => {
            reply.array(COMMANDS.len());
            COMMANDS.iter().for_each(|command| reply.bulk(command.name.as_bytes()));
        }
        (b"INFO", 0) => {
            reply.array(COMMANDS.len());
            COMMANDS.iter().for_each(|command| info(command, reply));
        }
        (b"INFO", count) => {
            reply.array(count);
            names.iter().for_each(|name| match find(name) {
                Some(command) => info(command, reply),
                None => reply.null(),
            });
        }
        (b"DOCS", count) => {
            let asked =
                |command: &&Command| count == 0 || names.iter().any(|name| name.eq_ignore_ascii_case(command.name.as_bytes()));
            let found: Vec<_> = COMMANDS.iter().filter(asked).collect();
            reply.map(found.len());
            found.into_iter().for_each(|command| docs(command, reply));
        }
        (b"COUNT" | b"LIST", _) => return Err(wrong_subcommand_arity(args)),
        _ => return unknown_subcommand(args, reply),
    }
    Ok(())
}

/// Ten elements; the last four (ACL categories, tips, key specifications, subcommands) are empty here.
fn info(command: &Command, reply: &mut Reply<'_>) {
    reply.array(10);
    reply.bulk(command.name.as_bytes());
    reply.integer(command.arity.into());
    reply.set(command.flags.len());
    command.flags.iter().for_each(|flag| reply.simple(flag));
    let (first, last, step) = command.keys;
    [first, last, step].into_iter().for_each(|position| reply.integer(position));
    (0..4).for_each(|_| reply.array(0));
}

fn docs(command: &Command, reply: &mut Reply<'_>) {
    reply.bulk(command.name.as_bytes());
    let fields = [("summary", command.summary), ("since", command.since), ("group", command.group)];
    reply.map(fields.len());
    for (name, value) in fields {
        reply.bulk(name.as_bytes());
        reply.bulk(value.as_bytes());
    }
}
