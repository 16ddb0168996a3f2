//! GROUP BY and DISTINCT in a source.

use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{self as logical, AggregateUDF, Distinct, Expr, LogicalPlan};
use spi::query::{Aggregate, AggregateFunction, Expr as QueryExpr, ExprKind, Query};

use super::expression::{Schemas, plain, translate, translate_all};
use super::{Below, Part, Whole, grouped, part as part_of, with_subqueries};
use crate::planner::{AVERAGED, ROUNDED_AVERAGE};

/// The digits behind the point of [`AVERAGED`].
const AVERAGED_SCALE: i8 = 13;

pub(super) fn part(mut node: logical::Aggregate) -> Result<Part> {
    let input = part_of(node.input.as_ref().clone())?;
    if let Part::Whole(whole) = &input
        && let Some(said) = said(whole, &node)
    {
        return Ok(Part::Whole(said));
    }
    node.input = Arc::new(input.into_plan()?);
    match grouped::plan(&node)? {
        Some(plan) => Ok(Part::Here(plan)),
        None => with_subqueries(LogicalPlan::Aggregate(node)),
    }
}

/// Rows that are each there once: groups without aggregates.
pub(super) fn distinct(input: LogicalPlan) -> Result<Part> {
    let input = part_of(input)?;
    if let Part::Whole(whole) = &input {
        let groups = whole.query.column_types().into_iter().enumerate().map(|(place, data_type)| QueryExpr::column(place, data_type));
        let query = Query::Aggregate { input: whole.input(), groups: groups.collect(), aggregates: Vec::new() };
        if !whole.schema.fields().is_empty()
            && let Some(said) = whole.with(query, &whole.schema, Below::Statement)
        {
            return Ok(Part::Whole(said));
        }
    }
    Ok(Part::Here(LogicalPlan::Distinct(Distinct::All(Arc::new(input.into_plan()?)))))
}

fn said(whole: &Whole, node: &logical::Aggregate) -> Option<Whole> {
    let schemas: &Schemas<'_> = &[&whole.schema];
    let groups = translate_all(&node.group_expr, schemas)?;
    if groups.len() + node.aggr_expr.len() != node.schema.fields().len() {
        return None;
    }
    let results = node.schema.fields().iter().skip(groups.len());
    let aggregates = node.aggr_expr.iter().zip(results).map(|(call, field)| aggregate(call, plain(field.data_type().clone()), schemas));
    let query = Query::Aggregate { input: whole.input(), groups, aggregates: aggregates.collect::<Option<_>>()? };
    whole.with(query, &node.schema, Below::Statement)
}

fn aggregate(call: &Expr, data_type: DataType, schemas: &Schemas<'_>) -> Option<Aggregate> {
    let call = match call {
        Expr::Alias(alias) => alias.expr.as_ref(),
        other => other,
    };
    let Expr::AggregateFunction(call) = call else { return None };
    let params = &call.params;
    if params.filter.is_some() || !params.order_by.is_empty() || params.null_treatment.is_some() {
        return None;
    }
    let function = function(&call.func)?;
    let argument = match counts_rows(function, &params.args) && !params.distinct {
        true => None,
        false => Some(argument(function, &params.args, &data_type, schemas)?),
    };
    Some(Aggregate { function, argument, distinct: params.distinct, data_type })
}

/// The aggregate that sources know.
pub(super) fn function(called: &AggregateUDF) -> Option<AggregateFunction> {
    let known = [
        ("count", AggregateFunction::Count),
        ("sum", AggregateFunction::Sum),
        ("min", AggregateFunction::Min),
        ("max", AggregateFunction::Max),
        ("avg", AggregateFunction::Average),
    ];
    // Ours have the SQL name as another name.
    let is_called = |name: &str| called.name() == name || called.aliases().iter().any(|alias| alias == name);
    known.into_iter().find(|(name, _)| is_called(name)).map(|(_, function)| function)
}

/// `count(*)` counts a constant.
pub(super) fn counts_rows(function: AggregateFunction, arguments: &[Expr]) -> bool {
    function == AggregateFunction::Count && matches!(arguments, [Expr::Literal(value, _)] if !value.is_null())
}

/// What is aggregated.
pub(super) fn argument(function: AggregateFunction, arguments: &[Expr], data_type: &DataType, schemas: &Schemas<'_>) -> Option<QueryExpr> {
    let [argument] = arguments else { return None };
    let argument = translate(argument, schemas)?;
    if function != AggregateFunction::Average {
        return Some(argument);
    }
    // Other averages are cut, not rounded.
    if argument.data_type != AVERAGED || *data_type != ROUNDED_AVERAGE {
        return None;
    }
    // The numbers have room in the type that is computed with here. A source has no need of it.
    Some(match argument.kind {
        ExprKind::Cast(number) if matches!(number.data_type, DataType::Int16 | DataType::Int32 | DataType::Int64) => *number,
        ExprKind::Cast(number) if matches!(number.data_type, DataType::Decimal128(_, scale) if scale <= AVERAGED_SCALE) => *number,
        kind => QueryExpr { kind, data_type: argument.data_type },
    })
}
