//! Every administrative statement leaves exactly one entry in the audit journal: it succeeded, it failed, or it was cancelled.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Actor, Services, audit};
use serde_json::Value;
use spi::{Code, Error, Result};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tracing::warn;

use crate::call_context::CallContext;

/// What a statement asks for, as the journal shows it.
pub(crate) struct Entry {
    /// The name of the procedure, or the command tag of another statement.
    pub(crate) action: &'static str,
    /// The name of what it is about.
    pub(crate) object: Option<String>,
    /// What was asked for, every secret masked; `None` where it could not even be read.
    pub(crate) arguments: Option<Value>,
}

/// How long an answer waits for the catalog to show what the statement changed. It takes milliseconds, unless blobs cannot be read.
const CATALOG_DEADLINE: Duration = Duration::from_secs(5);

/// Does the work, and writes down what came of it. `revision` says which revision of the store the answer tells of: the next
/// statement sees it.
pub(crate) async fn audited<T>(
    ctx: &CallContext,
    entry: Entry,
    work: impl Future<Output = Result<T>>,
    revision: impl FnOnce(&T) -> Option<u64>,
) -> Result<T> {
    let mut unwritten =
        Unwritten(Some(Draft { services: Arc::clone(&ctx.services), actor: ctx.actor.clone(), entry, started: Instant::now() }));
    let outcome = work.await;
    let revision = outcome.as_ref().map(revision).map_err(Error::clone);
    let written = unwritten.0.take().map(|draft| draft.write(revision.clone()));
    if let Ok(Some(revision)) = revision
        && let Err(error) = ctx.services.catalogs.wait_for(revision, CATALOG_DEADLINE).await
    {
        // The change is made, so the statement did not fail.
        warn!(revision, %error, "a change is not shown yet");
    }
    if let Some(written) = written {
        // The task cannot be cancelled, and a panic in it is in the log.
        let _ = written.await;
    }
    outcome
}

/// An entry whose outcome is not known yet.
struct Draft {
    services: Arc<Services>,
    actor: Actor,
    entry: Entry,
    started: Instant,
}

impl Draft {
    /// In a task of its own: whoever waits for it may be cancelled, and the entry is written nevertheless.
    fn write(self, outcome: Result<Option<u64>>) -> JoinHandle<()> {
        let Draft { services, actor, entry: Entry { action, object, arguments }, started } = self;
        store::spawn("audit", async move {
            let arguments = arguments.map(|arguments| arguments.to_string());
            audit::record(&services, &actor, action, object.as_deref(), arguments, started, &outcome).await;
        })
    }
}

/// Writes the entry as that of a cancelled statement if the statement is dropped before it ends.
struct Unwritten(Option<Draft>);

impl Drop for Unwritten {
    fn drop(&mut self) {
        // Outside of a runtime the process is ending, and the journal is closed.
        if let Some(draft) = self.0.take().filter(|_| Handle::try_current().is_ok()) {
            draft.write(Err(Error::new(Code::Cancelled, "statement was cancelled before it answered")
                .detail("Whether it took effect shows in the object itself.")));
        }
    }
}
