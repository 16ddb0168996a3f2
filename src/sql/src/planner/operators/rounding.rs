//! Rounding functions whose results have PostgreSQL's scale: `floor(1.8)` is `1`, not `1.0`, and `round` of a floating-point
//! number goes to the even neighbour.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result as DataFusionResult, ScalarValue};
use datafusion::logical_expr::expr::{Cast, ScalarFunction};
use datafusion::logical_expr::{Expr, ExprSchemable};
use spi::Result;

use super::computed::{Compute, call};

pub(super) fn function(function: ScalarFunction, schema: &DFSchema) -> DataFusionResult<Transformed<Expr>> {
    let argument = function.args.first().map(|argument| argument.get_type(schema));
    let (name, Some(Ok(data_type))) = (function.name(), argument) else { return Ok(Transformed::no(Expr::ScalarFunction(function))) };
    let rounded = match (name, &data_type, function.args.as_slice()) {
        ("round", DataType::Float32 | DataType::Float64, [number]) => {
            call(ToEven, vec![(number.clone(), DataType::Float64)], DataType::Float64)
        }
        ("floor" | "ceil" | "trunc", DataType::Decimal128(_, 1..) | DataType::Decimal256(_, 1..), [_]) => {
            with_scale(function, &data_type, 0)
        }
        (
            "trunc",
            DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale),
            [_, Expr::Literal(ScalarValue::Int64(Some(digits)), _)],
        ) if (0..i64::from(*scale)).contains(digits) => {
            let digits = *digits as i8;
            with_scale(function, &data_type, digits)
        }
        _ => return Ok(Transformed::no(Expr::ScalarFunction(function))),
    };
    Ok(Transformed::yes(rounded))
}

/// The result with this many digits behind the point. It may have one more digit before it, for which there is room from the start.
fn with_scale(mut function: ScalarFunction, data_type: &DataType, scale: i8) -> Expr {
    let wide = |scale: i8| match *data_type {
        DataType::Decimal256(..) => DataType::Decimal256(76, scale),
        _ => DataType::Decimal128(38, scale),
    };
    let (DataType::Decimal128(_, own) | DataType::Decimal256(_, own)) = *data_type else { return Expr::ScalarFunction(function) };
    if let Some(number) = function.args.first_mut() {
        let narrow = std::mem::take(number);
        *number = Expr::Cast(Cast::new(Box::new(narrow), wide(own)));
    }
    let to = wide(scale);
    Expr::Cast(Cast::new(Box::new(Expr::ScalarFunction(function)), to))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ToEven;

impl Compute for ToEven {
    const NAME: &'static str = "round_half_to_even";

    fn compute(&self, arguments: &[ArrayRef], _: &ConfigOptions) -> Result<ArrayRef> {
        Ok(Arc::new(arguments[0].as_primitive::<Float64Type>().unary::<_, Float64Type>(f64::round_ties_even)))
    }
}
