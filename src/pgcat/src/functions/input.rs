//! Whether a text is a value of a type: `pg_input_is_valid`, and what is wrong with it: `pg_input_error_info`.

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::functions::catalog::records::{Columns, nulls, single};
use crate::io;
use crate::resolve::{Names, type_from_text};
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_input_is_valid", |context, _, arguments| Ok(fault(context, arguments)?.is_none().into())),
    ScalarEntry::new("pg_input_error_info", error_info),
];

const INFO: Columns = &[("message", oid::TEXT), ("detail", oid::TEXT), ("hint", oid::TEXT), ("sql_error_code", oid::TEXT)];

fn error_info(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(match fault(context, arguments)? {
        Some(error) => {
            let code = error.code.sqlstate();
            single(INFO, vec![error.message.into(), error.detail.into(), error.hint.into(), code.into()])
        }
        None => nulls(INFO),
    })
}

/// What is wrong with the first text as a value of the type that the second one names.
fn fault(context: &Context<'_>, arguments: &[Value]) -> Result<Option<Error>> {
    let search = context.catalog.search_namespaces(&context.host.search_path());
    let type_ = type_from_text(Names::new(context.catalog, &search), context.host.database(), arguments.text(1)?)?;
    match io::input(context, type_.oid, type_.typmod, arguments.text(0)?) {
        Ok(_) => Ok(None),
        Err(error) if matches!(error.code, Code::Internal | Code::Unsupported) => Err(error),
        Err(error) => Ok(Some(error)),
    }
}
