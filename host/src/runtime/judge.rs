//! Whether a generation that is tried does worse than the one that it is to replace.

use super::tally::Sum;
use std::time::Duration;

/// What to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is too early to tell.
    Wait,
    Promote,
    /// It does worse; why.
    Back(String),
}

/// How much worse it may do: twice as badly as the old one, and a little on top where that does nothing wrong.
const TRAPS: f64 = 0.001;
const CLOSE_ERRORS: f64 = 0.05;
const TIME: Duration = Duration::from_millis(1);

/// Fewer ends of connections, and fewer timed events, say nothing.
const MIN_CLOSES: u64 = 5;
const MIN_TIMED: u64 = 10;

/// Compares what both have done within the same time. `over`: that time is up. Traps and errors end it before; slowness doesn't, since the
/// slowest of a few events tell more of the machine than of the plugin.
pub(super) fn judge(old: &Sum, new: &Sum, over: bool) -> Verdict {
    let (trapped, trapped_before) = (rate(new.traps, new.events), rate(old.traps, old.events));
    if trapped > 2.0 * trapped_before + TRAPS {
        return Verdict::Back(format!(
            "{} of its {} events trapped, {} of {} did before",
            new.traps, new.events, old.traps, old.events
        ));
    }
    let (failed, failed_before) = (rate(new.close_errors, new.closes), rate(old.close_errors, old.closes));
    if new.closes >= MIN_CLOSES && failed > 2.0 * failed_before + CLOSE_ERRORS {
        let (errors, closes, before, all) = (new.close_errors, new.closes, old.close_errors, old.closes);
        return Verdict::Back(format!(
            "{errors} of its {closes} connections ended with an error, {before} of {all} did with the old one"
        ));
    }
    if !over {
        return Verdict::Wait;
    }
    if new.events == 0 {
        return Verdict::Back("no event reached it, so nothing is known of it".to_owned());
    }
    if let (Some(time), Some(before)) = (new.p99(), old.p99())
        && new.timed().min(old.timed()) >= MIN_TIMED
        && time > 2 * before + TIME
    {
        return Verdict::Back(format!("99 of 100 of its events take up to {time:?}, those of the old one {before:?}"));
    }
    Verdict::Promote
}

fn rate(some: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { some as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What has handled so many events in so many microseconds each.
    fn sum(events: u64, traps: u64, (closes, close_errors): (u64, u64), micros: u64) -> Sum {
        let mut sum = Sum::default();
        (sum.events, sum.traps, sum.closes, sum.close_errors) = (events, traps, closes, close_errors);
        sum.timed_so(events, Duration::from_micros(micros));
        sum
    }

    #[test]
    fn a_trap_ends_it_at_once() {
        let old = sum(10_000, 0, (0, 0), 10);
        assert!(
            matches!(judge(&old, &sum(100, 1, (0, 0), 10), false), Verdict::Back(why) if why.starts_with("1 of its 100 events trapped"))
        );
        assert_eq!(judge(&old, &sum(10_000, 1, (0, 0), 10), false), Verdict::Wait);
        // As bad as the old one is no worse.
        assert_eq!(judge(&sum(1_000, 30, (0, 0), 10), &sum(100, 4, (0, 0), 10), true), Verdict::Promote);
    }

    #[test]
    fn connections_that_fail_end_it_once_there_are_some() {
        let old = sum(1_000, 0, (100, 10), 10);
        assert_eq!(judge(&old, &sum(10, 0, (4, 4), 10), false), Verdict::Wait);
        assert!(matches!(judge(&old, &sum(10, 0, (5, 2), 10), false), Verdict::Back(_)));
        assert_eq!(judge(&old, &sum(100, 0, (100, 25), 10), true), Verdict::Promote);
    }

    #[test]
    fn slowness_counts_at_the_end() {
        let old = sum(1_000, 0, (0, 0), 100);
        let slow = sum(1_000, 0, (0, 0), 5_000);
        assert_eq!(judge(&old, &slow, false), Verdict::Wait);
        assert!(matches!(judge(&old, &slow, true), Verdict::Back(why) if why.contains("99 of 100")));
        assert_eq!(judge(&old, &sum(1_000, 0, (0, 0), 1_000), true), Verdict::Promote);
        // Nothing to compare with.
        assert_eq!(judge(&Sum::default(), &slow, true), Verdict::Promote);
    }

    #[test]
    fn what_nobody_used_is_not_promoted() {
        assert!(matches!(judge(&sum(1_000, 0, (0, 0), 10), &Sum::default(), true), Verdict::Back(_)));
    }
}
