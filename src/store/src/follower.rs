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
use tokio::sync::{Notify, watch};
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
const SNAPSHOT_DEADLINE: Duration = Duration::from_secs(60);
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

/// What the rest of the store sees of the follower.
#[derive(Clone)]
pub(crate) struct Follower {
    replica: watch::Receiver<Arc<Replica>>,
    condition: watch::Receiver<Condition>,
    nudge: Arc<Notify>,
}

impl Follower {
    /// The handle, and the task that feeds it until `stop`.
    pub(crate) fn new(backend: Arc<dyn Backend>, replica: Replica, stop: CancellationToken) -> (Self, BoxFuture<'static, ()>) {
        let (replica, replica_seen) = watch::channel(Arc::new(replica));
        let (condition, condition_seen) = watch::channel(Condition::Following);
        let nudge = Arc::new(Notify::new());
        let task = Task { backend, replica, condition, nudge: nudge.clone(), behind: None };
        (Self { replica: replica_seen, condition: condition_seen, nudge }, Box::pin(task.run(stop)))
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
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.nudge.notified() => {}
                Some(()) = hints.next() => {}
                () = tokio::time::sleep(poll) => {}
            }
            // Dropping a round half-way is safe: what was published is whole, the rest is read again.
            tokio::select! {
                () = stop.cancelled() => return,
                condition = self.round() => self.report(condition),
            }
        }
    }

    async fn round(&mut self) -> Condition {
        match self.catch_up().await {
            Ok(condition) => condition,
            Err(error) => Condition::Failing(error),
        }
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

    /// Tells an operator when the condition begins, not every second while it lasts.
    fn report(&self, condition: Condition) {
        let message = |condition: &Condition| match condition {
            Condition::Following => None,
            Condition::Failing(error) | Condition::Regressed(error) => Some(error.to_string()),
        };
        let before = message(&self.condition.borrow());
        match &condition {
            Condition::Following if before.is_some() => tracing::info!(revision = self.current().revision(), "following the store again"),
            Condition::Failing(error) if before.as_deref() != Some(error.to_string().as_str()) => {
                tracing::error!(%error, "could not follow the store; serving the last state");
            }
            Condition::Regressed(error) if before.as_deref() != Some(error.to_string().as_str()) => {
                tracing::error!(%error, "the store lost changes; refusing writes");
            }
            _ => {}
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

fn too_slow() -> Error {
    errors::unavailable("the store did not answer in time")
}
