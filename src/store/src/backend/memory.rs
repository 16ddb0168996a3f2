//! A backend in memory, for tests and benchmarks. It forgets everything when the last handle is dropped.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use spi::{Error, Result};
use tokio::sync::watch;
use uuid::Uuid;

use super::{Append, Appended, Backend, Head, Health, Listed, Listing, Log, Snapshot, Truncated};
use crate::change::LogRow;
use crate::record::Record;

/// Shared by as many nodes as a test wants: each opens its store over the same `Arc`.
pub struct MemoryBackend {
    state: Mutex<State>,
    moved: watch::Sender<()>,
}

struct State {
    head: Head,
    log: BTreeMap<u64, LogRow>,
    changes: HashMap<Uuid, u64>,
    records: BTreeMap<String, Record>,
    soft: BTreeMap<String, Vec<u8>>,
}

impl Default for MemoryBackend {
    fn default() -> Self {
        let state =
            State { head: Head::genesis(), log: BTreeMap::new(), changes: HashMap::new(), records: BTreeMap::new(), soft: BTreeMap::new() };
        Self { state: Mutex::new(state), moved: watch::Sender::new(()) }
    }
}

impl MemoryBackend {
    pub fn new() -> Self {
        Self::default()
    }

    /// A holder that panicked cannot have left the state half changed: each method changes it without a panic in between.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Backend for MemoryBackend {
    async fn head(&self) -> Result<Head> {
        Ok(self.state().head.clone())
    }

    async fn append(&self, append: &Append) -> Result<Appended> {
        let appended = self.state().append(append);
        if appended == Appended::Done {
            self.moved.send_replace(());
        }
        Ok(appended)
    }

    async fn log(&self, after: u64, limit: usize) -> Result<Log> {
        let state = self.state();
        if after < state.head.floor {
            return Ok(Log::Compacted { floor: state.head.floor });
        }
        Ok(Log::Entries(state.log.range(after + 1..).take(limit).map(|(_, row)| row.clone()).collect()))
    }

    async fn snapshot(&self) -> Result<Snapshot> {
        let state = self.state();
        let last = state.log.get(&state.head.rev).cloned();
        Ok(Snapshot { head: state.head.clone(), last, records: state.records.values().cloned().collect() })
    }

    async fn listing(&self) -> Result<Listing> {
        let state = self.state();
        let listed = |record: &Record| Listed { key: record.key.to_string(), rev: record.rev, hash: record.hash };
        Ok(Listing { head: state.head.clone(), records: state.records.values().map(listed).collect() })
    }

    async fn find_change(&self, change_id: Uuid) -> Result<Option<u64>> {
        Ok(self.state().changes.get(&change_id).copied())
    }

    fn wakeups(&self) -> BoxStream<'static, ()> {
        let moved = self.moved.subscribe();
        stream::unfold(moved, |mut moved| async move { moved.changed().await.ok().map(|()| ((), moved)) }).boxed()
    }

    async fn soft_put(&self, key: &str, body: &[u8]) -> Result<()> {
        self.state().soft.insert(key.to_owned(), body.to_owned());
        Ok(())
    }

    async fn soft_list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let state = self.state();
        let found = state.soft.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        Ok(found.map(|(key, body)| (key.clone(), body.clone())).collect())
    }

    async fn soft_delete(&self, key: &str) -> Result<()> {
        self.state().soft.remove(key);
        Ok(())
    }

    async fn truncate(&self, expected: &Head, floor: u64) -> Result<Truncated> {
        let mut state = self.state();
        if !state.head.is_same_place(expected) || state.head.floor >= floor {
            return Ok(Truncated::HeadMoved(state.head.clone()));
        }
        if floor >= state.head.rev {
            return Err(Error::internal(format!("the log cannot be truncated up to its last entry {}", state.head.rev)));
        }
        state.head.floor = floor;
        state.log = state.log.split_off(&(floor + 1));
        state.changes.retain(|_, rev| *rev > floor);
        Ok(Truncated::Done)
    }

    async fn repair(&self, expected: &Head, puts: &[Record], deletes: &[String]) -> Result<bool> {
        let mut state = self.state();
        let is_expected = state.head.is_same_place(expected);
        if is_expected {
            state.write(puts, deletes);
        }
        Ok(is_expected)
    }

    async fn health(&self) -> Result<Health> {
        let started = Instant::now();
        let state = self.state();
        let log_bytes: usize = state.log.values().map(|row| row.content.len()).sum();
        let record_bytes: usize = state.records.values().map(|record| record.body.len()).sum();
        Ok(Health {
            backend: "memory".to_owned(),
            latency: started.elapsed(),
            size_bytes: (log_bytes + record_bytes) as u64,
            revision: state.head.rev,
            floor: state.head.floor,
            notifies: true,
        })
    }

    async fn close(&self) {}
}

impl State {
    fn append(&mut self, append: &Append) -> Appended {
        if !self.head.is_same_place(&append.expected) {
            return Appended::HeadMoved(self.head.clone());
        }
        if let Some(rev) = self.changes.get(&append.change_id) {
            return Appended::Repeated(*rev);
        }
        self.head.rev = append.row.rev;
        self.head.entry_hash = append.row.hash;
        self.head.root = append.root;
        self.log.insert(append.row.rev, append.row.clone());
        self.changes.insert(append.change_id, append.row.rev);
        self.write(&append.puts, &append.deletes);
        Appended::Done
    }

    fn write(&mut self, puts: &[Record], deletes: &[String]) {
        for record in puts {
            self.records.insert(record.key.to_string(), record.clone());
        }
        for key in deletes {
            self.records.remove(key);
        }
    }
}
