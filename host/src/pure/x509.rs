//! Whose a certificate is and how long it is good: for people who have to renew it. TLS itself doesn't go by this.
//!
//! A walk over the few elements of RFC 5280's `Certificate` up to the subject, in place of a parser for all of it.

use std::fmt;

/// What an operator wants to know of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// `CN=example.com, O=Example`; may be empty, where the names are in an extension alone.
    pub subject: String,
    /// The last second at which it is good.
    pub not_after: Timestamp,
}

/// Seconds since 1970, UTC; shown as in RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

const DAY: i64 = 86_400;

impl Timestamp {
    /// From a calendar: year, month, day, hour, minute, second.
    fn of([year, month, day, hour, minute, second]: [i64; 6]) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        let sound = (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60;
        // Years begin in March here, so that the leap day is the last.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * month + 2) / 5 + day - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        sound.then_some(Self(days * DAY + hour * 3600 + minute * 60 + second))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, seconds) = (self.0.div_euclid(DAY) + 719_468, self.0.rem_euclid(DAY));
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = era * 400 + year + i64::from(month <= 2);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

impl Facts {
    /// Reads them from a certificate in DER; none where it isn't one.
    pub fn read(certificate: &[u8]) -> Option<Self> {
        let mut signed = Elements(certificate).inside(SEQUENCE)?.inside(SEQUENCE)?;
        if signed.0.first() == Some(&VERSION) {
            signed.next()?;
        }
        signed.inside(INTEGER)?; // the serial number
        signed.inside(SEQUENCE)?; // the algorithm
        signed.inside(SEQUENCE)?; // the issuer
        let mut validity = signed.inside(SEQUENCE)?;
        validity.next()?;
        let (tag, not_after) = validity.next()?;
        Some(Self { not_after: time(tag, not_after)?, subject: name(signed.inside(SEQUENCE)?)? })
    }
}

const INTEGER: u8 = 0x02;
const OBJECT_IDENTIFIER: u8 = 0x06;
const BMP_STRING: u8 = 0x1e;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;

/// DER elements, one after the other.
struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    /// The next one's tag and content.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (tag, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            // Nothing in a certificate is longer than three bytes can say.
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, content))
    }

    /// What is in the next one, which must have this tag.
    fn inside(&mut self, tag: u8) -> Option<Elements<'a>> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, content)| Elements(content))
    }
}

/// In the two forms that RFC 5280 allows.
fn time(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let digits = text.strip_suffix(b"Z").filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    let number = |digits: &[u8]| digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
    let (year, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let (year, rest) = digits.split_at(2);
            let year = number(year);
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        (GENERALIZED_TIME, 14) => {
            let (year, rest) = digits.split_at(4);
            (number(year), rest)
        }
        _ => return None,
    };
    let mut parts = [year, 0, 0, 0, 0, 0];
    parts.iter_mut().skip(1).zip(rest.chunks(2)).for_each(|(part, digits)| *part = number(digits));
    Timestamp::of(parts)
}

/// Its usual attributes, in the certificate's order.
fn name(mut sets: Elements<'_>) -> Option<String> {
    let mut parts = Vec::new();
    while !sets.0.is_empty() {
        let mut set = sets.inside(SET)?;
        while !set.0.is_empty() {
            let mut attribute = set.inside(SEQUENCE)?;
            let kind = attribute.inside(OBJECT_IDENTIFIER)?.0;
            let (tag, value) = attribute.next()?;
            let short = match kind {
                [0x55, 0x04, 3] => "CN",
                [0x55, 0x04, 6] => "C",
                [0x55, 0x04, 7] => "L",
                [0x55, 0x04, 8] => "ST",
                [0x55, 0x04, 10] => "O",
                [0x55, 0x04, 11] => "OU",
                _ => continue,
            };
            parts.push(format!("{short}={}", text(tag, value)));
        }
    }
    Some(parts.join(", "))
}

fn text(tag: u8, value: &[u8]) -> String {
    if tag != BMP_STRING {
        return String::from_utf8_lossy(value).into_owned();
    }
    let units = value.chunks_exact(2).map(|pair| pair.iter().fold(0, |unit, byte| unit << 8 | u16::from(*byte)));
    char::decode_utf16(units).map(|found| found.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;
    use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair, date_time_ymd};

    fn certificate(year: i32, month: u8, day: u8, names: &[(DnType, &str)]) -> Vec<u8> {
        let mut params = CertificateParams::new(["a.example".to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, month, day);
        params.distinguished_name = DistinguishedName::new();
        for (kind, name) in names {
            params.distinguished_name.push(kind.clone(), DnValue::Utf8String((*name).to_owned()));
        }
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn a_certificate() {
        let names = [(DnType::CommonName, "grün.example"), (DnType::OrganizationName, "Example"), (DnType::CountryName, "XX")];
        for (made, not_after) in [
            (certificate(2031, 2, 28, &names), "2031-02-28T00:00:00Z"),
            // From 2050 on it is written in the other form.
            (certificate(2096, 12, 31, &names), "2096-12-31T00:00:00Z"),
        ] {
            let facts = Facts::read(&made).unwrap();
            assert_eq!((facts.subject.as_str(), &*facts.not_after.to_string()), ("CN=grün.example, O=Example, C=XX", not_after));
            // Of each part alone nothing is read that isn't there.
            assert!((0..made.len()).all(|end| Facts::read(&made[..end]).is_none()));
        }
        assert_eq!(Facts::read(&certificate(2031, 2, 28, &[])).unwrap().subject, "");
    }

    #[test]
    fn known_times() {
        for (tag, written, seconds, shown) in [
            (UTC_TIME, "700101000000Z", 0, "1970-01-01T00:00:00Z"),
            (UTC_TIME, "491231235959Z", 2_524_607_999, "2049-12-31T23:59:59Z"),
            (UTC_TIME, "500101000000Z", -631_152_000, "1950-01-01T00:00:00Z"),
            (GENERALIZED_TIME, "20000229120000Z", 951_825_600, "2000-02-29T12:00:00Z"),
            (GENERALIZED_TIME, "99991231235959Z", 253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            let found = time(tag, written.as_bytes()).unwrap();
            assert_eq!((found.0, found.to_string().as_str()), (seconds, shown));
        }
        for (tag, wrong) in [
            (UTC_TIME, "20000229120000Z"),
            (GENERALIZED_TIME, "19000229120000Z"),
            (GENERALIZED_TIME, "20001301000000Z"),
            (GENERALIZED_TIME, "20000001000000Z"),
            (GENERALIZED_TIME, "20000101240000Z"),
            (GENERALIZED_TIME, "200001010000+0Z"),
            (GENERALIZED_TIME, "20000101000000"),
            (INTEGER, "20000101000000Z"),
        ] {
            assert_eq!(time(tag, wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn wide_strings() {
        assert_eq!(text(BMP_STRING, &[0, b'A', 0, 0xfc, 0xd8, 0]), "Aü\u{fffd}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = Facts::read(&bytes);
        }

        #[test]
        fn a_changed_certificate_is_read_or_refused(place: prop::sample::Index, byte: u8) {
            let mut made = certificate(2031, 2, 28, &[(DnType::CommonName, "a")]);
            *place.get_mut(&mut made) = byte;
            let _ = Facts::read(&made);
        }

        #[test]
        fn what_is_shown_is_what_was_written(seconds in -62_167_219_200..=253_402_300_799_i64) {
            let digits: String = Timestamp(seconds).to_string().chars().filter(char::is_ascii_digit).collect();
            prop_assert_eq!(time(GENERALIZED_TIME, format!("{digits}Z").as_bytes()), Some(Timestamp(seconds)));
        }
    }
}
