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
use crate::pace::{self, BYTES_MAX, Pace};
use crate::pool::Lease;
use crate::reading::Reading;
use crate::reply::{self, Fields};
use crate::scan::PAGE_KEYS;

/// Keys whose values are asked for at first, where the server does not tell how long they are.
const KEYS_FIRST: u64 = 20;

/// Keys whose values are asked for at once.
const KEYS_MAX: u64 = 200;

/// Bytes of a string that are looked at. What has as many, or more, tells that it is text or not, and no more.
const STRING_BYTES: u64 = 64 << 10;

/// Fields of a hash that are looked at, if it is not so small that the server gives all.
const FIELDS: u64 = 200;

/// Elements of a list, set or stream that are looked at.
const ELEMENTS: u64 = 10;

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

/// A key, and how much it holds.
struct Measured<'k> {
    table: usize,
    key: &'k [u8],
    /// Bytes of a string, else elements.
    length: u64,
    /// Bytes, where the server tells them.
    memory: Option<u64>,
}

/// Asks for values, and adds them to what is seen of their tables.
pub(super) async fn look(lease: &mut Lease, keys: &[(usize, &[u8])], seen: &mut [Seen], what: &str) -> Result<()> {
    let mut pace = Pace::new(KEYS_FIRST, KEYS_MAX);
    for keys in keys.chunks(PAGE_KEYS) {
        let measured = measure(lease, keys, seen, what).await?;
        let mut left = &measured[..];
        while !left.is_empty() {
            let mut bytes = 0;
            let fits = |one: &&Measured<'_>| {
                bytes += one.part(seen[one.table].kind).1;
                bytes <= BYTES_MAX
            };
            let many = left.iter().take(pace.count() as usize).take_while(fits).count().max(1);
            let (some, rest) = left.split_at(many);
            left = rest;
            let mut pipeline = redis::pipe();
            some.iter().for_each(|one| one.ask(&mut pipeline, seen[one.table].kind));
            let answers = lease.ask(&pipeline, what).await?;
            pace.note(many as u64, pace::size(&answers).1);
            for (one, held) in some.iter().zip(answers) {
                if !is_for_others(lease, &held, what)? {
                    seen[one.table].add(one, held).ok_or_else(|| lease.unexpected("what a key holds"))?;
                }
            }
        }
    }
    Ok(())
}

/// How much the keys hold, without those that hold something else by now, or are for others to read.
async fn measure<'k>(lease: &mut Lease, keys: &[(usize, &'k [u8])], seen: &[Seen], what: &str) -> Result<Vec<Measured<'k>>> {
    let mut pipeline = redis::pipe();
    for (table, key) in keys {
        pipeline.cmd(seen[*table].kind.length_command()).arg(key);
        pipeline.cmd("MEMORY").arg("USAGE").arg(key);
    }
    let answers = lease.ask(&pipeline, what).await?;
    let mut measured = Vec::with_capacity(keys.len());
    for ((table, key), answers) in keys.iter().zip(answers.chunks(2)) {
        let [length, memory] = answers else { return Err(lease.unexpected("a pipeline")) };
        if is_for_others(lease, length, what)? {
            continue;
        }
        match memory {
            Value::ServerError(error) if !is_forbidden(error) => return Err(lease.refusal(error, what)),
            _ => {}
        }
        let number = |answer| reply::integer(answer).and_then(|number| u64::try_from(number).ok());
        let length = number(length).ok_or_else(|| lease.unexpected("how much a key holds"))?;
        measured.push(Measured { table: *table, key, length, memory: number(memory) });
    }
    Ok(measured)
}

/// Whether the key holds another type by now, or is one that the user may not see; else an error if the server refused the command.
fn is_for_others(lease: &Lease, answer: &Value, what: &str) -> Result<bool> {
    match answer {
        Value::ServerError(error) if is_of_other_type(error) || is_of_hidden_key(error) => Ok(true),
        Value::ServerError(error) => Err(lease.refusal(error, what)),
        _ => Ok(false),
    }
}

impl Measured<'_> {
    /// How many elements are asked for, and how many bytes these are, about. Of elements that are long, they are fewer.
    fn part(&self, kind: Kind) -> (u64, u64) {
        let most = match kind {
            Kind::String => return (STRING_BYTES, self.length.min(STRING_BYTES)),
            Kind::Hash => FIELDS,
            Kind::List | Kind::Set | Kind::SortedSet | Kind::Stream => ELEMENTS,
        };
        let mean = self.memory.unwrap_or(0) / self.length.max(1);
        let count = most.min(BYTES_MAX / mean.max(1)).max(1);
        (count, count.min(self.length) * mean)
    }

    fn ask(&self, pipeline: &mut Pipeline, kind: Kind) {
        let (key, (count, _)) = (self.key, self.part(kind));
        match kind {
            Kind::Hash => pipeline.cmd("HSCAN").arg(key).arg(0).arg("COUNT").arg(count),
            Kind::String => pipeline.cmd("GETRANGE").arg(key).arg(0).arg(count - 1),
            Kind::List => pipeline.cmd("LRANGE").arg(key).arg(0).arg(count - 1),
            Kind::Set => pipeline.cmd("SSCAN").arg(key).arg(0).arg("COUNT").arg(count),
            Kind::SortedSet => pipeline.cmd("ZRANGE").arg(key).arg(0).arg(count - 1),
            // The newest ones say what comes.
            Kind::Stream => pipeline.cmd("XREVRANGE").arg(key).arg("+").arg("-").arg("COUNT").arg(count),
        };
    }
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
    fn add(&mut self, Measured { length, memory, .. }: &Measured<'_>, held: Value) -> Option<()> {
        self.keys += 1;
        self.lengths += length;
        self.bytes += memory.unwrap_or(0);
        self.measured += u64::from(memory.is_some());
        let (_, size) = pace::size(std::slice::from_ref(&held));
        match self.kind {
            Kind::Hash => self.add_fields(reply::pairs(reply::page(held)?.1)?, size),
            Kind::String => {
                let value = reply::bytes(held)?;
                // It may have grown since its length was asked for, or be gone.
                let is_whole = (value.len() as u64) < STRING_BYTES;
                if !value.is_empty() || *length == 0 {
                    self.add_string(&value, is_whole);
                }
                if is_whole {
                    self.keep(size, || Held::Value(value));
                }
            }
            Kind::Set => self.add_elements(reply::page(held)?.1, size)?,
            Kind::List => self.add_elements(reply::list(held)?, size)?,
            Kind::SortedSet => self.add_elements(reply::list(held)?, size)?,
            Kind::Stream => {
                for entry in reply::list(held)? {
                    self.add_fields(reply::entry(entry)?.1, size / ELEMENTS);
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

    fn add_string(&mut self, value: &[u8], is_whole: bool) {
        if !is_whole {
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
