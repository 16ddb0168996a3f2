//! The store as the rest of the gateway sees it: read from the replica, commit changes, wait for revisions.

use std::sync::Arc;
use std::time::Duration;

use spi::Result;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::backend::{Backend, Health, Log};
use crate::change::{self, Entry, LogRow, Op};
use crate::committer::{Committed, Committer};
use crate::compare::{self, Compared, Depth};
use crate::follower::{Follower, call};
use crate::record;
use crate::replica::Replica;
use crate::retention::{self, Retention};
use crate::task::Background;

/// Most entries that one call of [`Store::history`] gives: they are held in memory, with all that they wrote.
const HISTORY_MAX: usize = 1000;

/// One node's view of the store. Cheap to clone; the tasks behind it end with the last clone, or with [`Store::close`].
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    backend: Arc<dyn Backend>,
    follower: Follower,
    committer: Committer,
    following: Background,
    committing: Background,
}

impl Store {
    /// Loads the state, checks it, and starts to follow the log. `node` names this gateway in the log.
    pub async fn open(backend: Arc<dyn Backend>, node: &str) -> Result<Store> {
        change::check_name("node", node)?;
        let replica = Replica::load(backend.snapshot().await?)?;
        let stop = CancellationToken::new();
        let (follower, task) = Follower::new(backend.clone(), replica, stop.clone());
        let following = Background::start("store.follower", stop, task);
        let stop = CancellationToken::new();
        let (committer, task) = Committer::new(backend.clone(), node, follower.clone(), stop.clone());
        let committing = Background::start("store.committer", stop, task);
        Ok(Store { inner: Arc::new(Inner { backend, follower, committer, following, committing }) })
    }

    /// The newest state that this node has. Never touches the backend.
    pub fn replica(&self) -> Arc<Replica> {
        self.inner.follower.replica()
    }

    /// Tells of every new state. A slow watcher sees only the newest.
    pub fn watch(&self) -> watch::Receiver<Arc<Replica>> {
        self.inner.follower.watch()
    }

    /// Runs `change` on the state at the head and appends what it returns as one change, or passes on its error.
    ///
    /// The answer comes once this node's replica has the change. If the head moves meanwhile, `change` runs again on the
    /// new state, so it must decide by its argument alone. A `change_id` that is in the log already is answered with its
    /// revision, and `change` does not run. No ops commit nothing.
    pub async fn commit(
        &self,
        actor: &str,
        change_id: Uuid,
        change: impl Fn(&Replica) -> Result<Vec<Op>> + Send + Sync + 'static,
    ) -> Result<Committed> {
        self.inner.committer.commit(actor, change_id, Box::new(change)).await
    }

    /// A state that has `revision`, such as one that another node has answered with.
    pub async fn wait_for(&self, revision: u64, deadline: Duration) -> Result<Arc<Replica>> {
        self.inner.follower.reach(revision, deadline).await
    }

    /// The change log after revision `after`, oldest first: at most `limit` entries, and no more than 1000.
    /// Starts later if the entries have been forgotten.
    pub async fn history(&self, after: u64, limit: usize) -> Result<Vec<Entry>> {
        let limit = limit.min(HISTORY_MAX);
        let rows = match call(self.inner.backend.log(after, limit)).await? {
            Log::Entries(rows) => rows,
            Log::Compacted { floor } => match call(self.inner.backend.log(floor, limit)).await? {
                Log::Entries(rows) => rows,
                // The floor moved again between the two calls: whatever is there now is not what was asked for.
                Log::Compacted { .. } => Vec::new(),
            },
        };
        rows.iter().map(LogRow::open).collect()
    }

    /// Writes soft state: visible to all nodes, outside the log, the last writer wins, a crash may lose it.
    pub async fn soft_put(&self, key: &str, body: &[u8]) -> Result<()> {
        record::check_key(key)?;
        record::check_body(key, body)?;
        call(self.inner.backend.soft_put(key, body)).await
    }

    /// All soft state whose key starts with `prefix`, in key order.
    pub async fn soft_list(&self, prefix: &str) -> Result<Vec<(String, Vec<u8>)>> {
        call(self.inner.backend.soft_list(prefix)).await
    }

    pub async fn soft_delete(&self, key: &str) -> Result<()> {
        call(self.inner.backend.soft_delete(key)).await
    }

    /// Forgets the entries of the change log that need not be kept at `now`, in microseconds since 1970, and gives the
    /// revision that all of them are forgotten up to.
    pub async fn truncate_log(&self, retention: &Retention, now: i64) -> Result<u64> {
        retention::truncate(&*self.inner.backend, retention, now).await
    }

    /// Compares all records here with those of the store, and repairs the side that is damaged. An error says that they
    /// could not be compared, or that what is right is not known any more.
    pub async fn compare(&self, depth: Depth) -> Result<Compared> {
        compare::compare(&*self.inner.backend, &self.inner.follower, depth).await
    }

    /// How the backend is, or why this node does not follow it.
    pub async fn health(&self) -> Result<Health> {
        match self.inner.follower.failure() {
            Some(error) => Err(error),
            None => call(self.inner.backend.health()).await,
        }
    }

    #[cfg(test)]
    pub(crate) fn follower(&self) -> &Follower {
        &self.inner.follower
    }

    /// Finishes the change at hand, refuses those that wait, and closes the backend.
    pub async fn close(&self) {
        // In this order: the change at hand is answered once the follower has applied it.
        self.inner.committing.end().await;
        self.inner.following.end().await;
        self.inner.backend.close().await;
    }
}
