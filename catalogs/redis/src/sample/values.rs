//! What the sampled values of a table tell about its columns.

use redis::{Pipeline, Value};
use spi::Result;
use spi::documents::inference::InferenceOptions;
use spi::documents::{Column, Document, FieldType, Inference, InferredColumn, json};

use crate::canonical::{self, Narrowing};
use crate::definition;
use crate::failure::{is_forbidden, is_of_hidden_key, is_of_other_type};
use crate::kind::Kind;
use crate::layout::{Table, reserved};
use crate::pace::{self, Pace};
use crate::pool::Lease;
use crate::reading::Reading;
use crate::reply::{self, Fields};

/// Keys whose values are asked for at first, when nothing is known of their length.
const KEYS_FIRST: u64 = 20;

/// Keys whose values are asked for at once.
const KEYS_MAX: u64 = 200;

/// Bytes of a string that are looked at. What is longer tells that it is text or not, and no more.
const STRING_BYTES: usize = 64 << 10;

/// Fields of a hash that are looked at, if it is not so small that the server gives all.
const FIELDS: usize = 200;

/// Elements of a list, set or stream that are looked at.
const ELEMENTS: usize = 10;

/// Commands for one key: its length, its memory, and a part of what it holds.
const COMMANDS: usize = 3;

/// Bytes of what was seen of one table that are kept, where that is wanted; the last one may exceed it.
const KEPT_BYTES: u64 = 16 << 20;

/// What was seen of one table.
pub(super) struct Seen {
    kind: Kind,
    /// The rows themselves, where they are wanted.
    kept: Option<Vec<Held>>,
    kept_bytes: u64,
    /// Fields of hashes, streams and JSON objects.
    fields: Inference,
    values: Narrowing,
    json: u64,
    not_json: u64,
    keys: u64,
    lengths: u64,
    bytes: u64,
    /// Keys whose memory the server told.
    measured: u64,
}

/// A row that was seen.
pub(super) enum Held {
    Fields(Fields),
    Value(Vec<u8>),
}

/// Asks for values, and adds them to what is seen of their tables.
pub(super) async fn look(lease: &mut Lease, keys: &[(usize, &[u8])], seen: &mut [Seen], what: &str) -> Result<()> {
    let (mut left, mut pace) = (keys, Pace::new(KEYS_FIRST, KEYS_MAX));
    while !left.is_empty() {
        let (keys, rest) = left.split_at(left.len().min(pace.count() as usize));
        left = rest;
        let mut pipeline = redis::pipe();
        keys.iter().for_each(|(table, key)| ask(&mut pipeline, seen[*table].kind, key));
        let answers = lease.ask(&pipeline, what).await?;
        pace.note(keys.len() as u64, pace::size(&answers).1);
        let mut answers = answers.into_iter();
        for (table, _) in keys {
            let answers: Vec<Value> = answers.by_ref().take(COMMANDS).collect();
            let Ok([length, memory, held]) = <[Value; COMMANDS]>::try_from(answers) else { return Err(lease.unexpected("a pipeline")) };
            match (&length, &held) {
                // It holds something else by now, or is for others to read.
                (Value::ServerError(error), _) | (_, Value::ServerError(error)) if is_of_other_type(error) || is_of_hidden_key(error) => {
                    continue;
                }
                (Value::ServerError(error), _) | (_, Value::ServerError(error)) => return Err(lease.refusal(error, what)),
                _ => {}
            }
            match &memory {
                Value::ServerError(error) if !is_forbidden(error) => return Err(lease.refusal(error, what)),
                _ => {}
            }
            seen[*table].add(length, memory, held).ok_or_else(|| lease.unexpected("what a key holds"))?;
        }
    }
    Ok(())
}

fn ask(pipeline: &mut Pipeline, kind: Kind, key: &[u8]) {
    pipeline.cmd(kind.length_command()).arg(key);
    pipeline.cmd("MEMORY").arg("USAGE").arg(key);
    match kind {
        Kind::Hash => pipeline.cmd("HSCAN").arg(key).arg(0).arg("COUNT").arg(FIELDS),
        Kind::String => pipeline.cmd("GETRANGE").arg(key).arg(0).arg(STRING_BYTES - 1),
        Kind::List => pipeline.cmd("LRANGE").arg(key).arg(0).arg(ELEMENTS - 1),
        Kind::Set => pipeline.cmd("SSCAN").arg(key).arg(0).arg("COUNT").arg(ELEMENTS),
        Kind::SortedSet => pipeline.cmd("ZRANGE").arg(key).arg(0).arg(ELEMENTS - 1),
        // The newest ones say what comes.
        Kind::Stream => pipeline.cmd("XREVRANGE").arg(key).arg("+").arg("-").arg("COUNT").arg(ELEMENTS),
    };
}

impl Seen {
    /// `is_kept` says whether somebody wants to see the rows themselves.
    pub(super) fn new(kind: Kind, is_kept: bool) -> Self {
        Self {
            kind,
            kept: is_kept.then(Vec::new),
            kept_bytes: 0,
            fields: Inference::new(InferenceOptions { reserved: reserved(kind), ..InferenceOptions::default() }),
            values: Narrowing::default(),
            json: 0,
            not_json: 0,
            keys: 0,
            lengths: 0,
            bytes: 0,
            measured: 0,
        }
    }

    /// Adds a key. `None` where an answer has a shape that its command does not have.
    fn add(&mut self, length: Value, memory: Value, held: Value) -> Option<()> {
        let length = u64::try_from(reply::integer(&length)?).ok()?;
        self.keys += 1;
        self.lengths += length;
        if let Value::Int(bytes) = memory {
            self.bytes += u64::try_from(bytes).ok()?;
            self.measured += 1;
        }
        let (_, size) = pace::size(std::slice::from_ref(&held));
        match self.kind {
            Kind::Hash => self.add_fields(reply::pairs(reply::page(held)?.1)?, size),
            Kind::String => {
                let value = reply::bytes(held)?;
                self.add_string(&value, length);
                if length <= STRING_BYTES as u64 {
                    self.keep(size, || Held::Value(value));
                }
            }
            Kind::Set => self.add_elements(reply::page(held)?.1, size)?,
            Kind::List => self.add_elements(reply::list(held)?, size)?,
            Kind::SortedSet => self.add_elements(reply::list(held)?, size)?,
            Kind::Stream => {
                for entry in reply::list(held)? {
                    self.add_fields(reply::entry(entry)?.1, size / ELEMENTS as u64);
                }
            }
        }
        Some(())
    }

    fn keep(&mut self, bytes: u64, held: impl FnOnce() -> Held) {
        if let Some(kept) = self.kept.as_mut().filter(|_| self.kept_bytes < KEPT_BYTES) {
            self.kept_bytes += bytes;
            kept.push(held());
        }
    }

    pub(super) fn take_held(&mut self) -> Vec<Held> {
        self.kept.take().unwrap_or_default()
    }

    fn add_fields(&mut self, fields: Fields, bytes: u64) {
        let named = fields.iter().filter_map(|(name, value)| Some((canonical::text(name)?, canonical::typed(value))));
        self.fields.add(&Document::Object(named.map(|(name, value)| (name.into(), value)).collect()));
        self.keep(bytes, || Held::Fields(fields));
    }

    fn add_string(&mut self, value: &[u8], length: u64) {
        if length > STRING_BYTES as u64 {
            return self.values.add_beginning(value);
        }
        self.values.add(value);
        match json::read(value) {
            Ok(document @ Document::Object(_)) => {
                self.json += 1;
                self.fields.add(&document);
            }
            _ => self.not_json += 1,
        }
    }

    fn add_elements(&mut self, elements: Vec<Value>, bytes: u64) -> Option<()> {
        let share = bytes / elements.len().max(1) as u64;
        for element in elements {
            let value = reply::bytes(element)?;
            self.values.add(&value);
            self.keep(share, || Held::Value(value));
        }
        Some(())
    }

    /// What was seen of a table of so many keys; whether its strings are JSON, if somebody says it. Columns that it had before stay, and
    /// get no narrower. What no key was seen of is as it was.
    pub(super) fn into_table(self, table: Table, keys: f64, as_json: Option<bool>, before: Option<&Table>) -> Table {
        let confirmed = self.keys > 0;
        let was = before.filter(|_| !confirmed);
        let json = self.kind == Kind::String && as_json.or(was.map(|was| was.json)).unwrap_or(self.json > 0 && self.not_json == 0);
        let value = match was {
            Some(was) => was.value.clone(),
            None if self.kind == Kind::String => self.values.narrowest(),
            None => self.values.text_or_bytes(),
        };
        let rows_of_key = if self.kind.is_one_row() { 1.0 } else { self.lengths as f64 / self.keys.max(1) as f64 };
        let bytes = (self.measured > 0).then(|| (self.bytes as f64 / self.measured as f64 * keys) as i64);
        let (rows, bytes) = was.map_or(((keys * rows_of_key) as i64, bytes), |was| (was.rows, was.bytes));
        let known = before.map_or(&[][..], |before| &before.inferred);
        let problem = (as_json == Some(true) && self.json == 0 && self.not_json > 0).then(definition::no_json);
        let mut inferred = if json || self.kind.has_fields() { self.fields.finish(known).columns } else { Vec::new() };
        let columns = match json {
            true => inferred.iter().map(Column::from).collect(),
            false => inferred.iter_mut().map(|inferred| text_column(inferred, known)).collect(),
        };
        Table { value, json, columns, inferred, rows, bytes, confirmed, problem, ..table }
    }
}

impl Held {
    /// The row as a document: the one that the value is, or else with the names of the columns.
    pub(super) fn document(&self, columns: &[Column], is_json: bool) -> Document<'_> {
        let of_column = |column: &Column| {
            let value = match self {
                Held::Value(value) => value,
                Held::Fields(fields) => &fields.iter().find(|(field, _)| Some(field.as_slice()) == first(column))?.1,
            };
            Some((column.name.clone().into(), Reading::of(column).document(value)))
        };
        match self {
            Held::Value(value) if is_json => json::read(value).unwrap_or_else(|_| canonical::raw(value)),
            _ => Document::Object(columns.iter().filter_map(of_column).collect()),
        }
    }
}

/// The field that a column shows.
fn first(column: &Column) -> Option<&[u8]> {
    column.path.0.first().map(String::as_bytes)
}

/// A column of a field whose values are text that may be canonical for a narrower type, or bytes.
fn text_column(inferred: &mut InferredColumn, known: &[InferredColumn]) -> Column {
    let was_of_bytes = known.iter().any(|known| known.name == inferred.name && known.field_type == FieldType::BYTEA);
    let is_of_bytes = was_of_bytes || inferred.evidence.types.iter().any(|seen| seen.name == "bytes");
    inferred.field_type = match &inferred.field_type {
        _ if is_of_bytes => FieldType::BYTEA,
        narrow @ (&FieldType::INT8 | &FieldType::FLOAT8 | &FieldType::BOOL) => narrow.clone(),
        _ => FieldType::TEXT,
    };
    Column { native_type: "string".to_owned(), ..Column::from(&*inferred) }
}
