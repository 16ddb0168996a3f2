//! Keeps this node's replica at the head of the log, and never lets it go where the log does not lead.
//!
//! Wait for a hint or a second to pass, read the head, read what follows our revision, check every entry, publish. Because
//! each round starts from the head, a hint may be lost, repeated or early without harm. An entry that does not follow
//! from our state means that the two have diverged: the state is then loaded anew from the store, and an operator is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::BoxFuture;
use rand::Rng;
use spi::{Code, Error, Result};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::backend::{Backend, Head, LOG_PAGE_ROWS, Log};
use crate::replica::Replica;
use crate::{errors, failpoint};

/// How long a change of another node may go unnoticed when every hint is lost. Varied, so that nodes do not poll in step.
const POLL: Duration = Duration::from_secs(1);
const POLL_VARIES_BY: f64 = 0.2;
/// How long one call of the backend may take before it counts as failed.
pub(crate) const CALL_DEADLINE: Duration = Duration::from_secs(5);
/// Loading 100,000 records takes well under a second; this allows for a slow network and ten times as many.
pub(crate) const SNAPSHOT_DEADLINE: Duration = Duration::from_secs(60);
/// A head behind ours must be read this often, over this long, before we believe it: one stale read is no regression.
const REGRESSED_READS: u32 = 3;
const REGRESSED_AFTER: Duration = Duration::from_secs(2);

/// Whether this node may write.
#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Following,
    /// The head could not be read or followed. The replica is served as it is.
    Failing(Error),
    /// The store has lost changes that this node has seen.
    Regressed(Error),
}

impl Condition {
    fn message(&self) -> Option<&str> {
        match self {
            Condition::Following => None,
            Condition::Failing(error) | Condition::Regressed(error) => Some(&error.message),
        }
    }
}

/// What the rest of the store sees of the follower.
#[derive(Clone)]
pub(crate) struct Follower {
    replica: watch::Receiver<Arc<Replica>>,
    condition: watch::Receiver<Condition>,
    nudge: Arc<Notify>,
    doubts: mpsc::Sender<Doubt>,
}

/// Somebody has found that this node's state is not the store's.
struct Doubt {
    reason: String,
    done: oneshot::Sender<Result<()>>,
}

impl Follower {
    /// The handle, and the task that feeds it until `stop`.
    pub(crate) fn new(backend: Arc<dyn Backend>, replica: Replica, stop: CancellationToken) -> (Self, BoxFuture<'static, ()>) {
        let (replica, replica_seen) = watch::channel(Arc::new(replica));
        let (condition, condition_seen) = watch::channel(Condition::Following);
        let nudge = Arc::new(Notify::new());
        // One is enough: loading the state anew removes every doubt.
        let (doubts, doubts_heard) = mpsc::channel(1);
        let task = Task { backend, replica, condition, nudge: nudge.clone(), doubts: doubts_heard, behind: None };
        (Self { replica: replica_seen, condition: condition_seen, nudge, doubts }, Box::pin(task.run(stop)))
    }

    pub(crate) fn replica(&self) -> Arc<Replica> {
        self.replica.borrow().clone()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Arc<Replica>> {
        self.replica.clone()
    }

    /// Why this node must not write, if so. A failure that may pass is none yet: whoever waits finds out at its deadline.
    pub(crate) fn refusal(&self) -> Option<Error> {
        match &*self.condition.borrow() {
            Condition::Regressed(error) => Some(error.clone()),
            Condition::Failing(error) if !error.retryable => Some(error.clone()),
            Condition::Failing(_) | Condition::Following => None,
        }
    }

    /// The last failure of any kind, until it has passed.
    pub(crate) fn failure(&self) -> Option<Error> {
        match &*self.condition.borrow() {
            Condition::Regressed(error) | Condition::Failing(error) => Some(error.clone()),
            Condition::Following => None,
        }
    }

    /// A replica that has `revision`. Looks at once instead of at the next hint.
    pub(crate) async fn reach(&self, revision: u64, deadline: Duration) -> Result<Arc<Replica>> {
        let mut replica = self.replica.clone();
        if replica.borrow().revision() < revision {
            self.nudge.notify_one();
        }
        match timeout(deadline, replica.wait_for(|replica| replica.revision() >= revision)).await {
            Ok(Ok(replica)) => Ok(replica.clone()),
            Ok(Err(_)) => Err(closed()),
            Err(_) => Err(self.failure().unwrap_or_else(|| self.behind(revision))),
        }
    }

    /// Loads the state anew from the store, because `reason` says that this node's is not the same.
    pub(crate) async fn reload(&self, reason: String) -> Result<()> {
        let (done, answer) = oneshot::channel();
        self.doubts.send(Doubt { reason, done }).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    fn behind(&self, revision: u64) -> Error {
        errors::unavailable(format!("this gateway has not reached revision {revision} yet"))
            .detail(format!("It is at revision {}.", self.replica().revision()))
            .hint("Try again, or ask another gateway.")
    }
}

pub(crate) fn closed() -> Error {
    errors::unavailable("the store is closed")
}

struct Task {
    backend: Arc<dyn Backend>,
    replica: watch::Sender<Arc<Replica>>,
    condition: watch::Sender<Condition>,
    nudge: Arc<Notify>,
    doubts: mpsc::Receiver<Doubt>,
    behind: Option<Behind>,
}

/// Heads read in a row that are behind us.
struct Behind {
    since: Instant,
    reads: u32,
}

impl Task {
    async fn run(mut self, stop: CancellationToken) {
        let mut hints = self.backend.wakeups().fuse();
        loop {
            let poll = POLL.mul_f64(1.0 + rand::rng().random_range(-POLL_VARIES_BY..POLL_VARIES_BY));
            let mut doubt = None;
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.nudge.notified() => {}
                Some(()) = hints.next() => {}
                Some(heard) = self.doubts.recv() => doubt = Some(heard),
                () = tokio::time::sleep(poll) => {}
            }
            // Dropping a round half-way is safe: what was published is whole, the rest is read again.
            tokio::select! {
                () = stop.cancelled() => return,
                condition = self.round(doubt) => self.report(condition),
            }
        }
    }

    async fn round(&mut self, doubt: Option<Doubt>) -> Condition {
        let Some(Doubt { reason, done }) = doubt else { return self.catch_up().await.unwrap_or_else(Condition::Failing) };
        let loaded = self.reload(&reason).await;
        // Nobody listening is fine: the doubt is removed all the same.
        let _ = done.send(loaded.as_ref().map(|_| ()).map_err(Error::clone));
        loaded.unwrap_or_else(Condition::Failing)
    }

    async fn catch_up(&mut self) -> Result<Condition> {
        let head = call(self.backend.head()).await?;
        let ours = self.current();
        if head.store_id != ours.head().store_id {
            return Err(errors::corrupt("the store has been replaced by another store")
                .detail(format!("It was {} and is {} now.", ours.head().store_id, head.store_id))
                .hint("Restart the gateway if that was meant."));
        }
        if head.history_id != ours.head().history_id {
            return self.reload("an operator restored the store").await;
        }
        if head.rev < ours.revision() {
            return Ok(self.fallen_back(&head, &ours));
        }
        self.behind = None;
        if head.rev == ours.revision() && head.entry_hash != ours.entry_hash() {
            return self.reload(&format!("entry {} of the change log is not the one that this gateway has applied", head.rev)).await;
        }
        while self.current().revision() < head.rev {
            match call(self.backend.log(self.current().revision(), LOG_PAGE_ROWS)).await? {
                Log::Compacted { floor } => {
                    tracing::info!(floor, "the change log was truncated past this gateway's revision; loading a snapshot");
                    return self.load().await;
                }
                Log::Entries(rows) => {
                    if let Err(error) = self.apply(&rows, head.rev) {
                        return match error.code {
                            // A newer format is no divergence, and a snapshot would hide that we do not understand it.
                            Code::Unsupported => Err(error),
                            _ => self.reload(&error.to_string()).await,
                        };
                    }
                }
            }
        }
        Ok(Condition::Following)
    }

    /// Applies a page of the log and publishes the state after it, even if a later entry of the page does not follow.
    fn apply(&self, rows: &[crate::change::LogRow], head: u64) -> Result<()> {
        let mut replica = self.current();
        if rows.is_empty() {
            return Err(errors::corrupt(format!("change log entry {} is missing", replica.revision() + 1))
                .detail(format!("The head is at revision {head}.")));
        }
        let mut applied = Ok(());
        for row in rows {
            match replica.apply(row) {
                Ok(next) => replica = Arc::new(next),
                Err(error) => {
                    applied = Err(error);
                    break;
                }
            }
        }
        if replica.revision() > self.current().revision() {
            failpoint::reach("store.apply.before");
            self.replica.send_replace(replica);
        }
        applied
    }

    /// Loads the state anew because it does not follow from ours any more. Someone should find out why.
    async fn reload(&mut self, reason: &str) -> Result<Condition> {
        tracing::error!(revision = self.current().revision(), reason, "state diverged from the store; loading it anew");
        self.load().await
    }

    async fn load(&mut self) -> Result<Condition> {
        let snapshot = timeout(SNAPSHOT_DEADLINE, self.backend.snapshot()).await.map_err(|_| too_slow())??;
        self.replica.send_replace(Arc::new(Replica::load(snapshot)?));
        Ok(Condition::Following)
    }

    fn fallen_back(&mut self, head: &Head, ours: &Replica) -> Condition {
        let behind = self.behind.get_or_insert_with(|| Behind { since: Instant::now(), reads: 0 });
        behind.reads += 1;
        if behind.reads < REGRESSED_READS || behind.since.elapsed() < REGRESSED_AFTER {
            return self.condition.borrow().clone();
        }
        Condition::Regressed(
            Error::new(Code::Unavailable, format!("the store has fallen back to revision {}", head.rev))
                .origin(spi::Origin::Gateway)
                .detail(format!("This gateway has applied revision {}: the changes in between were lost there.", ours.revision()))
                .hint("Reads go on. Restore the lost changes, or restart the gateways to accept the older state."),
        )
    }

    /// Tells an operator when the condition changes, not every second while it lasts.
    fn report(&self, condition: Condition) {
        if self.condition.borrow().message() != condition.message() {
            match &condition {
                Condition::Following => tracing::info!(revision = self.current().revision(), "following the store again"),
                Condition::Failing(error) if error.retryable => {
                    tracing::warn!(%error, "could not follow the store; serving the last state")
                }
                Condition::Failing(error) => tracing::error!(%error, "could not follow the store; serving the last state"),
                Condition::Regressed(error) => tracing::error!(%error, "the store lost changes; refusing writes"),
            }
        }
        self.condition.send_replace(condition);
    }

    fn current(&self) -> Arc<Replica> {
        self.replica.borrow().clone()
    }
}

/// One call of the backend, with a deadline.
pub(crate) async fn call<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(CALL_DEADLINE, work).await.map_err(|_| too_slow())?
}

pub(crate) fn too_slow() -> Error {
    errors::unavailable("the store did not answer in time")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::SeqCst;

    use uuid::Uuid;

    use super::*;
    use crate::change::Op;
    use crate::faulty::Faulty;
    use crate::store::Store;

    /// Long enough that only a hang reaches it.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn without_any_hint_a_change_arrives_with_the_next_poll() {
        let backend = Faulty::default();
        backend.deaf.store(true, SeqCst);
        let (writer, reader) = pair(backend).await;
        write(&writer, 1).await;
        let mut watch = reader.0.watch();
        timeout(PATIENCE, watch.changed()).await.unwrap().unwrap();
        assert_eq!(watch.borrow().revision(), 1);
    }

    #[tokio::test]
    async fn a_damaged_entry_is_passed_over_with_a_snapshot() {
        let (writer, (reader, backend)) = pair(Faulty::default()).await;
        backend.damaged_entry.store(2, SeqCst);
        write(&writer, 3).await;
        let state = reader.wait_for(3, PATIENCE).await.unwrap();
        assert_eq!(state.root(), writer.replica().root());
        assert!(backend.snapshots.load(SeqCst) >= 2, "one to open, one to pass over");
        reader.health().await.unwrap();
    }

    #[tokio::test]
    async fn a_truncated_log_is_routine() {
        let (writer, (reader, backend)) = pair(Faulty::default()).await;
        backend.unreachable.store(true, SeqCst);
        write(&writer, 5).await;
        let head = backend.inner.head().await.unwrap();
        backend.inner.truncate(&head, 4).await.unwrap();
        backend.unreachable.store(false, SeqCst);
        assert_eq!(reader.wait_for(5, PATIENCE).await.unwrap().root(), writer.replica().root());
        assert_eq!(backend.snapshots.load(SeqCst), 2);
    }

    #[tokio::test]
    async fn another_entry_in_the_place_of_ours_is_a_divergence() {
        let (writer, (reader, backend)) = pair(Faulty::default()).await;
        write(&writer, 2).await;
        reader.wait_for(2, PATIENCE).await.unwrap();
        let ours = backend.inner.head().await.unwrap();
        *backend.stale_head.lock().await = Some(Head { entry_hash: blake3::hash(b"another"), ..ours });
        let mut watch = reader.watch();
        watch.mark_unchanged();
        timeout(PATIENCE, watch.changed()).await.unwrap().unwrap();
        assert!(backend.snapshots.load(SeqCst) >= 2);
        assert_eq!(watch.borrow().root(), writer.replica().root());
    }

    #[tokio::test]
    async fn a_store_that_fell_back_is_read_but_not_written() {
        let (writer, (reader, backend)) = pair(Faulty::default()).await;
        write(&writer, 1).await;
        let old = backend.inner.head().await.unwrap();
        write(&writer, 2).await;
        reader.wait_for(3, PATIENCE).await.unwrap();

        *backend.stale_head.lock().await = Some(old);
        let mut condition = reader.follower().condition.clone();
        let regressed = condition.wait_for(|condition| matches!(condition, Condition::Regressed(_)));
        timeout(PATIENCE, regressed).await.unwrap().unwrap();
        let error = reader.commit("admin", Uuid::now_v7(), |_| Ok(vec![])).await.unwrap_err();
        assert_eq!((error.code, error.message.as_str()), (Code::Unavailable, "the store has fallen back to revision 1"));
        assert_eq!(reader.health().await.unwrap_err().message, error.message);
        assert_eq!(reader.replica().revision(), 3, "reads go on");

        *backend.stale_head.lock().await = None;
        let following = condition.wait_for(|condition| matches!(condition, Condition::Following));
        timeout(PATIENCE, following).await.unwrap().unwrap();
        write(&reader, 1).await;
    }

    /// A writer on the sound backend, and a reader behind the faulty one.
    async fn pair(backend: Faulty) -> (Store, (Store, Arc<Faulty>)) {
        let backend = Arc::new(backend);
        let writer = Store::open(backend.inner.clone(), "writer").await.unwrap();
        let reader = Store::open(backend.clone(), "reader").await.unwrap();
        (writer, (reader, backend))
    }

    async fn write(store: &Store, changes: usize) {
        for _ in 0..changes {
            store.commit("admin", Uuid::now_v7(), |_| Ok(vec![Op::put("a", "word", Uuid::now_v7().as_bytes().to_vec())])).await.unwrap();
        }
    }
}
