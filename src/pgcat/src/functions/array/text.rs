//! `array_to_string`.

use spi::Result;

use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::functions::limits::within_limit;
use crate::io;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[ScalarEntry::new("array_to_text", to_text), ScalarEntry::new("array_to_text_null", to_text)];

/// All elements with a separator between them. Nulls are left out, unless the third argument says how they are written.
fn to_text(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    if arguments.is_null(0) || arguments.is_null(1) {
        return Ok(Value::Null);
    }
    let (array, separator) = (arguments.array(0)?, arguments.text(1)?);
    let null = if arguments.is_null(2) { None } else { Some(arguments.text(2)?) };
    let mut text = String::new();
    let mut is_first = true;
    for value in &array.values {
        if value.is_null() && null.is_none() {
            continue;
        }
        if !is_first {
            text.push_str(separator);
        }
        is_first = false;
        match (value, null) {
            (Value::Null, Some(null)) => text.push_str(null),
            _ => io::write(context, array.element, value, &mut text)?,
        }
        within_limit(text.len())?;
    }
    Ok(text.into())
}
