//! `format(pattern, …)`, `num_nulls(…)`, `num_nonnulls(…)`, `array_lower(array, dimension)` and `array_upper(array, dimension)`: what
//! takes values of any type.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::config::ConfigOptions;
use datafusion::common::{Result as DataFusionResult, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use spi::{Code, Error, Result};

use super::format::format;
use crate::planner::{conversion, statement};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Format,
    NumNulls,
    NumNonnulls,
    ArrayLower,
    ArrayUpper,
}

pub(super) fn functions() -> impl Iterator<Item = ScalarUDF> {
    [Kind::Format, Kind::NumNulls, Kind::NumNonnulls, Kind::ArrayLower, Kind::ArrayUpper].into_iter().map(|kind| {
        let signature = match kind {
            Kind::Format => Signature::variadic_any(Volatility::Stable),
            Kind::NumNulls | Kind::NumNonnulls => Signature::variadic_any(Volatility::Immutable),
            Kind::ArrayLower | Kind::ArrayUpper => Signature::any(2, Volatility::Immutable),
        };
        ScalarUDF::new_from_impl(Variadic { kind, signature })
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Variadic {
    kind: Kind,
    signature: Signature,
}

impl ScalarUDFImpl for Variadic {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Format => "format",
            Kind::NumNulls => "num_nulls",
            Kind::NumNonnulls => "num_nonnulls",
            Kind::ArrayLower => "array_lower",
            Kind::ArrayUpper => "array_upper",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DataFusionResult<DataType> {
        Ok(if self.kind == Kind::Format { DataType::Utf8 } else { DataType::Int32 })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let is_constant = args.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { args.number_rows };
        let arrays = args.args.into_iter().map(|argument| argument.into_array(rows)).collect::<DataFusionResult<Vec<_>>>()?;
        let result = match self.kind {
            Kind::Format => formatted(&arrays, rows, &args.config_options),
            Kind::NumNulls => Ok(counted(&arrays, rows, true)),
            Kind::NumNonnulls => Ok(counted(&arrays, rows, false)),
            Kind::ArrayLower => bounds(&arrays, |_| 1),
            Kind::ArrayUpper => bounds(&arrays, |length| length),
        };
        let result = result.map_err(conversion::external)?;
        if is_constant { ScalarValue::try_from_array(&result, 0).map(ColumnarValue::Scalar) } else { Ok(ColumnarValue::Array(result)) }
    }
}

fn formatted(arrays: &[ArrayRef], rows: usize, options: &ConfigOptions) -> Result<ArrayRef> {
    let style = statement::style(options);
    let written = |array: &ArrayRef| match array.data_type() {
        DataType::Utf8 => Ok(Arc::clone(array)),
        DataType::Null | DataType::LargeUtf8 | DataType::Utf8View => Ok(cast(array, &DataType::Utf8)?),
        _ => conversion::written(array, &style),
    };
    let texts = arrays.iter().map(written).collect::<Result<Vec<_>>>()?;
    let text = |array: &ArrayRef, row: usize| {
        let array = array.as_string::<i32>();
        (!array.is_null(row)).then(|| array.value(row).to_owned())
    };
    let mut out = StringBuilder::new();
    for row in 0..rows {
        let values: Vec<Option<String>> = texts.iter().skip(1).map(|array| text(array, row)).collect();
        match texts.first().and_then(|pattern| text(pattern, row)) {
            Some(pattern) => out.append_value(format(&pattern, &values)?),
            None => out.append_null(),
        }
    }
    Ok(Arc::new(out.finish()))
}

fn counted(arrays: &[ArrayRef], rows: usize, nulls: bool) -> ArrayRef {
    let masks: Vec<_> = arrays.iter().map(|array| array.logical_nulls()).collect();
    let is_null = |mask: &Option<arrow::buffer::NullBuffer>, row| mask.as_ref().is_some_and(|mask| mask.is_null(row));
    let count = |row: usize| masks.iter().filter(|mask| is_null(mask, row) == nulls).count() as i32;
    Arc::new(Int32Array::from_iter_values((0..rows).map(count)))
}

/// A bound of the first dimension. An array without elements has no bounds.
fn bounds(arrays: &[ArrayRef], bound: fn(i32) -> i32) -> Result<ArrayRef> {
    let [array, dimension] = arrays else { return Err(Error::internal("a bound is of an array and a dimension")) };
    let dimensions = cast(dimension, &DataType::Int64)?;
    let dimensions = dimensions.as_primitive::<Int64Type>();
    let Some(lists) = array.as_list_opt::<i32>() else {
        return Err(Error::new(Code::DatatypeMismatch, "a bound is of an array, and this is none"));
    };
    let row = |row: usize| match lists.is_null(row) || dimensions.is_null(row) {
        true => Ok(None),
        false => match (dimensions.value(row), lists.value_length(row)) {
            (1, length @ 1..) => Ok(Some(bound(length))),
            (2.., _) if lists.value_type().is_nested() => {
                Err(Error::new(Code::Unsupported, "bounds are known of an array's first dimension only"))
            }
            _ => Ok(None),
        },
    };
    Ok(Arc::new((0..lists.len()).map(row).collect::<Result<Int32Array>>()?))
}
