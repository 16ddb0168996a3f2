//! A backend for tests that does what networks and disks do: loses hints, loses answers, answers late, stale or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use spi::{Code, Error, Result};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::MemoryBackend;
use crate::backend::{Append, Appended, Backend, Head, Health, Listing, Log, Snapshot, Truncated};
use crate::errors;
use crate::record::Record;

/// Each fault is a switch, or a number of calls that it lasts for.
#[derive(Default)]
pub(crate) struct Faulty {
    pub(crate) inner: Arc<MemoryBackend>,
    /// No hint ever comes.
    pub(crate) deaf: AtomicBool,
    /// Appends are made, but the answer is lost.
    pub(crate) lost_answers: AtomicU32,
    /// Appends are not made, and the answer is lost too.
    pub(crate) lost_appends: AtomicU32,
    /// Appends are refused because the disk is full.
    pub(crate) full: AtomicBool,
    /// Nothing answers.
    pub(crate) unreachable: AtomicBool,
    /// The head that is given instead of the true one.
    pub(crate) stale_head: Mutex<Option<Head>>,
    /// The revision whose log entry has a flipped bit.
    pub(crate) damaged_entry: AtomicU32,
    pub(crate) appends: AtomicU32,
    pub(crate) snapshots: AtomicU32,
}

impl Faulty {
    fn check_reachable(&self) -> Result<()> {
        if self.unreachable.load(Ordering::SeqCst) { Err(errors::unavailable("the store is unreachable")) } else { Ok(()) }
    }
}

fn take_one(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

#[async_trait]
impl Backend for Faulty {
    async fn head(&self) -> Result<Head> {
        self.check_reachable()?;
        match &*self.stale_head.lock().await {
            Some(head) => Ok(head.clone()),
            None => self.inner.head().await,
        }
    }

    async fn append(&self, append: &Append) -> Result<Appended> {
        self.check_reachable()?;
        self.appends.fetch_add(1, Ordering::SeqCst);
        if self.full.load(Ordering::SeqCst) {
            return Err(Error::new(Code::DiskFull, "the disk is full"));
        }
        if take_one(&self.lost_appends) {
            return Err(errors::unavailable("the connection was lost"));
        }
        let appended = self.inner.append(append).await;
        if take_one(&self.lost_answers) { Err(errors::unavailable("the connection was lost")) } else { appended }
    }

    async fn log(&self, after: u64, limit: usize) -> Result<Log> {
        self.check_reachable()?;
        let mut log = self.inner.log(after, limit).await?;
        if let Log::Entries(rows) = &mut log {
            let damaged = u64::from(self.damaged_entry.load(Ordering::SeqCst));
            for row in rows.iter_mut().filter(|row| row.rev == damaged) {
                let mut content = row.content.to_vec();
                content[20] ^= 1;
                row.content = content.into();
            }
        }
        Ok(log)
    }

    async fn snapshot(&self) -> Result<Snapshot> {
        self.check_reachable()?;
        self.snapshots.fetch_add(1, Ordering::SeqCst);
        self.inner.snapshot().await
    }

    async fn listing(&self) -> Result<Listing> {
        self.check_reachable()?;
        self.inner.listing().await
    }

    async fn find_change(&self, change_id: Uuid) -> Result<Option<u64>> {
        self.check_reachable()?;
        self.inner.find_change(change_id).await
    }

    fn wakeups(&self) -> BoxStream<'static, ()> {
        if self.deaf.load(Ordering::SeqCst) { stream::empty().boxed() } else { self.inner.wakeups() }
    }

    async fn soft_put(&self, key: &str, body: &[u8]) -> Result<()> {
        self.inner.soft_put(key, body).await
    }

    async fn soft_list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>> {
        self.inner.soft_list(prefix).await
    }

    async fn soft_delete(&self, key: &str) -> Result<()> {
        self.inner.soft_delete(key).await
    }

    async fn truncate(&self, expected: &Head, floor: u64) -> Result<Truncated> {
        self.inner.truncate(expected, floor).await
    }

    async fn repair(&self, expected: &Head, puts: &[Record], deletes: &[String]) -> Result<bool> {
        self.inner.repair(expected, puts, deletes).await
    }

    async fn health(&self) -> Result<Health> {
        self.inner.health().await
    }

    async fn close(&self) {}
}
