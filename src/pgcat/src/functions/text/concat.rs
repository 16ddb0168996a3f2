//! Values of any types as one text: `concat` and `concat_ws`.

use spi::Result;

use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::functions::limits::within_limit;
use crate::functions::variadic::typed_values;
use crate::io;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("text_concat", |context, signature, arguments| joined(context, signature, arguments, 0, "")),
    ScalarEntry::new("text_concat_ws", |context, signature, arguments| {
        if arguments.is_null(0) {
            return Ok(Value::Null);
        }
        joined(context, signature, arguments, 1, arguments.text(0)?)
    }),
];

/// All values but nulls with a separator between them; null where the whole list is.
fn joined(context: &Context<'_>, signature: &Signature, arguments: &[Value], from: usize, separator: &str) -> Result<Value> {
    let Some(values) = typed_values(signature, arguments, from) else { return Ok(Value::Null) };
    let mut text = String::new();
    let mut is_first = true;
    for (type_oid, value) in values.filter(|(_, value)| !value.is_null()) {
        if !is_first {
            text.push_str(separator);
        }
        is_first = false;
        io::write(context, type_oid, value, &mut text)?;
        within_limit(text.len())?;
    }
    Ok(text.into())
}
