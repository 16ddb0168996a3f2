//! Making arrays, and taking elements and parts out of them.

use std::sync::Arc;

use spi::{Code, Error, Result};

use crate::expr::{Expr, Subscript};
use crate::io::array::check_dimensions;
use crate::value::{Array, Dimension, Value};

use super::evaluate;
use crate::execute::run::Run;

/// `ARRAY[…]`: of values, or of arrays that become one of one dimension more.
pub(in crate::execute) fn construct(element: u32, items: Vec<Value>, nested: bool) -> Result<Value> {
    if !nested {
        return Ok(Value::array(element, items));
    }
    let mut inner: Option<Vec<Dimension>> = None;
    let mut has_empty = false;
    let mut values = Vec::new();
    let count = items.len() as i32;
    for item in items {
        match item {
            Value::Array(array) if !array.dimensions.is_empty() => {
                if inner.as_ref().is_some_and(|dimensions| *dimensions != array.dimensions) {
                    return Err(unequal());
                }
                inner = Some(array.dimensions.clone());
                values.extend(array.values.iter().cloned());
            }
            _ => has_empty = true,
        }
    }
    match inner {
        None => Ok(Value::array(element, Vec::new())),
        Some(_) if has_empty => Err(unequal()),
        Some(inner) => {
            let dimensions: Vec<Dimension> = std::iter::once(Dimension { length: count, lower: 1 }).chain(inner).collect();
            check_dimensions(dimensions.len())?;
            Ok(Value::Array(Arc::new(Array { element, dimensions, values })))
        }
    }
}

fn unequal() -> Error {
    Error::new(Code::Subscript, "multidimensional arrays must have array expressions with matching dimensions")
}

/// `array[…]`: an element, or an array where one of the subscripts is a slice. What is outside is null, or an empty array.
pub(super) fn subscript(array: &Expr, subscripts: &[Subscript], run: &mut Run) -> Result<Value> {
    let Value::Array(array) = evaluate(array, run)? else { return Ok(Value::Null) };
    if subscripts.iter().any(|subscript| matches!(subscript, Subscript::Slice { .. })) {
        return slice(&array, subscripts, run);
    }
    let mut indexes = Vec::with_capacity(subscripts.len());
    for subscript in subscripts {
        let Subscript::Index(index) = subscript else { continue };
        match evaluate(index, run)? {
            Value::Int(index) => indexes.push(index),
            _ => return Ok(Value::Null),
        }
    }
    Ok(element(&array, &indexes).unwrap_or(Value::Null))
}

fn element(array: &Array, indexes: &[i64]) -> Option<Value> {
    if indexes.len() != array.dimensions.len() {
        return None;
    }
    let mut place = 0;
    for (dimension, index) in array.dimensions.iter().zip(indexes) {
        let offset = index.checked_sub(i64::from(dimension.lower))?;
        if !(0..i64::from(dimension.length)).contains(&offset) {
            return None;
        }
        place = place * i64::from(dimension.length) + offset;
    }
    array.values.get(place as usize).cloned()
}

/// An index among slices stands for the slice from 1 to it. Dimensions without a subscript are taken whole.
fn slice(array: &Array, subscripts: &[Subscript], run: &mut Run) -> Result<Value> {
    let mut ranges = Vec::with_capacity(array.dimensions.len());
    for (place, subscript) in subscripts.iter().enumerate() {
        let dimension = array.dimensions.get(place);
        let (first, last) = (dimension.map_or(1, |dimension| dimension.lower), dimension.map_or(0, Dimension::last));
        let (lower, upper) = match subscript {
            Subscript::Index(index) => (Some(1), bound(Some(index), last, run)?),
            Subscript::Slice { lower, upper } => (bound(lower.as_ref(), first, run)?, bound(upper.as_ref(), last, run)?),
        };
        let (Some(lower), Some(upper)) = (lower, upper) else { return Ok(Value::Null) };
        ranges.push((lower, upper));
    }
    let empty = Value::array(array.element, Vec::new());
    if ranges.len() > array.dimensions.len() {
        return Ok(empty);
    }
    // Offsets into each dimension, from the first that is taken to behind the last.
    let mut parts = Vec::with_capacity(array.dimensions.len());
    for (place, dimension) in array.dimensions.iter().enumerate() {
        let (first, last) = (i64::from(dimension.lower), i64::from(dimension.last()));
        let (lower, upper) = ranges.get(place).map_or((first, last), |(lower, upper)| ((*lower).max(first), (*upper).min(last)));
        if lower > upper {
            return Ok(empty);
        }
        parts.push((lower - first, upper - first + 1));
    }
    if parts.is_empty() {
        return Ok(empty);
    }
    let mut values = Vec::new();
    collect(array, &parts, 0, 0, &mut values);
    let dimensions = parts.iter().map(|(from, to)| Dimension { length: (to - from) as i32, lower: 1 }).collect();
    Ok(Value::Array(Arc::new(Array { element: array.element, dimensions, values })))
}

/// Takes the values of the parts of a dimension and of those inside of it.
fn collect(array: &Array, parts: &[(i64, i64)], dimension: usize, start: i64, values: &mut Vec<Value>) {
    let (Some((from, to)), Some(own)) = (parts.get(dimension), array.dimensions.get(dimension)) else {
        values.extend(array.values.get(start as usize).cloned());
        return;
    };
    for offset in *from..*to {
        collect(array, parts, dimension + 1, start * i64::from(own.length) + offset, values);
    }
}

/// A bound of a slice, `missing` where it is left out. `None` where it is null.
fn bound(expr: Option<&Expr>, missing: i32, run: &mut Run) -> Result<Option<i64>> {
    match expr {
        None => Ok(Some(i64::from(missing))),
        Some(expr) => Ok(evaluate(expr, run)?.as_int()),
    }
}

impl Dimension {
    /// The subscript of the last element.
    fn last(&self) -> i32 {
        self.lower + self.length - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::oid;

    fn ints(numbers: &[i64]) -> Vec<Value> {
        numbers.iter().map(|number| Value::Int(*number)).collect()
    }

    #[test]
    fn arrays_of_arrays_gain_a_dimension() {
        let inner = |numbers: &[i64]| Value::array(oid::INT4, ints(numbers));
        let both = construct(oid::INT4, vec![inner(&[1, 2]), inner(&[3, 4])], true).unwrap();
        let both = both.as_array().unwrap().clone();
        assert_eq!(both.dimensions, [Dimension { length: 2, lower: 1 }, Dimension { length: 2, lower: 1 }]);
        assert_eq!(both.values, ints(&[1, 2, 3, 4]));
        assert_eq!(element(&both, &[2, 1]), Some(Value::Int(3)));
        assert_eq!(element(&both, &[2]), None);
        assert_eq!(element(&both, &[3, 1]), None);
    }

    #[test]
    fn arrays_of_unequal_arrays_are_refused() {
        let inner = |numbers: &[i64]| Value::array(oid::INT4, ints(numbers));
        assert!(construct(oid::INT4, vec![inner(&[1]), inner(&[1, 2])], true).is_err());
        assert!(construct(oid::INT4, vec![inner(&[1]), Value::Null], true).is_err());
        assert_eq!(construct(oid::INT4, vec![inner(&[]), Value::Null], true).unwrap(), inner(&[]));
    }
}
