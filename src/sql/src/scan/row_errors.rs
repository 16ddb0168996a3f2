//! Tells who asked of rows whose values do not fit their columns. In a table that is not strict they are NULL, and it would be easy to
//! take them for what the source has.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow::array::RecordBatch;
use datafusion::physical_plan::metrics::Count;
use futures::{Stream, StreamExt};
use spi::Result;
use spi::connector::{RowErrors, RowStream};
use spi::documents::ERROR;

use super::Scan;
use crate::answer::Notice;
use crate::plan_context::PlanContext;

/// PostgreSQL's SQLSTATE of a warning that is nothing more special.
const WARNING: &str = "01000";

/// A connector's rows. When there are no more, or no more are wanted, the statement is warned of those with errors.
pub(super) struct Warned {
    rows: RowStream,
    row_errors: RowErrors,
    /// For EXPLAIN ANALYZE.
    metric: Count,
    table: String,
    /// Absent only where plans are tested by themselves.
    ctx: Option<Arc<PlanContext>>,
}

impl Warned {
    /// The counter is that of the request that the rows answer.
    pub(super) fn new(rows: RowStream, scan: &Scan, row_errors: RowErrors, metric: Count, ctx: Option<Arc<PlanContext>>) -> Self {
        let table = format!("\"{}.{}\" of data source \"{}\"", scan.request.schema, scan.request.table, scan.source);
        Self { rows, row_errors, metric, table, ctx }
    }

    fn warn(&self) {
        let count = self.row_errors.take();
        self.metric.add(usize::try_from(count).unwrap_or(usize::MAX));
        let rows = match count {
            0 => return,
            1 => format!("1 row of table {} has", self.table),
            _ => format!("{count} rows of table {} have", self.table),
        };
        if let Some(ctx) = &self.ctx {
            let message = format!("{rows} values that do not fit their columns");
            let hint = Some(format!("Such values are NULL. Column {ERROR} says of each row what is wrong."));
            ctx.notices.push(Notice { hint, ..Notice::warning(WARNING, message) });
        }
    }
}

impl Stream for Warned {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.rows.poll_next_unpin(cx));
        if next.is_none() {
            self.warn();
        }
        Poll::Ready(next)
    }
}

/// A query with a limit does not come to the end.
impl Drop for Warned {
    fn drop(&mut self) {
        self.warn();
    }
}
