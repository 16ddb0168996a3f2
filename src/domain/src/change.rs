//! One change to the store, and what was decided while it was made.

use std::sync::{Arc, Mutex, PoisonError};

use spi::{Error, Result};
use store::{Op, Replica, Store};
use uuid::Uuid;

/// A change that is in the log and in this node's replica.
pub(crate) struct Done<T> {
    /// The revision that it became, or the current one if there was nothing to write.
    pub revision: u64,
    /// What was decided on the state that it was made on.
    pub decision: T,
}

/// Runs `decide` on the state at the head of the log, perhaps more than once, and appends the ops of its last run.
///
/// Every call is a change of its own: the store resolves an append whose answer was lost by the change's id.
pub(crate) async fn commit<T: Send + 'static>(
    store: &Store,
    actor: &str,
    decide: impl Fn(&Replica) -> Result<(Vec<Op>, T)> + Send + Sync + 'static,
) -> Result<Done<T>> {
    let decided = Arc::new(Mutex::new(None));
    let slot = decided.clone();
    let committed = store
        .commit(actor, Uuid::now_v7(), move |replica| {
            let (ops, decision) = decide(replica)?;
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(decision);
            Ok(ops)
        })
        .await?;
    let decision = decided.lock().unwrap_or_else(PoisonError::into_inner).take();
    let decision = decision.ok_or_else(|| Error::internal("a change was committed that nobody decided"))?;
    Ok(Done { revision: committed.revision, decision })
}
