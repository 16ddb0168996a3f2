//! Casts between the types that are text: lengths, names, padding and `"char"`.

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::io::{self, text};
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("text_name", |_, _, a| Ok(Value::text(text::name(a.text(0)?)))),
    ScalarEntry::new("name_text", |_, _, a| Ok(Value::text(a.text(0)?))),
    ScalarEntry::new("name_bpchar", |_, _, a| Ok(text::blank_padded(a.text(0)?))),
    ScalarEntry::new("bpchar_name", |_, _, a| Ok(Value::text(text::name(a.text(0)?.trim_end_matches(' '))))),
    ScalarEntry::new("char_text", |_, _, a| Ok(Value::text(a.text(0)?))),
    ScalarEntry::new("char_bpchar", |_, _, a| Ok(text::blank_padded(a.text(0)?))),
    ScalarEntry::new("text_char", |_, _, a| Ok(text::char_value(text::char(a.text(0)?)))),
    ScalarEntry::new("chartoi4", |_, _, a| Ok(Value::Int((text::char(a.text(0)?) as i8).into()))),
    ScalarEntry::new("i4tochar", byte_of_number),
    ScalarEntry::new("booltext", |_, _, a| Ok(Value::text(if a.bool(0)? { "true" } else { "false" }))),
    ScalarEntry::new("bpchar", |_, _, a| limited(oid::BPCHAR, a)),
    ScalarEntry::new("varchar", |_, _, a| limited(oid::VARCHAR, a)),
    ScalarEntry::new("bit", |_, _, a| limited(oid::BIT, a)),
    ScalarEntry::new("varbit", |_, _, a| if a.int(1)? > 0 { limited(oid::VARBIT, a) } else { Ok(a[0].clone()) }),
    ScalarEntry::new("text_regclass", |c, _, a| io::input(c, oid::REGCLASS, -1, a.text(0)?)),
    ScalarEntry::new("texttoxml", |_, _, a| Ok(Value::text(a.text(0)?))),
];

fn byte_of_number(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let byte = i8::try_from(arguments.int(0)?).map_err(|_| Error::new(Code::OutOfRange, "\"char\" out of range"))?;
    Ok(text::char_value(byte as u8))
}

/// A value, a modifier, and whether the cast is explicit.
fn limited(type_oid: u32, arguments: &[Value]) -> Result<Value> {
    io::apply_modifier(type_oid, arguments.int(1)? as i32, &arguments[0], arguments.bool(2)?)
}
