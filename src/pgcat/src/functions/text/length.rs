//! How long texts and strings of bytes are.

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("textlen", |_, _, arguments| Ok(count(arguments.text(0)?))),
    // The blanks that pad a `bpchar` do not count.
    ScalarEntry::new("bpcharlen", |_, _, arguments| Ok(count(arguments.text(0)?.trim_end_matches(' ')))),
    ScalarEntry::new("textoctetlen", |_, _, arguments| Ok(Value::Int(arguments.text(0)?.len() as i64))),
    ScalarEntry::new("bpcharoctetlen", |_, _, arguments| Ok(Value::Int(arguments.text(0)?.len() as i64))),
    ScalarEntry::new("byteaoctetlen", |_, _, arguments| Ok(Value::Int(arguments.bytes(0)?.len() as i64))),
];

fn count(text: &str) -> Value {
    Value::Int(text.chars().count() as i64)
}
