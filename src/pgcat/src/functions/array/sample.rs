//! `array_shuffle` and `array_sample`: elements of the first dimension in random order.

use std::sync::Arc;

use rand::seq::SliceRandom as _;
use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::{Array, Dimension, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("array_shuffle", |_, _, arguments| {
        let array = arguments.array(0)?;
        let count = array.dimensions.first().map_or(0, |dimension| dimension.length);
        let lower = array.dimensions.first().map_or(1, |dimension| dimension.lower);
        Ok(chosen(array, count as usize, lower))
    }),
    ScalarEntry::new("array_sample", |_, _, arguments| sample(arguments.array(0)?, arguments.int(1)?)),
];

fn sample(array: &Array, count: i64) -> Result<Value> {
    let length = array.dimensions.first().map_or(0, |dimension| dimension.length);
    if !(0..=i64::from(length)).contains(&count) {
        return Err(Error::new(Code::InvalidArgument, format!("sample size must be between 0 and {length}")));
    }
    Ok(chosen(array, count as usize, 1))
}

/// So many elements of the first dimension, each at most once.
fn chosen(array: &Array, count: usize, lower: i32) -> Value {
    let length = array.dimensions.first().map_or(0, |dimension| dimension.length as usize);
    if count == 0 || length == 0 {
        return Value::array(array.element, Vec::new());
    }
    let mut places: Vec<usize> = (0..length).collect();
    places.shuffle(&mut rand::rng());
    let width = array.values.len() / length;
    let values = places[..count].iter().flat_map(|place| array.values[place * width..][..width].iter().cloned()).collect();
    let mut dimensions = array.dimensions.clone();
    dimensions[0] = Dimension { length: count as i32, lower };
    Value::Array(Arc::new(Array { element: array.element, dimensions, values }))
}
