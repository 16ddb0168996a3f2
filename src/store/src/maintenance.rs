//! What a store needs now and then so that it stays small and whole: forgetting old log entries, removing blobs that nobody
//! points to, and comparing what this node holds with what the store holds.
//!
//! Each chore has its own pace, varied at random so that gateways which were started together do not work in step. A chore
//! that fails is tried again when its time comes, and nothing else depends on it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::join_all;
use rand::Rng;
use spi::{Error, Result};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::blobs::Blobs;
use crate::compare::Depth;
use crate::retention::RETENTION;
use crate::store::Store;

/// By how much of itself a pause is shorter or longer.
const VARIES_BY: f64 = 0.5;
/// Who looks at the head, as the log would say if there were something to commit.
const ACTOR: &str = "maintenance";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chore {
    TruncateLog,
    CollectBlobs,
    CompareHashes,
    CompareBodies,
}

impl Chore {
    const ALL: [Chore; 4] = [Chore::TruncateLog, Chore::CollectBlobs, Chore::CompareHashes, Chore::CompareBodies];

    fn name(self) -> &'static str {
        match self {
            Chore::TruncateLog => "truncate the change log",
            Chore::CollectBlobs => "remove unused blobs",
            Chore::CompareHashes => "compare records",
            Chore::CompareBodies => "compare records with their content",
        }
    }

    /// How often it is done, on average.
    fn every(self) -> Duration {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        Duration::from_secs(match self {
            // A busy store makes 100,000 entries in this time, which is a tenth of what may be kept.
            Chore::TruncateLog => HOUR,
            // Reads every snapshot's manifest. What could be removed is a day old anyway.
            Chore::CollectBlobs => 6 * HOUR,
            // A record that went wrong in memory is served for no longer than a quarter of an hour.
            Chore::CompareHashes => 10 * MINUTE,
            // Reads the whole store, for damage that only shows where it is read.
            Chore::CompareBodies => 24 * HOUR,
        })
    }

    async fn work(self, store: &Store, blobs: Option<&Blobs>, now: DateTime<Utc>) -> Result<()> {
        match self {
            Chore::TruncateLog => {
                let floor = store.truncate_log(&RETENTION, now.timestamp_micros()).await?;
                tracing::debug!(floor, "truncated the change log");
            }
            Chore::CollectBlobs => {
                let Some(blobs) = blobs else { return Ok(()) };
                // A change of nothing answers with the state at the head: this node's own may be older than a blob's grace.
                let head = store.commit(ACTOR, Uuid::now_v7(), |_| Ok(Vec::new())).await?.replica;
                let collected = blobs.collect(head, now).await?;
                if collected.removed > 0 {
                    tracing::info!(removed = collected.removed, bytes = collected.removed_bytes, "removed unused blobs");
                }
            }
            Chore::CompareHashes => drop(store.compare(Depth::Hashes).await?),
            Chore::CompareBodies => drop(store.compare(Depth::Bodies).await?),
        }
        Ok(())
    }
}

/// Looks after a store and its blobs until `stop`. Without `blobs`, all but those are looked after.
pub async fn run(store: Store, blobs: Option<Blobs>, stop: CancellationToken) {
    let chores = Chore::ALL.map(|chore| repeat(chore, &store, blobs.as_ref(), &SystemClock));
    // Dropping a chore half-way is safe: each consists of small steps that are whole.
    stop.run_until_cancelled(join_all(chores)).await;
}

/// Nothing is done at once: a store is checked when it is opened, and a gateway that starts has better things to do.
async fn repeat(chore: Chore, store: &Store, blobs: Option<&Blobs>, clock: &impl Clock) {
    let mut failure = None;
    loop {
        clock.sleep(pause(chore)).await;
        let outcome = Box::pin(chore.work(store, blobs, clock.now())).await;
        let name = chore.name();
        match news(failure.as_ref(), &outcome) {
            Some(News::Failed(error)) if error.retryable => tracing::warn!(chore = name, %error, "maintenance failed"),
            Some(News::Failed(error)) => tracing::error!(chore = name, %error, "maintenance failed"),
            Some(News::WorksAgain) => tracing::info!(chore = name, "maintenance works again"),
            None => {}
        }
        failure = outcome.err();
    }
}

fn pause(chore: Chore) -> Duration {
    chore.every().mul_f64(1.0 + rand::rng().random_range(-VARIES_BY..VARIES_BY))
}

/// What an operator should hear of.
#[derive(Debug)]
enum News<'a> {
    Failed(&'a Error),
    WorksAgain,
}

/// A failure is told once, and not every time while it lasts.
fn news<'a>(before: Option<&Error>, outcome: &'a Result<()>) -> Option<News<'a>> {
    match (before, outcome) {
        (None, Ok(())) => None,
        (Some(_), Ok(())) => Some(News::WorksAgain),
        (Some(before), Err(error)) if before.to_string() == error.to_string() => None,
        (_, Err(error)) => Some(News::Failed(error)),
    }
}

/// What time it is, and how it passes.
trait Clock: Sync {
    fn now(&self) -> DateTime<Utc>;

    fn sleep(&self, pause: Duration) -> impl Future<Output = ()> + Send;
}

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn sleep(&self, pause: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(pause)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::atomic::Ordering::SeqCst;
    use std::sync::{Arc, Mutex};

    use chrono::TimeDelta;
    use object_store::memory::InMemory;
    use spi::Code;
    use tokio::sync::Notify;
    use tokio::time::timeout;

    use super::*;
    use crate::backend::Backend;
    use crate::change::Op;
    use crate::faulty::Faulty;
    use crate::verify::verify;

    /// Long enough that only a hang reaches it.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn every_chore_is_done_at_its_time_and_again() {
        for chore in Chore::ALL {
            let (store, blobs, _) = open().await;
            let clock = Scripted::new(vec![Box::new(|| {}), Box::new(|| {})]);
            clock.run(chore, &store, Some(&blobs)).await;
            let pauses = clock.pauses.lock().unwrap();
            assert_eq!(pauses.len(), 3, "{chore:?}");
            let (shortest, longest) = (chore.every().mul_f64(0.5), chore.every().mul_f64(1.5));
            assert!(pauses.iter().all(|pause| (shortest..=longest).contains(pause)), "{chore:?}: {pauses:?}");
        }
    }

    #[tokio::test]
    async fn a_chore_that_failed_is_done_when_its_time_comes_again() {
        let (store, _, backend) = open().await;
        store.commit("admin", Uuid::now_v7(), |_| Ok(vec![Op::put("a", "word", "1")])).await.unwrap();
        let head = backend.inner.head().await.unwrap();
        backend.inner.repair(&head, &[], &["a".to_owned()]).await.unwrap();
        let (gone, back) = (backend.clone(), backend.clone());
        let script: Script =
            vec![Box::new(move || gone.unreachable.store(true, SeqCst)), Box::new(move || back.unreachable.store(false, SeqCst))];
        Scripted::new(script).run(Chore::CompareHashes, &store, None).await;
        assert_eq!(verify(&*backend.inner).await.unwrap().damage, []);
    }

    #[tokio::test]
    async fn blobs_are_removed_when_the_clock_says_that_they_are_old() {
        let (store, blobs, _) = open().await;
        let garbage = blobs.put("garbage".into()).await.unwrap();
        repeat_once(Chore::CollectBlobs, &store, &blobs).await;
        assert!(!blobs.exists(&garbage).await.unwrap());
    }

    #[tokio::test]
    async fn blobs_that_are_not_given_are_not_looked_at() {
        let (store, blobs, _) = open().await;
        let garbage = blobs.put("garbage".into()).await.unwrap();
        Scripted::new(vec![Box::new(|| {})]).run(Chore::CollectBlobs, &store, None).await;
        assert!(blobs.exists(&garbage).await.unwrap());
    }

    #[tokio::test]
    async fn it_ends_when_it_is_told_to() {
        let (store, blobs, _) = open().await;
        let stop = CancellationToken::new();
        stop.cancel();
        timeout(PATIENCE, crate::spawn("maintenance", run(store, Some(blobs), stop))).await.unwrap().unwrap();
    }

    #[test]
    fn a_failure_is_told_once_and_its_end_too() {
        let failed = |message: &str| Err(Error::new(Code::Io, message));
        let (one, other) = (failed("one"), failed("other"));
        let before = one.as_ref().err();
        assert!(matches!(news(None, &one), Some(News::Failed(_))));
        assert!(news(before, &one).is_none());
        assert!(matches!(news(before, &other), Some(News::Failed(error)) if error.message == "other"));
        assert!(matches!(news(before, &Ok(())), Some(News::WorksAgain)));
        assert!(news(None, &Ok(())).is_none());
    }

    async fn open() -> (Store, Blobs, Arc<Faulty>) {
        let backend = Arc::new(Faulty::default());
        (Store::open(backend.clone(), "node").await.unwrap(), Blobs::remote(Arc::new(InMemory::new())), backend)
    }

    async fn repeat_once(chore: Chore, store: &Store, blobs: &Blobs) {
        Scripted::new(vec![Box::new(|| {})]).run(chore, store, Some(blobs)).await;
    }

    /// What happens during one pause after the other.
    type Script = Vec<Box<dyn FnOnce() + Send>>;

    /// A clock two days ahead. The pauses of the script are over at once; the one after them never ends.
    struct Scripted {
        script: Mutex<VecDeque<Box<dyn FnOnce() + Send>>>,
        pauses: Mutex<Vec<Duration>>,
        ended: Notify,
    }

    impl Scripted {
        fn new(script: Script) -> Self {
            Self { script: Mutex::new(script.into()), pauses: Mutex::default(), ended: Notify::new() }
        }

        async fn run(&self, chore: Chore, store: &Store, blobs: Option<&Blobs>) {
            let script = async {
                tokio::select! {
                    () = repeat(chore, store, blobs, self) => {}
                    () = self.ended.notified() => {}
                }
            };
            timeout(PATIENCE, script).await.unwrap();
        }
    }

    impl Clock for Scripted {
        fn now(&self) -> DateTime<Utc> {
            Utc::now() + TimeDelta::days(2)
        }

        async fn sleep(&self, pause: Duration) {
            self.pauses.lock().unwrap().push(pause);
            let step = self.script.lock().unwrap().pop_front();
            match step {
                Some(step) => step(),
                None => {
                    self.ended.notify_one();
                    std::future::pending().await
                }
            }
        }
    }
}
