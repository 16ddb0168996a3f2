//! Aggregates in two steps: one below, of parts of the rows, and one above, of the results of the first.
//!
//! A count is a sum of counts, a sum one of sums, and the least value the least of the least ones.

use std::sync::Arc;

use datafusion::common::{Column, DFSchema, Result};
use datafusion::functions_aggregate::expr_fn::sum;
use datafusion::logical_expr::expr::AggregateFunction as Call;
use datafusion::logical_expr::{Aggregate, Expr, ExprSchemable, LogicalPlan, Projection, cast, lit, when};
use spi::query::AggregateFunction;

use super::aggregate;

/// The qualifier of the results of the first step: tables have columns of any name.
const PARTS: &str = "first step";

/// The calls of an aggregate as two steps.
pub(super) struct Steps {
    /// The calls below, each once.
    pub(super) below: Vec<Expr>,
    /// Which of them each call sums up above, and how.
    above: Vec<(usize, AggregateFunction)>,
}

impl Steps {
    /// The calls, of columns of this schema alone; `None` where parts do not tell the result.
    pub(super) fn of(calls: &[Expr], schema: &DFSchema) -> Option<Self> {
        let (mut below, mut above) = (Vec::new(), Vec::new());
        for call in calls {
            let Expr::AggregateFunction(parts) = call else { return None };
            let function = splittable(parts, call.get_type(schema).ok()?.is_floating())?;
            if call.is_volatile() || !call.column_refs().into_iter().all(|column| schema.has_column(column)) {
                return None;
            }
            let place = below.iter().position(|known| known == call).unwrap_or_else(|| {
                below.push(call.clone());
                below.len() - 1
            });
            above.push((place, function));
        }
        Some(Self { below, above })
    }

    /// The results of the first step, which are the plan's last columns, under names of their own.
    pub(super) fn named(&self, first: LogicalPlan) -> Result<LogicalPlan> {
        let columns = first.schema().columns();
        let keys = columns.len() - self.below.len();
        let named = columns.into_iter().enumerate().map(|(place, column)| match place.checked_sub(keys) {
            Some(call) => Expr::Column(column).alias_qualified(Some(PARTS), name(call)),
            None => Expr::Column(column),
        });
        Ok(LogicalPlan::Projection(Projection::try_new(named.collect(), Arc::new(first))?))
    }

    /// The second step, over a plan with those results, with the columns of the aggregate that both stand for.
    pub(super) fn above(&self, input: LogicalPlan, groups: Vec<Expr>, node: &Aggregate) -> Result<LogicalPlan> {
        let calls = self.above.iter().enumerate().map(|(call, (place, function))| {
            let part = Expr::Column(Column::new(Some(PARTS), name(*place)));
            let whole = match (function, &self.below[*place]) {
                (AggregateFunction::Min | AggregateFunction::Max, Expr::AggregateFunction(below)) => {
                    Expr::AggregateFunction(Call::new_udf(Arc::clone(&below.func), vec![part], false, None, Vec::new(), None))
                }
                _ => sum(part),
            };
            whole.alias(format!("whole_{call}"))
        });
        let group_count = groups.len();
        let whole = Aggregate::try_new(Arc::new(input), groups, calls.collect())?;
        let results = whole.schema.columns().into_iter().enumerate().map(|(place, column)| {
            let (qualifier, field) = node.schema.qualified_field(place);
            let mut result = Expr::Column(column);
            if let Some(call) = place.checked_sub(group_count) {
                if self.above[call].1 == AggregateFunction::Count {
                    // Of no rows at all there is no count to add.
                    result = when(result.clone().is_not_null(), result).otherwise(lit(0i64))?;
                }
                if result.get_type(&whole.schema)? != *field.data_type() {
                    result = cast(result, field.data_type().clone());
                }
            }
            Ok(result.alias_qualified(qualifier.cloned(), field.name()))
        });
        let results = results.collect::<Result<Vec<_>>>()?;
        Ok(LogicalPlan::Projection(Projection::try_new(results, Arc::new(LogicalPlan::Aggregate(whole)))?))
    }
}

/// The name of a result of the first step.
fn name(call: usize) -> String {
    format!("part_{call}")
}

/// The function of a call whose results for parts of the rows tell the result for all. Sums of floats depend on their order.
fn splittable(call: &Call, is_float: bool) -> Option<AggregateFunction> {
    let params = &call.params;
    if params.distinct || params.filter.is_some() || !params.order_by.is_empty() || params.null_treatment.is_some() {
        return None;
    }
    match aggregate::function(&call.func)? {
        AggregateFunction::Sum if is_float => None,
        AggregateFunction::Average => None,
        function => Some(function),
    }
}
