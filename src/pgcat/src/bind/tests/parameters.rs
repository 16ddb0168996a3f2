//! The types of parameters: `parameters.txt` has statements with what PostgreSQL 16 says of them once they are prepared, the types of
//! the parameters and those of the columns, or the error.

use spi::Result;

use super::bound;
use crate::fixture::sales;
use crate::fixture::session::Session;
use crate::function::Context;
use crate::io;
use crate::types::oid;
use crate::value::Value;

const REGTYPE_ARRAY: u32 = 2211;

#[test]
fn parameters_have_the_types_that_postgresql_infers() {
    let mut wrong = Vec::new();
    for block in include_str!("parameters.txt").strip_prefix("> ").unwrap().split("\n> ") {
        let (statement, expected) = block.split_once('\n').unwrap_or((block, ""));
        let found = types(statement).unwrap_or_else(|error| format!("ERROR {} {}", error.code.sqlstate(), error.message));
        if found != expected.trim_end_matches('\n') {
            wrong.push(format!("{statement}\nexpected: {expected}\nfound: {found}\n"));
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

fn types(statement: &str) -> Result<String> {
    let bound = bound(statement)?;
    let (catalog, session) = (sales(), Session::new());
    let context = Context { catalog: &catalog, host: &session };
    let list = |types: Vec<u32>| {
        let array = Value::array(oid::REGTYPE, types.into_iter().map(Value::oid).collect());
        io::output(&context, REGTYPE_ARRAY, &array)
    };
    let columns = bound.query.columns.iter().map(|column| column.type_.oid).collect();
    Ok(format!("{}|{}", list(bound.parameter_types)?, list(columns)?))
}
