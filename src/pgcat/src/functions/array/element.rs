//! The type of an array's elements, where only the type of the array is known.

use spi::Result;

use crate::function::Context;
use crate::types::oid;
use crate::value::{Array, Value};

/// The type of the elements of an array type; that of its elements, for an array that is there.
pub fn element_type(context: &Context<'_>, array_type: u32) -> u32 {
    context.catalog.type_info(array_type).map(|info| info.element).filter(|element| *element != 0).unwrap_or(oid::TEXT)
}

/// The array of an argument, or an empty one for null.
pub fn array_or_empty(context: &Context<'_>, array_type: u32, value: &Value) -> Result<Array> {
    Ok(match value {
        Value::Array(array) => Array::clone(array),
        _ => Array::new(element_type(context, array_type), Vec::new(), 1),
    })
}
