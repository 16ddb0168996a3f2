//! A statement from its text to what a client is sent, under a time limit.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use spi::Result;

use crate::bind::bind;
use crate::catalog::Catalog;
use crate::execute::Execution;
use crate::fixture::session::Session;
use crate::function::Context;
use crate::plan::plan;
use crate::value::Value;
use crate::{io, parse};

/// Rows that are looked at. More of a long answer say no more.
const ROWS_MAX: usize = 2_000;

/// Runs statements over one catalog.
pub(super) struct Runner {
    pub catalog: Arc<Catalog>,
    /// When the statement at hand is to stop, and whose it is.
    deadline: Arc<Mutex<Deadline>>,
    /// Ends the thread that looks at the deadline.
    _watch: std::sync::mpsc::Sender<()>,
}

type Deadline = Option<(Instant, Arc<Session>)>;

/// What a statement answers.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    /// `pg_type.oid` of the columns.
    pub types: Vec<u32>,
    /// The texts of the values; none for null.
    pub rows: Vec<Vec<Option<String>>>,
    pub is_whole: bool,
}

impl Answer {
    /// The rows in an order that only depends on them.
    pub fn sorted(&self) -> Vec<&Vec<Option<String>>> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort();
        rows
    }
}

impl Runner {
    pub fn new(catalog: Arc<Catalog>) -> Self {
        let deadline = Arc::new(Mutex::new(Deadline::None));
        let (watch, ended) = channel::<()>();
        let watched = Arc::clone(&deadline);
        std::thread::spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(Duration::from_millis(20)) {
                if let Some((at, session)) = &*watched.lock().unwrap() {
                    session.is_cancelled.store(Instant::now() >= *at, Ordering::Relaxed);
                }
            }
        });
        Self { catalog, deadline, _watch: watch }
    }

    /// Runs a statement, and cancels it where it takes too long. Its values are written as text and in binary; what has no binary form
    /// only as text.
    pub fn run(&self, text: &str, patience: Duration) -> Result<Answer> {
        let session = Arc::new(Session::new());
        *self.deadline.lock().unwrap() = Some((Instant::now() + patience, Arc::clone(&session)));
        let answer = self.answer(text, &session);
        *self.deadline.lock().unwrap() = None;
        answer
    }

    fn answer(&self, text: &str, session: &Arc<Session>) -> Result<Answer> {
        let query = parse::query(text)?;
        let bound = bind(&self.catalog, &**session, &query, text, &[])?;
        let types: Vec<u32> = bound.query.columns.iter().map(|column| column.type_.oid).collect();
        let plan = Arc::new(plan(&bound.query, &**session)?);
        let context = Context { catalog: &self.catalog, host: &**session };
        crate::explain::explain(&plan, &context)?;
        let parameters = vec![Value::Null; bound.parameter_types.len()];
        let mut execution = Execution::new(plan, Arc::clone(&self.catalog), session.clone(), parameters);
        let mut rows = Vec::new();
        while let Some(row) = execution.next()? {
            if rows.len() == ROWS_MAX {
                return Ok(Answer { types, rows, is_whole: false });
            }
            rows.push(row.iter().zip(&types).map(|(value, type_oid)| written(&context, *type_oid, value)).collect::<Result<_>>()?);
        }
        Ok(Answer { types, rows, is_whole: true })
    }
}

/// The text of a value. What is sent in binary must be readable again.
fn written(context: &Context<'_>, type_oid: u32, value: &Value) -> Result<Option<String>> {
    if value.is_null() {
        return Ok(None);
    }
    let text = io::output(context, type_oid, value)?;
    let mut bytes = BytesMut::new();
    if io::send(context, type_oid, value, &mut bytes).is_ok()
        && let Ok(again) = io::receive(context, type_oid, -1, &bytes)
    {
        assert_eq!(io::output(context, type_oid, &again)?, text, "a value of type {type_oid} differs after a way in binary");
    }
    Ok(Some(text))
}
