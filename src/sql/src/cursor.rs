//! SQL cursors: queries whose rows are fetched a few at a time.
//!
//! A cursor computes rows only as they are fetched, and keeps none but the last, so it cannot go back. One WITH HOLD goes on
//! computing after its transaction: nothing is copied at COMMIT.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::{StreamExt, stream};
use pgcat::host::Cursor as DescribedCursor;
use spi::{Code, Error, Result};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::answer::{Answer, Batch, BatchStream, Column, Format};
use crate::listed::Listed;
use crate::parse::{Declare, Fetch, FetchDirection};
use crate::pg_catalog::POSTGRES_EPOCH;
use crate::session::now;

/// Each cursor may hold files and connections of a data source open.
const CURSORS_MAX: usize = 100;

/// The open cursors of a session.
#[derive(Default)]
pub(crate) struct Cursors {
    by_name: BTreeMap<String, Cursor>,
    /// Numbers cursors in the order of their declarations.
    next_number: u64,
    /// The first number of the transaction that runs.
    transaction_first: u64,
    listed: Listed<DescribedCursor>,
}

struct Cursor {
    number: u64,
    hold: bool,
    columns: Arc<[Column]>,
    rows: Arc<Mutex<Rows>>,
}

/// The rows of a cursor from where it stands.
struct Rows {
    /// `None` after the end.
    batches: Option<BatchStream>,
    /// Rows that are computed and not fetched.
    ready: Option<Batch>,
    /// The row on which the cursor stands.
    current: Option<Batch>,
    /// The number of that row, from 1; 0 before the first.
    position: u64,
}

impl Cursors {
    pub(crate) fn next_number(&self) -> u64 {
        self.next_number
    }

    pub(crate) fn columns(&self, name: &str) -> Result<Arc<[Column]>> {
        self.get(name).map(|cursor| Arc::clone(&cursor.columns))
    }

    /// Refuses a declaration that cannot be, before its query is planned.
    pub(crate) fn check_new(&self, declare: &Declare) -> Result<()> {
        if self.by_name.contains_key(&declare.name) {
            return Err(Error::new(Code::DuplicateCursor, format!("cursor \"{}\" already exists", declare.name)));
        }
        if self.by_name.len() >= CURSORS_MAX {
            return Err(Error::new(Code::Limit, "too many open cursors")
                .detail(format!("A session can have {CURSORS_MAX}."))
                .hint("CLOSE those that are no longer needed."));
        }
        if declare.scroll {
            return Err(Error::new(Code::Unsupported, "SCROLL cursors are not supported")
                .detail("A cursor keeps no rows that it has passed.")
                .hint("Declare it with NO SCROLL."));
        }
        Ok(())
    }

    /// As `pg_cursors` lists them.
    pub(crate) fn listed(&self) -> &Listed<DescribedCursor> {
        &self.listed
    }

    /// `text` is the statement that declares it.
    pub(crate) fn declare(&mut self, declare: &Declare, text: &str, columns: Arc<[Column]>, batches: BatchStream) {
        let described = DescribedCursor {
            name: declare.name.clone(),
            statement: text.to_owned(),
            is_holdable: declare.hold,
            is_binary: declare.binary,
            is_scrollable: false,
            created_at: now() - POSTGRES_EPOCH,
        };
        self.listed.insert(&declare.name, described);
        let format = if declare.binary { Format::Binary } else { Format::Text };
        let columns = columns.iter().map(|column| Column { format, ..column.clone() }).collect();
        let rows = Rows { batches: Some(batches), ready: None, current: None, position: 0 };
        let cursor = Cursor { number: self.next_number, hold: declare.hold, columns, rows: Arc::new(Mutex::new(rows)) };
        self.by_name.insert(declare.name.clone(), cursor);
        self.next_number += 1;
    }

    /// CLOSE, of one cursor or of all.
    pub(crate) fn close(&mut self, name: Option<&str>) -> Result<Answer> {
        let closed = match name {
            Some(name) => match self.by_name.remove(name) {
                Some(_) => Ok(Answer::command("CLOSE CURSOR")),
                None => Err(missing(name)),
            },
            None => {
                self.by_name.clear();
                Ok(Answer::command("CLOSE CURSOR ALL"))
            }
        };
        self.list_again();
        closed
    }

    /// Closes the cursors from this number on: the part of the transaction that declared them rolled back.
    pub(crate) fn close_from(&mut self, first: u64) {
        self.by_name.retain(|_, cursor| cursor.number < first);
        self.list_again();
    }

    /// Closes the cursors that end with their transaction.
    pub(crate) fn transaction_ended(&mut self, committed: bool) {
        let first = self.transaction_first;
        self.by_name.retain(|_, cursor| cursor.hold && (committed || cursor.number < first));
        self.transaction_first = self.next_number;
        self.list_again();
    }

    /// What is listed are those that there are.
    fn list_again(&self) {
        self.listed.retain(|name| self.by_name.contains_key(name));
    }

    fn get(&self, name: &str) -> Result<&Cursor> {
        self.by_name.get(name).ok_or_else(|| missing(name))
    }
}

/// FETCH and MOVE.
pub(crate) async fn fetch(cursors: &Cursors, fetch: &Fetch) -> Result<Answer> {
    let cursor = cursors.get(&fetch.cursor)?;
    let in_use = |_| Error::new(Code::InUse, format!("cursor \"{}\" is being read", fetch.cursor));
    let mut rows = Arc::clone(&cursor.rows).try_lock_owned().map_err(in_use)?;
    let wanted = rows.wanted(fetch.direction)?;
    if fetch.silent {
        let moved = match wanted {
            Wanted::Same => u64::from(rows.current.is_some()),
            Wanted::Next { skip, take } => {
                rows.skip(skip).await?;
                rows.skip(take).await?
            }
        };
        return Ok(Answer::command(format!("MOVE {moved}")));
    }
    let batches = match wanted {
        Wanted::Same => stream::iter(rows.current.clone().map(Ok)).boxed(),
        Wanted::Next { skip, take } => {
            rows.skip(skip).await?;
            take_rows(rows, take)
        }
    };
    Ok(Answer::Rows { columns: Arc::clone(&cursor.columns), batches, command: "FETCH" })
}

/// Which rows a FETCH is about.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// The one on which the cursor stands.
    Same,
    /// So many, after passing so many.
    Next { skip: u64, take: u64 },
}

impl Rows {
    fn wanted(&self, direction: FetchDirection) -> Result<Wanted> {
        let position = self.position as i64;
        match direction {
            FetchDirection::All => Ok(Wanted::Next { skip: 0, take: u64::MAX }),
            FetchDirection::Forward(0) | FetchDirection::Relative(0) => Ok(Wanted::Same),
            FetchDirection::Forward(count @ 1..) => Ok(Wanted::Next { skip: 0, take: count.unsigned_abs() }),
            FetchDirection::Relative(distance @ 1..) => Ok(Wanted::Next { skip: distance.unsigned_abs() - 1, take: 1 }),
            FetchDirection::Absolute(row) if row == position => Ok(Wanted::Same),
            FetchDirection::Absolute(row) if row > position => Ok(Wanted::Next { skip: row.abs_diff(position) - 1, take: 1 }),
            FetchDirection::Forward(_) | FetchDirection::Relative(_) | FetchDirection::Absolute(_) | FetchDirection::BackwardAll => {
                Err(Error::new(Code::WrongState, "cursor can only scan forward")
                    .detail("A cursor keeps no rows that it has passed.")
                    .hint("Declare another cursor to begin again."))
            }
        }
    }

    /// The next rows, at most so many; `None` at the end.
    async fn next(&mut self, at_most: u64) -> Result<Option<Batch>> {
        loop {
            if let Some(ready) = self.ready.take() {
                let count = ready.num_rows().min(usize::try_from(at_most).unwrap_or(usize::MAX));
                if count < ready.num_rows() {
                    self.ready = Some(ready.slice(count, ready.num_rows() - count));
                }
                if count > 0 {
                    self.position += count as u64;
                    self.current = Some(ready.slice(count - 1, 1));
                    return Ok(Some(ready.slice(0, count)));
                }
            }
            let Some(batches) = &mut self.batches else {
                // Behind the last row, where the cursor stands on none.
                self.position += u64::from(self.current.take().is_some());
                return Ok(None);
            };
            match batches.next().await {
                Some(Ok(batch)) => self.ready = Some(batch),
                Some(Err(error)) => {
                    self.batches = None;
                    return Err(error);
                }
                None => self.batches = None,
            }
        }
    }

    /// Passes at most so many rows. Gives how many there were.
    async fn skip(&mut self, count: u64) -> Result<u64> {
        let mut passed = 0;
        while passed < count {
            match self.next(count - passed).await? {
                Some(batch) => passed += batch.num_rows() as u64,
                None => break,
            }
        }
        Ok(passed)
    }
}

/// The next rows as they are computed. The cursor cannot be used otherwise until they are read, or dropped.
fn take_rows(rows: OwnedMutexGuard<Rows>, take: u64) -> BatchStream {
    stream::try_unfold((rows, take), |(mut rows, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let batch = rows.next(left).await?;
        Ok(batch.map(|batch| {
            let left = left - batch.num_rows() as u64;
            (batch, (rows, left))
        }))
    })
    .boxed()
}

fn missing(name: &str) -> Error {
    Error::new(Code::UndefinedCursor, format!("cursor \"{name}\" does not exist"))
}

#[cfg(test)]
mod tests;
