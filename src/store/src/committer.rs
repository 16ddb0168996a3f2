//! Makes changes: one at a time per node, each on the exact state at the head of the log.
//!
//! The head is compared when a change is appended. So a change that ran on the state at the head may check whatever it
//! likes there (versions, references, names) and is right, or the head has moved and it runs again. Two nodes that change
//! different things never notice each other; two that change the same thing find out in their closures.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use rand::Rng;
use spi::{Error, Result};
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::backend::{Append, Appended, Backend};
use crate::change::{self, Op};
use crate::follower::{Follower, call, closed};
use crate::replica::Replica;
use crate::{errors, failpoint};

/// Changes that wait for their turn. At 500 a second the last one waits half a second.
const QUEUE_MAX: usize = 256;
/// How long a change may wait for a place in the queue. Longer means that the store is stuck, not that it is busy.
const QUEUE_DEADLINE: Duration = Duration::from_secs(5);
/// How long a change may take from its turn to its reply, retries and waits included.
pub(crate) const COMMIT_DEADLINE: Duration = Duration::from_secs(5);
/// The pause after losing a race for the head: random, up to a bound that doubles with every loss.
const PAUSE_MIN: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(100);

/// A change that is in the log and in this node's replica.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The revision that it became, or the current one if there was nothing to change.
    pub revision: u64,
    pub change_id: Uuid,
    /// A state that has it.
    pub replica: Arc<Replica>,
}

/// Decides on a state what to write, or refuses.
pub(crate) type Change = Box<dyn Fn(&Replica) -> Result<Vec<Op>> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Committer {
    queue: mpsc::Sender<Request>,
}

struct Request {
    actor: String,
    change_id: Uuid,
    change: Change,
    reply: oneshot::Sender<Result<Committed>>,
}

impl Committer {
    /// The handle, and the task that works its queue until `stop`.
    pub(crate) fn new(
        backend: Arc<dyn Backend>,
        node: &str,
        follower: Follower,
        stop: CancellationToken,
    ) -> (Self, BoxFuture<'static, ()>) {
        let (queue, requests) = mpsc::channel(QUEUE_MAX);
        let task = Task { backend, node: node.to_owned(), follower };
        (Self { queue }, Box::pin(task.run(requests, stop)))
    }

    pub(crate) async fn commit(&self, actor: &str, change_id: Uuid, change: Change) -> Result<Committed> {
        change::check_name("actor", actor)?;
        let (reply, answer) = oneshot::channel();
        let request = Request { actor: actor.to_owned(), change_id, change, reply };
        self.queue.send_timeout(request, QUEUE_DEADLINE).await.map_err(|error| match error {
            SendTimeoutError::Timeout(_) => errors::unavailable("too many changes are waiting")
                .detail(format!("{QUEUE_MAX} changes wait for their turn on this gateway.")),
            SendTimeoutError::Closed(_) => closed(),
        })?;
        // A change that is in the queue is made even if its caller goes away; the caller can ask again with the same id.
        answer.await.map_err(|_| unknown().detail(format!("The committer stopped during change {change_id}.")))?
    }
}

struct Task {
    backend: Arc<dyn Backend>,
    node: String,
    follower: Follower,
}

/// How one attempt to commit ended.
enum Attempt {
    Committed(u64),
    /// There is nothing to write.
    Nothing(Arc<Replica>),
    /// Another node was first. Nothing was written.
    Lost,
    /// The backend failed in a way that may pass, before the append was tried.
    Failed(Error),
    /// The backend failed during the append, so that it may or may not have been written.
    Unknown(Error),
    /// The backend refused the append, and nothing was written by it.
    Refused(Error),
}

impl Task {
    async fn run(self, mut requests: mpsc::Receiver<Request>, stop: CancellationToken) {
        loop {
            let request = tokio::select! {
                () = stop.cancelled() => break,
                request = requests.recv() => request,
            };
            let Some(request) = request else { return };
            let result = self.commit(&request).await;
            // Nobody listening is fine: the log has the answer.
            let _ = request.reply.send(result);
        }
        requests.close();
        while let Some(request) = requests.recv().await {
            let _ = request.reply.send(Err(closed()));
        }
    }

    async fn commit(&self, request: &Request) -> Result<Committed> {
        let deadline = Instant::now() + COMMIT_DEADLINE;
        let change_id = request.change_id;
        let mut maybe_written = false;
        let mut pause = PAUSE_MIN;
        loop {
            let failure = match self.attempt(request, deadline).await {
                Ok(Attempt::Committed(revision)) => return self.applied(revision, change_id, deadline).await,
                Ok(Attempt::Nothing(replica)) => return Ok(Committed { revision: replica.revision(), change_id, replica }),
                Ok(Attempt::Lost) => errors::unavailable("other gateways kept changing the store").hint("Try again."),
                Ok(Attempt::Failed(error)) => error,
                Ok(Attempt::Unknown(error)) => {
                    maybe_written = true;
                    error
                }
                // An earlier append may still be under way; then "not written" would be wrong as an answer.
                Ok(Attempt::Refused(error)) if maybe_written => error,
                Ok(Attempt::Refused(error)) => return Err(error),
                // The change decides by the state alone. If it refuses now, the head has moved and no late append can land.
                Err(error) => return Err(error),
            };
            let wait = rand::rng().random_range(PAUSE_MIN..=pause);
            if Instant::now() + wait >= deadline {
                return Err(if maybe_written { unknown().detail(format!("Change {change_id}: {failure}.")) } else { failure });
            }
            sleep(wait).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    async fn attempt(&self, request: &Request, deadline: Instant) -> Result<Attempt> {
        let replica = match self.at_head(deadline).await {
            Ok(replica) => replica,
            Err(error) => return retry_later(error),
        };
        // After catching up: a marker that appears later moves the head, and the append below is refused.
        match call(self.backend.find_change(request.change_id)).await {
            Ok(Some(revision)) => return Ok(Attempt::Committed(revision)),
            Ok(None) => {}
            Err(error) => return retry_later(error),
        }
        let ops = run(&request.change, &replica)?;
        change::check_ops(&ops)?;
        let now = chrono::Utc::now().timestamp_micros();
        let append = replica.draft(request.change_id, &request.actor, &self.node, now, ops);
        if append.puts.is_empty() && append.deletes.is_empty() {
            return Ok(Attempt::Nothing(replica));
        }
        self.append(&append).await
    }

    async fn append(&self, append: &Append) -> Result<Attempt> {
        failpoint::reach("store.append.before");
        let appended = call(self.backend.append(append)).await;
        failpoint::reach("store.append.after");
        match appended {
            Ok(Appended::Done) => Ok(Attempt::Committed(append.row.rev)),
            Ok(Appended::Repeated(revision)) => Ok(Attempt::Committed(revision)),
            Ok(Appended::HeadMoved(_)) => Ok(Attempt::Lost),
            // A late append cannot slip in twice: the next attempt finds its marker, or moves the head before it.
            Err(error) if error.retryable => Ok(Attempt::Unknown(error)),
            Err(error) => match call(self.backend.find_change(append.change_id)).await {
                Ok(Some(revision)) => Ok(Attempt::Committed(revision)),
                Ok(None) => Ok(Attempt::Refused(error)),
                Err(_) => Ok(Attempt::Unknown(error)),
            },
        }
    }

    /// The state at the head as it is now.
    async fn at_head(&self, deadline: Instant) -> Result<Arc<Replica>> {
        if let Some(error) = self.follower.refusal() {
            return Err(error);
        }
        let head = call(self.backend.head()).await?;
        self.follower.reach(head.rev, deadline - Instant::now()).await
    }

    async fn applied(&self, revision: u64, change_id: Uuid, deadline: Instant) -> Result<Committed> {
        match self.follower.reach(revision, deadline - Instant::now()).await {
            Ok(replica) => Ok(Committed { revision, change_id, replica }),
            Err(error) => Err(errors::unavailable("the change was committed but is not in use here yet")
                .detail(format!("Change {change_id} is revision {revision}: {error}."))
                .hint("It needs no repetition. This gateway applies it as soon as it can.")),
        }
    }
}

fn retry_later(error: Error) -> Result<Attempt> {
    if error.retryable { Ok(Attempt::Failed(error)) } else { Err(error) }
}

/// A defect in one change must not stop the committer of the whole node.
fn run(change: &Change, replica: &Replica) -> Result<Vec<Op>> {
    catch_unwind(AssertUnwindSafe(|| change(replica))).unwrap_or_else(|_| Err(Error::internal("a change panicked and was not made")))
}

fn unknown() -> Error {
    errors::unavailable("it is not known whether the change was committed")
        .hint("Try again with the same change id: it is committed at most once.")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;
    use std::sync::atomic::Ordering::SeqCst;

    use spi::Code;

    use super::*;
    use crate::faulty::Faulty;
    use crate::store::Store;

    #[tokio::test]
    async fn a_change_whose_answer_was_lost_is_found_not_repeated() {
        let (store, backend) = open().await;
        backend.lost_answers.store(1, SeqCst);
        let runs = Arc::new(AtomicU32::new(0));
        let counted = runs.clone();
        let committed = store.commit("admin", Uuid::now_v7(), move |_| {
            counted.fetch_add(1, SeqCst);
            Ok(vec![Op::put("a", "word", "1")])
        });
        assert_eq!(committed.await.unwrap().revision, 1);
        assert_eq!((runs.load(SeqCst), backend.appends.load(SeqCst)), (1, 1));
        assert_eq!(store.history(0, 10).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_change_that_was_lost_is_tried_again() {
        let (store, backend) = open().await;
        backend.lost_appends.store(3, SeqCst);
        assert_eq!(put(&store, Uuid::now_v7()).await.unwrap().revision, 1);
        assert_eq!(backend.appends.load(SeqCst), 4);
    }

    #[tokio::test]
    async fn an_unknown_outcome_is_called_that_and_settled_by_the_same_id() {
        let (store, backend) = open().await;
        let change_id = Uuid::now_v7();
        backend.lost_appends.store(u32::MAX, SeqCst);
        let error = put(&store, change_id).await.unwrap_err();
        assert_eq!((error.code, error.retryable), (Code::Unavailable, true));
        assert_eq!(error.message, "it is not known whether the change was committed");
        assert!(error.detail.unwrap().contains(&change_id.to_string()));

        backend.lost_appends.store(0, SeqCst);
        assert_eq!(put(&store, change_id).await.unwrap().revision, 1);
        assert_eq!(put(&store, change_id).await.unwrap().revision, 1);
    }

    #[tokio::test]
    async fn a_full_disk_refuses_at_once_and_only_while_it_is_full() {
        let (store, backend) = open().await;
        backend.full.store(true, SeqCst);
        assert_eq!(put(&store, Uuid::now_v7()).await.unwrap_err().code, Code::DiskFull);
        backend.full.store(false, SeqCst);
        assert_eq!(put(&store, Uuid::now_v7()).await.unwrap().revision, 1);
    }

    #[tokio::test]
    async fn a_change_is_made_even_if_its_caller_goes_away() {
        let (store, _) = open().await;
        let change_id = Uuid::now_v7();
        let mut commit = Box::pin(put(&store, change_id));
        assert!(futures::poll!(commit.as_mut()).is_pending(), "it is in the queue now");
        drop(commit);
        store.wait_for(1, COMMIT_DEADLINE).await.unwrap();
        assert_eq!(store.history(0, 1).await.unwrap()[0].change_id, change_id);
    }

    async fn open() -> (Store, Arc<Faulty>) {
        let backend = Arc::new(Faulty::default());
        (Store::open(backend.clone(), "node").await.unwrap(), backend)
    }

    async fn put(store: &Store, change_id: Uuid) -> Result<Committed> {
        store.commit("admin", change_id, |_| Ok(vec![Op::put("a", "word", "1")])).await
    }
}
