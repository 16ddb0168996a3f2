//! Decides conditions row by row, with PostgreSQL's meaning: on decoded values, of which the server may have another opinion.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Decimal256Array, Float64Array, Int64Array, RecordBatch, Scalar, StringArray,
    TimestampMicrosecondArray,
};
use arrow::compute::kernels::cmp;
use arrow::compute::{and_kleene, cast, is_not_null, is_null, or_kleene};
use arrow::datatypes::{DataType, Float64Type, TimeUnit, i256};
use spi::predicate::{Comparison, Predicate, Value};
use spi::{Error, Result};

/// Which rows all predicates hold for. The batch has every column that they name.
pub(crate) fn qualifying(predicates: &[Predicate], batch: &RecordBatch) -> Result<Vec<bool>> {
    let mut qualifying = vec![true; batch.num_rows()];
    for predicate in predicates {
        let holds = evaluate(predicate, batch)?;
        for (row, qualifies) in qualifying.iter_mut().enumerate() {
            *qualifies &= holds.is_valid(row) && holds.value(row);
        }
    }
    Ok(qualifying)
}

/// True, false or null for each row.
fn evaluate(predicate: &Predicate, batch: &RecordBatch) -> Result<BooleanArray> {
    match predicate {
        Predicate::Compare { column, comparison, value } => compare(&values(column, batch)?, *comparison, value),
        Predicate::In { column, values: wanted } => {
            let found = values(column, batch)?;
            joined(wanted.iter().map(|value| compare(&found, Comparison::Equal, value)), or_kleene)
        }
        Predicate::And(parts) => joined(parts.iter().map(|part| evaluate(part, batch)), and_kleene),
        Predicate::Or(parts) => joined(parts.iter().map(|part| evaluate(part, batch)), or_kleene),
        Predicate::IsNull { column } => Ok(is_null(&values(column, batch)?)?),
        Predicate::IsNotNull { column } => Ok(is_not_null(&values(column, batch)?)?),
    }
}

type Join = fn(&BooleanArray, &BooleanArray) -> std::result::Result<BooleanArray, arrow::error::ArrowError>;

fn joined(mut parts: impl Iterator<Item = Result<BooleanArray>>, join: Join) -> Result<BooleanArray> {
    let first = parts.next().ok_or_else(unexpected)??;
    parts.try_fold(first, |all, part| Ok(join(&all, &part?)?))
}

fn values(column: &str, batch: &RecordBatch) -> Result<ArrayRef> {
    let values = batch.column_by_name(column).ok_or_else(unexpected)?;
    // A defined column may be narrower than any value of the server's. Nothing is lost on the way up.
    let values = &match values.data_type() {
        DataType::Int16 | DataType::Int32 => cast(values, &DataType::Int64)?,
        DataType::Float32 => cast(values, &DataType::Float64)?,
        _ => Arc::clone(values),
    };
    // Zero has two signs, and not-a-number many forms; each is one value in PostgreSQL.
    Ok(match values.as_primitive_opt::<Float64Type>() {
        Some(doubles) => Arc::new(doubles.unary::<_, Float64Type>(normal)),
        None => Arc::clone(values),
    })
}

fn normal(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value + 0.0 }
}

fn compare(values: &ArrayRef, comparison: Comparison, value: &Value) -> Result<BooleanArray> {
    let compared: Scalar<ArrayRef> = Scalar::new(constant(values.data_type(), value)?);
    Ok(match comparison {
        Comparison::Equal => cmp::eq(values, &compared)?,
        Comparison::NotEqual => cmp::neq(values, &compared)?,
        Comparison::Less => cmp::lt(values, &compared)?,
        Comparison::LessOrEqual => cmp::lt_eq(values, &compared)?,
        Comparison::Greater => cmp::gt(values, &compared)?,
        Comparison::GreaterOrEqual => cmp::gt_eq(values, &compared)?,
    })
}

/// A constant in the type of the column.
fn constant(data_type: &DataType, value: &Value) -> Result<ArrayRef> {
    Ok(match (data_type, value) {
        (DataType::Boolean, Value::Bool(value)) => Arc::new(BooleanArray::from(vec![*value])),
        (DataType::Int64, Value::Int(value)) => Arc::new(Int64Array::from(vec![*value])),
        (DataType::Float64, Value::Float(value)) => Arc::new(Float64Array::from(vec![normal(*value)])),
        (DataType::Utf8, Value::Text(value)) => Arc::new(StringArray::from(vec![value.as_str()])),
        (DataType::Timestamp(TimeUnit::Microsecond, zone), Value::Timestamp(value)) => {
            Arc::new(TimestampMicrosecondArray::from(vec![*value]).with_timezone_opt(zone.clone()))
        }
        (DataType::Decimal128(precision, own), Value::Decimal { digits, scale }) if own == scale => {
            Arc::new(Decimal128Array::from(vec![*digits]).with_precision_and_scale(*precision, *own)?)
        }
        (DataType::Decimal256(precision, own), Value::Decimal { digits, scale }) if own == scale => {
            Arc::new(Decimal256Array::from(vec![i256::from_i128(*digits)]).with_precision_and_scale(*precision, *own)?)
        }
        _ => return Err(unexpected()),
    })
}

/// The gateway compares columns only with constants of their own type.
fn unexpected() -> Error {
    Error::internal("a connector was given a predicate that it does not apply")
}

#[cfg(test)]
mod tests {
    use arrow::array::{Float32Array, Int32Array};
    use arrow::datatypes::{Field, Schema};

    use super::*;

    fn batch(name: &str, values: ArrayRef) -> RecordBatch {
        let schema = Schema::new(vec![Field::new(name, values.data_type().clone(), true)]);
        RecordBatch::try_new(Arc::new(schema), vec![values]).expect("a batch")
    }

    fn rows(predicate: Predicate, batch: &RecordBatch) -> Vec<usize> {
        let qualifying = qualifying(&[predicate], batch).expect("rows");
        qualifying.iter().enumerate().filter(|(_, qualifies)| **qualifies).map(|(row, _)| row).collect()
    }

    #[test]
    fn doubles_have_the_order_of_postgresql() {
        let values = [Some(-0.0), Some(1.5), Some(-f64::NAN), None, Some(f64::INFINITY)];
        let batch = batch("a", Arc::new(Float64Array::from(values.to_vec())));
        let compare =
            |comparison, value| rows(Predicate::Compare { column: "a".to_owned(), comparison, value: Value::Float(value) }, &batch);
        assert_eq!(compare(Comparison::Equal, 0.0), [0]);
        assert_eq!(compare(Comparison::Greater, 1.5), [2, 4]);
        assert_eq!(compare(Comparison::GreaterOrEqual, f64::INFINITY), [2, 4]);
        assert_eq!(compare(Comparison::NotEqual, -0.0), [1, 2, 4]);
        assert_eq!(compare(Comparison::Less, 1.5), [0]);
    }

    #[test]
    fn null_is_neither_true_nor_false() {
        let batch = batch("a", Arc::new(Int64Array::from(vec![Some(1), None, Some(3)])));
        let equal = |value| Predicate::Compare { column: "a".to_owned(), comparison: Comparison::Equal, value: Value::Int(value) };
        let not_equal = |value| Predicate::Compare { column: "a".to_owned(), comparison: Comparison::NotEqual, value: Value::Int(value) };
        assert_eq!(rows(Predicate::In { column: "a".to_owned(), values: vec![Value::Int(3), Value::Int(4)] }, &batch), [2]);
        assert_eq!(rows(Predicate::And(vec![not_equal(1), not_equal(2)]), &batch), [2]);
        assert_eq!(rows(Predicate::Or(vec![equal(1), not_equal(1)]), &batch), [0, 2]);
        let column = || "a".to_owned();
        assert_eq!(rows(Predicate::IsNull { column: column() }, &batch), [1]);
        assert_eq!(rows(Predicate::IsNotNull { column: column() }, &batch), [0, 2]);
    }

    #[test]
    fn narrow_columns_are_compared_with_what_constants_are() {
        let compare = |value| Predicate::Compare { column: "a".to_owned(), comparison: Comparison::LessOrEqual, value };
        let whole = batch("a", Arc::new(Int32Array::from(vec![Some(1), None, Some(3)])));
        assert_eq!(rows(compare(Value::Int(2)), &whole), [0]);
        let real = batch("a", Arc::new(Float32Array::from(vec![0.1, f32::NAN, -0.0])));
        assert_eq!(rows(compare(Value::Float(0.1f32.into())), &real), [0, 2]);
    }

    #[test]
    fn a_constant_of_another_type_is_a_defect() {
        let batch = batch("a", Arc::new(Int64Array::from(vec![1])));
        let predicate = Predicate::Compare { column: "a".to_owned(), comparison: Comparison::Equal, value: Value::Text("1".to_owned()) };
        assert!(qualifying(&[predicate], &batch).is_err());
    }
}
