//! Durations and sizes as people write them: `500ms`, `1m30s`, `64KiB`.

use crate::CpuShare;
use crate::control::config::written;
use serde::{Deserialize, Deserializer};
use std::{fmt, str::FromStr, time::Duration};

/// A length of time, as `500ms`, `10s`, `2m`, `1m30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

/// A length of time that may also be `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OptionalSpan(pub(crate) Option<Duration>);

/// A number of bytes, as `512B`, `64KiB`, `1MiB`, `2GiB`; a bare number counts bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) usize);

/// A share of a whole, as `10%` or `10`; neither none nor all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Percent(pub(crate) u8);

/// A number of bytes that may also be `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OptionalSize(pub(crate) Option<usize>);

/// A part of one core, as `50%`, that may also be `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OptionalShare(pub(crate) Option<CpuShare>);

/// What is wrong with a value, worded for the end of clap's `invalid value '…' for '…': `.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnitError(String);

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UnitError {}

const DURATION_FORM: &str = "write a number and a unit (us, ms, s, m, h), as 500ms, 10s or 1m30s";
const SIZE_FORM: &str = "write a number of bytes, or one with a unit (B, KiB, MiB, GiB), as 65536, 64KiB or 1MiB";

/// Largest first: that is the order in which a duration is written.
const DURATION_UNITS: [(&str, u64); 5] = [("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];
const SIZE_UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// In a file each is written as on the command line; a size may be a number.
macro_rules! as_written {
    ($($unit:ty),*) => {$(
        impl<'de> Deserialize<'de> for $unit {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                written(deserializer)
            }
        }
    )*};
}

as_written!(Span, OptionalSpan, Size, OptionalSize, OptionalShare);

impl FromStr for Span {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let mut rest = text;
        let mut total: u64 = 0;
        // Units fall from one part to the next, so that `30s1m` and `1s1s` are seen as the slips that they are.
        let mut last = usize::MAX;
        while !rest.is_empty() || last == usize::MAX {
            let (number, after) = leading_number(rest).ok_or_else(|| UnitError(DURATION_FORM.into()))?;
            let unit = &after[..after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len())];
            rest = &after[unit.len()..];
            if unit.is_empty() {
                return Err(UnitError(format!("{number} of what? {DURATION_FORM}")));
            }
            let place = DURATION_UNITS
                .iter()
                .position(|(name, _)| *name == unit)
                .filter(|place| last == usize::MAX || *place > last)
                .ok_or_else(|| UnitError(DURATION_FORM.into()))?;
            last = place;
            total = number
                .checked_mul(DURATION_UNITS[place].1)
                .and_then(|us| us.checked_add(total))
                .ok_or_else(|| UnitError("too long".into()))?;
        }
        Ok(Self(Duration::from_micros(total)))
    }
}

impl FromStr for OptionalSpan {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        match text {
            "off" => Ok(Self(None)),
            text => match text.parse::<Span>() {
                Ok(Span(span)) => Ok(Self(Some(span))),
                Err(UnitError(why)) => Err(UnitError(format!("{why}; or `off`"))),
            },
        }
    }
}

impl FromStr for OptionalSize {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        match text {
            "off" => Ok(Self(None)),
            text => match text.parse::<Size>() {
                Ok(Size(bytes)) => Ok(Self(Some(bytes))),
                Err(UnitError(why)) => Err(UnitError(format!("{why}; or `off`"))),
            },
        }
    }
}

impl FromStr for OptionalShare {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        match text {
            "off" => Ok(Self(None)),
            text => match text.parse() {
                Ok(share) => Ok(Self(Some(share))),
                Err(_) => Err(UnitError("write a part of one core, from 1% to 100%; or `off`".into())),
            },
        }
    }
}

impl FromStr for Size {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let form = || UnitError(SIZE_FORM.into());
        let (number, unit) = leading_number(text).ok_or_else(form)?;
        let factor = match unit {
            "" => 1,
            unit => SIZE_UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or_else(form)?.1,
        };
        let bytes = number.checked_mul(factor).and_then(|bytes| usize::try_from(bytes).ok());
        bytes.map(Self).ok_or_else(|| UnitError("too large".into()))
    }
}

impl FromStr for Percent {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let number = text.strip_suffix('%').unwrap_or(text).parse().ok().filter(|percent| (1..=99).contains(percent));
        number.map(Self).ok_or_else(|| UnitError("write 1% to 99%".into()))
    }
}

/// The digits that `text` starts with, and what follows them.
fn leading_number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = u64::try_from(self.0.as_micros()).unwrap_or(u64::MAX);
        if rest == 0 {
            return f.write_str("0s");
        }
        for (name, factor) in DURATION_UNITS {
            if rest >= factor {
                write!(f, "{}{name}", rest / factor)?;
                rest %= factor;
            }
        }
        Ok(())
    }
}

impl fmt::Display for OptionalSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(span) => Span(span).fmt(f),
            None => f.write_str("off"),
        }
    }
}

impl fmt::Display for OptionalSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(bytes) => Size(bytes).fmt(f),
            None => f.write_str("off"),
        }
    }
}

impl fmt::Display for OptionalShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(share) => share.fmt(f),
            None => f.write_str("off"),
        }
    }
}

impl fmt::Display for Size {
    /// The largest unit that leaves no remainder, so that what is shown can be typed again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0 as u64;
        let exact = SIZE_UNITS.iter().find(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor));
        match exact {
            Some((name, factor)) => write!(f, "{}{name}", bytes / factor),
            None => write!(f, "{bytes}B"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn span(text: &str) -> Result<Duration, UnitError> {
        text.parse().map(|Span(span)| span)
    }

    #[test]
    fn durations() {
        assert_eq!(span("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(span("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(span("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(span("1h1m30s"), Ok(Duration::from_secs(3690)));
        assert_eq!(span("0s"), Ok(Duration::ZERO));
        for bad in ["", "s", "1.5s", "-1s", "10 s", "10S", "5d", "30s1m", "1s1s", "1m30", "ms5", "999999999999h"] {
            assert!(span(bad).is_err(), "{bad:?} was taken");
        }
        assert!(span("10").unwrap_err().to_string().starts_with("10 of what?"));
    }

    #[test]
    fn off_is_a_duration_where_it_makes_sense() {
        assert_eq!("off".parse(), Ok(OptionalSpan(None)));
        assert_eq!("3s".parse(), Ok(OptionalSpan(Some(Duration::from_secs(3)))));
        assert!("never".parse::<OptionalSpan>().unwrap_err().to_string().ends_with("or `off`"));
    }

    #[test]
    fn off_is_a_size_and_a_share_where_it_makes_sense() {
        assert_eq!("off".parse(), Ok(OptionalSize(None)));
        assert_eq!("3MiB".parse(), Ok(OptionalSize(Some(3 << 20))));
        assert!("3MB".parse::<OptionalSize>().unwrap_err().to_string().ends_with("or `off`"));
        assert_eq!("off".parse(), Ok(OptionalShare(None)));
        assert_eq!("50%".parse::<OptionalShare>().unwrap().to_string(), "50%");
        assert!("50".parse::<OptionalShare>().unwrap_err().to_string().ends_with("or `off`"));
    }

    #[test]
    fn sizes() {
        assert_eq!("64KiB".parse(), Ok(Size(65_536)));
        assert_eq!("1mib".parse(), Ok(Size(1 << 20)));
        assert_eq!("2GiB".parse(), Ok(Size(2 << 30)));
        assert_eq!("512".parse(), Ok(Size(512)));
        assert_eq!("512B".parse(), Ok(Size(512)));
        for bad in ["", "KiB", "64KB", "64K", "1.5MiB", "-1", "64 KiB", "99999999999GiB"] {
            assert!(bad.parse::<Size>().is_err(), "{bad:?} was taken");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_typed(us in any::<u32>(), bytes in any::<u32>()) {
            let span = Span(Duration::from_micros(us.into()));
            prop_assert_eq!(span.to_string().parse(), Ok(span));
            let size = Size(bytes as usize);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = (text.parse::<Span>(), text.parse::<OptionalSpan>(), text.parse::<Size>());
        }
    }
}
