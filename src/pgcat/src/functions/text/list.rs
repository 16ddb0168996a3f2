//! Lists in texts: `string_to_array` and `string_to_table`.

use spi::Result;

use crate::function::{ScalarEntry, SetEntry};
use crate::functions::Arguments;
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("text_to_array", |_, _, arguments| to_array(arguments)),
    ScalarEntry::new("text_to_array_null", |_, _, arguments| to_array(arguments)),
];

pub const SETS: &[SetEntry] = &[
    SetEntry::new("text_to_table", |_, _, arguments| Ok(Box::new(fields(arguments)?.unwrap_or_default().into_iter().map(Ok)))),
    SetEntry::new("text_to_table_null", |_, _, arguments| Ok(Box::new(fields(arguments)?.unwrap_or_default().into_iter().map(Ok)))),
];

fn to_array(arguments: &[Value]) -> Result<Value> {
    Ok(fields(arguments)?.map_or(Value::Null, |fields| Value::array(oid::TEXT, fields)))
}

/// The fields between separators, `None` for null. Without a separator each character is a field; an empty one separates nothing.
/// Fields like the third argument are null.
fn fields(arguments: &[Value]) -> Result<Option<Vec<Value>>> {
    if arguments.is_null(0) {
        return Ok(None);
    }
    let text = arguments.text(0)?;
    let null = if arguments.is_null(2) { None } else { Some(arguments.text(2)?) };
    let field = |field: &str| if Some(field) == null { Value::Null } else { field.into() };
    if text.is_empty() {
        return Ok(Some(Vec::new()));
    }
    if arguments.is_null(1) {
        return Ok(Some(text.char_indices().map(|(byte, letter)| field(&text[byte..byte + letter.len_utf8()])).collect()));
    }
    let separator = arguments.text(1)?;
    if separator.is_empty() {
        return Ok(Some(vec![field(text)]));
    }
    Ok(Some(text.split(separator).map(field).collect()))
}
