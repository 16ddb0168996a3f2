//! Whose turn it is to use a connection: so many at once, and whoever waits in vain is told who they are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Code, Error, Result};

/// How long a statement waits until another one gives its turn back. Two halves of one query may wait for each other: this ends it.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// The turns of one data source.
pub struct Turns {
    source: String,
    max: u32,
    permits: Arc<Semaphore>,
    /// Never locked across an await.
    holders: Mutex<Holders>,
}

/// What the turns that are taken are for, and since when.
#[derive(Default)]
struct Holders {
    by_number: BTreeMap<u64, (String, Instant)>,
    next_number: u64,
}

/// The right to one connection, for as long as it lives.
pub struct Turn {
    turns: Arc<Turns>,
    number: u64,
    _permit: OwnedSemaphorePermit,
}

impl Turns {
    /// So many at once, for connections to the source of this name.
    pub fn new(source: &str, max: u32) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(max as usize));
        Arc::new(Self { source: source.to_owned(), max, permits, holders: Mutex::default() })
    }

    /// Waits for a turn, and fails with 53300 after half a minute. `purpose` says what for, to whoever waits for it: `read table "t"`.
    pub async fn take(self: &Arc<Self>, purpose: String) -> Result<Turn> {
        let permit = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| self.exhausted(&purpose))?.map_err(|_| Error::internal("the turns of a data source ended"))?;
        let mut holders = self.holders();
        let number = holders.next_number;
        holders.next_number += 1;
        holders.by_number.insert(number, (purpose, Instant::now()));
        Ok(Turn { turns: Arc::clone(self), number, _permit: permit })
    }

    /// Whether the next one would have to wait.
    pub fn are_all_taken(&self) -> bool {
        self.permits.available_permits() == 0
    }

    fn holders(&self) -> MutexGuard<'_, Holders> {
        // Whole after every step of its changes.
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exhausted(&self, purpose: &str) -> Error {
        let source = &self.source;
        let shown = |(purpose, since): &(String, Instant)| format!("{purpose} for {} s", since.elapsed().as_secs());
        let holders: Vec<String> = self.holders().by_number.values().map(shown).collect();
        Error::source(Code::TooManyConnections, source, format!("could not get a connection to data source \"{source}\""))
            .detail(format!(
                "It was waited for {} s, to {purpose}. The {} connections are in use: {}.",
                WAIT_MAX.as_secs(),
                self.max,
                holders.join(", ")
            ))
            .hint("Raise the option \"connections_max\", or read fewer tables of the source at a time.")
            .retryable()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.holders().by_number.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_in_vain_is_told_who_holds_the_connections() {
        let turns = Turns::new("shop", 1);
        let turn = turns.take("read table \"a\"".to_owned()).await.expect("a turn");
        assert!(turns.are_all_taken());
        let error = turns.exhausted("read table \"b\"");
        assert_eq!((error.code, error.retryable), (Code::TooManyConnections, true));
        let detail = error.detail.expect("a detail");
        assert!(
            detail.starts_with("It was waited for 30 s, to read table \"b\". The 1 connections are in use: read table \"a\" for"),
            "{detail}"
        );
        drop(turn);
        assert!(!turns.are_all_taken());
        drop(turns.take("read table \"b\"".to_owned()).await.expect("a turn"));
    }
}
