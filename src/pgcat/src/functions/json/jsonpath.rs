//! What a path finds in a `jsonb`: `jsonb_path_query`, `jsonb_path_exists`, `jsonb_path_match`, `@?` and `@@`.

mod origin;
mod predicate;
mod run;

use spi::{Code, Error, Result};

use crate::function::{RowSource, ScalarEntry, SetEntry};
use crate::functions::Arguments;
use crate::io::json::{Json, parse, write};
use crate::io::jsonpath;
use crate::value::Value;
use run::Run;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("jsonb_path_exists", |_, _, arguments| exists(arguments)),
    ScalarEntry::new("jsonb_path_exists_tz", |_, _, arguments| exists(arguments)),
    ScalarEntry::new("jsonb_path_exists_opr", |_, _, arguments| exists(arguments)),
    ScalarEntry::new("jsonb_path_match", |_, _, arguments| matches(arguments)),
    ScalarEntry::new("jsonb_path_match_tz", |_, _, arguments| matches(arguments)),
    ScalarEntry::new("jsonb_path_match_opr", |_, _, arguments| matches(arguments)),
    ScalarEntry::new("jsonb_path_query_array", |_, _, arguments| Ok(text(&Json::Array(found(arguments)?)))),
    ScalarEntry::new("jsonb_path_query_array_tz", |_, _, arguments| Ok(text(&Json::Array(found(arguments)?)))),
    ScalarEntry::new("jsonb_path_query_first", |_, _, arguments| Ok(found(arguments)?.first().map_or(Value::Null, text))),
    ScalarEntry::new("jsonb_path_query_first_tz", |_, _, arguments| Ok(found(arguments)?.first().map_or(Value::Null, text))),
];

pub const SETS: &[SetEntry] = &[
    SetEntry::new("jsonb_path_query", |_, _, arguments| rows(arguments)),
    SetEntry::new("jsonb_path_query_tz", |_, _, arguments| rows(arguments)),
];

fn text(json: &Json) -> Value {
    let mut out = String::new();
    write(json, &mut out);
    out.into()
}

/// What was found before the path failed, if it did.
struct Found {
    items: Vec<Json>,
    fault: Option<Error>,
    strict: bool,
    /// Whether a failure is no error: as said by the last argument, and of operators, which have no such argument.
    silent: bool,
}

fn search(arguments: &[Value]) -> Result<Found> {
    let (target, path) = (parse(arguments.text(0)?)?, jsonpath::parse(arguments.text(1)?)?);
    let variables = match arguments.get(2) {
        Some(_) => parse(arguments.text(2)?)?,
        None => Json::Object(Vec::new()),
    };
    if !matches!(variables, Json::Object(_)) {
        return Err(Error::new(Code::InvalidArgument, "\"vars\" argument is not an object")
            .detail("Jsonpath parameters should be encoded as key-value pairs of \"vars\" object."));
    }
    let silent = if arguments.len() > 3 { arguments.bool(3)? } else { true };
    let mut items = Vec::new();
    let fault = Run::new(target, variables, path.strict).path(&path.expr, &mut items).err();
    match fault {
        // These are no failures of the path but of what is asked.
        Some(error) if matches!(error.code, Code::UndefinedObject | Code::Unsupported | Code::InvalidRegularExpression) => Err(error),
        fault => Ok(Found { items, fault, strict: path.strict, silent }),
    }
}

fn found(arguments: &[Value]) -> Result<Vec<Json>> {
    let Found { items, fault, silent, .. } = search(arguments)?;
    match fault {
        Some(error) if !silent => Err(error),
        _ => Ok(items),
    }
}

fn rows(arguments: &[Value]) -> Result<RowSource> {
    let items = found(arguments)?;
    Ok(Box::new(items.into_iter().map(|item| Ok(text(&item)))))
}

/// In lax mode the first thing found is enough.
fn exists(arguments: &[Value]) -> Result<Value> {
    let Found { items, fault, strict, silent } = search(arguments)?;
    match fault {
        None => Ok(Value::Bool(!items.is_empty())),
        Some(_) if !strict && !items.is_empty() => Ok(Value::Bool(true)),
        Some(_) if silent => Ok(Value::Null),
        Some(error) => Err(error),
    }
}

fn matches(arguments: &[Value]) -> Result<Value> {
    let Found { items, fault, silent, .. } = search(arguments)?;
    match (fault, items.as_slice()) {
        (Some(error), _) if !silent => Err(error),
        (_, [Json::Bool(truth)]) => Ok(Value::Bool(*truth)),
        (_, [Json::Null]) => Ok(Value::Null),
        _ if silent => Ok(Value::Null),
        _ => Err(Error::new(Code::JsonSingleton, "single boolean result is expected")),
    }
}
