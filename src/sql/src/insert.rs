//! `INSERT INTO shop.public.t …`: rows of a query, added to a table of a data source.
//!
//! The rows are planned as any query, with casts to the columns of the table on top. When the statement runs, the source's
//! connector takes them as they come, all or none of them, in a transaction of its own. Whatever ends the statement before, drops that.

mod assignment;
mod rows;
mod target;

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::Schema;
use datafusion::common::ScalarValue;
use domain::access::Privilege;
use domain::data_sources::DataSource;
use futures::StreamExt;
use serde_json::json;
use spi::connector::{RowStream, WriteRequest};
use spi::{Code, Error, Result};

use crate::answer::Answer;
use crate::audited::{Entry, audited_rows, shown};
use crate::call_context::CallContext;
use crate::dispatch::read_only;
use crate::plan_context::PlanContext;
use crate::planner::{Planned, RecordStream};
use crate::source_access;
use crate::transaction::Transaction;
pub(crate) use assignment::assign;
pub(crate) use rows::{Rows, rows};
pub(crate) use target::Target;

/// Adds the rows and answers how many there were.
pub(crate) async fn run(
    transaction: &Transaction,
    ctx: &Arc<PlanContext>,
    plan: &Planned,
    target: &Target,
    values: Vec<ScalarValue>,
) -> Result<Answer> {
    forbid_block(transaction)?;
    let call_context = CallContext::new(ctx);
    let arguments = json!({ "statement": shown(&target.statement) });
    let entry = Entry { action: "INSERT", object: Some(target.name()), arguments: Some(arguments) };
    let work = async {
        let source = require(ctx, target)?;
        let connector = source_access::writable(ctx.services(), &source).await?;
        if ctx.settings.current().read_only() {
            return Err(read_only("INSERT"));
        }
        let rows = fitting(plan.execute(ctx, values).await?, target);
        let request = WriteRequest {
            schema: target.schema.clone(),
            table: target.table.clone(),
            columns: target.columns.iter().map(|column| Arc::clone(&column.field)).collect(),
            user: ctx.role.name.clone(),
        };
        connector.write(request, rows).await
    };
    // On the heap: the connector's whole work is in it.
    let count = Box::pin(audited_rows(&call_context, entry, work)).await?;
    Ok(Answer::command(format!("INSERT 0 {count}")))
}

/// The plan's tree, below a line for the table. Nothing is added.
pub(crate) async fn explain(
    ctx: &Arc<PlanContext>,
    plan: &Planned,
    target: &Target,
    values: Vec<ScalarValue>,
    analyze: bool,
    verbose: bool,
) -> Result<Vec<String>> {
    if analyze {
        return Err(Error::new(Code::Unsupported, "EXPLAIN ANALYZE is not supported for INSERT")
            .detail("It would add the rows.")
            .hint("EXPLAIN without ANALYZE shows the plan, and EXPLAIN ANALYZE of the query what it takes."));
    }
    require(ctx, target)?;
    let lines = plan.explain(ctx, values, analyze, verbose).await?;
    let below = lines.into_iter().map(|line| format!("  {line}"));
    Ok(std::iter::once(format!("Insert: target={}", target.name())).chain(below).collect())
}

/// The rows are committed where they are added, and a rollback here would leave them there.
fn forbid_block(transaction: &Transaction) -> Result<()> {
    if !transaction.in_block() {
        return Ok(());
    }
    Err(Error::new(Code::Unsupported, "INSERT into a data source cannot run inside a transaction block")
        .detail("Its rows are committed at the data source with the statement itself, and ROLLBACK could not take them back.")
        .hint("End the transaction first, or switch the client to autocommit."))
}

fn require(ctx: &PlanContext, target: &Target) -> Result<DataSource> {
    source_access::require(ctx.services(), &ctx.actor(), &target.source, Privilege::Insert)
}

/// The rows with the names and types of the table's columns. Planning has cast the values; what is left is how Arrow holds text.
fn fitting(rows: RecordStream, target: &Target) -> RowStream {
    let columns = Arc::new(Schema::new(target.columns.iter().map(|column| Arc::clone(&column.field)).collect::<Vec<_>>()));
    let fit = move |batch: RecordBatch| -> Result<RecordBatch> {
        let options = CastOptions { safe: false, ..CastOptions::default() };
        // Where the table's defaults make the whole row, the query has a column that nobody wants.
        let arrays =
            batch.columns().iter().zip(columns.fields()).map(|(array, field)| cast_with_options(array, field.data_type(), &options));
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&columns), arrays.collect::<Result<_, _>>()?, &rows)?)
    };
    rows.map(move |batch| batch.and_then(&fit)).boxed()
}
