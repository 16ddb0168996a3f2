//! The one way in which background tasks are started, and ended.

use std::future::Future;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// Starts a background task. Its log lines carry `name`, so that a running gateway's work can be told apart.
pub fn spawn<F>(name: &'static str, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
    F::Output: 'static,
{
    tokio::spawn(future.instrument(tracing::info_span!("task", name)))
}

/// A running task that ends when its owner says so, or is dropped.
pub(crate) struct Background {
    stop: CancellationToken,
    done: TaskTracker,
}

impl Background {
    /// `future` ends soon after `stop` is cancelled.
    pub(crate) fn start(name: &'static str, stop: CancellationToken, future: impl Future<Output = ()> + Send + 'static) -> Self {
        let done = TaskTracker::new();
        spawn(name, done.track_future(future));
        done.close();
        Self { stop, done }
    }

    pub(crate) async fn end(&self) {
        self.stop.cancel();
        self.done.wait().await;
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
