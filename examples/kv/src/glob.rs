//! Patterns as KEYS and CONFIG GET take them.

/// `*` stands for anything, `?` for one byte, `[a-c^x]` for one of several, `[^…]` for none of them; `\` takes a special meaning away.
/// In time of the product of the lengths at most.
pub fn matches(pattern: &[u8], name: &[u8], ignore_case: bool) -> bool {
    let (mut p, mut n) = (pattern, name);
    // Where to go on if what follows the last `*` doesn't fit: behind it, one byte further on in the name.
    let mut retry = None;
    loop {
        if let [b'*', behind @ ..] = p {
            retry = Some((behind, n));
            p = behind;
            continue;
        }
        let fits = match n {
            [] if p.is_empty() => return true,
            // Nothing is left to be taken by what the pattern still asks for.
            [] => return false,
            [byte, ..] => one(p, *byte, ignore_case),
        };
        (p, n) = match (fits, retry) {
            (Some(behind), _) => (behind, &n[1..]),
            (None, Some((behind, at))) => {
                retry = Some((behind, &at[1..]));
                (behind, &at[1..])
            }
            (None, None) => return false,
        };
    }
}

/// Takes the pattern of one byte, if the byte fits, and answers what stands behind it.
fn one(pattern: &[u8], byte: u8, ignore_case: bool) -> Option<&[u8]> {
    let fold = |byte: u8| if ignore_case { byte.to_ascii_lowercase() } else { byte };
    match pattern {
        [] => None,
        [b'?', behind @ ..] => Some(behind),
        [b'[', class @ ..] => class_has(class, fold(byte), fold),
        [b'\\', literal, behind @ ..] | [literal, behind @ ..] => (fold(*literal) == fold(byte)).then_some(behind),
    }
}

/// A class without its `]` goes to the end of the pattern.
fn class_has(class: &[u8], byte: u8, fold: impl Fn(u8) -> u8) -> Option<&[u8]> {
    let (negated, mut rest) = class.strip_prefix(b"^").map_or((false, class), |rest| (true, rest));
    let mut found = false;
    let behind = loop {
        rest = match rest {
            [] => break rest,
            [b']', behind @ ..] => break behind,
            [b'\\', literal, behind @ ..] => {
                found |= fold(*literal) == byte;
                behind
            }
            [from, b'-', to, behind @ ..] => {
                let (from, to) = (fold(*from.min(to)), fold(*from.max(to)));
                found |= (from..=to).contains(&byte);
                behind
            }
            [literal, behind @ ..] => {
                found |= fold(*literal) == byte;
                behind
            }
        };
    };
    (found != negated).then_some(behind)
}

#[cfg(test)]
mod tests {
    use super::matches;
    use proptest::prelude::*;

    #[test]
    fn patterns() {
        for pattern in
            ["*", "max*", "*memory", "m?xmemory", "*m*m*y", "maxmemory**", "m[a-c]x*", "m[^b]x*", "[lmn]axmemory", "max\\memory"]
        {
            assert!(matches(pattern.as_bytes(), b"maxmemory", false), "{pattern}");
        }
        for pattern in ["", "max", "*memor", "m?memory", "maxmemory?", "*x*x*", "MAXMEMORY", "m[^a]x*", "m[b-d]x*", "max\\*"] {
            assert!(!matches(pattern.as_bytes(), b"maxmemory", false), "{pattern}");
        }
        assert!(matches(b"MAX[L-N]*", b"maxmemory", true));
        assert!(matches(b"a[b", b"ab", false));
        assert!(matches(b"", b"", false) && !matches(b"?", b"", false));
    }

    proptest! {
        #[test]
        fn no_pattern_panics(pattern in "[*?a\\[\\]^\\\\-]{0,12}", name in "[a*\\[-]{0,12}") {
            matches(pattern.as_bytes(), name.as_bytes(), true);
        }

        #[test]
        fn an_escaped_name_fits_itself_alone(name in prop::collection::vec(any::<u8>(), 0..12), other: Vec<u8>) {
            let pattern: Vec<u8> = name.iter().flat_map(|byte| [b'\\', *byte]).collect();
            prop_assert!(matches(&pattern, &name, false));
            prop_assert_eq!(matches(&pattern, &other, false), name == other);
        }
    }
}
