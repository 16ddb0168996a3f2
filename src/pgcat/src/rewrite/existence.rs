//! What EXISTS selects is not looked at: only whether there is a row.

use std::sync::Arc;

use super::columns;
use crate::expr::{Expr, SubqueryKind};
use crate::query::{Body, Distinct, Query};

/// Takes the columns from all queries that are only asked whether they have rows.
pub(super) fn simplify(query: &mut Query) {
    columns::each_mut(query, &mut |expr, _| {
        if let Expr::Subquery(subquery) = expr
            && matches!(subquery.kind, SubqueryKind::Exists)
        {
            without_columns(Arc::make_mut(&mut subquery.query));
        }
    });
}

/// Neither columns nor their order decide whether there is a row, unless there are aggregates or rows are counted.
fn without_columns(query: &mut Query) {
    let Body::Select(select) = &mut query.body else { return };
    let is_counted = query.limit.is_some() || query.offset.is_some();
    let is_computed = select.grouping.is_some() || !select.windows.is_empty() || !select.set_returning.is_empty();
    if is_counted || is_computed || select.having.is_some() {
        return;
    }
    select.output.clear();
    select.distinct = Distinct::No;
    query.order_by.clear();
    query.columns.clear();
}
