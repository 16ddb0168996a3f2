//! Every administrative statement leaves exactly one entry in the audit journal: it succeeded, it failed, or it was cancelled. So does
//! every INSERT that runs.
//!
//! A query in a data source's own language leaves one for each scan that reads its rows, however far, and so none where it is only
//! planned, as PREPARE and EXPLAIN do. If what comes before the rows fails or is cancelled, that is an entry in any case.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use domain::{Actor, Services, audit};
use futures::StreamExt;
use futures::stream;
use serde_json::Value;
use spi::connector::RowStream;
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

/// How much of a text goes into the journal, which is shown from memory: enough for any statement that a person writes.
const TEXT_CHARS_MAX: usize = 10_000;

/// How long an answer waits for the catalog to show what the statement changed. It takes milliseconds, unless blobs cannot be read.
const CATALOG_DEADLINE: Duration = Duration::from_secs(5);

/// A text of a statement as the journal keeps it.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// Does the work, and writes down what came of it. `revision` says which revision of the store the answer tells of: the next
/// statement sees it.
pub(crate) async fn audited<T>(
    ctx: &CallContext,
    entry: Entry,
    work: impl Future<Output = Result<T>>,
    revision: impl FnOnce(&T) -> Option<u64>,
) -> Result<T> {
    let mut unwritten = Unwritten::begin(ctx, entry);
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

/// Does work that is about rows of a data source, and writes down what came of it, with their number.
pub(crate) async fn audited_rows(ctx: &CallContext, entry: Entry, work: impl Future<Output = Result<u64>>) -> Result<u64> {
    let mut unwritten = Unwritten::begin(ctx, entry);
    let outcome = work.await;
    if let Some(draft) = unwritten.0.take() {
        draft.write_rows(&outcome).await;
    }
    outcome
}

/// Does what comes before such rows. It leaves an entry only if it fails or is cancelled: then there will be no rows that leave one.
pub(crate) async fn audited_failure<T>(ctx: &CallContext, entry: Entry, work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut unwritten = Unwritten::begin(ctx, entry);
    let outcome = work.await;
    if let (Some(draft), Err(error)) = (unwritten.0.take(), &outcome) {
        draft.write_rows(&Err(error.clone())).await;
    }
    outcome
}

/// Passes on rows of a data source and writes down what came of them, with their number: where they end, or where their reader
/// wants no more of them or is cancelled, which the entry then says. Rows that nobody asks for are not asked of the source either.
pub(crate) fn audited_stream(ctx: Arc<CallContext>, entry: Entry, run: impl FnOnce() -> RowStream + Send + 'static) -> RowStream {
    let begin = async move {
        let draft = Some(Draft::new(&ctx, entry));
        Reading { rows: run(), draft, read: 0 }.stream()
    };
    stream::once(begin).flatten().boxed()
}

/// Rows that are being read.
struct Reading {
    rows: RowStream,
    /// None after the end.
    draft: Option<Draft>,
    read: u64,
}

impl Reading {
    fn stream(self) -> RowStream {
        stream::unfold(self, Self::next).boxed()
    }

    async fn next(mut self) -> Option<(Result<RecordBatch>, Self)> {
        // After its end, or its error, there is nothing to be read and nothing to be written.
        self.draft.as_ref()?;
        let next = self.rows.next().await;
        match &next {
            Some(Ok(batch)) => self.read += batch.num_rows() as u64,
            Some(Err(error)) => self.end(Err(error.clone())).await,
            None => self.end(Ok(self.read)).await,
        }
        next.map(|next| (next, self))
    }

    async fn end(&mut self, outcome: Result<u64>) {
        if let Some(draft) = self.draft.take() {
            draft.write_rows(&outcome).await;
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(mut draft) = self.draft.take().filter(|_| Handle::try_current().is_ok()) {
            draft.add("rows", self.read.into());
            draft.add("complete", false.into());
            draft.write(Ok(None));
        }
    }
}

/// An entry whose outcome is not known yet.
struct Draft {
    services: Arc<Services>,
    actor: Actor,
    entry: Entry,
    started: Instant,
}

impl Draft {
    fn new(ctx: &CallContext, entry: Entry) -> Self {
        Self { services: Arc::clone(&ctx.services), actor: ctx.actor.clone(), entry, started: Instant::now() }
    }

    /// Adds to what was asked for what came of it.
    fn add(&mut self, name: &str, value: Value) {
        if let Some(Value::Object(arguments)) = &mut self.entry.arguments {
            arguments.insert(name.to_owned(), value);
        }
    }

    async fn write_rows(mut self, outcome: &Result<u64>) {
        if let Ok(rows) = outcome {
            self.add("rows", (*rows).into());
        }
        // The task cannot be cancelled, and a panic in it is in the log.
        let _ = self.write(outcome.as_ref().map(|_| None).map_err(Error::clone)).await;
    }

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

impl Unwritten {
    fn begin(ctx: &CallContext, entry: Entry) -> Self {
        Self(Some(Draft::new(ctx, entry)))
    }
}

impl Drop for Unwritten {
    fn drop(&mut self) {
        // Outside of a runtime the process is ending, and the journal is closed.
        if let Some(draft) = self.0.take().filter(|_| Handle::try_current().is_ok()) {
            draft.write(Err(Error::new(Code::Cancelled, "statement was cancelled before it answered")
                .detail("Whether it took effect shows in the object itself.")));
        }
    }
}
