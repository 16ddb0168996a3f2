//! What a call says of its own arguments: their types, and how many are null.

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry, Signature};
use crate::resolve::quote_identifier;
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_typeof", |_, signature, _| {
        Ok(Value::oid(signature.arguments.first().map_or(oid::UNKNOWN, |argument| argument.oid)))
    }),
    ScalarEntry::new("pg_num_nulls", |_, signature, arguments| {
        Ok(counted(signature, arguments).map_or(Value::Null, |(nulls, _)| Value::Int(nulls)))
    }),
    ScalarEntry::new("pg_num_nonnulls", |_, signature, arguments| {
        Ok(counted(signature, arguments).map_or(Value::Null, |(_, others)| Value::Int(others)))
    }),
    ScalarEntry::new("pg_collation_for", |context, signature, _| collation(context, signature)),
];

/// How many arguments are null and how many are not; of the elements, where an array was given with VARIADIC.
fn counted(signature: &Signature, arguments: &[Value]) -> Option<(i64, i64)> {
    let values = match arguments {
        [Value::Null] if signature.is_variadic => return None,
        [Value::Array(array)] if signature.is_variadic => &array.values,
        _ => arguments,
    };
    let nulls = values.iter().filter(|value| value.is_null()).count();
    Some((nulls as i64, (values.len() - nulls) as i64))
}

fn collation(context: &Context<'_>, signature: &Signature) -> Result<Value> {
    const PG_COLLATION: u32 = 3456;
    let Some(argument) = signature.arguments.first() else { return Ok(Value::Null) };
    if argument.collation == 0 && argument.oid != oid::UNKNOWN {
        let type_name = crate::io::output(context, oid::REGTYPE, &Value::oid(argument.oid))?;
        return Err(Error::new(Code::DatatypeMismatch, format!("collations are not supported by type {type_name}")));
    }
    let row = context.catalog.by_oid(PG_COLLATION, argument.collation);
    Ok(row.and_then(|row| row.text("collname")).map(|name| quote_identifier(&name)).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Type;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn nulls_are_counted() {
        let signature = |is_variadic| Signature { arguments: Vec::new(), result: Type::new(oid::INT4), is_variadic };
        assert_eq!(counted(&signature(false), &[Value::Int(1), Value::Null, Value::Int(2)]), Some((1, 2)));
        assert_eq!(counted(&signature(true), &[Value::array(oid::INT4, vec![Value::Int(1), Value::Null])]), Some((1, 1)));
        assert_eq!(counted(&signature(true), &[Value::Null]), None);
    }
}
