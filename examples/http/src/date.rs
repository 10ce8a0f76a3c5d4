//! The field `Date`, which a server with a clock has to send.

use std::cell::RefCell;
use std::time::{Duration, UNIX_EPOCH};

thread_local! {
    /// The second that it was last written for, since 1970. (An instance has one thread.)
    static LAST: RefCell<(u64, String)> = RefCell::default();
}

/// Appends the field. It is formed once a second.
pub fn append(head: &mut String) {
    let now = now();
    LAST.with_borrow_mut(|(second, field)| {
        if *second != now || field.is_empty() {
            *second = now;
            *field = format!("Date: {}\r\n", httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(now)));
        }
        head.push_str(field);
    });
}

#[cfg(not(test))]
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
fn now() -> u64 {
    test::NOW.get()
}

/// The tests' clock stands still.
#[cfg(test)]
pub mod test {
    use std::cell::Cell;

    /// That time in RFC 9110's own words.
    pub const FIELD: &str = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

    thread_local! {
        pub static NOW: Cell<u64> = const { Cell::new(784_111_777) };
    }
}
