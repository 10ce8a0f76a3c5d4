//! Commands on lists.

use super::{Call, Outcome, wrong_arity};
use crate::store::{End, List};

pub(super) fn lpush(call: Call<'_, '_>) -> Outcome {
    push(call, End::Left)
}

pub(super) fn rpush(call: Call<'_, '_>) -> Outcome {
    push(call, End::Right)
}

fn push(Call { args, store, reply, .. }: Call<'_, '_>, end: End) -> Outcome {
    let length = store.change_or_create(&args[1], |list: &mut List| {
        args.skip(2).iter().for_each(|item| list.push(end, item));
        list.len()
    })?;
    reply.integer(length as i64);
    Ok(())
}

pub(super) fn lpop(call: Call<'_, '_>) -> Outcome {
    pop(call, End::Left, "lpop")
}

pub(super) fn rpop(call: Call<'_, '_>) -> Outcome {
    pop(call, End::Right, "rpop")
}

/// `LPOP key [count]`
fn pop(call: Call<'_, '_>, end: End, command: &str) -> Outcome {
    if call.args.len() > 3 {
        return Err(wrong_arity(command));
    }
    let count = call.count(2)?;
    let Call { args, store, reply, .. } = call;
    let Some(count) = count else {
        let item = store.change(&args[1], |list: &mut List| list.pop(end))?.flatten();
        reply.bulk_or_null(item.as_ref().map(|item| item.as_slice()));
        return Ok(());
    };
    let found = store.change(&args[1], |list: &mut List| {
        let count = count.min(list.len());
        reply.array(count);
        (0..count).filter_map(|_| list.pop(end)).for_each(|item| reply.bulk(&item));
    })?;
    if found.is_none() {
        reply.null_array();
    }
    Ok(())
}

pub(super) fn lrange(call: Call<'_, '_>) -> Outcome {
    let (start, stop) = (call.integer(2)?, call.integer(3)?);
    let Some(list) = call.store.get::<List>(&call.args[1])? else {
        call.reply.array(0);
        return Ok(());
    };
    let items = list.range(start, stop);
    call.may_reply(items.clone().map(<[u8]>::len).sum())?;
    call.reply.array(items.len());
    items.for_each(|item| call.reply.bulk(item));
    Ok(())
}

pub(super) fn llen(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    reply.integer(store.get::<List>(&args[1])?.map_or(0, List::len) as i64);
    Ok(())
}
