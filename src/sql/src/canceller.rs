//! Stops what a session is doing: on the client's request, or when the statement's time is over.
//!
//! Everything that may take long passes through one guard: [`Canceller::run`] for a future, [`Canceller::stream`] for rows.
//! Stopping is dropping: whoever owns the guarded work ends it in its destructor, and no task is left behind.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, Stream, StreamExt};
use spi::{Code, Error, Result};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::answer::{Batch, BatchStream};

/// Stops the statement that a session is running. Clones stop the same session.
#[derive(Clone, Debug, Default)]
pub struct Canceller {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Counts the statements, so that a suspended stream notices that it runs again under another deadline.
    epoch: AtomicU64,
    running: Mutex<Running>,
}

/// The statement that runs now.
#[derive(Clone, Debug, Default)]
struct Running {
    token: CancellationToken,
    deadline: Option<Instant>,
    /// Nothing runs: a request to cancel comes too late.
    idle: bool,
}

impl Canceller {
    /// Ends the running statement with 57014. Does nothing between statements, as PostgreSQL does nothing.
    pub fn cancel(&self) {
        let running = self.lock();
        if !running.idle {
            running.token.cancel();
        }
    }

    /// A statement begins, or a suspended portal goes on. Without a timeout it may take for ever.
    pub(crate) fn begin(&self, timeout: Option<Duration>) {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        *self.lock() = Running { token: CancellationToken::new(), deadline, idle: false };
        self.shared.epoch.fetch_add(1, Ordering::Release);
    }

    /// The session waits for its client.
    pub(crate) fn end(&self) {
        self.lock().idle = true;
    }

    /// The result of the work, or 57014 if it is stopped before.
    pub(crate) async fn run<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let running = self.lock().clone();
        tokio::select! {
            // The end is looked at first, so that work which is always ready cannot outrun it.
            biased;
            end = ended(running) => Err(end),
            result = work => result,
        }
    }

    /// The rows, until 57014 if the statement is stopped before their end.
    pub(crate) fn stream(&self, batches: BatchStream) -> BatchStream {
        let guarded = Guarded { canceller: self.clone(), batches: Some(batches), epoch: 0, end: None };
        guarded.boxed()
    }

    /// Fails if the statement is to stop, for work that looks at this itself while it computes.
    pub(crate) fn check(&self) -> Result<()> {
        let running = self.lock();
        match () {
            () if running.token.is_cancelled() => Err(cancelled()),
            () if running.deadline.is_some_and(|deadline| deadline <= Instant::now()) => Err(timed_out()),
            () => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        // Every change of the state is one assignment, so a panic elsewhere cannot leave it half changed.
        self.shared.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Resolves when the statement must stop, with the reason.
async fn ended(running: Running) -> Error {
    let timeout = async {
        match running.deadline {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = running.token.cancelled() => cancelled(),
        () = timeout => timed_out(),
    }
}

fn cancelled() -> Error {
    Error::new(Code::Cancelled, "canceling statement due to user request")
}

fn timed_out() -> Error {
    Error::new(Code::Cancelled, "canceling statement due to statement timeout")
}

/// Rows that stop when their statement is stopped.
struct Guarded {
    canceller: Canceller,
    /// `None` after the end.
    batches: Option<BatchStream>,
    /// The statement that `end` belongs to; 0 before the first poll.
    epoch: u64,
    end: Option<BoxFuture<'static, Error>>,
}

impl Stream for Guarded {
    type Item = Result<Batch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(batches) = &mut this.batches else { return Poll::Ready(None) };
        let epoch = this.canceller.shared.epoch.load(Ordering::Acquire);
        let end = match &mut this.end {
            Some(end) if this.epoch == epoch => end,
            end => {
                this.epoch = epoch;
                end.insert(ended(this.canceller.lock().clone()).boxed())
            }
        };
        if let Poll::Ready(error) = end.poll_unpin(context) {
            this.batches = None;
            return Poll::Ready(Some(Err(error)));
        }
        let next = batches.poll_next_unpin(context);
        if let Poll::Ready(None | Some(Err(_))) = next {
            this.batches = None;
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn cancels_only_what_runs() {
        let canceller = Canceller::default();
        canceller.begin(None);
        canceller.end();
        canceller.cancel();
        canceller.begin(None);
        assert_eq!(canceller.run(async { Ok(1) }).await.expect("nothing was cancelled"), 1);
        canceller.cancel();
        let error = canceller.run(std::future::pending::<Result<()>>()).await.expect_err("cancelled");
        assert_eq!((error.code, error.message.as_str()), (Code::Cancelled, "canceling statement due to user request"));
    }

    #[tokio::test]
    async fn a_stream_stops_at_the_deadline_of_the_statement_that_reads_it() {
        let canceller = Canceller::default();
        canceller.begin(Some(Duration::ZERO));
        let mut rows = canceller.stream(futures::stream::pending().boxed());
        // The portal is suspended, and goes on under another deadline than the one that it began with.
        canceller.end();
        canceller.begin(None);
        assert!(rows.next().now_or_never().is_none());
        canceller.begin(Some(Duration::ZERO));
        let error = rows.next().await.expect("an error").expect_err("the deadline");
        assert_eq!(error.message, "canceling statement due to statement timeout");
        assert!(rows.next().await.is_none());
    }
}
