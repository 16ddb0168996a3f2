//! Blocking work: librdkafka's calls wait for their answers. Each job has a thread for as long as it takes.
//!
//! Whoever drops what waits for a job cancels it: the job sees it between two calls, each of which has a deadline.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use spi::{Error, Result};
use tokio::sync::oneshot;

/// Whether anybody still waits for a job.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cancelled(Arc<AtomicBool>);

/// Cancels a job when it is dropped.
pub(crate) struct CancelOnDrop(Cancelled);

impl Cancelled {
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a job. It hands its outcome on before it is through, so that nobody waits until its client has closed its connections.
pub(crate) async fn run<T: Send + 'static>(job: impl FnOnce(Cancelled, Answer<T>) + Send + 'static) -> Result<T> {
    let cancelled = Cancelled::default();
    let _guard = cancelled.on_drop();
    let (sender, receiver) = oneshot::channel();
    tokio::task::spawn_blocking(move || job(cancelled, Answer(sender)));
    receiver.await.unwrap_or_else(|_| Err(lost()))
}

/// Where a job puts its outcome.
pub(crate) struct Answer<T>(oneshot::Sender<Result<T>>);

impl<T> Answer<T> {
    pub(crate) fn give(self, outcome: Result<T>) {
        // Nobody is left to be told when this fails.
        let _ = self.0.send(outcome);
    }
}

/// A job ended without an outcome.
pub(crate) fn lost() -> Error {
    Error::internal("a thread that talks to Kafka ended without an answer")
}
