//! Commands on hashes.

use super::{Call, Outcome, wrong_arity};
use crate::store::Hash;

pub(super) fn hset(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    if args.len() % 2 == 1 {
        return Err(wrong_arity("hset"));
    }
    let added = store.change_or_create(&args[1], |hash: &mut Hash| {
        (2..args.len()).step_by(2).filter(|at| hash.set(&args[*at], &args[*at + 1])).count()
    })?;
    reply.integer(added as i64);
    Ok(())
}

pub(super) fn hget(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    reply.bulk_or_null(store.get::<Hash>(&args[1])?.and_then(|hash| hash.get(&args[2])));
    Ok(())
}

pub(super) fn hdel(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    let removed = store.change(&args[1], |hash: &mut Hash| args.skip(2).iter().filter(|field| hash.remove(field)).count())?;
    reply.integer(removed.unwrap_or(0) as i64);
    Ok(())
}

pub(super) fn hgetall(call: Call<'_, '_>) -> Outcome {
    let Some(hash) = call.store.get::<Hash>(&call.args[1])? else {
        call.reply.map(0);
        return Ok(());
    };
    call.may_reply(hash.memory())?;
    call.reply.map(hash.len());
    for (field, value) in hash.iter() {
        call.reply.bulk(field);
        call.reply.bulk(value);
    }
    Ok(())
}

pub(super) fn hlen(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    reply.integer(store.get::<Hash>(&args[1])?.map_or(0, Hash::len) as i64);
    Ok(())
}
