//! Commands on the connection and the server.

use super::{Call, start, unknown_subcommand, wrong_arity, wrong_subcommand_arity};
use crate::reply::Reply;
use crate::resp::{Args, integer};
use crate::session::Session;

/// The version whose protocol and wording this server follows.
const VERSION: &str = "7.0.0";

pub(super) fn ping(Call { args, reply, .. }: Call<'_>) {
    match args.len() {
        1 => reply.simple("PONG"),
        2 => reply.bulk(&args[1]),
        _ => wrong_arity("ping", reply),
    }
}

pub(super) fn echo(Call { args, reply, .. }: Call<'_>) {
    reply.bulk(&args[1]);
}

pub(super) fn quit(Call { reply, .. }: Call<'_>) {
    reply.ok();
    reply.end().ok();
}

pub(super) fn select(Call { args, reply, .. }: Call<'_>) {
    match integer(&args[1]) {
        Some(0) => reply.ok(),
        Some(_) => reply.error("ERR DB index is out of range"),
        None => reply.error("ERR value is not an integer or out of range"),
    }
}

/// `HELLO [2 [AUTH user password] [SETNAME name]]`
pub(super) fn hello(Call { args, reply, .. }: Call<'_>) {
    if args.len() > 1 {
        match integer(&args[1]) {
            Some(2) => {}
            Some(_) => return reply.error("NOPROTO unsupported protocol version"),
            None => return reply.error("ERR Protocol version is not an integer or out of range"),
        }
        match hello_options(args.skip(2)) {
            Ok(None) => {}
            Ok(Some(name)) => Session::change(reply.socket(), |session| session.name = name.to_vec()),
            Err(error) => return reply.error(error),
        }
    }
    let id = reply.socket().id() as i64;
    reply.array(14);
    for (key, value) in [("server", "redis"), ("version", VERSION)] {
        reply.bulk(key.as_bytes());
        reply.bulk(value.as_bytes());
    }
    for (key, value) in [("proto", 2), ("id", id)] {
        reply.bulk(key.as_bytes());
        reply.integer(value);
    }
    for (key, value) in [("mode", "standalone"), ("role", "master")] {
        reply.bulk(key.as_bytes());
        reply.bulk(value.as_bytes());
    }
    reply.bulk(b"modules");
    reply.array(0);
}

/// The connection's new name, if one is given.
fn hello_options(mut args: Args<'_>) -> Result<Option<Vec<u8>>, Vec<u8>> {
    let mut name = None;
    while args.len() > 0 {
        match args[0].to_ascii_uppercase().as_slice() {
            b"SETNAME" if args.len() >= 2 => {
                name = Some(args[1].to_vec());
                if !is_name(&args[1]) {
                    return Err(BAD_NAME.into());
                }
                args = args.skip(2);
            }
            b"AUTH" if args.len() >= 3 => return Err(NO_PASSWORD.into()),
            _ => return Err([b"ERR Syntax error in HELLO option '", start(&args[0], 128), b"'"].concat()),
        }
    }
    Ok(name)
}

const NO_PASSWORD: &str = "WRONGPASS invalid username-password pair or user is disabled.";
const BAD_NAME: &str = "ERR Client names cannot contain spaces, newlines or special characters.";

fn is_name(name: &[u8]) -> bool {
    name.iter().all(u8::is_ascii_graphic)
}

/// `CLIENT ID | GETNAME | SETNAME name | SETINFO key value`
pub(super) fn client(Call { args, reply, .. }: Call<'_>) {
    let socket = reply.socket();
    match (args[1].to_ascii_uppercase().as_slice(), args.len()) {
        (b"ID", 2) => reply.integer(socket.id() as i64),
        (b"GETNAME", 2) => match Session::of(socket).name.as_slice() {
            [] => reply.null(),
            name => reply.bulk(name),
        },
        (b"SETNAME", 3) if is_name(&args[2]) => {
            Session::change(socket, |session| session.name = args[2].to_vec());
            reply.ok();
        }
        (b"SETNAME", 3) => reply.error(BAD_NAME),
        // What library the client uses: nobody asks for it here.
        (b"SETINFO", 4) => reply.ok(),
        (b"ID" | b"GETNAME" | b"SETNAME" | b"SETINFO", _) => wrong_subcommand_arity(args, reply),
        _ => unknown_subcommand(args, reply),
    }
}

/// `CONFIG GET pattern…`
pub(super) fn config(Call { args, settings, reply, .. }: Call<'_>) {
    match (args[1].eq_ignore_ascii_case(b"get"), args.len()) {
        (true, 2) => wrong_subcommand_arity(args, reply),
        (true, _) => {
            let mut found: Vec<_> = settings.pairs().into_iter().collect();
            found.retain(|(name, _)| args.skip(2).iter().any(|pattern| matches(pattern, name.as_bytes())));
            reply.array(2 * found.len());
            for (name, value) in found {
                reply.bulk(name.as_bytes());
                reply.bulk(value.as_bytes());
            }
        }
        _ => unknown_subcommand(args, reply),
    }
}

/// `*` stands for anything, `?` for one byte; case doesn't count. In time of the product of the lengths at most.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    // Where to go on if what follows the last `*` doesn't fit: behind it, one byte further on in the name.
    let mut retry = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, n));
                p += 1;
            }
            Some(byte) if *byte == b'?' || byte.eq_ignore_ascii_case(&name[n]) => (p, n) = (p + 1, n + 1),
            _ => match retry {
                Some((behind, at)) => {
                    (p, n) = (behind, at + 1);
                    retry = Some((behind, at + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for pattern in ["*", "max*", "*memory", "m?xmemory", "MAXMEMORY", "*m*m*y", "maxmemory**"] {
            assert!(matches(pattern.as_bytes(), b"maxmemory"), "{pattern}");
        }
        for pattern in ["", "max", "*memor", "m?memory", "maxmemory?", "*x*x*"] {
            assert!(!matches(pattern.as_bytes(), b"maxmemory"), "{pattern}");
        }
    }
}
