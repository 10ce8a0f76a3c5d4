//! Commands on the server.

use super::{Call, Outcome, SYNTAX, unknown_subcommand, wrong_subcommand_arity};
use crate::glob;
use crate::resp::Args;
use sockdock_guest::Socket;
use std::fmt::Write as _;

/// The version whose protocol and wording this server follows.
pub(super) const VERSION: &str = "7.0.0";

pub(super) fn dbsize(Call { store, reply, .. }: Call<'_, '_>) -> Outcome {
    reply.integer(store.len() as i64);
    Ok(())
}

/// `FLUSHALL [ASYNC | SYNC]`. The keys are gone at once, their memory little by little.
pub(super) fn flushall(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    let mode = args.skip(1);
    let known = |mode: &[u8]| mode.eq_ignore_ascii_case(b"sync") || mode.eq_ignore_ascii_case(b"async");
    if mode.len() > 1 || !mode.iter().all(known) {
        return Err(SYNTAX.into());
    }
    store.clear();
    reply.ok();
    Ok(())
}

/// `CONFIG GET pattern…`
pub(super) fn config(Call { args, settings, reply, .. }: Call<'_, '_>) -> Outcome {
    match (args[1].eq_ignore_ascii_case(b"get"), args.len()) {
        (true, 2) => Err(wrong_subcommand_arity(args)),
        (true, _) => {
            let mut found: Vec<_> = settings.pairs().into_iter().collect();
            found.retain(|(name, _)| args.skip(2).iter().any(|pattern| glob::matches(pattern, name.as_bytes(), true)));
            reply.map(found.len());
            for (name, value) in found {
                reply.bulk(name.as_bytes());
                reply.bulk(value.as_bytes());
            }
            Ok(())
        }
        _ => unknown_subcommand(args, reply),
    }
}

/// `INFO [section…]`
pub(super) fn info(Call { args, store, settings, reply }: Call<'_, '_>) -> Outcome {
    let mut sections = vec![
        ("Server", format!("redis_version:{VERSION}\r\nredis_mode:standalone\r\n")),
        ("Clients", format!("connected_clients:{}\r\n", Socket::live().len())),
        ("Memory", format!("used_memory:{}\r\nmaxmemory:{}\r\n", store.used(), settings.maxmemory)),
        ("Replication", "role:master\r\nconnected_slaves:0\r\n".into()),
    ];
    let keys = match store.len() {
        0 => String::new(),
        keys => format!("db0:keys={keys},expires={},avg_ttl=0\r\n", store.expiring()),
    };
    sections.push(("Keyspace", keys));
    sections.retain(|(name, _)| is_asked(args.skip(1), name));
    let mut text = String::new();
    for (name, lines) in sections {
        let gap = if text.is_empty() { "" } else { "\r\n" };
        write!(text, "{gap}# {name}\r\n{lines}").ok();
    }
    reply.verbatim(&text);
    Ok(())
}

fn is_asked(sections: Args<'_>, name: &str) -> bool {
    let names = [name, "all", "default", "everything"];
    let fits = |asked: &[u8]| names.iter().any(|name| asked.eq_ignore_ascii_case(name.as_bytes()));
    sections.len() == 0 || sections.iter().any(fits)
}
