//! GROUP BY and DISTINCT in a source.

use std::sync::Arc;

use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{self as logical, Distinct, Expr, LogicalPlan};
use spi::query::{Aggregate, AggregateFunction, Expr as QueryExpr, Query};

use super::expression::{Schemas, plain, translate, translate_all};
use super::{Below, Part, Whole, part as part_of, with_subqueries};

pub(super) fn part(mut node: logical::Aggregate) -> Result<Part> {
    let input = part_of(node.input.as_ref().clone())?;
    if let Part::Whole(whole) = &input
        && let Some(said) = grouped(whole, &node)
    {
        return Ok(Part::Whole(said));
    }
    node.input = Arc::new(input.into_plan()?);
    with_subqueries(LogicalPlan::Aggregate(node))
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

fn grouped(whole: &Whole, node: &logical::Aggregate) -> Option<Whole> {
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

fn aggregate(call: &Expr, data_type: arrow::datatypes::DataType, schemas: &Schemas<'_>) -> Option<Aggregate> {
    let call = match call {
        Expr::Alias(alias) => alias.expr.as_ref(),
        other => other,
    };
    let Expr::AggregateFunction(call) = call else { return None };
    let params = &call.params;
    if params.filter.is_some() || !params.order_by.is_empty() || params.null_treatment.is_some() {
        return None;
    }
    let known = [
        ("count", AggregateFunction::Count),
        ("sum", AggregateFunction::Sum),
        ("min", AggregateFunction::Min),
        ("max", AggregateFunction::Max),
    ];
    // Ours have the SQL name as another name.
    let is_called = |name: &str| call.func.name() == name || call.func.aliases().iter().any(|alias| alias == name);
    let (_, function) = known.into_iter().find(|(name, _)| is_called(name))?;
    let [argument] = params.args.as_slice() else { return None };
    // `count(*)` counts a constant.
    let counts_rows = function == AggregateFunction::Count
        && matches!(argument, Expr::Literal(value, _) if *value != ScalarValue::Null && !value.is_null());
    let argument = if counts_rows && !params.distinct { None } else { Some(translate(argument, schemas)?) };
    Some(Aggregate { function, argument, distinct: params.distinct, data_type })
}
