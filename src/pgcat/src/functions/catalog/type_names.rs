//! The names of types: `format_type`.

use spi::Result;

use super::names::Naming;
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[ScalarEntry::new("format_type", format_type)];

fn format_type(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    if arguments.is_null(0) {
        return Ok(Value::Null);
    }
    let typmod = if arguments.is_null(1) { None } else { Some(arguments.int(1)? as i32) };
    Ok(Naming::new(context).type_name(arguments.oid(0)?, typmod).into())
}
