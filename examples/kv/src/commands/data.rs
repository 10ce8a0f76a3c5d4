//! Commands on keys and values.

use super::{Call, wrong_arity};
use crate::SWEEP;
use crate::reply::Reply;
use sockdock_guest::timers;
use std::time::Duration;

pub(super) fn get(Call { args, store, reply, .. }: Call<'_>) {
    reply.bulk_or_null(store.get(&args[1]));
}

/// `SET key value [NX | XX] [GET]`. Keys don't expire here, so the options that say when are refused.
pub(super) fn set(Call { args, store, reply, .. }: Call<'_>) {
    let (mut if_absent, mut if_present, mut answer_old) = (false, false, false);
    for (at, option) in args.iter().enumerate().skip(3) {
        match option.to_ascii_uppercase().as_slice() {
            b"NX" => if_absent = true,
            b"XX" => if_present = true,
            b"GET" => answer_old = true,
            b"KEEPTTL" => {}
            b"EX" | b"PX" | b"EXAT" | b"PXAT" if at + 1 < args.len() => {
                return reply.error("ERR expiry is not supported by this server");
            }
            _ => return reply.error("ERR syntax error"),
        }
    }
    if if_absent && if_present {
        return reply.error("ERR syntax error");
    }
    let exists = store.contains(&args[1]);
    let refused = (if_absent && exists) || (if_present && !exists);
    if answer_old {
        reply.bulk_or_null(store.get(&args[1]));
    } else if refused {
        reply.null();
    } else {
        reply.ok();
    }
    if !refused {
        store.set(&args[1], &args[2]);
    }
}

pub(super) fn incr(call: Call<'_>) {
    add(call, 1);
}

pub(super) fn decr(call: Call<'_>) {
    add(call, -1);
}

fn add(Call { args, store, reply, .. }: Call<'_>, by: i64) {
    match store.add(&args[1], by) {
        Ok(value) => reply.integer(value),
        Err(reason) => reply.error(format!("ERR {reason}")),
    }
}

pub(super) fn del(Call { args, store, reply, .. }: Call<'_>) {
    let removed = args.skip(1).iter().filter(|key| store.remove(key)).count();
    reply.integer(removed as i64);
}

pub(super) fn exists(Call { args, store, reply, .. }: Call<'_>) {
    let found = args.skip(1).iter().filter(|key| store.contains(key)).count();
    reply.integer(found as i64);
}

pub(super) fn mget(Call { args, store, settings, reply }: Call<'_>) {
    let keys = args.skip(1);
    // A short request can ask for one long value many times.
    let size: u64 = keys.iter().map(|key| store.get(key).map_or(0, |value| value.len() as u64)).sum();
    if size > settings.maxmemory_clients as u64 {
        return reply.error("ERR reply is larger than maxmemory-clients");
    }
    reply.array(keys.len());
    keys.iter().for_each(|key| reply.bulk_or_null(store.get(key)));
}

pub(super) fn mset(Call { args, store, reply, .. }: Call<'_>) {
    if args.len() % 2 == 0 {
        return wrong_arity("mset", reply);
    }
    for at in (1..args.len()).step_by(2) {
        store.set(&args[at], &args[at + 1]);
    }
    reply.ok();
}

pub(super) fn dbsize(Call { store, reply, .. }: Call<'_>) {
    reply.integer(store.len() as i64);
}

/// `FLUSHALL [ASYNC | SYNC]`. The keys are gone at once, their memory little by little.
pub(super) fn flushall(Call { args, store, reply, .. }: Call<'_>) {
    let mode = args.skip(1);
    let known = |mode: &[u8]| mode.eq_ignore_ascii_case(b"sync") || mode.eq_ignore_ascii_case(b"async");
    if mode.len() > 1 || !mode.iter().all(known) {
        return reply.error("ERR syntax error");
    }
    store.clear();
    timers::set(SWEEP, Duration::ZERO).ok();
    reply.ok();
}
