//! What a store needs from whatever holds it: one log, one head, and compare-and-swap between them.
//!
//! A backend is dumb on purpose. It keeps rows and compares one head; hashes, chains, roots, limits and conflicts are
//! judged above it, the same way for every backend. The suite in `conformance` says in tests what this page says in words.

use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use spi::Result;
use uuid::Uuid;

use crate::change::{EntryHash, GENESIS, LogRow};
use crate::record::{Record, RecordHash, Root};

pub mod memory;
pub mod sqlite;

/// The format of everything below. A backend that finds another one refuses to open.
pub const FORMAT: u32 = 1;

/// Most entries that one call of [`Backend::log`] is asked for: 64 of the largest are 32 MiB.
pub const LOG_PAGE_ROWS: usize = 64;

/// One store, as it is held somewhere. All methods may be called at once, from several nodes.
///
/// An error with `retryable` set says nothing about whether a write took place; other errors of `append` and `truncate`
/// mean that it did not, as far as the backend can know.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// The head, read so that every append that was answered before is seen.
    async fn head(&self) -> Result<Head>;

    /// Writes head, entry, change marker and records as one atomic, durable change, if the head is still the expected one.
    async fn append(&self, append: &Append) -> Result<Appended>;

    /// At most `limit` entries that follow revision `after`, without a hole.
    async fn log(&self, after: u64, limit: usize) -> Result<Log>;

    /// Head, last entry and all records in key order, at one revision.
    async fn snapshot(&self) -> Result<Snapshot>;

    /// The stored hashes of all records in key order, at one revision: what two copies compare.
    async fn listing(&self) -> Result<Listing>;

    /// The revision that a change was committed as. Known for as long as its entry is in the log.
    async fn find_change(&self, change_id: Uuid) -> Result<Option<u64>>;

    /// Says "look again". Items may be lost, repeated or early: whoever listens also polls.
    fn wakeups(&self) -> BoxStream<'static, ()>;

    /// Writes soft state: outside the log, the last writer wins, and a crash may lose it.
    async fn soft_put(&self, key: &str, body: &[u8]) -> Result<()>;

    /// All soft state whose key starts with `prefix`, in key order.
    async fn soft_list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>>;

    async fn soft_delete(&self, key: &str) -> Result<()>;

    /// Forgets the entries up to `floor` and their change markers. The floor moves first, by compare-and-swap like an
    /// append; the rows go afterwards in small batches. Records stay. The last entry always stays, so `floor` is below it.
    async fn truncate(&self, expected: &Head, floor: u64) -> Result<Truncated>;

    /// Writes rows of the state at the head again, over rows that are damaged: all or none, and only if the head is still
    /// the expected one, which the answer says. No change is made, so no entry is written; whoever calls knows by the root
    /// that these are the rows.
    async fn repair(&self, expected: &Head, puts: &[Record], deletes: &[String]) -> Result<bool>;

    /// What an operator wants to know. Measures, so not for the hot path.
    async fn health(&self) -> Result<Health>;

    /// Releases files and connections, once all streams of hints have been dropped. Nothing else is called afterwards.
    async fn close(&self);
}

/// Where the log ends, and what the state adds up to there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub rev: u64,
    /// The hash of entry `rev`.
    pub entry_hash: EntryHash,
    /// The root of the state at `rev`.
    pub root: Root,
    /// Entries up to here have been forgotten.
    pub floor: u64,
    /// Which store this is, for ever.
    pub store_id: Uuid,
    /// Changes when an operator restores an older state: the same revision then means something else.
    pub history_id: Uuid,
}

impl Head {
    /// The head of a new, empty store.
    pub fn genesis() -> Self {
        let (store_id, history_id) = (Uuid::now_v7(), Uuid::now_v7());
        Self { rev: 0, entry_hash: GENESIS, root: Root::EMPTY, floor: 0, store_id, history_id }
    }

    /// Whether both are the same place in the same history. The floor may differ.
    pub fn is_same_place(&self, other: &Head) -> bool {
        self.rev == other.rev && self.entry_hash == other.entry_hash && self.history_id == other.history_id
    }
}

/// One change, ready to be stored.
#[derive(Clone, Debug)]
pub struct Append {
    /// The head that the change was made on. Its floor is not compared.
    pub expected: Head,
    /// The entry, with revision `expected.rev + 1`.
    pub row: LogRow,
    /// The root of the state after it.
    pub root: Root,
    pub change_id: Uuid,
    /// What the entry writes, as records.
    pub puts: Vec<Record>,
    /// The keys that it removes.
    pub deletes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    Done,
    /// Somebody else was first; nothing was written.
    HeadMoved(Head),
    /// This change is in the log already, as that revision; nothing was written.
    Repeated(u64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Log {
    /// Empty if `after` is the head.
    Entries(Vec<LogRow>),
    /// The entries after `after` are gone up to the floor: take a snapshot.
    Compacted { floor: u64 },
}

#[derive(Clone, Debug)]
pub struct Snapshot {
    pub head: Head,
    /// Entry `head.rev`; absent in an empty store.
    pub last: Option<LogRow>,
    pub records: Vec<Record>,
}

#[derive(Clone, Debug)]
pub struct Listing {
    pub head: Head,
    pub records: Vec<Listed>,
}

/// A record without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub key: String,
    pub rev: u64,
    pub hash: RecordHash,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truncated {
    Done,
    /// The head moved or the floor is there already; nothing was done.
    HeadMoved(Head),
}

/// How a backend is.
#[derive(Clone, Debug)]
pub struct Health {
    /// Its name and version, such as `sqlite 3.51.3`.
    pub backend: String,
    /// How long reading the head took.
    pub latency: Duration,
    /// What the store takes on disk, or in memory.
    pub size_bytes: u64,
    /// Where the log ends.
    pub revision: u64,
    /// Where the log begins.
    pub floor: u64,
    /// Whether other nodes' changes wake this one before its next poll.
    pub notifies: bool,
}
