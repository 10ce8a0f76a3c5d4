//! Commands on sorted sets.

use super::{Call, NOT_A_FLOAT, Outcome, SYNTAX};
use crate::float;
use crate::store::SortedSet;

/// When ZADD does something, and what it answers.
#[derive(Default)]
struct Options {
    if_absent: bool,
    if_present: bool,
    if_greater: bool,
    if_less: bool,
    /// Counts the changed members with the added ones.
    changed: bool,
    increment: bool,
}

impl Options {
    /// The new score, if it is to be set.
    fn decide(&self, old: Option<f64>, given: f64) -> Result<Option<f64>, &'static str> {
        let Some(old) = old else { return Ok((!self.if_present).then_some(given)) };
        if self.if_absent {
            return Ok(None);
        }
        let new = if self.increment { old + given } else { given };
        if new.is_nan() {
            return Err("ERR resulting score is not a number (NaN)");
        }
        let refused = (self.if_greater && new <= old) || (self.if_less && new >= old);
        Ok((!refused).then_some(new))
    }
}

/// `ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member…]`
pub(super) fn zadd(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    let mut options = Options::default();
    let mut pairs = args.skip(2);
    while pairs.len() > 0 {
        match pairs[0].to_ascii_uppercase().as_slice() {
            b"NX" => options.if_absent = true,
            b"XX" => options.if_present = true,
            b"GT" => options.if_greater = true,
            b"LT" => options.if_less = true,
            b"CH" => options.changed = true,
            b"INCR" => options.increment = true,
            _ => break,
        }
        pairs = pairs.skip(1);
    }
    if pairs.len() == 0 || pairs.len() % 2 == 1 {
        return Err(SYNTAX.into());
    }
    if options.if_absent && options.if_present {
        return Err("ERR XX and NX options at the same time are not compatible".into());
    }
    if u8::from(options.if_absent) + u8::from(options.if_greater) + u8::from(options.if_less) > 1 {
        return Err("ERR GT, LT, and/or NX options at the same time are not compatible".into());
    }
    if options.increment && pairs.len() > 2 {
        return Err("ERR INCR option supports a single increment-element pair".into());
    }
    // Nothing is done unless all scores are good.
    let scores: Option<Vec<f64>> = pairs.iter().step_by(2).map(float::parse).collect();
    let scores = scores.ok_or(NOT_A_FLOAT)?;
    let (mut added, mut changed, mut last) = (0, 0, None);
    store.change_or_create(&args[1], |set: &mut SortedSet| {
        for (member, score) in pairs.skip(1).iter().step_by(2).zip(scores) {
            let old = set.score(member);
            last = options.decide(old, score)?;
            let Some(new) = last else { continue };
            added += i64::from(old.is_none());
            changed += i64::from(old.is_some_and(|old| old != new));
            set.set(member, new);
        }
        Ok::<(), &'static str>(())
    })??;
    match (options.increment, last) {
        (true, Some(score)) => reply.double(score),
        (true, None) => reply.null(),
        (false, _) => reply.integer(if options.changed { added + changed } else { added }),
    }
    Ok(())
}

/// `ZPOPMIN key [count]`
pub(super) fn zpopmin(call: Call<'_, '_>) -> Outcome {
    if call.args.len() > 3 {
        return Err(SYNTAX.into());
    }
    let count = call.count(2)?;
    let Call { args, store, reply, .. } = call;
    // In the third version of the protocol, members that were counted out are pairs.
    let in_pairs = *reply.resp3 && count.is_some();
    let found = store.change(&args[1], |set: &mut SortedSet| {
        let count = count.unwrap_or(1).min(set.len());
        reply.array(if in_pairs { count } else { 2 * count });
        for (member, score) in (0..count).filter_map(|_| set.pop_min()) {
            if in_pairs {
                reply.array(2);
            }
            reply.bulk(&member);
            reply.double(score);
        }
    })?;
    if found.is_none() {
        reply.array(0);
    }
    Ok(())
}

pub(super) fn zscore(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    match store.get::<SortedSet>(&args[1])?.and_then(|set| set.score(&args[2])) {
        Some(score) => reply.double(score),
        None => reply.null(),
    }
    Ok(())
}

pub(super) fn zcard(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    reply.integer(store.get::<SortedSet>(&args[1])?.map_or(0, SortedSet::len) as i64);
    Ok(())
}
