//! Changed `jsonb` values: `||`, `-`, `#-`, `jsonb_set`, `jsonb_insert`.

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::limits::within_limit;
use crate::io::json::{Json, normal, parse, write};
use crate::value::{Array, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("jsonb_concat", |_, _, arguments| done(concatenated(parse(arguments.text(0)?)?, parse(arguments.text(1)?)?))),
    ScalarEntry::new("jsonb_delete", |_, _, arguments| without_keys(parse(arguments.text(0)?)?, &[arguments.text(1)?])),
    ScalarEntry::new("jsonb_delete_array", |_, _, arguments| {
        let keys: Vec<&str> = arguments.array(1)?.values.iter().filter_map(Value::as_str).collect();
        without_keys(parse(arguments.text(0)?)?, &keys)
    }),
    ScalarEntry::new("jsonb_delete_idx", |_, _, arguments| without_place(parse(arguments.text(0)?)?, arguments.int(1)?)),
    ScalarEntry::new("jsonb_delete_path", |_, _, arguments| delete_path(arguments)),
    ScalarEntry::new("jsonb_set", |_, _, arguments| set(arguments, parse(arguments.text(2)?)?)),
    ScalarEntry::new("jsonb_set_lax", |_, _, arguments| set_lax(arguments)),
    ScalarEntry::new("jsonb_insert", |_, _, arguments| {
        let json = parse(arguments.text(0)?)?;
        if is_scalar(&json) {
            return Err(invalid("cannot set path in scalar"));
        }
        changed(json, arguments.array(1)?, &Change::Insert { value: parse(arguments.text(2)?)?, behind: arguments.bool(3)? })
    }),
];

fn delete_path(arguments: &[Value]) -> Result<Value> {
    let json = parse(arguments.text(0)?)?;
    if is_scalar(&json) {
        return Err(invalid("cannot delete path in scalar"));
    }
    changed(json, arguments.array(1)?, &Change::Delete)
}

fn set(arguments: &[Value], value: Json) -> Result<Value> {
    let json = parse(arguments.text(0)?)?;
    if is_scalar(&json) {
        return Err(invalid("cannot set path in scalar"));
    }
    changed(json, arguments.array(1)?, &Change::Set { value, creates: arguments.bool(3)? })
}

/// Sets a value; the last argument says what a null means.
fn set_lax(arguments: &[Value]) -> Result<Value> {
    if [0, 1, 3].into_iter().any(|place| arguments.is_null(place)) {
        return Ok(Value::Null);
    }
    let treatment = if arguments.is_null(4) { "" } else { arguments.text(4)? };
    match treatment {
        "" => Err(unknown_treatment()),
        _ if !arguments.is_null(2) => set(arguments, parse(arguments.text(2)?)?),
        "raise_exception" => Err(Error::new(Code::NullValue, "JSON value must not be null")
            .detail("Exception was raised because null_value_treatment is \"raise_exception\".")
            .hint("To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.")),
        "use_json_null" => set(arguments, Json::Null),
        "delete_key" => delete_path(arguments),
        "return_target" => Ok(arguments[0].clone()),
        _ => Err(unknown_treatment()),
    }
}

fn unknown_treatment() -> Error {
    invalid("null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"")
}

/// What is done at the end of a path.
enum Change {
    Delete,
    Set { value: Json, creates: bool },
    Insert { value: Json, behind: bool },
}

fn invalid(message: &str) -> Error {
    Error::new(Code::InvalidArgument, message)
}

fn is_scalar(json: &Json) -> bool {
    !matches!(json, Json::Array(_) | Json::Object(_))
}

fn done(json: Json) -> Result<Value> {
    let mut out = String::new();
    write(&normal(json)?, &mut out);
    within_limit(out.len())?;
    Ok(out.into())
}

/// Objects are merged, the right one's members win; everything else becomes items of one array.
fn concatenated(left: Json, right: Json) -> Json {
    match (left, right) {
        (Json::Object(mut left), Json::Object(right)) => {
            left.extend(right);
            Json::Object(left)
        }
        (left, right) => {
            let mut items = items(left);
            items.extend(self::items(right));
            Json::Array(items)
        }
    }
}

fn items(json: Json) -> Vec<Json> {
    match json {
        Json::Array(items) => items,
        other => vec![other],
    }
}

fn without_keys(json: Json, keys: &[&str]) -> Result<Value> {
    done(match json {
        Json::Object(members) => Json::Object(members.into_iter().filter(|(key, _)| !keys.contains(&key.as_str())).collect()),
        Json::Array(items) => {
            let kept = |item: &Json| !matches!(item, Json::String(text) if keys.contains(&text.as_str()));
            Json::Array(items.into_iter().filter(kept).collect())
        }
        _ => return Err(invalid("cannot delete from scalar")),
    })
}

fn without_place(json: Json, place: i64) -> Result<Value> {
    match json {
        Json::Array(mut items) => {
            if let Some(place) = counted(place, items.len()).filter(|place| *place < items.len()) {
                items.remove(place);
            }
            done(Json::Array(items))
        }
        Json::Object(_) => Err(invalid("cannot delete from object using integer index")),
        _ => Err(invalid("cannot delete from scalar")),
    }
}

/// A place from 0, or from the end where it is negative; `None` before the begin.
fn counted(place: i64, length: usize) -> Option<usize> {
    usize::try_from(if place < 0 { place + length as i64 } else { place }).ok()
}

fn changed(json: Json, path: &Array, change: &Change) -> Result<Value> {
    let mut steps = Vec::new();
    for (place, step) in path.values.iter().enumerate() {
        let fault = || Error::new(Code::NullValue, format!("path element at position {} is null", place + 1));
        steps.push(step.as_str().ok_or_else(fault)?);
    }
    let mut json = json;
    if !steps.is_empty() {
        apply(&mut json, &steps, 0, change)?;
    }
    done(json)
}

/// Where the path leads nowhere, nothing is changed.
fn apply(json: &mut Json, steps: &[&str], depth: usize, change: &Change) -> Result<()> {
    let is_last = depth + 1 == steps.len();
    match json {
        Json::Object(members) => {
            let place = members.iter().position(|(key, _)| key == steps[depth]);
            match (place, is_last, change) {
                (Some(place), false, _) => return apply(&mut members[place].1, steps, depth + 1, change),
                (Some(place), true, Change::Delete) => drop(members.remove(place)),
                (Some(place), true, Change::Set { value, .. }) => members[place].1 = value.clone(),
                (Some(_), true, Change::Insert { .. }) => {
                    return Err(invalid("cannot replace existing key").hint("Try using the function jsonb_set to replace key value."));
                }
                (None, true, Change::Set { value, creates: true } | Change::Insert { value, .. }) => {
                    members.push((steps[depth].to_owned(), value.clone()));
                }
                (None, _, _) => {}
            }
        }
        Json::Array(items) => {
            let number: i64 = steps[depth].trim_start().parse().map_err(|_| {
                let message = format!("path element at position {} is not an integer: \"{}\"", depth + 1, steps[depth]);
                Error::new(Code::InvalidText, message)
            })?;
            let place = counted(number, items.len());
            match (place.filter(|place| *place < items.len()), is_last, change) {
                (Some(place), false, _) => return apply(&mut items[place], steps, depth + 1, change),
                (Some(place), true, Change::Delete) => drop(items.remove(place)),
                (Some(place), true, Change::Set { value, .. }) => items[place] = value.clone(),
                (Some(place), true, Change::Insert { value, behind }) => items.insert(place + usize::from(*behind), value.clone()),
                // Before the begin, or behind the end.
                (None, true, Change::Set { value, creates: true } | Change::Insert { value, .. }) => {
                    items.insert(if place.is_none() { 0 } else { items.len() }, value.clone());
                }
                (None, _, _) => {}
            }
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::oid;

    fn changed_by(json: &str, path: &[&str], change: Change) -> Result<Value> {
        let path = Array::new(oid::TEXT, path.iter().map(|step| Value::from(*step)).collect(), 1);
        changed(parse(json).unwrap(), &path, &change)
    }

    fn set(value: &str, creates: bool) -> Change {
        Change::Set { value: parse(value).unwrap(), creates }
    }

    fn insert(value: &str, behind: bool) -> Change {
        Change::Insert { value: parse(value).unwrap(), behind }
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn paths_are_changed() {
        assert_eq!(changed_by("{\"a\":1}", &["b"], set("2", true)).unwrap(), "{\"a\": 1, \"b\": 2}".into());
        assert_eq!(changed_by("{\"a\":1}", &["b"], set("2", false)).unwrap(), "{\"a\": 1}".into());
        assert_eq!(changed_by("[1,2]", &["5"], set("9", true)).unwrap(), "[1, 2, 9]".into());
        assert_eq!(changed_by("[1,2]", &["-1"], set("9", true)).unwrap(), "[1, 9]".into());
        assert_eq!(changed_by("{\"a\":[1]}", &["a", "0"], set("null", true)).unwrap(), "{\"a\": [null]}".into());
        assert_eq!(changed_by("[1,2]", &["1"], insert("9", false)).unwrap(), "[1, 9, 2]".into());
        assert_eq!(changed_by("[1,2]", &["1"], insert("9", true)).unwrap(), "[1, 2, 9]".into());
        assert_eq!(changed_by("{\"a\":{\"b\":1}}", &["a", "b"], Change::Delete).unwrap(), "{\"a\": {}}".into());
        assert_eq!(changed_by("{\"a\":1}", &["a"], insert("2", false)).unwrap_err().message, "cannot replace existing key");
        let error = changed_by("[1]", &["a"], set("2", true)).unwrap_err();
        assert_eq!(error.message, "path element at position 1 is not an integer: \"a\"");
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn values_are_concatenated() {
        let concat = |left: &str, right: &str| done(concatenated(parse(left).unwrap(), parse(right).unwrap())).unwrap();
        assert_eq!(concat("{\"a\":1}", "{\"b\":2,\"a\":3}"), "{\"a\": 3, \"b\": 2}".into());
        assert_eq!(concat("[1]", "2"), "[1, 2]".into());
        assert_eq!(concat("{\"a\":1}", "[1]"), "[{\"a\": 1}, 1]".into());
    }
}
