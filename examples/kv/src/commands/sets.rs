//! Commands on sets.

use super::{Call, Outcome, SYNTAX};
use crate::store::Set;

pub(super) fn sadd(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    let added = store.change_or_create(&args[1], |set: &mut Set| args.skip(2).iter().filter(|member| set.add(member)).count())?;
    reply.integer(added as i64);
    Ok(())
}

pub(super) fn srem(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    let removed = store.change(&args[1], |set: &mut Set| args.skip(2).iter().filter(|member| set.remove(member)).count())?;
    reply.integer(removed.unwrap_or(0) as i64);
    Ok(())
}

/// `SPOP key [count]`
pub(super) fn spop(call: Call<'_, '_>) -> Outcome {
    if call.args.len() > 3 {
        return Err(SYNTAX.into());
    }
    let count = call.count(2)?;
    let Call { args, store, reply, .. } = call;
    let Some(count) = count else {
        let member = store.change(&args[1], Set::pop)?.flatten();
        reply.bulk_or_null(member.as_deref());
        return Ok(());
    };
    let found = store.change(&args[1], |set: &mut Set| {
        let count = count.min(set.len());
        reply.set(count);
        (0..count).filter_map(|_| set.pop()).for_each(|member| reply.bulk(&member));
    })?;
    if found.is_none() {
        reply.set(0);
    }
    Ok(())
}

pub(super) fn smembers(call: Call<'_, '_>) -> Outcome {
    let Some(set) = call.store.get::<Set>(&call.args[1])? else {
        call.reply.set(0);
        return Ok(());
    };
    call.may_reply(set.memory())?;
    call.reply.set(set.len());
    set.iter().for_each(|member| call.reply.bulk(member));
    Ok(())
}

pub(super) fn scard(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    reply.integer(store.get::<Set>(&args[1])?.map_or(0, Set::len) as i64);
    Ok(())
}

pub(super) fn sismember(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    reply.integer(store.get::<Set>(&args[1])?.is_some_and(|set| set.contains(&args[2])).into());
    Ok(())
}
