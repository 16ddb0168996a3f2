//! What became of the attempts to harvest each source: soft state that survives a restart, but is no part of the history.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use spi::Result;
use store::Store;
use tokio::sync::watch;

use crate::time;

const KEYS: &str = "freshness/";

/// How fresh the metadata of a source is. All times are in microseconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    pub source_oid: u32,
    pub name: String,
    /// The newest snapshot; 0 before the first.
    pub snapshot_number: u64,
    /// When the source was last seen to be like its newest snapshot.
    pub observed_at: Option<i64>,
    pub last_attempt_at: Option<i64>,
    /// Why the last attempt failed, or why the stored metadata cannot be read.
    pub last_error: Option<String>,
    /// When the gateway will try again by itself; `None` if it will not.
    pub next_refresh_at: Option<i64>,
    /// Requests that this gateway has made to the source since it started.
    pub remote_calls_total: u64,
}

/// What became of the attempts on one source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attempts {
    /// The version whose harvest was tried last; 0 if none was.
    pub version: u64,
    /// When the last attempt ended, at the whole source or at a part.
    pub last_attempt_at: Option<i64>,
    /// When the last attempt at the whole source ended.
    pub last_whole_attempt_at: Option<i64>,
    /// When the last harvest of the whole source that succeeded began: what it saw is not older.
    pub observed_at: Option<i64>,
    /// Attempts at the whole source that failed since then.
    pub failures: u32,
    pub last_error: Option<String>,
    /// Requests that the last attempt at the whole source made.
    pub remote_calls: u64,
    /// The last harvest of the whole source that succeeded, where the source can tell whether it has changed since.
    pub fingerprinted: Option<Fingerprinted>,
}

/// A harvest that need not be repeated as long as the source's fingerprint stays the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fingerprinted {
    /// The version of the data source that was harvested.
    pub version: u64,
    /// The newest snapshot after it: another one may be of a part of the source, or of another gateway's harvest.
    pub snapshot: u64,
    /// When the harvest began.
    pub harvested_at: i64,
    /// The fingerprint right before it: what changed meanwhile changes that of the next refresh.
    pub fingerprint: String,
}

/// The attempts on all sources. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Ledger {
    store: Store,
    attempts: Arc<watch::Sender<BTreeMap<u32, Attempts>>>,
}

impl Ledger {
    pub(crate) async fn load(store: &Store) -> Result<Self> {
        let stored = store.soft_list(KEYS).await?;
        // Soft state of another form is worth no more than none.
        let entries =
            stored.iter().filter_map(|(key, body)| Some((key.strip_prefix(KEYS)?.parse().ok()?, serde_json::from_slice(body).ok()?)));
        Ok(Self { store: store.clone(), attempts: Arc::new(watch::Sender::new(entries.collect())) })
    }

    pub(crate) fn get(&self, source_oid: u32) -> Attempts {
        self.attempts.borrow().get(&source_oid).cloned().unwrap_or_default()
    }

    pub(crate) fn sources(&self) -> Vec<u32> {
        self.attempts.borrow().keys().copied().collect()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<BTreeMap<u32, Attempts>> {
        self.attempts.subscribe()
    }

    /// Notes an attempt that has just ended: `edit` says what it came to.
    pub(crate) async fn note(&self, source_oid: u32, edit: impl FnOnce(&mut Attempts)) {
        let mut attempts = self.get(source_oid);
        attempts.last_attempt_at = Some(time::now());
        edit(&mut attempts);
        let body = serde_json::to_vec(&attempts);
        self.attempts.send_modify(|all| _ = all.insert(source_oid, attempts));
        match body {
            Ok(body) => self.store(source_oid, &body).await,
            Err(error) => tracing::error!(source_oid, %error, "freshness could not be written"),
        }
    }

    pub(crate) async fn forget(&self, source_oid: u32) {
        self.attempts.send_modify(|all| _ = all.remove(&source_oid));
        if let Err(error) = self.store.soft_delete(&key(source_oid)).await {
            tracing::warn!(source_oid, %error, "freshness of a purged data source could not be removed");
        }
    }

    /// What is lost here is only how fresh the metadata is after a restart: the source is then harvested once too often.
    async fn store(&self, source_oid: u32, body: &[u8]) {
        if let Err(error) = self.store.soft_put(&key(source_oid), body).await {
            tracing::warn!(source_oid, %error, "freshness could not be stored");
        }
    }
}

fn key(source_oid: u32) -> String {
    format!("{KEYS}{source_oid}")
}
