//! Objects by name where it is no error that there is none: `to_regclass` and its kin.

use spi::{Code, Result};

use crate::function::{Context, ScalarEntry};
use crate::functions::Arguments;
use crate::io::registered;
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("to_regclass", |context, _, arguments| find(context, oid::REGCLASS, arguments)),
    ScalarEntry::new("to_regtype", |context, _, arguments| find(context, oid::REGTYPE, arguments)),
    ScalarEntry::new("to_regproc", |context, _, arguments| find(context, oid::REGPROC, arguments)),
    ScalarEntry::new("to_regprocedure", |context, _, arguments| find(context, oid::REGPROCEDURE, arguments)),
    ScalarEntry::new("to_regoper", |context, _, arguments| find(context, oid::REGOPER, arguments)),
    ScalarEntry::new("to_regoperator", |context, _, arguments| find(context, oid::REGOPERATOR, arguments)),
    ScalarEntry::new("to_regnamespace", |context, _, arguments| find(context, oid::REGNAMESPACE, arguments)),
    ScalarEntry::new("to_regrole", |context, _, arguments| find(context, oid::REGROLE, arguments)),
    ScalarEntry::new("to_regcollation", |context, _, arguments| find(context, oid::REGCOLLATION, arguments)),
];

/// Names that no object can have are errors where reading them is: with too many parts, of another database, or no type at all.
fn find(context: &Context<'_>, type_oid: u32, arguments: &[Value]) -> Result<Value> {
    let text = arguments.text(0)?;
    match registered::read(context, type_oid, text) {
        Ok(found) => Ok(Value::oid(found)),
        Err(error) if matches!(error.code, Code::Unsupported) => Err(error),
        Err(error) if error.code == Code::Syntax && !text.trim().is_empty() => Err(error),
        Err(_) => Ok(Value::Null),
    }
}
