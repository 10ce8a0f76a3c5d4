//! Commands on texts.

use super::expiry::Until;
use super::{Call, Outcome, SYNTAX, wrong_arity};
use serde_bytes::ByteBuf;

pub(super) fn get(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    reply.bulk_or_null(store.get::<ByteBuf>(&args[1])?.map(|text| text.as_slice()));
    Ok(())
}

/// `SET key value [NX | XX] [GET] [KEEPTTL | EX seconds | PX milliseconds | EXAT time | PXAT time]`
pub(super) fn set(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    let (mut if_absent, mut if_present, mut answer_old, mut keep) = (false, false, false, false);
    let mut until = None;
    let mut options = args.skip(3);
    while options.len() > 0 {
        let mut taken = 1;
        match options[0].to_ascii_uppercase().as_slice() {
            b"NX" if !if_present => if_absent = true,
            b"XX" if !if_absent => if_present = true,
            b"GET" => answer_old = true,
            b"KEEPTTL" if until.is_none() => keep = true,
            option if !keep && options.len() > 1 => {
                let kind = Until::from_option(option).ok_or(SYNTAX)?;
                // The same one twice is taken, as Redis does; the last counts.
                if until.as_ref().is_some_and(|(other, _)| *other != kind) {
                    return Err(SYNTAX.into());
                }
                until = Some((kind, options[1].to_vec()));
                taken = 2;
            }
            _ => return Err(SYNTAX.into()),
        }
        options = options.skip(taken);
    }
    let expires = until.map(|(until, value)| until.time(&value, "set", &store.clock)).transpose()?;
    if answer_old {
        reply.bulk_or_null(store.get::<ByteBuf>(&args[1])?.map(|text| text.as_slice()));
    }
    let refused = (if_absent && store.contains(&args[1])) || (if_present && !store.contains(&args[1]));
    if !refused {
        store.set(&args[1], &args[2], keep);
        if expires.is_some() {
            store.set_expiry(&args[1], expires);
        }
    }
    match (answer_old, refused) {
        (true, _) => {}
        (false, true) => reply.null(),
        (false, false) => reply.ok(),
    }
    Ok(())
}

pub(super) fn setnx(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    let is_new = !store.contains(&args[1]);
    if is_new {
        store.set(&args[1], &args[2], false);
    }
    reply.integer(is_new.into());
    Ok(())
}

pub(super) fn setex(call: Call<'_, '_>) -> Outcome {
    set_for(call, Until::InSeconds, "setex")
}

pub(super) fn psetex(call: Call<'_, '_>) -> Outcome {
    set_for(call, Until::InMilliseconds, "psetex")
}

fn set_for(Call { args, store, reply, .. }: Call<'_, '_>, until: Until, command: &str) -> Outcome {
    let expires = until.time(&args[2], command, &store.clock)?;
    store.set(&args[1], &args[3], false);
    store.set_expiry(&args[1], Some(expires));
    reply.ok();
    Ok(())
}

pub(super) fn getset(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    reply.bulk_or_null(store.get::<ByteBuf>(&args[1])?.map(|text| text.as_slice()));
    store.set(&args[1], &args[2], false);
    Ok(())
}

pub(super) fn getdel(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    reply.bulk_or_null(store.get::<ByteBuf>(&args[1])?.map(|text| text.as_slice()));
    store.remove(&args[1]);
    Ok(())
}

/// `GETEX key [PERSIST | EX seconds | PX milliseconds | EXAT time | PXAT time]`
pub(super) fn getex(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    let option = args.skip(2).iter().next().map(<[u8]>::to_ascii_uppercase);
    let until = match (option.as_deref(), args.len()) {
        (None, _) | (Some(b"PERSIST"), 3) => None,
        (Some(option), 4) => Some(Until::from_option(option).ok_or(SYNTAX)?),
        _ => return Err(SYNTAX.into()),
    };
    let Some(text) = store.get::<ByteBuf>(&args[1])? else {
        reply.null();
        return Ok(());
    };
    let expires = until.map(|until| until.time(&args[3], "getex", &store.clock)).transpose()?;
    reply.bulk(text);
    if option.is_some() {
        store.set_expiry(&args[1], expires);
    }
    Ok(())
}

pub(super) fn append(Call { args, store, settings, reply }: Call<'_, '_>) -> Outcome {
    let old = store.get::<ByteBuf>(&args[1])?.map_or(0, |text| text.len());
    if old + args[2].len() > settings.proto_max_bulk_len {
        return Err("ERR string exceeds maximum allowed size (proto-max-bulk-len)".into());
    }
    match store.change(&args[1], |text: &mut ByteBuf| text.extend_from_slice(&args[2]))? {
        Some(()) => {}
        None => store.set(&args[1], &args[2], false),
    }
    reply.integer((old + args[2].len()) as i64);
    Ok(())
}

pub(super) fn strlen(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    reply.integer(store.get::<ByteBuf>(&args[1])?.map_or(0, |text| text.len()) as i64);
    Ok(())
}

/// A key that holds something else is answered as one that doesn't exist.
pub(super) fn mget(call: Call<'_, '_>) -> Outcome {
    let keys = call.args.skip(1);
    let text = |key| call.store.get::<ByteBuf>(key).ok().flatten();
    // The same long value may be asked for many times.
    let size = keys.iter().fold(0usize, |size, key| size.saturating_add(text(key).map_or(0, |text| text.len())));
    call.may_reply(size)?;
    call.reply.array(keys.len());
    keys.iter().for_each(|key| call.reply.bulk_or_null(text(key).map(|text| text.as_slice())));
    Ok(())
}

pub(super) fn mset(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    if args.len() % 2 == 0 {
        return Err(wrong_arity("mset"));
    }
    for at in (1..args.len()).step_by(2) {
        store.set(&args[at], &args[at + 1], false);
    }
    reply.ok();
    Ok(())
}
