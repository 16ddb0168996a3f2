//! ORDER BY with LIMIT of a table in a source that speaks no SQL: the source is told which rows are enough.
//!
//! The sort stays where it is, so that nothing depends on what the source makes of it; [`TopN`] says what it may leave out. Between the
//! sort and the table there is only what gives one row for each row, and leaves the sorted column as it is. A condition that is left
//! there is one that the source does not apply.

use std::sync::Arc;

use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{LogicalPlan, Sort, TableScan};
use spi::top_n::TopN;

use super::grouped::place;
use crate::source_table::{self, ConnectedTable};

/// The sort, over tables that are told which of their rows are enough. Only the first key matters, for the reason that [`TopN`] gives.
pub(super) fn told(mut sort: Sort) -> Sort {
    if let (Some(rows), [key, ..]) = (sort.fetch, sort.expr.as_slice())
        && let Some(column) = place(&key.expr, sort.input.schema())
    {
        let top_n = |column: &str| TopN { rows, column: column.to_owned(), descending: !key.asc, nulls_first: key.nulls_first };
        sort.input = Arc::new(below(Arc::unwrap_or_clone(sort.input), column, &top_n));
    }
    sort
}

/// The plan, of which only the first rows by a column are wanted.
fn below(plan: LogicalPlan, column: usize, top_n: &dyn Fn(&str) -> TopN) -> LogicalPlan {
    let input = |input: Arc<LogicalPlan>, column| Arc::new(below(Arc::unwrap_or_clone(input), column, top_n));
    match plan {
        LogicalPlan::TableScan(scan) => LogicalPlan::TableScan(table(scan, column, top_n)),
        LogicalPlan::SubqueryAlias(mut alias) => {
            alias.input = input(alias.input, column);
            LogicalPlan::SubqueryAlias(alias)
        }
        LogicalPlan::Projection(mut projection) => {
            let source = projection.expr.get(column).and_then(|made| place(&made.clone().unalias(), projection.input.schema()));
            if let Some(column) = source {
                projection.input = input(projection.input, column);
            }
            LogicalPlan::Projection(projection)
        }
        // Each branch may leave out rows after as many of its own.
        LogicalPlan::Union(mut union) => {
            union.inputs = union.inputs.into_iter().map(|branch| input(branch, column)).collect();
            LogicalPlan::Union(union)
        }
        other => other,
    }
}

fn table(mut scan: TableScan, column: usize, top_n: &dyn Fn(&str) -> TopN) -> TableScan {
    // The rows that a limit chose are not all that there are.
    if scan.fetch.is_none()
        && let Some(provider) = source_table::connected(&scan)
        && let Some(table) = provider.downcast_ref::<ConnectedTable>()
    {
        let top_n = top_n(scan.projected_schema.field(column).name());
        scan.source = provider_as_source(Arc::new(table.with_top_n(top_n)));
    }
    scan
}
