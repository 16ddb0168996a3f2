//! Applies conditions to rows, with PostgreSQL's meaning: text compares by its bytes, and zeros of either sign are equal.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayAccessor, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::{and_kleene, cast, filter_record_batch, is_not_null, is_null, or_kleene};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use spi::predicate::{Comparison, Predicate, Value};
use spi::{Error, Result};

/// The rows for which all of the conditions hold.
pub(crate) fn matching(batch: RecordBatch, predicates: &[Predicate]) -> Result<RecordBatch> {
    predicates.iter().try_fold(batch, |batch, predicate| Ok(filter_record_batch(&batch, &truth(&batch, predicate)?)?))
}

/// For each row whether the condition holds; null where that is unknown.
fn truth(batch: &RecordBatch, predicate: &Predicate) -> Result<BooleanArray> {
    match predicate {
        Predicate::Compare { column, comparison, value } => {
            compare(&array(batch, column)?, std::slice::from_ref(value), |ordering| holds(*comparison, ordering))
        }
        Predicate::In { column, values } => compare(&array(batch, column)?, values, Ordering::is_eq),
        Predicate::And(parts) => joined(batch, parts, and_kleene),
        Predicate::Or(parts) => joined(batch, parts, or_kleene),
        Predicate::IsNull { column } => Ok(is_null(&array(batch, column)?)?),
        Predicate::IsNotNull { column } => Ok(is_not_null(&array(batch, column)?)?),
    }
}

type Join = fn(&BooleanArray, &BooleanArray) -> Result<BooleanArray, arrow::error::ArrowError>;

fn joined(batch: &RecordBatch, parts: &[Predicate], join: Join) -> Result<BooleanArray> {
    let mut truths = parts.iter().map(|part| truth(batch, part));
    let first = truths.next().ok_or_else(unexpected)??;
    truths.try_fold(first, |joined, next| Ok(join(&joined, &next?)?))
}

fn array(batch: &RecordBatch, column: &str) -> Result<ArrayRef> {
    batch.column_by_name(column).cloned().ok_or_else(unexpected)
}

/// For each row whether its value stands in the wanted order to any of the constants.
fn compare(array: &ArrayRef, values: &[Value], wanted: impl Fn(Ordering) -> bool) -> Result<BooleanArray> {
    match array.data_type() {
        DataType::Boolean => any(array.as_boolean(), &constants(values, boolean)?, |value, constant| wanted(value.cmp(constant))),
        DataType::Int16 | DataType::Int32 | DataType::Int64 => {
            let array = cast(array, &DataType::Int64)?;
            any(array.as_primitive::<Int64Type>(), &constants(values, integer)?, |value, constant| wanted(value.cmp(constant)))
        }
        DataType::Float32 | DataType::Float64 => {
            let array = cast(array, &DataType::Float64)?;
            // Adding zero takes the sign from a zero.
            let order = |value: f64, constant: &f64| wanted((value + 0.0).total_cmp(&(constant + 0.0)));
            any(array.as_primitive::<Float64Type>(), &constants(values, float)?, order)
        }
        DataType::Utf8 => any(array.as_string::<i32>(), &constants(values, text)?, |value, constant| wanted(value.cmp(constant))),
        DataType::Binary => any(array.as_binary::<i32>(), &constants(values, bytes)?, |value, constant| wanted(value.cmp(constant))),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let array = array.as_primitive::<TimestampMicrosecondType>();
            any(array, &constants(values, moment)?, |value, constant| wanted(value.cmp(constant)))
        }
        _ => Err(unexpected()),
    }
}

fn any<A: ArrayAccessor, C>(array: A, constants: &[C], holds: impl Fn(A::Item, &C) -> bool) -> Result<BooleanArray>
where
    A::Item: Copy,
{
    let values = (0..array.len()).map(|row| {
        array.is_valid(row).then(|| {
            let value = array.value(row);
            constants.iter().any(|constant| holds(value, constant))
        })
    });
    Ok(values.collect())
}

fn holds(comparison: Comparison, ordering: Ordering) -> bool {
    match comparison {
        Comparison::Equal => ordering.is_eq(),
        Comparison::NotEqual => ordering.is_ne(),
        Comparison::Less => ordering.is_lt(),
        Comparison::LessOrEqual => ordering.is_le(),
        Comparison::Greater => ordering.is_gt(),
        Comparison::GreaterOrEqual => ordering.is_ge(),
    }
}

/// The constants in the form of the column's values.
fn constants<'v, C>(values: &'v [Value], read: impl Fn(&'v Value) -> Option<C>) -> Result<Vec<C>> {
    values.iter().map(|value| read(value).ok_or_else(unexpected)).collect()
}

fn boolean(value: &Value) -> Option<bool> {
    if let Value::Bool(value) = value { Some(*value) } else { None }
}

fn integer(value: &Value) -> Option<i64> {
    if let Value::Int(value) = value { Some(*value) } else { None }
}

fn float(value: &Value) -> Option<f64> {
    if let Value::Float(value) = value { Some(*value) } else { None }
}

fn text(value: &Value) -> Option<&str> {
    if let Value::Text(value) = value { Some(value) } else { None }
}

fn bytes(value: &Value) -> Option<&[u8]> {
    if let Value::Bytes(value) = value { Some(value) } else { None }
}

fn moment(value: &Value) -> Option<i64> {
    if let Value::Timestamp(value) = value { Some(*value) } else { None }
}

/// Constants are of the kind of their column, and refused conditions are not asked for.
fn unexpected() -> Error {
    Error::internal("a connector was given a predicate that it does not apply")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Float64Array, StringArray};

    use super::*;

    #[test]
    fn null_is_no_match() {
        let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None, Some("B")]));
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![-0.0, 1.0, 2.0]));
        let batch = RecordBatch::try_from_iter([("t", texts), ("f", floats)]).expect("a batch");
        let compare = |column: &str, comparison, value| Predicate::Compare { column: column.to_owned(), comparison, value };
        let not_a = compare("t", Comparison::NotEqual, Value::Text("a".to_owned()));
        let zero = compare("f", Comparison::Equal, Value::Float(0.0));
        let listed = Predicate::In { column: "f".to_owned(), values: vec![Value::Float(1.0), Value::Float(2.0)] };
        for (predicates, rows) in [
            (vec![not_a.clone()], 1),
            (vec![zero.clone()], 1),
            (vec![listed.clone(), not_a.clone()], 1),
            (vec![Predicate::Or(vec![not_a.clone(), listed.clone()])], 2),
            (vec![Predicate::And(vec![not_a, zero])], 0),
            (vec![Predicate::IsNull { column: "t".to_owned() }], 1),
            (vec![Predicate::IsNotNull { column: "t".to_owned() }], 2),
            (Vec::new(), 3),
        ] {
            assert_eq!(matching(batch.clone(), &predicates).expect("rows").num_rows(), rows, "{predicates:?}");
        }
        assert!(matching(batch, &[compare("t", Comparison::Equal, Value::Int(1))]).is_err());
    }
}
