//! Numbers with a fraction, as text.

/// As Redis takes them: without spaces, and never NaN.
pub fn parse(text: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    (!number.is_nan()).then_some(number)
}

/// A score: the shortest text that is read as the same number, with an exponent where it is very large or small.
pub fn score(number: f64) -> String {
    let size = number.abs();
    if size == 0.0 || number.is_infinite() || (1e-4..1e17).contains(&size) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    match exponent.strip_prefix('-') {
        Some(exponent) => format!("{digits}e-{exponent:0>2}"),
        None => format!("{digits}e+{exponent:0>2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scores() {
        for (number, text) in
            [(0.0, "0"), (3.0, "3"), (-1.5, "-1.5"), (1e16, "10000000000000000"), (1e17, "1e+17"), (1.5e300, "1.5e+300")]
        {
            assert_eq!(score(number), text);
        }
        for (number, text) in [(0.0001, "0.0001"), (0.000_015, "1.5e-05"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
            assert_eq!(score(number), text);
        }
    }

    #[test]
    fn what_is_no_number() {
        for text in ["", " 1", "1 ", "nan", "a", "1e", "0x10"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_score_is_read_as_itself(number in prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL) {
            prop_assert_eq!(parse(score(number).as_bytes()), Some(number));
        }
    }
}
