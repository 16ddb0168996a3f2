//! Operators of `aclitem[]`.

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::io::acl::{AclItem, parsed};
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("aclcontains", contains),
    ScalarEntry::new("aclinsert", |_, _, _| Err(no_longer("aclinsert"))),
    ScalarEntry::new("aclremove", |_, _, _| Err(no_longer("aclremove"))),
];

/// Whether a grant of the list is to the same role by the same role and has all privileges of the item.
fn contains(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let item = |text: &str| parsed(text).ok_or_else(|| Error::internal(format!("\"{text}\" is no aclitem")));
    let searched: AclItem = item(arguments.text(1)?)?;
    for value in &arguments.array(0)?.values {
        let Some(text) = value.as_str() else { continue };
        let granted = item(text)?;
        let same = granted.grantee == searched.grantee && granted.grantor == searched.grantor;
        let all = granted.privileges & searched.privileges == searched.privileges && granted.options & searched.options == searched.options;
        if same && all {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// PostgreSQL itself refuses them.
fn no_longer(name: &str) -> Error {
    Error::new(Code::Unsupported, format!("{name} is no longer supported"))
}
