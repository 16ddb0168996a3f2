//! Window functions in a source.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::expr::WindowFunctionParams;
use datafusion::logical_expr::{
    self as logical, Expr, LogicalPlan, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition,
};
use spi::query::{Bound, Expr as QueryExpr, Frame, Query, Window, WindowFunction};

use super::expression::{plain, translate_all};
use super::{Below, Part, Whole, aggregate, part as part_of, sort_keys, with_subqueries};

pub(super) fn part(mut node: logical::Window) -> Result<Part> {
    let input = part_of(node.input.as_ref().clone())?;
    if let Part::Whole(whole) = &input
        && let Some(said) = windowed(whole, &node)
    {
        return Ok(Part::Whole(said));
    }
    node.input = Arc::new(input.into_plan()?);
    with_subqueries(LogicalPlan::Window(node))
}

fn windowed(whole: &Whole, node: &logical::Window) -> Option<Whole> {
    let results = node.schema.fields().iter().skip(whole.schema.fields().len());
    let functions = node.window_expr.iter().zip(results).map(|(call, field)| function(call, field, whole)).collect::<Option<_>>()?;
    whole.with(Query::Window { input: whole.input(), functions }, &node.schema, Below::Statement)
}

fn function(call: &Expr, field: &Field, whole: &Whole) -> Option<Window> {
    let call = match call {
        Expr::Alias(alias) => alias.expr.as_ref(),
        other => other,
    };
    let Expr::WindowFunction(call) = call else { return None };
    let params = &call.params;
    if params.filter.is_some() || params.null_treatment.is_some() || params.distinct {
        return None;
    }
    let (schemas, data_type) = ([whole.schema.as_ref()], plain(field.data_type().clone()));
    let (function, arguments) = match &call.fun {
        WindowFunctionDefinition::AggregateUDF(called) => {
            let function = aggregate::function(called)?;
            let arguments = match aggregate::counts_rows(function, &params.args) {
                true => Vec::new(),
                false => vec![aggregate::argument(function, &params.args, &data_type, &schemas)?],
            };
            (WindowFunction::Aggregate(function), arguments)
        }
        WindowFunctionDefinition::WindowUDF(called) => {
            let function = match called.name() {
                "row_number" => WindowFunction::RowNumber,
                "rank" => WindowFunction::Rank,
                "dense_rank" => WindowFunction::DenseRank,
                "lag" => WindowFunction::Lag,
                "lead" => WindowFunction::Lead,
                "first_value" => WindowFunction::FirstValue,
                "last_value" => WindowFunction::LastValue,
                _ => return None,
            };
            (function, translate_all(&params.args, &schemas)?)
        }
    };
    let frame = match function {
        WindowFunction::Aggregate(_) | WindowFunction::FirstValue | WindowFunction::LastValue => Some(frame(params)?),
        WindowFunction::Lag | WindowFunction::Lead if !is_shift(&arguments, &data_type) => return None,
        _ => None,
    };
    // Ranks are by an order.
    let ranks = matches!(function, WindowFunction::Rank | WindowFunction::DenseRank);
    if ranks && params.order_by.is_empty() {
        return None;
    }
    let (partition, order) = (translate_all(&params.partition_by, &schemas)?, sort_keys(&params.order_by, &whole.schema)?);
    Some(Window { function, arguments, partition, order, frame, data_type })
}

/// A value, and so many rows away. Another default than null, and steps to the other side, are not everywhere.
fn is_shift(arguments: &[QueryExpr], data_type: &DataType) -> bool {
    match arguments {
        [value] => value.data_type == *data_type,
        [value, rows] => value.data_type == *data_type && rows.as_integer().is_some_and(|rows| (0..=i64::from(i32::MAX)).contains(&rows)),
        _ => false,
    }
}

fn frame(params: &WindowFunctionParams) -> Option<Frame> {
    let WindowFrame { units, start_bound, end_bound, .. } = &params.window_frame;
    let (start, end) = (bound(start_bound)?, bound(end_bound)?);
    let has_number = |bound| matches!(bound, Bound::Preceding(_) | Bound::Following(_));
    match units {
        WindowFrameUnits::Rows => Some(Frame { by_rows: true, start, end }),
        WindowFrameUnits::Range if !has_number(start) && !has_number(end) => Some(Frame { by_rows: false, start, end }),
        _ => None,
    }
}

fn bound(bound: &WindowFrameBound) -> Option<Bound> {
    Some(match bound {
        WindowFrameBound::Preceding(rows) if rows.is_null() => Bound::UnboundedPreceding,
        WindowFrameBound::Following(rows) if rows.is_null() => Bound::UnboundedFollowing,
        WindowFrameBound::Preceding(ScalarValue::UInt64(Some(rows))) => Bound::Preceding(*rows),
        WindowFrameBound::Following(ScalarValue::UInt64(Some(rows))) => Bound::Following(*rows),
        WindowFrameBound::CurrentRow => Bound::CurrentRow,
        _ => return None,
    })
}
