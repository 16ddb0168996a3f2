//! Arrays in binary: dimensions, whether there are nulls, the type of the elements, length and lower bound of each dimension, then the
//! elements with their lengths.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use spi::{Code, Error, Result};

use super::bounds::{check_bounds, check_dimensions};
use crate::function::Context;
use crate::io::wire::{Input, put_field};
use crate::types::oid;
use crate::value::{Array, Dimension, Value};

pub fn send(context: &Context<'_>, array: &Array, out: &mut BytesMut) -> Result<()> {
    out.put_i32(array.dimensions.len() as i32);
    out.put_i32(array.values.iter().any(Value::is_null).into());
    out.put_u32(array.element);
    for Dimension { length, lower } in &array.dimensions {
        out.put_i32(*length);
        out.put_i32(*lower);
    }
    array.values.iter().try_for_each(|value| put_field(context, array.element, value, out))
}

pub fn receive(context: &Context<'_>, element: u32, typmod: i32, bytes: &[u8]) -> Result<Value> {
    let wrong = |message: String| Error::new(Code::InvalidBinary, message);
    let mut input = Input::new(bytes);
    let (count, flags, sent) = (input.i32()?, input.i32()?, input.u32()?);
    let count = usize::try_from(count).map_err(|_| wrong(format!("invalid number of dimensions: {count}")))?;
    check_dimensions(count)?;
    if !matches!(flags, 0 | 1) {
        return Err(wrong("invalid array flags".to_owned()));
    }
    if sent != element {
        return Err(Error::new(Code::DatatypeMismatch, format!("binary data has array element type {sent} instead of expected {element}")));
    }
    let mut dimensions = Vec::new();
    let mut length: usize = 1;
    for _ in 0..count {
        let dimension = Dimension { length: input.i32()?, lower: input.i32()? };
        let items = usize::try_from(dimension.length).map_err(|_| wrong("invalid array dimensions".to_owned()))?;
        // Every element takes at least the four bytes of its length, so no length can ask for more memory than was sent.
        length = length.checked_mul(items).filter(|length| *length <= bytes.len()).ok_or_else(|| wrong("invalid array size".to_owned()))?;
        dimensions.push(dimension);
    }
    check_bounds(&dimensions)?;
    if count == 0 || length == 0 {
        return Ok(Value::Array(Arc::new(Array { element, dimensions: Vec::new(), values: Vec::new() })));
    }
    let mut values = Vec::with_capacity(length);
    for _ in 0..length {
        values.push(input.field(context, element, typmod)?);
    }
    input.end()?;
    Ok(Value::Array(Arc::new(Array { element, dimensions, values })))
}

/// `int2vector` and `oidvector`: one dimension without nulls. An empty one may have none.
pub fn receive_vector(context: &Context<'_>, element: u32, bytes: &[u8]) -> Result<Value> {
    let value = receive(context, element, -1, bytes)?;
    let Value::Array(array) = &value else { return Ok(value) };
    if array.values.is_empty() {
        return Ok(Value::vector(element, Vec::new()));
    }
    if array.dimensions.len() != 1 || array.values.iter().any(Value::is_null) {
        let type_name = if element == oid::OID { "oidvector" } else { "int2vector" };
        return Err(Error::new(Code::InvalidBinary, format!("invalid {type_name} data")));
    }
    Ok(value)
}
