//! What becomes part of a text.
//!
//! A value beside a text in `||` is cast to text. The arguments of `concat` are written as a client would read them. The blanks at
//! the end of a `char(n)` count neither there, nor in comparisons, nor in its length.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result as DataFusionResult, ScalarValue};
use datafusion::functions::string::rtrim;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator, Volatility};
use spi::Result;
use spi::types::{PgType, oid};

use super::computed::{Compute, call};
use crate::functions::octet_length;
use crate::planner::casts::conversion;
use crate::planner::statement;

/// `left || right`.
pub(super) fn operator(left: Expr, right: Expr, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let (left, right) = (unpadded(left, &PgType::new(oid::TEXT)), unpadded(right, &PgType::new(oid::TEXT)));
    let (left, right) = match (left.get_type(schema), right.get_type(schema)) {
        (Ok(left_type), Ok(right_type)) if is_text(&left_type) != is_text(&right_type) => {
            (as_text(left, &left_type)?, as_text(right, &right_type)?)
        }
        _ => (left, right),
    };
    Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left: Box::new(left), op: Operator::StringConcat, right: Box::new(right) })))
}

/// A value beside a text. An array beside one is an array to append to.
fn as_text(expr: Expr, data_type: &DataType) -> DataFusionResult<Expr> {
    match data_type.is_nested() || data_type.is_null() || is_text(data_type) || data_type.is_binary() {
        true => Ok(expr),
        false => conversion::convert(expr, data_type, PgType::new(oid::TEXT)),
    }
}

/// The arguments of functions that take anything as text, and of those that do not count a `char(n)`'s blanks.
pub(super) fn function(mut function: ScalarFunction, schema: &DFSchema) -> DataFusionResult<Transformed<ScalarFunction>> {
    match function.name() {
        "concat" | "concat_ws" => {
            for argument in &mut function.args {
                let expr = unpadded(std::mem::take(argument), &PgType::new(oid::TEXT));
                *argument = match expr.get_type(schema) {
                    Ok(data_type) if !is_text(&data_type) && !data_type.is_null() => call(Written, vec![(expr, data_type)], DataType::Utf8),
                    _ => expr,
                };
            }
            Ok(Transformed::yes(function))
        }
        "character_length" | "char_length" | "length" => {
            let text = PgType::new(oid::TEXT);
            function.args = function.args.into_iter().map(|argument| unpadded(argument, &text)).collect();
            // DataFusion would count the characters of the bytes.
            if let [bytes] = function.args.as_slice()
                && matches!(bytes.get_type(schema), Ok(data_type) if data_type.is_binary())
            {
                function.func = Arc::new(octet_length());
            }
            Ok(Transformed::yes(function))
        }
        "encode" | "decode" => {
            // DataFusion's encoding of this name leaves out the signs at the end.
            if let [_, Expr::Literal(ScalarValue::Utf8(Some(encoding)), _)] = function.args.as_mut_slice()
                && encoding.eq_ignore_ascii_case("base64")
            {
                "base64pad".clone_into(encoding);
            }
            Ok(Transformed::yes(function))
        }
        _ => Ok(Transformed::no(function)),
    }
}

/// A `char(n)` that is to be another text, without the blanks at its end.
pub(super) fn unpadded(expr: Expr, to: &PgType) -> Expr {
    if is_padded(&expr) && to.oid != oid::BPCHAR { Expr::ScalarFunction(ScalarFunction::new_udf(rtrim(), vec![expr])) } else { expr }
}

/// Of a `char(n)` beside another one or a literal, neither's blanks count; beside a text, only its own do not.
pub(super) fn unpad_compared(left: &mut Expr, right: &mut Expr) {
    let is_literal = |expr: &Expr| matches!(expr, Expr::Literal(ScalarValue::Utf8(Some(_)), _));
    let (left_padded, right_padded) = (is_padded(left), is_padded(right));
    for (side, unpad) in [(left, left_padded || right_padded), (right, left_padded || right_padded)] {
        if unpad && (is_padded(side) || is_literal(side)) {
            let expr = std::mem::take(side);
            *side = Expr::ScalarFunction(ScalarFunction::new_udf(rtrim(), vec![expr]));
        }
    }
}

fn is_padded(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(function) if function.name() == "bpchar")
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// A value as the client would read it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Written;

impl Compute for Written {
    const NAME: &'static str = "written";
    const VOLATILITY: Volatility = Volatility::Stable;

    fn compute(&self, arguments: &[ArrayRef], options: &ConfigOptions) -> Result<ArrayRef> {
        conversion::written(&arguments[0], &statement::style(options))
    }
}
