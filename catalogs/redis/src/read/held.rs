//! Reads what keys hold, in pipelines whose answers have a bounded size, and makes rows of it.

use redis::{Pipeline, Value};
use spi::Result;
use spi::documents::Document;

use super::commands;
use super::sink::Sink;
use super::wanted::{Question, Wanted};
use crate::canonical;
use crate::failure::{is_of_hidden_key, is_of_other_type};
use crate::key;
use crate::kind::Kind;
use crate::pace::{self, BYTES_MAX, Pace};
use crate::pool::Lease;
use crate::reply;
use crate::scan::PAGE_KEYS;

/// TTL answers this for a key that is not there.
const GONE: i64 = -2;

/// Reads keys of one table.
pub(super) struct Reader<'s> {
    pub(super) kind: Kind,
    pub(super) wanted: Wanted,
    /// For errors: `read table "db0.user"`.
    pub(super) what: String,
    pub(super) sink: Sink<'s>,
    /// Whether the login sees every key that a walk shows: a walk hides none.
    pub(super) sees_all: bool,
    /// What holds more elements than one answer should have is read page by page, except for a hash: it is one row.
    pub(super) pace: Pace,
}

/// A key that is there.
struct Present {
    key: Vec<u8>,
    /// Bytes of a string, else elements.
    length: u64,
    /// Seconds until it expires.
    ttl: Option<i64>,
}

/// A type of values for which [`Reader`] asks page by page.
enum Page {
    /// From this index on.
    List(u64),
    /// From this cursor on.
    Cursor(Vec<u8>),
    /// After this entry.
    Stream(Vec<u8>),
}

impl Reader<'_> {
    /// Makes rows of the keys; those that are not there, or are of another type, have none. `scanned` says that they were there, and
    /// of the type, a moment ago. Whether more rows are wanted.
    pub(super) async fn read(&mut self, lease: &mut Lease, keys: Vec<Vec<u8>>, scanned: bool) -> Result<bool> {
        let mut keys = keys.into_iter().peekable();
        // No more keys than rows are wanted.
        while keys.peek().is_some() && self.sink.wants_more() {
            let some: Vec<Vec<u8>> = keys.by_ref().take(self.sink.left().min(PAGE_KEYS)).collect();
            self.read_some(lease, some, scanned).await?;
        }
        Ok(self.sink.wants_more())
    }

    async fn read_some(&mut self, lease: &mut Lease, keys: Vec<Vec<u8>>, scanned: bool) -> Result<()> {
        let question = self.wanted.question(self.kind, scanned && self.sees_all);
        match question {
            Question::Nothing => {
                for key in keys {
                    self.row(&Present { key, length: 0, ttl: None }, Vec::new(), &Document::Null)?;
                }
                return self.sink.flush().await;
            }
            Question::Fields => return self.fields(lease, keys).await,
            Question::Length | Question::Whole => {}
        }
        let present = self.present(lease, keys).await?;
        if question == Question::Length {
            return self.count(present).await;
        }
        let (mut group, mut weight) = (Vec::new(), 0);
        for one in present {
            let budget = if self.kind == Kind::String { BYTES_MAX } else { self.pace.count() };
            if one.length > budget && !self.kind.is_one_row() {
                self.pages(lease, one).await?;
                continue;
            }
            if weight + one.length > budget && !group.is_empty() {
                self.whole(lease, std::mem::take(&mut group)).await?;
                weight = 0;
            }
            weight += one.length;
            group.push(one);
        }
        self.whole(lease, group).await
    }

    /// Which of the keys are there, and how much they hold.
    async fn present(&mut self, lease: &mut Lease, keys: Vec<Vec<u8>>) -> Result<Vec<Present>> {
        let mut pipeline = redis::pipe();
        for key in &keys {
            pipeline.add_command(commands::length(self.kind, key));
            pipeline.add_command(commands::ttl(key));
        }
        let mut answers = lease.ask(&pipeline, &self.what).await?.into_iter();
        let mut present = Vec::with_capacity(keys.len());
        for key in keys {
            let (Some(length), Some(ttl)) = (answers.next(), answers.next()) else { return Err(lease.unexpected("a pipeline")) };
            if self.is_other(lease, &length)? {
                continue;
            }
            let Some(ttl) = self.ttl(lease, &ttl)? else { continue };
            let length = reply::integer(&length).and_then(|length| u64::try_from(length).ok());
            let length = length.ok_or_else(|| lease.unexpected(self.kind.length_command()))?;
            present.push(Present { key, length, ttl });
        }
        Ok(present)
    }

    /// As many rows as there are elements, without looking at them.
    async fn count(&mut self, present: Vec<Present>) -> Result<()> {
        for one in present {
            let rows = if self.kind.is_one_row() { 1 } else { one.length };
            let mut made = 0;
            while made < rows && self.sink.wants_more() {
                self.row(&one, Vec::new(), &Document::Null)?;
                self.sink.flush().await?;
                made += 1;
            }
        }
        Ok(())
    }

    /// The wanted fields of hashes, and no others.
    async fn fields(&mut self, lease: &mut Lease, keys: Vec<Vec<u8>>) -> Result<()> {
        let names = self.wanted.names();
        let mut left = &keys[..];
        while !left.is_empty() {
            let keys_at_once = (self.pace.count() as usize / names.len().max(1)).clamp(1, left.len());
            let (keys, rest) = left.split_at(keys_at_once);
            left = rest;
            let mut pipeline = redis::pipe();
            for key in keys {
                pipeline.add_command(commands::fields(key, &names));
                pipeline.add_command(commands::ttl(key));
            }
            let answers = lease.ask(&pipeline, &self.what).await?;
            note(&mut self.pace, &answers);
            let mut answers = answers.into_iter();
            for key in keys {
                let (Some(values), Some(ttl)) = (answers.next(), answers.next()) else { return Err(lease.unexpected("a pipeline")) };
                if self.is_other(lease, &values)? {
                    continue;
                }
                let Some(ttl) = self.ttl(lease, &ttl)? else { continue };
                let values = reply::list(values).filter(|values| values.len() == names.len());
                let values = values.ok_or_else(|| lease.unexpected("HMGET"))?;
                let given = names.iter().zip(values).filter(|(_, value)| *value != Value::Nil);
                let given = given.map(|(name, value)| Some((name.as_bytes().to_vec(), reply::bytes(value)?)));
                let fields = given.collect::<Option<Vec<_>>>().ok_or_else(|| lease.unexpected("HMGET"))?;
                let document = self.wanted.typed(&fields);
                let one = Present { key: key.clone(), length: 0, ttl };
                row(&mut self.sink, self.kind, &one, vec![Document::Null], &document)?;
            }
            self.sink.flush().await?;
        }
        Ok(())
    }

    /// All that each of the keys holds, in one pipeline.
    async fn whole(&mut self, lease: &mut Lease, group: Vec<Present>) -> Result<()> {
        let mut pipeline = redis::pipe();
        for one in &group {
            pipeline.add_command(commands::whole(self.kind, &one.key, Some(one.length)));
        }
        let answers = lease.ask(&pipeline, &self.what).await?;
        note(&mut self.pace, &answers);
        for (one, answer) in group.iter().zip(answers) {
            if self.is_other(lease, &answer)? {
                continue;
            }
            self.held(one, 0, answer)?.ok_or_else(|| lease.unexpected("what a key holds"))?;
            self.sink.flush().await?;
        }
        Ok(())
    }

    /// What a long list, set or stream holds, page by page.
    async fn pages(&mut self, lease: &mut Lease, one: Present) -> Result<()> {
        let mut page = match self.kind {
            Kind::List => Page::List(0),
            Kind::Stream => Page::Stream(Vec::new()),
            _ => Page::Cursor(b"0".to_vec()),
        };
        while self.sink.wants_more() {
            let mut pipeline = redis::pipe();
            self.ask_page(&mut pipeline, &one.key, &page);
            let mut answers = lease.ask(&pipeline, &self.what).await?;
            note(&mut self.pace, &answers);
            let answer = answers.pop().ok_or_else(|| lease.unexpected("a page"))?;
            if self.is_other(lease, &answer)? {
                return Ok(());
            }
            let index = if let Page::List(index) = page { index } else { 0 };
            let (next, found) = next(page, answer).ok_or_else(|| lease.unexpected("a page"))?;
            self.held(&one, index, found)?.ok_or_else(|| lease.unexpected("a page"))?;
            self.sink.flush().await?;
            match next {
                Some(next) => page = next,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    fn ask_page(&self, pipeline: &mut Pipeline, key: &[u8], page: &Page) {
        let elements = self.pace.count();
        match page {
            Page::List(index) => pipeline.cmd("LRANGE").arg(key).arg(*index).arg(index + elements - 1),
            Page::Cursor(cursor) => {
                let command = if self.kind == Kind::Set { "SSCAN" } else { "ZSCAN" };
                pipeline.cmd(command).arg(key).arg(cursor).arg("COUNT").arg(elements)
            }
            Page::Stream(last) => {
                let start = if last.is_empty() { b"-".to_vec() } else { [b"(", last.as_slice()].concat() };
                pipeline.cmd("XRANGE").arg(key).arg(start).arg("+").arg("COUNT").arg(elements)
            }
        };
    }

    /// Makes rows of what a key holds; elements of a list count from the index. The inner `None` stands for an answer of an unknown shape.
    fn held(&mut self, one: &Present, index: u64, answer: Value) -> Result<Option<()>> {
        match self.kind {
            Kind::Hash => {
                let Some(fields) = reply::list(answer).and_then(reply::pairs) else { return Ok(None) };
                // The last field took the key with it.
                if !fields.is_empty() {
                    row(&mut self.sink, self.kind, one, vec![self.wanted.whole(&fields)], &self.wanted.typed(&fields))?;
                }
            }
            Kind::String if answer == Value::Nil => {}
            Kind::String => {
                let Some(value) = reply::bytes(answer) else { return Ok(None) };
                if self.wanted.json {
                    let shown = key::shown(&one.key);
                    self.sink.json_row(&value, &given(self.kind, &shown, one.ttl, Vec::new()), position(&shown))?;
                } else {
                    row(&mut self.sink, self.kind, one, vec![canonical::document(&value, &self.wanted.value)], &Document::Null)?;
                }
            }
            Kind::List => {
                let Some(values) = values(answer) else { return Ok(None) };
                for (index, value) in (index..).zip(&values) {
                    let own = vec![Document::Int(index as i64), canonical::document(value, &self.wanted.value)];
                    row(&mut self.sink, self.kind, one, own, &Document::Null)?;
                }
            }
            Kind::Set => {
                let Some(members) = values(answer) else { return Ok(None) };
                for member in &members {
                    row(&mut self.sink, self.kind, one, vec![canonical::document(member, &self.wanted.value)], &Document::Null)?;
                }
            }
            Kind::SortedSet => {
                let Some(members) = reply::list(answer).and_then(reply::pairs) else { return Ok(None) };
                for (member, score) in &members {
                    let Some(score) = canonical::text(score).and_then(|score| score.parse().ok()) else { return Ok(None) };
                    let own = vec![canonical::document(member, &self.wanted.value), Document::Float(score)];
                    row(&mut self.sink, self.kind, one, own, &Document::Null)?;
                }
            }
            Kind::Stream => {
                let Some(entries) = reply::list(answer) else { return Ok(None) };
                for entry in entries {
                    let Some((id, fields)) = reply::entry(entry) else { return Ok(None) };
                    let id = String::from_utf8_lossy(&id);
                    let moment = super::moment(&id).unwrap_or_else(|| Document::Unreadable(id.clone()));
                    let own = vec![Document::text(&*id), moment, self.wanted.whole(&fields)];
                    row(&mut self.sink, self.kind, one, own, &self.wanted.typed(&fields))?;
                }
            }
        }
        Ok(Some(()))
    }

    fn row(&mut self, one: &Present, own: Vec<Document<'_>>, document: &Document<'_>) -> Result<()> {
        row(&mut self.sink, self.kind, one, own, document)
    }

    /// Whether the key holds another type by now, or is one that the user may not see; else an error if the server refused the command.
    fn is_other(&self, lease: &Lease, answer: &Value) -> Result<bool> {
        match answer {
            Value::ServerError(error) if is_of_other_type(error) || is_of_hidden_key(error) => Ok(true),
            Value::ServerError(error) => Err(lease.refusal(error, &self.what)),
            _ => Ok(false),
        }
    }

    /// Seconds until a key expires, if it does; `None` for a key that is not there.
    fn ttl(&self, lease: &Lease, answer: &Value) -> Result<Option<Option<i64>>> {
        match answer {
            Value::ServerError(error) => Err(lease.refusal(error, &self.what)),
            Value::Int(GONE) => Ok(None),
            Value::Int(seconds) => Ok(Some(Some(*seconds).filter(|seconds| *seconds >= 0))),
            _ => Err(lease.unexpected("TTL")),
        }
    }
}

fn note(pace: &mut Pace, answers: &[Value]) {
    let (elements, bytes) = pace::size(answers);
    pace.note(elements, bytes);
}

/// Adds a row: the key, what every row has of it, and the values of the kind's own columns.
fn row(sink: &mut Sink<'_>, kind: Kind, one: &Present, own: Vec<Document<'_>>, document: &Document<'_>) -> Result<()> {
    let shown = key::shown(&one.key);
    sink.row(document, &given(kind, &shown, one.ttl, own), position(&shown))
}

fn given<'d>(kind: Kind, key: &'d str, ttl: Option<i64>, own: Vec<Document<'d>>) -> Vec<Document<'d>> {
    let mut given = vec![Document::text(key), Document::text(kind.word()), ttl.map_or(Document::Null, Document::Int)];
    given.extend(own);
    given
}

fn position(key: &str) -> impl std::fmt::Display {
    format!("what key \"{key}\" holds")
}

fn values(answer: Value) -> Option<Vec<Vec<u8>>> {
    reply::list(answer)?.into_iter().map(reply::bytes).collect()
}

/// What a page holds, and where the next one begins; `None` after the last one.
fn next(page: Page, answer: Value) -> Option<(Option<Page>, Value)> {
    match page {
        Page::List(index) => {
            let found = reply::list(answer)?;
            let next = (!found.is_empty()).then_some(Page::List(index + found.len() as u64));
            Some((next, Value::Array(found)))
        }
        Page::Cursor(_) => {
            let (cursor, found) = reply::page(answer)?;
            Some((Some(Page::Cursor(cursor)).filter(|page| !matches!(page, Page::Cursor(cursor) if cursor == b"0")), Value::Array(found)))
        }
        Page::Stream(_) => {
            let found = reply::list(answer)?;
            let last = match found.last() {
                Some(Value::Array(entry)) => Some(reply::bytes(entry.first()?.clone())?),
                _ => None,
            };
            Some((last.map(Page::Stream), Value::Array(found)))
        }
    }
}
