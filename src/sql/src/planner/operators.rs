//! Operators mean what they mean in PostgreSQL, where DataFusion would compute something else.
//!
//! - Arithmetic that leaves its type is an error, not another number, and so is a floating-point number divided by zero.
//! - A decimal beside a floating-point number is one too. DataFusion would make both decimals, and refuse large numbers.
//! - A day and an interval make a time, and intervals are as long as they are: a month is 30 days.
//! - A text literal beside a value of another type is a literal of that type: `id = '1'` compares numbers.
//! - What becomes part of a text is written as it would be for the client.

pub(crate) mod checked;
mod computed;
mod concatenation;
mod division;
mod intervals;
mod rounding;
mod temporal;

use arrow::datatypes::{DataType, IntervalUnit};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::logical_expr::expr::{Between, Cast, InList};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, LogicalPlan, Operator};
use datafusion::optimizer::AnalyzerRule;
use spi::types::{PgType, oid};

use super::casts::conversion;
use crate::output::cast_target;

pub(super) use temporal::IntervalPlanner;

/// The most digits that a decimal of 128 bits holds.
const DECIMAL_DIGITS: u8 = 38;

/// Rewrites the expressions of a plan before DataFusion makes their types fit.
#[derive(Debug)]
pub(super) struct Operators;

impl AnalyzerRule for Operators {
    fn name(&self) -> &str {
        "postgresql_operators"
    }

    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(rewrite_plan).map(|rewritten| rewritten.data)
    }
}

fn rewrite_plan(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let mut schema = merge_schema(&plan.inputs());
    if let LogicalPlan::TableScan(scan) = &plan {
        schema.merge(&DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?);
    }
    let names = NamePreserver::new(&plan);
    let sorts = matches!(plan, LogicalPlan::Sort(_));
    let rewritten = plan.map_expressions(|expr| {
        let name = names.save(&expr);
        let mut rewritten = rewrite_tree(expr, &schema)?;
        if sorts && matches!(rewritten.data.get_type(&schema), Ok(DataType::Interval(_))) {
            intervals::take_length(&mut rewritten.data);
            rewritten.transformed = true;
            return Ok(rewritten);
        }
        Ok(rewritten.update_data(|expr| name.restore(expr)))
    })?;
    // What computes with these results must know their types.
    if rewritten.transformed { rewritten.map_data(LogicalPlan::recompute_schema) } else { Ok(rewritten) }
}

/// An expression with all operators in it rewritten.
pub(super) fn rewrite_tree(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    expr.transform_up(|expr| rewrite(expr, schema))
}

fn rewrite(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if op.is_numerical_operators() => arithmetic(*left, op, *right, schema),
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::StringConcat, right }) => concatenation::operator(*left, *right, schema),
        Expr::BinaryExpr(BinaryExpr { mut left, op, mut right }) if is_comparison(op) => {
            fit(&mut left, &mut right, schema)?;
            Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right })))
        }
        Expr::Between(Between { mut expr, negated, mut low, mut high }) => {
            fit(&mut expr, &mut low, schema)?;
            fit(&mut expr, &mut high, schema)?;
            Ok(Transformed::yes(Expr::Between(Between { expr, negated, low, high })))
        }
        Expr::InList(InList { mut expr, mut list, negated }) => {
            for item in &mut list {
                fit(&mut expr, item, schema)?;
            }
            Ok(Transformed::yes(Expr::InList(InList { expr, list, negated })))
        }
        Expr::Negative(inner) => Ok(match checked::negation(*inner, schema) {
            Ok(checked) => Transformed::yes(checked),
            Err(inner) => Transformed::no(Expr::Negative(Box::new(inner))),
        }),
        Expr::Cast(cast) => rewrite_cast(cast, schema),
        Expr::ScalarFunction(function) => match concatenation::function(function, schema)? {
            Transformed { data, transformed: false, .. } => rounding::function(data, schema),
            rewritten => Ok(rewritten.update_data(Expr::ScalarFunction)),
        },
        other => Ok(Transformed::no(other)),
    }
}

fn rewrite_cast(cast: Cast, schema: &DFSchema) -> Result<Transformed<Expr>> {
    // The type of a parameter that nobody knows yet is asked for again, once it is known.
    let Ok(from) = cast.expr.get_type(schema) else { return Ok(Transformed::no(Expr::Cast(cast))) };
    let to = cast_target(&cast.field);
    if is_parameter(&cast.expr) || from == *cast.field.data_type() && to == PgType::from_arrow(&from) {
        return Ok(Transformed::no(Expr::Cast(cast)));
    }
    // Precision and scale of a plain numeric are ours.
    if to.oid == oid::NUMERIC {
        return Ok(Transformed::no(Expr::Cast(cast)));
    }
    conversion::convert(concatenation::unpadded(*cast.expr, &to), &from, to).map(Transformed::yes)
}

fn is_parameter(expr: &Expr) -> bool {
    matches!(expr, Expr::Placeholder(_))
}

pub(super) fn is_comparison(op: Operator) -> bool {
    matches!(
        op,
        Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
            | Operator::IsDistinctFrom
            | Operator::IsNotDistinctFrom
    )
}

fn arithmetic(left: Expr, op: Operator, right: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let (left, right) = match temporal::function(left, op, right, schema)? {
        Ok(function) => return Ok(Transformed::yes(function)),
        Err(sides) => sides,
    };
    let (left, right) = match division::function(left, op, right, schema) {
        Ok(function) => return Ok(Transformed::yes(function)),
        Err(sides) => sides,
    };
    Ok(match checked::function(left, op, right, schema) {
        Ok(function) => Transformed::yes(function),
        Err((left, right)) => Transformed::no(Expr::BinaryExpr(BinaryExpr { left: Box::new(left), op, right: Box::new(right) })),
    })
}

/// Makes the two sides of a comparison comparable.
fn fit(left: &mut Expr, right: &mut Expr, schema: &DFSchema) -> Result<()> {
    fit_literal(left, right, schema)?;
    fit_literal(right, left, schema)?;
    concatenation::unpad_compared(left, right);
    let (Ok(left_type), Ok(right_type)) = (left.get_type(schema), right.get_type(schema)) else { return Ok(()) };
    if left_type.is_decimal() && right_type.is_floating() {
        cast(left, DataType::Float64);
    } else if left_type.is_floating() && right_type.is_decimal() {
        cast(right, DataType::Float64);
    }
    // In BETWEEN and IN, the left side may be a length already.
    let is_interval = |data_type: &DataType| matches!(data_type, DataType::Interval(IntervalUnit::MonthDayNano));
    if is_interval(&left_type) && is_interval(&right_type) {
        intervals::take_length(left);
        intervals::take_length(right);
    } else if is_interval(&right_type) && intervals::is_length(left) {
        intervals::take_length(right);
    }
    let is_moment = |data_type: &DataType| matches!(data_type, DataType::Timestamp(_, Some(_)));
    let is_local = |data_type: &DataType| matches!(data_type, DataType::Timestamp(_, None) | DataType::Date32);
    if is_moment(&left_type) && is_local(&right_type) {
        convert(right, &right_type, PgType::new(oid::TIMESTAMPTZ))?;
    } else if is_moment(&right_type) && is_local(&left_type) {
        convert(left, &left_type, PgType::new(oid::TIMESTAMPTZ))?;
    }
    Ok(())
}

/// Reads a text literal as a value of the other side's type.
fn fit_literal(literal: &mut Expr, other: &mut Expr, schema: &DFSchema) -> Result<()> {
    let Expr::Literal(ScalarValue::Utf8(Some(text)), _) = &*literal else { return Ok(()) };
    let Ok(other_type) = other.get_type(schema) else { return Ok(()) };
    match other_type {
        DataType::Decimal128(precision, scale) => cast(literal, decimal_for(text, precision, scale)),
        typed if typed.is_numeric() || typed.is_temporal() || typed.is_binary() || typed.is_list() || typed == DataType::Boolean => {
            convert(literal, &DataType::Utf8, PgType::from_arrow(&typed))?;
        }
        _ => {}
    }
    Ok(())
}

fn convert(expr: &mut Expr, from: &DataType, to: PgType) -> Result<()> {
    *expr = conversion::convert(std::mem::take(expr), from, to)?;
    Ok(())
}

/// A decimal type that holds the column's values and the literal without rounding it.
fn decimal_for(text: &str, precision: u8, scale: i8) -> DataType {
    let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end().len());
    match i8::try_from(digits) {
        Ok(digits) if digits > scale && digits <= DECIMAL_DIGITS as i8 => DataType::Decimal128(DECIMAL_DIGITS, digits),
        _ => DataType::Decimal128(precision, scale),
    }
}

fn cast(expr: &mut Expr, to: DataType) {
    let inner = std::mem::take(expr);
    *expr = Expr::Cast(Cast::new(Box::new(inner), to));
}
