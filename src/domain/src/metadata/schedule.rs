//! When a source is to be harvested next: a pure function of what happened so far.
//!
//! No timer is kept per source. The reconciler asks again whenever something changed, so the answer is the same after a
//! restart as before it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// The pause after the first failure. It doubles with every further one, up to the refresh interval.
const RETRY_MIN: Duration = Duration::from_secs(5);
/// By how much of itself a pause is lengthened at most, so that sources that were registered together drift apart.
const JITTER: f64 = 0.1;

/// What happened to a source so far, as far as it decides when to go on. All times are in microseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct History {
    /// The version whose harvest was tried last; 0 if none was.
    pub version: u64,
    /// When the last attempt ended.
    pub attempted_at: Option<i64>,
    /// Attempts that failed since the last one that succeeded.
    pub failures: u32,
    /// The stored snapshot is damaged: only a harvest brings the metadata back.
    pub is_lost: bool,
}

/// From when on the published version of a source is to be harvested; `None` if it is left to its users.
pub(super) fn due_at(source_oid: u32, version: u64, interval: Option<Duration>, history: &History, now: i64) -> Option<i64> {
    if history.version != version || (history.is_lost && history.failures == 0) {
        return Some(now);
    }
    let interval = interval?;
    let pause = match history.failures {
        0 => interval,
        failures => retry_after(failures).min(interval),
    };
    // A clock that was set back must not silence a source until it has caught up.
    match history.attempted_at.filter(|since| *since <= now) {
        Some(since) => Some(since + (pause.as_micros() as f64 * (1.0 + JITTER * fraction(source_oid, since))) as i64),
        None => Some(now),
    }
}

fn retry_after(failures: u32) -> Duration {
    // 5 s times 2^16 is four days, longer than any interval that matters here.
    RETRY_MIN * 2u32.pow((failures - 1).min(16))
}

/// From 0 to 1, different for every source and every time, and the same whenever it is asked.
fn fraction(source_oid: u32, since: i64) -> f64 {
    let mut hasher = DefaultHasher::new();
    (source_oid, since).hash(&mut hasher);
    f64::from(hasher.finish() as u32) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000_000;
    const SECOND: i64 = 1_000_000;
    const INTERVAL: Option<Duration> = Some(Duration::from_secs(300));

    fn harvested(seconds_ago: i64) -> History {
        History { version: 1, attempted_at: Some(NOW - seconds_ago * SECOND), ..History::default() }
    }

    fn seconds_left(interval: Option<Duration>, history: History) -> Option<i64> {
        due_at(7, 1, interval, &history, NOW).map(|at| (at - NOW) / SECOND)
    }

    #[test]
    fn a_version_that_was_never_harvested_is_due_at_once_even_if_refreshes_are_manual() {
        assert_eq!(seconds_left(None, History::default()), Some(0));
        assert_eq!(seconds_left(INTERVAL, History { version: 2, ..harvested(1) }), Some(0));
    }

    #[test]
    fn the_interval_is_never_shortened_and_hardly_lengthened() {
        for seconds_ago in 0..300 {
            let left = seconds_left(INTERVAL, harvested(seconds_ago)).expect("a time");
            assert!((300 - seconds_ago..=330 - seconds_ago).contains(&left), "{seconds_ago}: {left}");
        }
        assert!(seconds_left(INTERVAL, harvested(331)).expect("a time") <= 0);
        assert_eq!(seconds_left(None, harvested(1_000_000)), None);
    }

    #[test]
    fn failures_are_retried_ever_later_up_to_the_interval() {
        let left = |failures| seconds_left(INTERVAL, History { failures, ..harvested(0) }).expect("a time");
        assert!((5..=5).contains(&left(1)) && (10..=11).contains(&left(2)) && (40..=44).contains(&left(4)));
        for failures in [7, 8, 100, u32::MAX] {
            assert!((300..=330).contains(&left(failures)), "{failures}");
        }
        assert_eq!(seconds_left(None, History { failures: 1, ..harvested(0) }), None);
    }

    #[test]
    fn lost_metadata_is_harvested_at_once_and_then_with_pauses() {
        let lost = History { is_lost: true, ..harvested(1) };
        assert_eq!(seconds_left(None, lost), Some(0));
        assert_eq!(seconds_left(INTERVAL, History { failures: 1, ..lost }), Some(4));
    }

    #[test]
    fn a_clock_that_was_set_back_silences_nothing() {
        assert_eq!(seconds_left(INTERVAL, harvested(-3600)), Some(0));
    }

    #[test]
    fn sources_drift_apart() {
        let due: std::collections::HashSet<_> = (0..100).map(|oid| due_at(oid, 1, INTERVAL, &harvested(0), NOW)).collect();
        assert!(due.len() > 90);
    }
}
