//! Arrays as rows: `unnest` and `generate_subscripts`.

use spi::Result;

use crate::function::{RowSource, SetEntry};
use crate::functions::Arguments;
use crate::value::Value;

pub const SETS: &[SetEntry] = &[
    SetEntry::new("array_unnest", |_, _, arguments| {
        let array = arguments.array(0)?.clone();
        Ok(Box::new((0..array.values.len()).map(move |place| Ok(array.values[place].clone()))))
    }),
    SetEntry::new("generate_subscripts", |_, _, arguments| subscripts(arguments)),
    SetEntry::new("generate_subscripts_nodir", |_, _, arguments| subscripts(arguments)),
];

/// The subscripts of a dimension, in descending order where the third argument says so; none where there is no such dimension.
fn subscripts(arguments: &[Value]) -> Result<RowSource> {
    let array = arguments.array(0)?;
    let number = usize::try_from(arguments.int(1)? - 1).ok();
    let Some(dimension) = number.and_then(|number| array.dimensions.get(number)) else { return Ok(Box::new(std::iter::empty())) };
    let range = i64::from(dimension.lower)..i64::from(dimension.lower) + i64::from(dimension.length);
    let reversed = arguments.len() > 2 && arguments.bool(2)?;
    if reversed {
        return Ok(Box::new(range.rev().map(|subscript| Ok(Value::Int(subscript)))));
    }
    Ok(Box::new(range.map(|subscript| Ok(Value::Int(subscript)))))
}
