//! The one way in which background tasks are started.

use std::future::Future;

use tokio::task::JoinHandle;
use tracing::Instrument;

/// Starts a background task. Its log lines carry `name`, so that a running gateway's work can be told apart.
pub fn spawn<F>(name: &'static str, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
    F::Output: 'static,
{
    tokio::spawn(future.instrument(tracing::info_span!("task", name)))
}
