//! Commands on the connection.

use super::server::VERSION;
use super::{Call, NOT_AN_INTEGER, Outcome, start, unknown_subcommand, wrong_arity, wrong_subcommand_arity};
use crate::resp::{Args, integer};
use crate::session::Session;

pub(super) fn ping(Call { args, reply, .. }: Call<'_, '_>) -> Outcome {
    match args.len() {
        1 => reply.simple("PONG"),
        2 => reply.bulk(&args[1]),
        _ => return Err(wrong_arity("ping")),
    }
    Ok(())
}

pub(super) fn echo(Call { args, reply, .. }: Call<'_, '_>) -> Outcome {
    reply.bulk(&args[1]);
    Ok(())
}

pub(super) fn quit(Call { reply, .. }: Call<'_, '_>) -> Outcome {
    reply.ok();
    reply.end();
    Ok(())
}

pub(super) fn select(Call { args, reply, .. }: Call<'_, '_>) -> Outcome {
    match integer(&args[1]) {
        Some(0) => reply.ok(),
        Some(_) => return Err("ERR DB index is out of range".into()),
        None => return Err(NOT_AN_INTEGER.into()),
    }
    Ok(())
}

/// `HELLO [2 | 3 [AUTH user password] [SETNAME name]]`
pub(super) fn hello(Call { args, reply, .. }: Call<'_, '_>) -> Outcome {
    if args.len() > 1 {
        let version = match integer(&args[1]) {
            Some(version @ 2..=3) => version,
            Some(_) => return Err("NOPROTO unsupported protocol version".into()),
            None => return Err("ERR Protocol version is not an integer or out of range".into()),
        };
        match hello_options(args.skip(2)) {
            Ok(None) => {}
            Ok(Some(name)) => Session::change(reply.socket(), |session| session.name = name.to_vec()),
            Err(error) => {
                reply.error(error);
                return Ok(());
            }
        }
        *reply.resp3 = version == 3;
    }
    let id = reply.socket().id() as i64;
    reply.map(7);
    for (key, value) in [("server", "redis"), ("version", VERSION)] {
        reply.bulk(key.as_bytes());
        reply.bulk(value.as_bytes());
    }
    for (key, value) in [("proto", if *reply.resp3 { 3 } else { 2 }), ("id", id)] {
        reply.bulk(key.as_bytes());
        reply.integer(value);
    }
    for (key, value) in [("mode", "standalone"), ("role", "master")] {
        reply.bulk(key.as_bytes());
        reply.bulk(value.as_bytes());
    }
    reply.bulk(b"modules");
    reply.array(0);
    Ok(())
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
pub(super) fn client(Call { args, reply, .. }: Call<'_, '_>) -> Outcome {
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
        (b"SETNAME", 3) => return Err(BAD_NAME.into()),
        // What library the client uses: nobody asks for it here.
        (b"SETINFO", 4) => reply.ok(),
        (b"ID" | b"GETNAME" | b"SETNAME" | b"SETINFO", _) => return Err(wrong_subcommand_arity(args)),
        _ => return unknown_subcommand(args, reply),
    }
    Ok(())
}
