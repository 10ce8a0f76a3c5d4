//! Numbers and names as a terminal shows them: rounded, grouped, and free of control characters.

use std::{fmt::Write as _, time::Duration};

/// Bytes to three digits or so: `0 B`, `812 B`, `1.4 KiB`, `23.0 MiB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    // 1023.95 would be shown as 1024.0.
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A count with its thousands apart: `1,234,567`.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 connection`, `2 connections`.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Microseconds in the unit that fits: `180 µs`, `12.4 ms`, `3.20 s`.
pub(crate) fn micros(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{:.1} ms", us as f64 / 1e3),
        _ => format!("{:.2} s", us as f64 / 1e6),
    }
}

/// How long something has been running: the two largest units, `3h 12m`.
pub(crate) fn uptime(span: Duration) -> String {
    let s = span.as_secs();
    match s {
        0..60 => format!("{s}s"),
        60..3_600 => format!("{}m {}s", s / 60, s % 60),
        3_600..86_400 => format!("{}h {}m", s / 3_600, s / 60 % 60),
        _ => format!("{}d {}h", s / 86_400, s / 3_600 % 24),
    }
}

/// A digest's first characters: enough to tell two builds apart.
pub(crate) fn digest(hex: &str) -> String {
    plain(&hex.chars().take(12).collect::<String>())
}

/// `text` with its control characters escaped: a plugin's words, shown on an operator's terminal, must not steer it.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// [`plain`], line by line; every line but the first starts with `indent`.
pub(crate) fn plain_lines(text: &str, indent: &str) -> String {
    text.trim_end().lines().map(plain).collect::<Vec<_>>().join(&format!("\n{indent}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024), "1.0 KiB");
        assert_eq!(bytes(1024 * 1024 - 1), "1.0 MiB");
        assert_eq!(bytes(u64::MAX), "16.0 EiB");
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(plural(1, "connection"), "1 connection");
        assert_eq!(plural(2000, "connection"), "2,000 connections");
    }

    #[test]
    fn times() {
        assert_eq!(micros(999), "999 µs");
        assert_eq!(micros(12_400), "12.4 ms");
        assert_eq!(micros(3_200_000), "3.20 s");
        assert_eq!(uptime(Duration::from_secs(59)), "59s");
        assert_eq!(uptime(Duration::from_secs(3_600 * 3 + 60 * 12 + 5)), "3h 12m");
        assert_eq!(uptime(Duration::from_secs(86_400 * 2 + 3_600 * 5)), "2d 5h");
    }

    #[test]
    fn a_plugins_words_cannot_steer_the_terminal() {
        assert_eq!(plain("a\x1b[2Jb\r\n"), "a\\u{1b}[2Jb\\r\\n");
        assert_eq!(plain_lines("one\ntwo\x07\n", "  "), "one\n  two\\u{7}");
        assert_eq!(plain("grün µ"), "grün µ");
    }
}
