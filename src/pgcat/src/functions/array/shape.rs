//! How long arrays are and where they begin.

use spi::Result;

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::{Dimension, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("array_ndims", |_, _, arguments| {
        let dimensions = arguments.array(0)?.dimensions.len();
        Ok(if dimensions == 0 { Value::Null } else { Value::Int(dimensions as i64) })
    }),
    ScalarEntry::new("array_dims", |_, _, arguments| dims(arguments)),
    ScalarEntry::new("array_lower", |_, _, arguments| of_dimension(arguments, |dimension| dimension.lower)),
    ScalarEntry::new("array_upper", |_, _, arguments| of_dimension(arguments, |dimension| dimension.lower + dimension.length - 1)),
    ScalarEntry::new("array_length", |_, _, arguments| of_dimension(arguments, |dimension| dimension.length)),
    ScalarEntry::new("array_cardinality", |_, _, arguments| Ok(Value::Int(arguments.array(0)?.values.len() as i64))),
];

/// `[1:2][0:5]`; null of an empty array.
fn dims(arguments: &[Value]) -> Result<Value> {
    let dimensions = &arguments.array(0)?.dimensions;
    if dimensions.is_empty() {
        return Ok(Value::Null);
    }
    let texts = dimensions.iter().map(|Dimension { length, lower }| format!("[{lower}:{}]", lower + length - 1));
    Ok(texts.collect::<String>().into())
}

/// Of the dimension with the number of the second argument, from 1; null where there is none.
fn of_dimension(arguments: &[Value], read: fn(&Dimension) -> i32) -> Result<Value> {
    let number = usize::try_from(arguments.int(1)? - 1).ok();
    let dimension = number.and_then(|number| arguments.array(0).ok()?.dimensions.get(number));
    Ok(dimension.map_or(Value::Null, |dimension| Value::Int(i64::from(read(dimension)))))
}
