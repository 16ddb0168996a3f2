//! Arrays made of arrays and elements: `array_append`, `array_prepend`, `array_cat`, `array_fill`, `trim_array`.

use std::sync::Arc;

use spi::{Code, Error, Result};

use super::element::{array_or_empty, element_type};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::io::array::{check_bounds, check_dimensions};
use crate::value::{Array, Dimension, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("array_append", |context, signature, arguments| {
        extend(array_or_empty(context, signature.result.oid, &arguments[0])?, arguments[1].clone(), false)
    }),
    ScalarEntry::new("array_prepend", |context, signature, arguments| {
        extend(array_or_empty(context, signature.result.oid, &arguments[1])?, arguments[0].clone(), true)
    }),
    ScalarEntry::new("array_cat", |_, _, arguments| match (&arguments[0], &arguments[1]) {
        (left, Value::Null) => Ok(left.clone()),
        (Value::Null, right) => Ok(right.clone()),
        _ => Ok(Value::Array(concatenated(arguments.array(0)?, arguments.array(1)?)?)),
    }),
    ScalarEntry::new("array_fill", fill),
    ScalarEntry::new("array_fill_with_lower_bounds", fill),
    ScalarEntry::new("trim_array", |_, _, arguments| trim(arguments.array(0)?, arguments.int(1)?)),
];

/// How many elements an array may have, as in PostgreSQL.
const ELEMENTS_MAX: i64 = 134_217_727;
/// How many elements a function here makes at most: each takes dozens of bytes.
const FILLED_MAX: i64 = 1 << 20;

fn extend(mut array: Array, value: Value, in_front: bool) -> Result<Value> {
    match array.dimensions.as_mut_slice() {
        [] => array.dimensions.push(Dimension { length: 1, lower: 1 }),
        [only] => only.length += 1,
        _ => return Err(Error::new(Code::BadData, "argument must be empty or one-dimensional array")),
    }
    if in_front {
        // The new element has the subscript before the first one, until all move up.
        let has_place = array.dimensions.iter().all(|dimension| dimension.lower > i32::MIN);
        has_place.then_some(()).ok_or_else(|| Error::new(Code::OutOfRange, "integer out of range"))?;
    } else {
        check_bounds(&array.dimensions)?;
    }
    let place = if in_front { 0 } else { array.values.len() };
    array.values.insert(place, value);
    Ok(Value::Array(Arc::new(array)))
}

/// Of arrays of as many dimensions, or where one has a dimension less and is an element of the other.
fn concatenated(left: &Arc<Array>, right: &Arc<Array>) -> Result<Arc<Array>> {
    let (left_count, right_count) = (left.dimensions.len(), right.dimensions.len());
    if left_count == 0 {
        return Ok(right.clone());
    }
    if right_count == 0 {
        return Ok(left.clone());
    }
    let same = |left: &[Dimension], right: &[Dimension]| {
        left.iter().zip(right).all(|(left, right)| left.length == right.length && left.lower == right.lower)
    };
    let mut dimensions = left.dimensions.clone();
    if left_count == right_count {
        if !same(&left.dimensions[1..], &right.dimensions[1..]) {
            return Err(incompatible("Arrays with differing element dimensions are not compatible for concatenation.".to_owned()));
        }
        dimensions[0].length += right.dimensions[0].length;
    } else if left_count == right_count + 1 {
        if !same(&left.dimensions[1..], &right.dimensions) {
            return Err(incompatible("Arrays with differing dimensions are not compatible for concatenation.".to_owned()));
        }
        dimensions[0].length += 1;
    } else if left_count + 1 == right_count {
        if !same(&left.dimensions, &right.dimensions[1..]) {
            return Err(incompatible("Arrays with differing dimensions are not compatible for concatenation.".to_owned()));
        }
        dimensions = right.dimensions.clone();
        dimensions[0].length += 1;
    } else {
        let detail = format!("Arrays of {left_count} and {right_count} dimensions are not compatible for concatenation.");
        return Err(incompatible(detail));
    }
    check_bounds(&dimensions)?;
    let values = left.values.iter().chain(&right.values).cloned().collect();
    Ok(Arc::new(Array { element: left.element, dimensions, values }))
}

fn incompatible(detail: String) -> Error {
    Error::new(Code::Subscript, "cannot concatenate incompatible arrays").detail(detail)
}

fn fill(context: &Context<'_>, signature: &Signature, arguments: &[Value]) -> Result<Value> {
    let with_bounds = arguments.len() > 2;
    if arguments.is_null(1) || (with_bounds && arguments.is_null(2)) {
        return Err(Error::new(Code::NullValue, "dimension array or low bound array cannot be null"));
    }
    let lengths = numbers(arguments.array(1)?)?;
    let lowers = match with_bounds {
        true => numbers(arguments.array(2)?)?,
        false => vec![1; lengths.len()],
    };
    if lowers.len() != lengths.len() {
        return Err(wrong_subscripts("Low bound array has different size than dimensions array."));
    }
    check_dimensions(lengths.len())?;
    let element = element_type(context, signature.result.oid);
    let count = lengths.iter().try_fold(1i64, |count, length| {
        let valid = (0..=ELEMENTS_MAX).contains(length);
        if valid { count.checked_mul(*length) } else { None }
    });
    let limit = |limit: i64| Error::new(Code::Limit, format!("array size exceeds the maximum allowed ({limit})"));
    let count = count.filter(|count| *count <= ELEMENTS_MAX).ok_or_else(|| limit(ELEMENTS_MAX))?;
    if count > FILLED_MAX {
        return Err(limit(FILLED_MAX));
    }
    if count == 0 || lengths.is_empty() {
        return Ok(Value::array(element, Vec::new()));
    }
    let dimension = |(length, lower): (&i64, &i64)| Dimension { length: *length as i32, lower: *lower as i32 };
    let dimensions: Vec<Dimension> = lengths.iter().zip(&lowers).map(dimension).collect();
    check_bounds(&dimensions)?;
    let values = vec![arguments[0].clone(); count as usize];
    Ok(Value::Array(Arc::new(Array { element, dimensions, values })))
}

/// Lengths, or lower bounds: PostgreSQL says the same of both.
fn numbers(array: &Array) -> Result<Vec<i64>> {
    if array.dimensions.len() > 1 {
        return Err(wrong_subscripts("Dimension array must be one dimensional."));
    }
    let number = |value: &Value| value.as_int().ok_or_else(|| Error::new(Code::NullValue, "dimension values cannot be null"));
    array.values.iter().map(number).collect()
}

fn wrong_subscripts(detail: &str) -> Error {
    Error::new(Code::Subscript, "wrong number of array subscripts").detail(detail)
}

/// Without the last elements of the first dimension. What is left counts from 1.
fn trim(array: &Array, count: i64) -> Result<Value> {
    let length = array.dimensions.first().map_or(0, |dimension| i64::from(dimension.length));
    if !(0..=length).contains(&count) {
        return Err(Error::new(Code::Subscript, format!("number of elements to trim must be between 0 and {length}")));
    }
    let kept = length - count;
    if kept == 0 {
        return Ok(Value::array(array.element, Vec::new()));
    }
    let mut dimensions: Vec<Dimension> = array.dimensions.iter().map(|dimension| Dimension { lower: 1, ..*dimension }).collect();
    dimensions[0].length = kept as i32;
    let values = array.values[..array.values.len() / length as usize * kept as usize].to_vec();
    Ok(Value::Array(Arc::new(Array { element: array.element, dimensions, values })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::oid;

    fn ints(lower: i32, numbers: &[i64]) -> Arc<Array> {
        Arc::new(Array::new(oid::INT4, numbers.iter().map(|number| Value::Int(*number)).collect(), lower))
    }

    fn matrix(rows: i32, columns: i32, numbers: &[i64]) -> Arc<Array> {
        let dimensions = vec![Dimension { length: rows, lower: 1 }, Dimension { length: columns, lower: 1 }];
        Arc::new(Array { element: oid::INT4, dimensions, values: numbers.iter().map(|number| Value::Int(*number)).collect() })
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn arrays_are_concatenated() {
        assert_eq!(concatenated(&ints(0, &[1, 2]), &ints(1, &[3])).unwrap(), ints(0, &[1, 2, 3]));
        assert_eq!(concatenated(&matrix(1, 2, &[1, 2]), &ints(1, &[3, 4])).unwrap(), matrix(2, 2, &[1, 2, 3, 4]));
        assert_eq!(concatenated(&ints(1, &[3, 4]), &matrix(1, 2, &[1, 2])).unwrap(), matrix(2, 2, &[3, 4, 1, 2]));
        let error = concatenated(&matrix(1, 2, &[1, 2]), &ints(1, &[3])).unwrap_err();
        assert_eq!(error.detail.unwrap(), "Arrays with differing dimensions are not compatible for concatenation.");
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn ends_are_trimmed() {
        assert_eq!(trim(&ints(5, &[1, 2, 3]), 2).unwrap(), Value::Array(ints(1, &[1])));
        assert_eq!(trim(&matrix(2, 2, &[1, 2, 3, 4]), 1).unwrap(), Value::Array(matrix(1, 2, &[1, 2])));
        assert_eq!(trim(&ints(1, &[1]), 2).unwrap_err().message, "number of elements to trim must be between 0 and 1");
    }
}
