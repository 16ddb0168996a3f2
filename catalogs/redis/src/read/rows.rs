//! Makes rows of what keys hold.

use std::borrow::Cow;
use std::fmt;

use redis::Value;
use spi::Result;
use spi::documents::Document;

use super::sink::Sink;
use super::wanted::Wanted;
use crate::canonical;
use crate::key;
use crate::kind::Kind;
use crate::reply;

/// A key that is there.
pub(super) struct Present {
    pub(super) key: Vec<u8>,
    /// Bytes of a string, else elements.
    pub(super) length: u64,
    /// Seconds until it expires.
    pub(super) ttl: Option<i64>,
}

/// Which key a row is of, for errors.
struct Position<'k>(&'k str);

impl fmt::Display for Position<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what key \"{}\" holds", self.0)
    }
}

impl Present {
    pub(super) fn of(key: Vec<u8>) -> Self {
        Self { key, length: 0, ttl: None }
    }

    fn shown(&self) -> Cow<'_, str> {
        key::shown(&self.key)
    }
}

/// Adds a row of which nothing is wanted but its key.
pub(super) fn of_key(sink: &mut Sink<'_>, kind: Kind, one: &Present) -> Result<()> {
    row(sink, kind, one, &one.shown(), [])
}

/// Adds the row of a hash, given the values of the wanted fields in their order. `None` for an answer of an unknown shape.
pub(super) fn of_fields(sink: &mut Sink<'_>, wanted: &Wanted, one: &Present, values: &[Value]) -> Result<Option<()>> {
    let mut typed = Vec::with_capacity(1 + values.len());
    typed.push(Document::Null);
    for (field, value) in wanted.fields.iter().zip(values) {
        typed.push(match value {
            Value::Nil => Document::Null,
            Value::BulkString(bytes) => field.reading.document(bytes),
            _ => return Ok(None),
        });
    }
    row(sink, Kind::Hash, one, &one.shown(), typed).map(Some)
}

/// Adds the row of a string.
pub(super) fn of_string(sink: &mut Sink<'_>, wanted: &Wanted, one: &Present, value: &[u8]) -> Result<()> {
    let shown = one.shown();
    match wanted.json {
        true => sink.json_row(value, &given(Kind::String, one, &shown, []), Position(&shown)),
        false => row(sink, Kind::String, one, &shown, [wanted.value.document(value)]),
    }
}

/// Adds the rows of all that a key holds, or of a page of it; elements of a list count from the index. `None` for an answer of an unknown
/// shape.
pub(super) fn of_whole(sink: &mut Sink<'_>, kind: Kind, wanted: &Wanted, one: &Present, index: u64, answer: Value) -> Result<Option<()>> {
    let shown = one.shown();
    match kind {
        Kind::Hash => {
            let Some(fields) = reply::list(answer).and_then(reply::pairs) else { return Ok(None) };
            // The last field took the key with it.
            if !fields.is_empty() {
                row(sink, kind, one, &shown, std::iter::once(wanted.whole(&fields)).chain(wanted.typed(&fields)))?;
            }
        }
        Kind::String if answer == Value::Nil => {}
        Kind::String => {
            let Some(value) = reply::bytes(answer) else { return Ok(None) };
            of_string(sink, wanted, one, &value)?;
        }
        Kind::List => {
            let Some(values) = values(answer) else { return Ok(None) };
            for (index, value) in (index..).zip(&values) {
                row(sink, kind, one, &shown, [Document::Int(index as i64), wanted.value.document(value)])?;
            }
        }
        Kind::Set => {
            let Some(members) = values(answer) else { return Ok(None) };
            for member in &members {
                row(sink, kind, one, &shown, [wanted.value.document(member)])?;
            }
        }
        Kind::SortedSet => {
            let Some(members) = reply::list(answer).and_then(reply::pairs) else { return Ok(None) };
            for (member, score) in &members {
                let Some(score) = canonical::text(score).and_then(|score| score.parse().ok()) else { return Ok(None) };
                row(sink, kind, one, &shown, [wanted.value.document(member), Document::Float(score)])?;
            }
        }
        Kind::Stream => {
            let Some(entries) = reply::list(answer) else { return Ok(None) };
            for entry in entries {
                let Some((id, fields)) = reply::entry(entry) else { return Ok(None) };
                let id = String::from_utf8_lossy(&id);
                let moment = super::moment(&id).unwrap_or_else(|| Document::Unreadable(id.clone()));
                let own = [Document::text(&*id), moment, wanted.whole(&fields)];
                row(sink, kind, one, &shown, own.into_iter().chain(wanted.typed(&fields)))?;
            }
        }
    }
    Ok(Some(()))
}

fn row<'d>(sink: &mut Sink<'_>, kind: Kind, one: &Present, shown: &'d str, own: impl IntoIterator<Item = Document<'d>>) -> Result<()> {
    sink.row(&Document::Null, &given(kind, one, shown, own), Position(shown))
}

/// The key, what every row has of it, and the values of the kind's own columns.
fn given<'d>(kind: Kind, one: &Present, shown: &'d str, own: impl IntoIterator<Item = Document<'d>>) -> Vec<Document<'d>> {
    let own = own.into_iter();
    let mut given = Vec::with_capacity(3 + own.size_hint().0);
    given.extend([Document::text(shown), Document::text(kind.word()), one.ttl.map_or(Document::Null, Document::Int)]);
    given.extend(own);
    given
}

fn values(answer: Value) -> Option<Vec<Vec<u8>>> {
    reply::list(answer)?.into_iter().map(reply::bytes).collect()
}
