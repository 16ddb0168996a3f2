//! A cast as a function, where PostgreSQL's meaning of it is not DataFusion's.
//!
//! - Text becomes a value as PostgreSQL reads it, and a value becomes the text that a client would be sent.
//! - A moment becomes a local time, and a local time a moment, in the session's time zone.
//! - A fraction is rounded to an integer, not cut.
//! - `timestamp(2)` keeps two digits of a second.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringBuilder, new_empty_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::DataType;
use bytes::BytesMut;
use datafusion::common::config::ConfigOptions;
use datafusion::common::{DataFusionError, Result as DataFusionResult, ScalarValue};
use datafusion::logical_expr::expr::{Cast, ScalarFunction};
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use spi::types::{PgType, oid};
use spi::{Code, Error, Result};

use super::{json, number, time};
use crate::answer::Format;
use crate::encode::{Style, cell};
use crate::error::from_datafusion;
use crate::output::arrow_type;
use crate::parameters;
use crate::planner::statement;

/// A value as another type. `from` is the type of the expression.
pub(crate) fn convert(expr: Expr, from: &DataType, to: PgType) -> DataFusionResult<Expr> {
    let result = arrow_type(to);
    let Some(mut volatility) = meaning(from, to).map_err(external)? else {
        return Ok(Expr::Cast(Cast::new(Box::new(expr), result)));
    };
    if to.oid != oid::TIMESTAMPTZ && says_digits(&expr) {
        volatility = Volatility::Immutable;
    }
    let conversion = Conversion { to, result, signature: Signature::any(1, volatility) };
    Ok(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(ScalarUDF::new_from_impl(conversion)), vec![expr])))
}

/// Whether the value is a literal with a number in it, and so none of the words for a time that depends on the moment.
fn says_digits(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(ScalarValue::Utf8(Some(text)), _) if text.contains(|c: char| c.is_ascii_digit()))
}

/// How constant a cast of our own is; none where DataFusion's cast is PostgreSQL's.
fn meaning(from: &DataType, to: PgType) -> Result<Option<Volatility>> {
    let known = |own: bool| own.then_some(Volatility::Immutable);
    Ok(match from {
        DataType::Null => None,
        _ if is_text(from) => match to.oid {
            // These know the words `now` and `today`, and the session's time zone.
            oid::DATE | oid::TIME | oid::TIMESTAMP | oid::TIMESTAMPTZ => Some(Volatility::Stable),
            oid::NUMERIC => None,
            _ => known(!is_text(&arrow_type(to)) || matches!(to.oid, oid::UUID | oid::JSON | oid::JSONB)),
        },
        _ if is_text(&arrow_type(to)) => match from {
            DataType::Timestamp(_, None) | DataType::Date32 | DataType::Boolean => Some(Volatility::Immutable),
            _ if from.is_integer() || from.is_decimal() => None,
            _ => Some(Volatility::Stable),
        },
        DataType::Timestamp(_, zone) => match (zone, to.oid) {
            (Some(_), oid::DATE | oid::TIME | oid::TIMESTAMP) | (None, oid::TIMESTAMPTZ) => Some(Volatility::Stable),
            _ => known(to.typmod >= 0),
        },
        DataType::Date32 if to.oid == oid::TIMESTAMPTZ => Some(Volatility::Stable),
        DataType::Time64(_) => known(to.oid == oid::TIME && to.typmod >= 0),
        _ if from.is_decimal() || from.is_floating() => known(matches!(to.oid, oid::INT2 | oid::INT4 | oid::INT8)),
        _ if from.is_integer() && arrow_type(to).is_temporal() => {
            let (from, to) = (PgType::from_arrow(from).format(), PgType::new(to.oid).format());
            return Err(Error::new(Code::CannotCast, format!("cannot cast type {from} to {to}")));
        }
        _ => None,
    })
}

pub(super) fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Conversion {
    to: PgType,
    result: DataType,
    signature: Signature,
}

impl ScalarUDFImpl for Conversion {
    fn name(&self) -> &str {
        "conversion"
    }

    /// As a cast, so that EXPLAIN reads like the statement.
    fn display_name(&self, args: &[Expr]) -> DataFusionResult<String> {
        let value = args.first().map(ToString::to_string).unwrap_or_default();
        Ok(format!("CAST({value} AS {})", self.to.format()))
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DataFusionResult<DataType> {
        Ok(self.result.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let [value] = args.args.as_slice() else { return Err(DataFusionError::Internal("a conversion takes one value".to_owned())) };
        Ok(match value {
            ColumnarValue::Array(array) => ColumnarValue::Array(converted(array, self.to, &args.config_options).map_err(external)?),
            ColumnarValue::Scalar(value) => {
                let array = converted(&value.to_array()?, self.to, &args.config_options).map_err(external)?;
                ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?)
            }
        })
    }
}

/// The values of an array as another type.
pub(crate) fn converted(array: &ArrayRef, to: PgType, options: &ConfigOptions) -> Result<ArrayRef> {
    let (from, result) = (array.data_type(), arrow_type(to));
    if is_text(from) {
        return from_text(array, to, &result, statement::time_zone(options));
    }
    if is_text(&result) {
        return to_text(array, &statement::style(options));
    }
    if from.is_temporal() && result.is_temporal() && !matches!(result, DataType::Interval(_)) {
        return time::convert(array, to, statement::zone(options)?);
    }
    match result {
        DataType::Int16 | DataType::Int32 | DataType::Int64 if from.is_decimal() || from.is_floating() => {
            number::to_integer(array, &result)
        }
        _ => cast(array, &result),
    }
}

/// Each text as PostgreSQL reads a value of the type.
fn from_text(array: &ArrayRef, to: PgType, result: &DataType, time_zone: &str) -> Result<ArrayRef> {
    let texts = cast(array, &DataType::Utf8)?;
    let read = |text: Option<&str>| match text {
        None => ScalarValue::try_from(result).map_err(from_datafusion),
        Some(text) if to.oid == oid::JSONB => json::canonical(text).map(|json| ScalarValue::Utf8(Some(json))),
        Some(text) => parameters::decode_text(text, to.oid, time_zone)?.cast_to(result).map_err(from_datafusion),
    };
    let values = texts.as_string::<i32>().iter().map(read).collect::<Result<Vec<_>>>()?;
    if values.is_empty() {
        return Ok(new_empty_array(result));
    }
    let read = ScalarValue::iter_to_array(values).map_err(from_datafusion)?;
    if to.typmod >= 0 && result.is_temporal() {
        return Ok(time::to_precision(&read, to));
    }
    Ok(read)
}

/// Each value as a client would read it, but that truth has its whole name.
fn to_text(array: &ArrayRef, style: &Style) -> Result<ArrayRef> {
    if array.data_type() == &DataType::Boolean {
        return cast(array, &DataType::Utf8);
    }
    written(array, style)
}

/// Each value exactly as a client would read it.
pub(crate) fn written(array: &ArrayRef, style: &Style) -> Result<ArrayRef> {
    let cell = cell(array, PgType::from_arrow(array.data_type()), Format::Text, style)?;
    let mut texts = StringBuilder::new();
    let mut text = BytesMut::new();
    for row in 0..array.len() {
        text.clear();
        match cell.put(row, &mut text)? {
            true => texts.append_value(std::str::from_utf8(&text).map_err(|_| Error::internal("a value was written in no UTF-8"))?),
            false => texts.append_null(),
        }
    }
    Ok(Arc::new(texts.finish()))
}

/// A cast that fails where a value does not fit.
pub(super) fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, to, &options).map_err(|error| from_datafusion(error.into()))
}

pub(crate) fn external(error: Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
