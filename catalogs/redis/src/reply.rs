//! Answers of the server, taken apart. `None` stands for a shape that the caller does not expect.

use redis::Value;

/// Names and values of fields.
pub(crate) type Fields = Vec<(Vec<u8>, Vec<u8>)>;

pub(crate) fn list(answer: Value) -> Option<Vec<Value>> {
    match answer {
        Value::Array(items) | Value::Set(items) => Some(items),
        _ => None,
    }
}

pub(crate) fn bytes(answer: Value) -> Option<Vec<u8>> {
    match answer {
        Value::BulkString(bytes) => Some(bytes),
        Value::SimpleString(text) => Some(text.into_bytes()),
        Value::Okay => Some(b"OK".to_vec()),
        Value::Int(number) => Some(number.to_string().into_bytes()),
        _ => None,
    }
}

pub(crate) fn integer(answer: &Value) -> Option<i64> {
    match answer {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

/// The cursor of a SCAN and what it found.
pub(crate) fn page(answer: Value) -> Option<(Vec<u8>, Vec<Value>)> {
    let mut parts = list(answer)?.into_iter();
    Some((bytes(parts.next()?)?, list(parts.next()?)?))
}

/// Names and values that alternate.
pub(crate) fn pairs(items: Vec<Value>) -> Option<Fields> {
    let mut items = items.into_iter();
    let mut pairs = Vec::with_capacity(items.len() / 2);
    while let Some(name) = items.next() {
        pairs.push((bytes(name)?, bytes(items.next()?)?));
    }
    Some(pairs)
}

/// The id of an entry of a stream, and its fields.
pub(crate) fn entry(answer: Value) -> Option<(Vec<u8>, Fields)> {
    let mut parts = list(answer)?.into_iter();
    Some((bytes(parts.next()?)?, pairs(list(parts.next()?)?)?))
}
