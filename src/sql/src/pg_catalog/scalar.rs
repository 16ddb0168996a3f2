//! Functions that the catalog's evaluator computes, over columns of any query. They take texts and integers, and never meet a NULL.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanBuilder, Int32Builder, StringBuilder};
use arrow::datatypes::{DataType, Int32Type};
use pgcat::function::{Context, Signature};
use pgcat::functions;
use pgcat::types::Type;
use pgcat::value::Value;
use spi::{Error, Result};

use super::host::SessionHost;
use crate::plan_context::PlanContext;

/// The function of a `pg_proc.prosrc` for each of so many rows. `ways` are the OIDs of the arguments' types and of the result's.
pub(crate) fn over_rows(
    context: &Arc<PlanContext>,
    symbol: &str,
    (takes, returns): (&[u32], u32),
    arguments: &[ArrayRef],
    rows: usize,
    result: &DataType,
) -> Result<ArrayRef> {
    let call = functions::scalar(symbol).ok_or_else(|| Error::internal(format!("the catalog does not compute {symbol}")))?;
    let host = SessionHost::new(Arc::clone(context));
    let catalog = Arc::clone(&context.pg_catalog().catalog);
    let context = Context { catalog: &catalog, host: &host };
    let signature = Signature { arguments: takes.iter().copied().map(Type::new).collect(), result: Type::new(returns), is_variadic: false };
    let readers = arguments.iter().map(reader).collect::<Result<Vec<_>>>()?;
    let mut results = Results::new(result)?;
    for row in 0..rows {
        let values: Vec<Value> = readers.iter().map(|read| read(row)).collect();
        results.append(match values.iter().any(|value| matches!(value, Value::Null)) {
            true => Value::Null,
            false => call(&context, &signature, &values)?,
        })?;
    }
    Ok(results.finish())
}

type Read<'a> = Box<dyn Fn(usize) -> Value + 'a>;

fn reader(array: &ArrayRef) -> Result<Read<'_>> {
    Ok(match array.data_type() {
        DataType::Utf8 => {
            let texts = array.as_string::<i32>();
            Box::new(move |row| if texts.is_null(row) { Value::Null } else { texts.value(row).into() })
        }
        DataType::Int32 => {
            let numbers = array.as_primitive::<Int32Type>();
            Box::new(move |row| if numbers.is_null(row) { Value::Null } else { Value::Int(numbers.value(row).into()) })
        }
        other => return Err(Error::internal(format!("the catalog was given an argument of type {other}"))),
    })
}

/// Where results are collected.
enum Results {
    Text(StringBuilder),
    Integer(Int32Builder),
    Truth(BooleanBuilder),
}

impl Results {
    fn new(data_type: &DataType) -> Result<Self> {
        Ok(match data_type {
            DataType::Utf8 => Results::Text(StringBuilder::new()),
            DataType::Int32 => Results::Integer(Int32Builder::new()),
            DataType::Boolean => Results::Truth(BooleanBuilder::new()),
            other => return Err(Error::internal(format!("the catalog was asked for a result of type {other}"))),
        })
    }

    fn append(&mut self, value: Value) -> Result<()> {
        match (self, value) {
            (Results::Text(texts), Value::Null) => texts.append_null(),
            (Results::Text(texts), Value::Text(text)) => texts.append_value(text),
            (Results::Integer(numbers), Value::Null) => numbers.append_null(),
            (Results::Integer(numbers), Value::Int(number)) => {
                numbers.append_value(i32::try_from(number).map_err(|_| Error::internal("the catalog gave a large integer"))?);
            }
            (Results::Truth(truths), Value::Null) => truths.append_null(),
            (Results::Truth(truths), Value::Bool(truth)) => truths.append_value(truth),
            _ => return Err(Error::internal("the catalog gave a value of another type")),
        }
        Ok(())
    }

    fn finish(self) -> ArrayRef {
        match self {
            Results::Text(mut texts) => Arc::new(texts.finish()),
            Results::Integer(mut numbers) => Arc::new(numbers.finish()),
            Results::Truth(mut truths) => Arc::new(truths.finish()),
        }
    }
}
