//! How much of the change log is kept, and the forgetting of the rest.
//!
//! Nothing that is served depends on old entries: records stay, and versions of data sources are records. The log is kept
//! for nodes that were away, for people who want to know what happened, and for changes whose answer was lost. So nobody
//! holds the floor back: a node that was away for longer takes a snapshot.

use std::time::Duration;

use spi::Result;

use crate::backend::{Backend, Head, Log, Truncated};
use crate::errors;
use crate::follower::call;

/// What is kept. Entries beyond `entries_max` go first; of the others, one goes when it is past both `entries` and `age`.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// No younger entry is forgotten.
    pub age: Duration,
    /// So many of the newest entries are not forgotten, however old they are. At least 1: the last entry always stays.
    pub entries: u64,
    /// More are not kept, however young they are. At least 1, too.
    pub entries_max: u64,
}

/// A day is longer than any repair of a node that was cut off. 10,000 entries are about 10 MB: a quiet store shows months
/// of its history. A million are about 1 GB: a store that is written without a pause must not fill the disk within the day.
pub const RETENTION: Retention = Retention { age: Duration::from_secs(24 * 3600), entries: 10_000, entries_max: 1_000_000 };

/// By how much one call of the backend moves the floor: ten batches of rows, done well within the deadline of a call.
const STEP_MAX: u64 = 5_000;
/// How often an append of another may come between before the rest is left for the next time.
const LOSSES_MAX: u32 = 100;

/// Forgets what need not be kept at `now`, in microseconds since 1970, and gives the floor after it. A store that fails
/// half-way has forgotten less, and nothing else.
pub(crate) async fn truncate(backend: &dyn Backend, retention: &Retention, now: i64) -> Result<u64> {
    let mut head = call(backend.head()).await?;
    let floor = floor(backend, &head, retention, now).await?;
    let mut losses = 0;
    while head.floor < floor {
        let step = floor.min(head.floor + STEP_MAX);
        match call(backend.truncate(&head, step)).await? {
            Truncated::Done => head.floor = step,
            Truncated::HeadMoved(_) if losses == LOSSES_MAX => {
                return Err(errors::unavailable("the change log could not be truncated")
                    .detail(format!("The store was changed {LOSSES_MAX} times meanwhile.")));
            }
            Truncated::HeadMoved(moved) => {
                losses += 1;
                head = moved;
            }
        }
    }
    Ok(head.floor)
}

/// Up to where entries need not be kept. Below the head's floor if there is nothing to forget.
async fn floor(backend: &dyn Backend, head: &Head, retention: &Retention, now: i64) -> Result<u64> {
    let age = i64::try_from(retention.age.as_micros()).unwrap_or(i64::MAX);
    let cutoff = now.saturating_sub(age);
    // The times never fall along the log, so the last entry before the cutoff is found in twenty reads of a million.
    let mut low = head.floor.max(head.rev.saturating_sub(retention.entries_max.max(1)));
    let mut high = head.rev.saturating_sub(retention.entries.max(1));
    while low < high {
        let middle = high - (high - low) / 2;
        match made_at(backend, middle).await? {
            Some(at) if at < cutoff => low = middle,
            Some(_) => high = middle - 1,
            // Another node has forgotten it already.
            None => low = middle,
        }
    }
    Ok(low)
}

/// When an entry was made; nothing if it is forgotten.
async fn made_at(backend: &dyn Backend, rev: u64) -> Result<Option<i64>> {
    match call(backend.log(rev - 1, 1)).await? {
        Log::Compacted { .. } => Ok(None),
        Log::Entries(rows) => match rows.first() {
            Some(row) if row.rev == rev => Ok(Some(row.open()?.at)),
            _ => Err(errors::corrupt(format!("change log entry {rev} is missing"))),
        },
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::MemoryBackend;
    use crate::backend::Appended;
    use crate::change::Op;
    use crate::replica::Replica;

    const SECOND: i64 = 1_000_000;

    #[tokio::test]
    async fn an_entry_goes_when_it_is_old_and_beyond_the_count() {
        for (age, entries, entries_max, now, floor) in [
            // Entry n was made at second n.
            (10, 5, 100, 40, 25),   // Those up to 29 are old enough, but the newest five stay.
            (10, 1, 100, 35, 24),   // 25 is exactly ten seconds old.
            (10, 5, 100, 20, 9),    // Only up to 9 are old enough.
            (10, 5, 100, 5, 0),     // None is old enough.
            (10, 100, 100, 999, 0), // There are fewer than that.
            (10, 5, 12, 20, 18),    // Too many young ones.
            (10, 0, 100, 999, 29),  // The last one always stays.
            (10, 5, 2, 999, 28),    // The most is less than the least: the most wins.
        ] {
            let backend = thirty_entries().await;
            let retention = Retention { age: Duration::from_secs(age), entries, entries_max };
            let found = truncate(&backend, &retention, now * SECOND).await.unwrap();
            assert_eq!((found, backend.head().await.unwrap().floor), (floor, floor), "{retention:?} at {now}");
            assert_eq!(truncate(&backend, &retention, now * SECOND).await.unwrap(), floor, "nothing is left to forget");
        }
    }

    #[tokio::test]
    async fn a_floor_never_falls() {
        let backend = thirty_entries().await;
        backend.truncate(&backend.head().await.unwrap(), 20).await.unwrap();
        let retention = Retention { age: Duration::from_secs(10), entries: 5, entries_max: 100 };
        assert_eq!(truncate(&backend, &retention, 15 * SECOND).await.unwrap(), 20);
        assert_eq!(truncate(&backend, &retention, 33 * SECOND).await.unwrap(), 22);
    }

    #[tokio::test]
    async fn a_new_store_has_nothing_to_forget() {
        assert_eq!(truncate(&MemoryBackend::new(), &RETENTION, i64::MAX).await.unwrap(), 0);
    }

    async fn thirty_entries() -> MemoryBackend {
        let backend = MemoryBackend::new();
        for second in 1..=30 {
            let state = Replica::load(backend.snapshot().await.unwrap()).unwrap();
            let append = state.draft(Uuid::now_v7(), "admin", "node", second * SECOND, vec![Op::put("a", "word", "")]);
            assert_eq!(backend.append(&append).await.unwrap(), Appended::Done);
        }
        backend
    }
}
