//! The names of types: `format_type` and `oidvectortypes`.

use spi::Result;

use super::names::Naming;
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::io::array::check_vector;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[ScalarEntry::new("format_type", format_type), ScalarEntry::new("oidvectortypes", oidvectortypes)];

/// The names of types, separated by commas.
fn oidvectortypes(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let naming = Naming::new(context);
    check_vector(arguments.array(0)?)?;
    let types = arguments.array(0)?.values.iter().filter_map(Value::as_oid);
    Ok(types.map(|type_oid| naming.type_name(type_oid, None)).collect::<Vec<_>>().join(", ").into())
}

fn format_type(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    if arguments.is_null(0) {
        return Ok(Value::Null);
    }
    let typmod = if arguments.is_null(1) { None } else { Some(arguments.int(1)? as i32) };
    Ok(Naming::new(context).type_name(arguments.oid(0)?, typmod).into())
}
