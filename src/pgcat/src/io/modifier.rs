//! Lengths and precisions that a type's modifier enforces on its values.

use std::sync::Arc;

use spi::Result;

use super::{bit, calendar, interval, numeric, text};
use crate::types::oid;
use crate::value::{Array, Value};

/// The value as the modified type keeps it. Explicit casts cut what is too long, anything else refuses it.
pub fn apply(type_oid: u32, typmod: i32, value: &Value, explicit: bool) -> Result<Value> {
    if typmod < 0 {
        return Ok(value.clone());
    }
    Ok(match (type_oid, value) {
        (oid::VARCHAR, Value::Text(kept)) => match text::length(typmod) {
            Some(length) => Value::text(text::varchar(kept, length, explicit)?),
            None => value.clone(),
        },
        (oid::BPCHAR, Value::Text(_) | Value::Ordered(_)) => match text::length(typmod) {
            Some(length) => text::blank_padded(&text::bpchar(value.as_str().unwrap_or_default(), length, explicit)?),
            None => value.clone(),
        },
        (oid::BIT, Value::Text(bits)) => Value::from(bit::fixed(bits, typmod as usize, explicit)?),
        (oid::VARBIT, Value::Text(bits)) => Value::text(bit::varying(bits, typmod as usize, explicit)?),
        (_, Value::Numeric(number)) => Value::Numeric(Box::new(numeric::apply_modifier(number, typmod)?)),
        (_, Value::Interval(kept)) => Value::Interval(Box::new(interval::apply_modifier(**kept, typmod))),
        (_, Value::Time(micros)) => Value::Time(calendar::rounded(*micros, typmod)),
        (_, Value::TimeTz(micros, west)) => Value::TimeTz(calendar::rounded(*micros, typmod), *west),
        (_, Value::Timestamp(micros)) if !calendar::is_infinite(*micros) => {
            let rounded = calendar::timestamp(calendar::rounded(*micros, typmod));
            Value::Timestamp(rounded.ok_or_else(|| calendar::out_of_range("timestamp"))?)
        }
        (_, Value::Array(array)) => {
            let element = array.element;
            let values = array.values.iter().map(|value| apply(element, typmod, value, explicit)).collect::<Result<_>>()?;
            Value::Array(Arc::new(Array { element, dimensions: array.dimensions.clone(), values }))
        }
        _ => value.clone(),
    })
}
