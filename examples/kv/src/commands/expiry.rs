//! Commands on when a key expires.

use super::{Call, NOT_AN_INTEGER, Outcome, Refusal};
use crate::clock::Clock;
use crate::resp::integer;

/// How the end of a key's time is given.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Until {
    InSeconds,
    InMilliseconds,
    AtSeconds,
    AtMilliseconds,
}

impl Until {
    /// As an option of SET and GETEX names it, in capitals.
    pub(super) fn from_option(option: &[u8]) -> Option<Self> {
        match option {
            b"EX" => Some(Self::InSeconds),
            b"PX" => Some(Self::InMilliseconds),
            b"EXAT" => Some(Self::AtSeconds),
            b"PXAT" => Some(Self::AtMilliseconds),
            _ => None,
        }
    }

    /// Milliseconds since 1970, of a value that must be above 0.
    pub(super) fn time(self, value: &[u8], command: &str, clock: &Clock) -> Result<i64, Refusal> {
        let value = integer(value).ok_or(NOT_AN_INTEGER)?;
        let time = (value > 0).then(|| self.milliseconds(value, clock)).flatten();
        time.ok_or_else(|| invalid(command))
    }

    /// None: out of range.
    fn milliseconds(self, value: i64, clock: &Clock) -> Option<i64> {
        let value = match self {
            Self::InSeconds | Self::AtSeconds => value.checked_mul(1000)?,
            _ => value,
        };
        match self {
            Self::InSeconds | Self::InMilliseconds => value.checked_add(clock.now()),
            _ => Some(value),
        }
    }
}

fn invalid(command: &str) -> Refusal {
    format!("ERR invalid expire time in '{command}' command").into()
}

pub(super) fn expire(call: Call<'_, '_>) -> Outcome {
    set(call, Until::InSeconds, "expire")
}

pub(super) fn pexpire(call: Call<'_, '_>) -> Outcome {
    set(call, Until::InMilliseconds, "pexpire")
}

pub(super) fn expireat(call: Call<'_, '_>) -> Outcome {
    set(call, Until::AtSeconds, "expireat")
}

pub(super) fn pexpireat(call: Call<'_, '_>) -> Outcome {
    set(call, Until::AtMilliseconds, "pexpireat")
}

/// `EXPIRE key time [NX | XX | GT | LT]`. A time that is over deletes the key.
fn set(call: Call<'_, '_>, until: Until, command: &str) -> Outcome {
    let (mut if_none, mut if_some, mut if_later, mut if_earlier) = (false, false, false, false);
    for option in call.args.skip(3).iter() {
        match option.to_ascii_uppercase().as_slice() {
            b"NX" => if_none = true,
            b"XX" => if_some = true,
            b"GT" => if_later = true,
            b"LT" => if_earlier = true,
            _ => return Err(format!("ERR Unsupported option {}", option.escape_ascii()).into()),
        }
    }
    if if_none && (if_some || if_later || if_earlier) {
        return Err("ERR NX and XX, GT or LT options at the same time are not compatible".into());
    }
    if if_later && if_earlier {
        return Err("ERR GT and LT options at the same time are not compatible".into());
    }
    let value = call.integer(2)?;
    let Call { args, store, reply, .. } = call;
    let time = until.milliseconds(value, &store.clock).ok_or_else(|| invalid(command))?;
    let Some(old) = store.expiry(&args[1]) else {
        reply.integer(0);
        return Ok(());
    };
    // A key that doesn't expire has all the time.
    let refused = (if_none && old.is_some())
        || (if_some && old.is_none())
        || (if_later && old.is_none_or(|old| time <= old))
        || (if_earlier && old.is_some_and(|old| time >= old));
    if !refused {
        store.set_expiry(&args[1], Some(time));
    }
    reply.integer((!refused).into());
    Ok(())
}

pub(super) fn persist(Call { args, store, reply, .. }: Call<'_, '_>) -> Outcome {
    let expires = store.expiry(&args[1]).flatten().is_some();
    if expires {
        store.set_expiry(&args[1], None);
    }
    reply.integer(expires.into());
    Ok(())
}

pub(super) fn ttl(call: Call<'_, '_>) -> Outcome {
    answer(call, |expires, now| (expires - now + 500) / 1000)
}

pub(super) fn pttl(call: Call<'_, '_>) -> Outcome {
    answer(call, |expires, now| expires - now)
}

pub(super) fn expiretime(call: Call<'_, '_>) -> Outcome {
    answer(call, |expires, _| (expires + 500) / 1000)
}

pub(super) fn pexpiretime(call: Call<'_, '_>) -> Outcome {
    answer(call, |expires, _| expires)
}

/// -2: no such key; -1: it doesn't expire.
fn answer(Call { args, store, reply, .. }: Call<'_, '_>, figure: fn(i64, i64) -> i64) -> Outcome {
    reply.integer(match store.expiry(&args[1]) {
        None => -2,
        Some(None) => -1,
        Some(Some(expires)) => figure(expires, store.clock.now()),
    });
    Ok(())
}
