//! The rows of a query of data sources.
//!
//! A table may have changed since its source was harvested. A connector then refuses to read it as something that it no longer
//! is; the table is looked at anew, and the query is planned and run once more.

use std::sync::Arc;

use datafusion::sql::sqlparser::ast;
use futures::{StreamExt, future, stream};
use spi::connector::Scope;
use spi::{Code, Error, Origin, Result};

use crate::answer::{Answer, BatchStream};
use crate::parse::SourceText;
use crate::plan::{self, Plan, Values};
use crate::plan_context::PlanContext;
use crate::planner::{self, Planned};

/// A query that is to be run.
pub(super) struct Query<'a> {
    pub(super) query: &'a ast::Statement,
    pub(super) source: &'a SourceText,
    pub(super) plan: Arc<Plan>,
    pub(super) values: Values,
    /// The client knows the columns already, so no others can be answered.
    pub(super) is_described: bool,
    /// The statement sees the metadata of its transaction, whatever happens meanwhile.
    pub(super) is_pinned: bool,
}

impl Query<'_> {
    pub(super) async fn answer(self, context: &Arc<PlanContext>) -> Result<Answer> {
        let planned = match self.plan.as_ref() {
            Plan::Data(planned) if planned.reads_sources && !self.is_pinned => planned,
            _ => return Ok(rows(&self.plan, self.plan.execute(context, self.values).await?)),
        };
        match started(context, &self.plan, self.values.clone()).await {
            Err(error) if is_outdated(&error) => match self.anew(context, planned, &error).await? {
                Some((context, plan)) => Ok(rows(&plan, started(&context, &plan, self.values).await?)),
                None => Err(error),
            },
            batches => Ok(rows(&self.plan, batches?)),
        }
    }

    /// The query planned with what its tables are now; `None` if that cannot be found out.
    async fn anew(&self, context: &Arc<PlanContext>, planned: &Planned, error: &Error) -> Result<Option<(Arc<PlanContext>, Arc<Plan>)>> {
        let services = context.services();
        let tables = planned.source_tables()?;
        for table in tables.iter().filter(|table| error.origin == Origin::Source(table.source.to_string())) {
            let scope = Scope { schema: Some(table.schema.to_string()), table: Some(table.table.to_string()) };
            if let Err(error) = services.refreshes.refresh(&context.actor(), table.source_oid, scope, true).await {
                tracing::debug!(source = %table.source, %error, "a table that has changed could not be looked at anew");
                return Ok(None);
            }
        }
        let context = Arc::new(context.with_catalog(services.catalogs.current()));
        let plan = plan::plan(&context, self.query, self.source, &planned.parameter_types).await?;
        match self.is_described && *plan.columns() != planned.columns {
            true => Err(planner::changed_result_type()),
            false => Ok(Some((context, Arc::new(plan)))),
        }
    }
}

fn rows(plan: &Plan, batches: BatchStream) -> Answer {
    Answer::Rows { columns: Arc::clone(plan.columns()), batches, command: "SELECT" }
}

/// The rows, with the first of them there: a table that is no longer what it was is noticed before that.
async fn started(context: &Arc<PlanContext>, plan: &Plan, values: Values) -> Result<BatchStream> {
    let mut batches = plan.execute(context, values).await?;
    Ok(match batches.next().await.transpose()? {
        Some(first) => stream::once(future::ready(Ok(first))).chain(batches).boxed(),
        None => stream::empty().boxed(),
    })
}

/// Whether a connector says that a table is not what it was planned with.
fn is_outdated(error: &Error) -> bool {
    error.retryable && matches!(error.code, Code::DatatypeMismatch | Code::UndefinedColumn)
}
