//! Commands on keys, whatever they hold.

use super::{Call, Outcome};
use crate::glob;
use crate::store::Value;

pub(super) fn del(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    let removed = args.skip(1).iter().filter(|key| store.remove(key)).count();
    reply.integer(removed as i64);
    Ok(())
}

pub(super) fn exists(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    let found = args.skip(1).iter().filter(|key| store.contains(key)).count();
    reply.integer(found as i64);
    Ok(())
}

pub(super) fn kind(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    reply.simple(store.any(&args[1]).map_or("none", Value::kind));
    Ok(())
}

pub(super) fn keys(call: Call<'_, '_>) -> Outcome {
    let found: Vec<_> = call.store.keys().filter(|key| glob::matches(&call.args[1], key, false)).collect();
    call.may_reply(found.iter().map(|key| key.len()).sum())?;
    call.reply.array(found.len());
    found.into_iter().for_each(|key| call.reply.bulk(key));
    Ok(())
}
