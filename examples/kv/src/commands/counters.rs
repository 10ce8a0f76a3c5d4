//! Commands on texts that are numbers.

use super::{Call, NOT_A_FLOAT, NOT_AN_INTEGER, Outcome};
use crate::float;
use crate::resp::integer;
use serde_bytes::ByteBuf;

pub(super) fn incr(call: Call<'_, '_>) -> Outcome {
    add(call, 1)
}

pub(super) fn decr(call: Call<'_, '_>) -> Outcome {
    add(call, -1)
}

pub(super) fn incrby(call: Call<'_, '_>) -> Outcome {
    let by = call.integer(2)?;
    add(call, by)
}

pub(super) fn decrby(call: Call<'_, '_>) -> Outcome {
    let by = call.integer(2)?.checked_neg().ok_or("ERR decrement would overflow")?;
    add(call, by)
}

/// An absent number is 0. The expiry time stays.
fn add(Call { args, store, reply, .. }: Call<'_, '_>, by: i64) -> Outcome {
    let old = match store.get::<ByteBuf>(&args[1])? {
        None => 0,
        Some(text) => integer(text).ok_or(NOT_AN_INTEGER)?,
    };
    let new = old.checked_add(by).ok_or("ERR increment or decrement would overflow")?;
    store.set(&args[1], new.to_string().as_bytes(), true);
    reply.integer(new);
    Ok(())
}

/// In double precision; Redis has some digits more.
pub(super) fn incrbyfloat(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    let old = match store.get::<ByteBuf>(&args[1])? {
        None => 0.0,
        Some(text) => float::parse(text).ok_or(NOT_A_FLOAT)?,
    };
    let new = old + float::parse(&args[2]).ok_or(NOT_A_FLOAT)?;
    if !new.is_finite() {
        return Err("ERR increment would produce NaN or Infinity".into());
    }
    let text = new.to_string();
    store.set(&args[1], text.as_bytes(), true);
    reply.bulk(text.as_bytes());
    Ok(())
}
