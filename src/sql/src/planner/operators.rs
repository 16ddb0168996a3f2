//! Operators mean what they mean in PostgreSQL, where DataFusion would compute something else.
//!
//! - Integer arithmetic that leaves its type is an error, not another number.
//! - A decimal beside a floating-point number is one too. DataFusion would make both decimals, and refuse large numbers.
//! - Text is not an array.
//! - A text literal beside a value of another type is a literal of that type: `id = '1'` compares numbers.

pub(crate) mod checked;

use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::expr::{Between, Cast, InList};
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator};
use spi::{Code, Error};

/// The most digits that a decimal of 128 bits holds.
const DECIMAL_DIGITS: u8 = 38;

/// Rewrites operators before DataFusion makes their types fit.
#[derive(Debug)]
pub(super) struct Operators;

impl FunctionRewrite for Operators {
    fn name(&self) -> &str {
        "postgresql_operators"
    }

    fn rewrite(&self, expr: Expr, schema: &DFSchema, _: &ConfigOptions) -> Result<Transformed<Expr>> {
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) if op.is_numerical_operators() => Ok(arithmetic(*left, op, *right, schema)),
            Expr::BinaryExpr(BinaryExpr { mut left, op, mut right }) if is_comparison(op) => {
                fit(&mut left, &mut right, schema);
                Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right })))
            }
            Expr::Between(Between { mut expr, negated, mut low, mut high }) => {
                fit(&mut expr, &mut low, schema);
                fit(&mut expr, &mut high, schema);
                Ok(Transformed::yes(Expr::Between(Between { expr, negated, low, high })))
            }
            Expr::InList(InList { mut expr, mut list, negated }) => {
                for item in &mut list {
                    fit(&mut expr, item, schema);
                }
                Ok(Transformed::yes(Expr::InList(InList { expr, list, negated })))
            }
            Expr::Cast(cast) => refuse_array_of_text(cast, schema).map(|cast| Transformed::no(Expr::Cast(cast))),
            other => Ok(Transformed::no(other)),
        }
    }
}

/// DataFusion would make an array of one element of it.
fn refuse_array_of_text(cast: Cast, schema: &DFSchema) -> Result<Cast> {
    if cast.field.data_type().is_list() && matches!(cast.expr.get_type(schema), Ok(DataType::Utf8)) {
        let error = Error::new(Code::Unsupported, "arrays can be read from text in literals of one dimension only");
        return Err(DataFusionError::External(Box::new(error)));
    }
    Ok(cast)
}

fn is_comparison(op: Operator) -> bool {
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

fn arithmetic(left: Expr, op: Operator, right: Expr, schema: &DFSchema) -> Transformed<Expr> {
    match checked::function(left, op, right, schema) {
        Ok(function) => Transformed::yes(function),
        Err((left, right)) => Transformed::no(Expr::BinaryExpr(BinaryExpr { left: Box::new(left), op, right: Box::new(right) })),
    }
}

/// Makes the two sides of a comparison comparable.
fn fit(left: &mut Expr, right: &mut Expr, schema: &DFSchema) {
    fit_literal(left, right, schema);
    fit_literal(right, left, schema);
    let (Ok(left_type), Ok(right_type)) = (left.get_type(schema), right.get_type(schema)) else { return };
    if left_type.is_decimal() && right_type.is_floating() {
        cast(left, DataType::Float64);
    } else if left_type.is_floating() && right_type.is_decimal() {
        cast(right, DataType::Float64);
    }
}

/// Reads a text literal as a value of the other side's type.
fn fit_literal(literal: &mut Expr, other: &mut Expr, schema: &DFSchema) {
    let Expr::Literal(ScalarValue::Utf8(Some(text)), _) = &*literal else { return };
    let Ok(other_type) = other.get_type(schema) else { return };
    let target = match other_type {
        DataType::Decimal128(precision, scale) => decimal_for(text, precision, scale),
        typed if typed.is_numeric() || typed.is_temporal() || typed == DataType::Boolean => typed,
        _ => return,
    };
    cast(literal, target);
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
