//! `btrim`, `ltrim` and `rtrim`, of texts and of strings of bytes.

use spi::Result;

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("btrim", |_, _, arguments| trim(arguments, true, true)),
    ScalarEntry::new("btrim1", |_, _, arguments| trim(arguments, true, true)),
    ScalarEntry::new("ltrim", |_, _, arguments| trim(arguments, true, false)),
    ScalarEntry::new("ltrim1", |_, _, arguments| trim(arguments, true, false)),
    ScalarEntry::new("rtrim", |_, _, arguments| trim(arguments, false, true)),
    ScalarEntry::new("rtrim1", |_, _, arguments| trim(arguments, false, true)),
    ScalarEntry::new("byteatrim", |_, _, arguments| trim_bytes(arguments, true, true)),
    ScalarEntry::new("bytealtrim", |_, _, arguments| trim_bytes(arguments, true, false)),
    ScalarEntry::new("byteartrim", |_, _, arguments| trim_bytes(arguments, false, true)),
];

/// Takes away characters of a set, which is the blank where none is given.
fn trim(arguments: &[Value], start: bool, end: bool) -> Result<Value> {
    let mut text = arguments.text(0)?;
    let set = if arguments.len() > 1 { arguments.text(1)? } else { " " };
    if start {
        text = text.trim_start_matches(|letter| set.contains(letter));
    }
    if end {
        text = text.trim_end_matches(|letter| set.contains(letter));
    }
    Ok(text.into())
}

fn trim_bytes(arguments: &[Value], start: bool, end: bool) -> Result<Value> {
    let (mut bytes, set) = (arguments.bytes(0)?, arguments.bytes(1)?);
    while start && bytes.first().is_some_and(|byte| set.contains(byte)) {
        bytes = &bytes[1..];
    }
    while end && bytes.last().is_some_and(|byte| set.contains(byte)) {
        bytes = &bytes[..bytes.len() - 1];
    }
    Ok(Value::Bytes(bytes.into()))
}
