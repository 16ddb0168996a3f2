//! Reads what keys hold, in pipelines whose answers have a bounded size.

use redis::{Pipeline, Value};
use spi::Result;

use super::commands;
use super::rows::{self, Present};
use super::sink::Sink;
use super::wanted::{Question, Wanted};
use crate::failure::{is_of_hidden_key, is_of_other_type};
use crate::kind::Kind;
use crate::pace::{self, BYTES_MAX, Pace};
use crate::pool::{Answers, Lease};
use crate::recent::Recent;
use crate::reply;
use crate::scan::PAGE_KEYS;

/// TTL answers this for a key that is not there.
const GONE: i64 = -2;

/// Bytes of strings that are asked for without asking how many there are: those of a whole page fit into one answer.
pub(super) const SHORT_BYTES: usize = BYTES_MAX as usize / PAGE_KEYS;

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
    /// Most strings have turned out to be long.
    pub(super) are_long: bool,
}

/// Keys that the server was asked about.
pub(super) struct Asked {
    keys: Vec<Vec<u8>>,
    question: Question,
    /// Whether it was asked which of them are there.
    exists: bool,
    answers: Answers,
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
    /// of the type, a moment ago. Whether more rows are wanted. What is asked last is left in `ahead` if its answers can wait: whoever has
    /// no more keys reads them with [`Reader::receive`].
    pub(super) async fn read(&mut self, lease: &mut Lease, keys: Vec<Vec<u8>>, scanned: bool, ahead: &mut Option<Asked>) -> Result<bool> {
        let mut keys = keys.into_iter();
        while keys.len() > 0 && self.sink.wants_more() {
            let question = self.question(scanned);
            let many = match question {
                Question::Fields => (self.pace.count() as usize / self.wanted.fields.len().max(1)).clamp(1, PAGE_KEYS),
                _ => PAGE_KEYS,
            };
            // No more keys than rows are wanted.
            let some: Vec<Vec<u8>> = keys.by_ref().take(self.sink.left().min(many)).collect();
            match question {
                Question::Nothing => {
                    for key in some {
                        rows::of_key(&mut self.sink, self.kind, &Present::of(key))?;
                    }
                    self.sink.flush().await?;
                }
                Question::Fields | Question::Beginning => {
                    // Of keys that a walk has shown, hardly any are gone.
                    let asked = self.send(lease, some, question, !scanned && !self.wanted.ttl).await;
                    let is_paced = question == Question::Beginning || self.pace.is_known();
                    let before = if is_paced && !self.sink.is_limited() { ahead.replace(asked) } else { Some(asked) };
                    self.receive(lease, before).await?;
                }
                Question::Length | Question::Whole => self.read_some(lease, some, question).await?,
            }
        }
        Ok(self.sink.wants_more())
    }

    fn question(&self, scanned: bool) -> Question {
        match self.wanted.question(self.kind, scanned && self.sees_all) {
            Question::Beginning if self.are_long => Question::Whole,
            question => question,
        }
    }

    /// Asks for what one answer for each key tells.
    async fn send(&self, lease: &Lease, keys: Vec<Vec<u8>>, question: Question, exists: bool) -> Asked {
        let mut pipeline = redis::pipe();
        for key in &keys {
            pipeline.add_command(match question {
                Question::Beginning => commands::beginning(key, SHORT_BYTES),
                _ => commands::fields(key, self.wanted.names()),
            });
            if exists {
                pipeline.add_command(commands::exists(key));
            }
            self.ask_ttl(&mut pipeline, key);
        }
        Asked { keys, question, exists, answers: lease.send(pipeline).await }
    }

    /// Makes rows of what was asked.
    pub(super) async fn receive(&mut self, lease: &mut Lease, asked: Option<Asked>) -> Result<()> {
        let Some(Asked { keys, question, exists, answers }) = asked else { return Ok(()) };
        let answers = lease.receive(answers, &self.what).await?;
        match question {
            Question::Beginning => self.strings(lease, keys, exists, answers).await,
            _ => self.fields(lease, keys, exists, answers).await,
        }
    }

    /// The wanted fields of hashes, and no others. One without any of them may be gone.
    async fn fields(&mut self, lease: &mut Lease, keys: Vec<Vec<u8>>, exists: bool, answers: Vec<Value>) -> Result<()> {
        note(&mut self.pace, &answers);
        let mut answers = answers.into_iter();
        let (mut empty, is_sure) = (Vec::new(), exists || self.wanted.ttl);
        for key in keys {
            let Some((values, ttl)) = self.next(lease, exists, &mut answers)? else { continue };
            let one = Present { ttl, ..Present::of(key) };
            let values = reply::list(values).filter(|values| values.len() == self.wanted.fields.len());
            let values = values.ok_or_else(|| lease.unexpected("HMGET"))?;
            if !is_sure && values.iter().all(|value| *value == Value::Nil) {
                empty.push((one, values));
            } else {
                rows::of_fields(&mut self.sink, &self.wanted, &one, &values)?.ok_or_else(|| lease.unexpected("HMGET"))?;
            }
        }
        if !empty.is_empty() {
            let mut pipeline = redis::pipe();
            empty.iter().for_each(|(one, _)| _ = pipeline.add_command(commands::exists(&one.key)));
            let exist = lease.ask(&pipeline, &self.what).await?;
            for ((one, values), _) in empty.iter().zip(exist).filter(|(_, exists)| *exists == Value::Int(1)) {
                rows::of_fields(&mut self.sink, &self.wanted, one, values)?;
            }
        }
        self.sink.flush().await
    }

    /// Strings, of which the beginnings were asked for. What may be longer is asked for anew, and so is what is empty: it may be gone.
    async fn strings(&mut self, lease: &mut Lease, keys: Vec<Vec<u8>>, exists: bool, answers: Vec<Value>) -> Result<()> {
        let mut answers = answers.into_iter();
        let (mut others, mut long, count, is_sure) = (Vec::new(), 0, keys.len(), exists || self.wanted.ttl);
        for key in keys {
            let Some((value, ttl)) = self.next(lease, exists, &mut answers)? else { continue };
            let value = reply::bytes(value).ok_or_else(|| lease.unexpected("GETRANGE"))?;
            let is_long = value.len() >= SHORT_BYTES;
            if is_long || (value.is_empty() && !is_sure) {
                long += usize::from(is_long);
                others.push(key);
            } else {
                rows::of_string(&mut self.sink, &self.wanted, &Present { ttl, ..Present::of(key) }, &value)?;
            }
        }
        self.are_long = long * 2 > count;
        self.sink.flush().await?;
        if others.is_empty() { Ok(()) } else { self.read_some(lease, others, Question::Whole).await }
    }

    /// The answer for a key, and when the key expires, if that was asked. `None` for a key that has no row; so has one that does not exist,
    /// if that was asked.
    fn next(&self, lease: &Lease, exists: bool, answers: &mut impl Iterator<Item = Value>) -> Result<Option<(Value, Option<i64>)>> {
        let mut next = || answers.next().ok_or_else(|| lease.unexpected("a pipeline"));
        let answer = next()?;
        let is_there = !exists || next()? == Value::Int(1);
        let ttl = if self.wanted.ttl { self.ttl(lease, &next()?)? } else { Some(None) };
        let is_other = self.is_other(lease, &answer)?;
        Ok(ttl.filter(|_| is_there && !is_other).map(|ttl| (answer, ttl)))
    }

    /// Asks how much there is before it asks for it.
    async fn read_some(&mut self, lease: &mut Lease, keys: Vec<Vec<u8>>, question: Question) -> Result<()> {
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

    /// Which of the keys are there, and how much they hold. A string may be there and empty; nothing else is.
    async fn present(&mut self, lease: &mut Lease, keys: Vec<Vec<u8>>) -> Result<Vec<Present>> {
        let exists = self.kind == Kind::String && !self.wanted.ttl;
        let mut pipeline = redis::pipe();
        for key in &keys {
            pipeline.add_command(commands::length(self.kind, key));
            if exists {
                pipeline.add_command(commands::exists(key));
            }
            self.ask_ttl(&mut pipeline, key);
        }
        let mut answers = lease.ask(&pipeline, &self.what).await?.into_iter();
        let mut present = Vec::with_capacity(keys.len());
        for key in keys {
            let Some((length, ttl)) = self.next(lease, exists, &mut answers)? else { continue };
            let length = reply::integer(&length).and_then(|length| u64::try_from(length).ok());
            let length = length.ok_or_else(|| lease.unexpected(self.kind.length_command()))?;
            if length > 0 || self.kind == Kind::String {
                present.push(Present { key, length, ttl });
            }
        }
        Ok(present)
    }

    /// As many rows as there are elements, without looking at them.
    async fn count(&mut self, present: Vec<Present>) -> Result<()> {
        for one in present {
            let rows = if self.kind.is_one_row() { 1 } else { one.length };
            let mut made = 0;
            while made < rows && self.sink.wants_more() {
                rows::of_key(&mut self.sink, self.kind, &one)?;
                self.sink.flush().await?;
                made += 1;
            }
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
            let made = rows::of_whole(&mut self.sink, self.kind, &self.wanted, one, 0, answer)?;
            made.ok_or_else(|| lease.unexpected("what a key holds"))?;
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
        let mut recent = Recent::default();
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
            let found = self.fresh(&mut recent, found);
            let made = rows::of_whole(&mut self.sink, self.kind, &self.wanted, &one, index, found)?;
            made.ok_or_else(|| lease.unexpected("a page"))?;
            self.sink.flush().await?;
            match next {
                Some(next) => page = next,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// What of a page the page before has not shown: of a set its members, of a sorted set each with its score.
    fn fresh(&self, recent: &mut Recent, found: Vec<Value>) -> Value {
        let width = match self.kind {
            Kind::Set => 1,
            Kind::SortedSet => 2,
            _ => return Value::Array(found),
        };
        let mut found = found.into_iter();
        let member = || Some(found.by_ref().take(width).collect::<Vec<_>>()).filter(|member| !member.is_empty());
        let members: Vec<Vec<Value>> = std::iter::from_fn(member).collect();
        let fresh = recent.fresh(members, |member| if let Value::BulkString(bytes) = &member[0] { Some(bytes) } else { None });
        Value::Array(fresh.into_iter().flatten().collect())
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

    fn ask_ttl(&self, pipeline: &mut Pipeline, key: &[u8]) {
        if self.wanted.ttl {
            pipeline.add_command(commands::ttl(key));
        }
    }

    /// Whether the key holds another type by now, or is one that the user may not see; else an error if the server refused the command.
    fn is_other(&self, lease: &Lease, answer: &Value) -> Result<bool> {
        match answer {
            Value::ServerError(error) if is_of_other_type(error) || is_of_hidden_key(error) => Ok(true),
            Value::ServerError(error) => Err(lease.refusal(error, &self.what)),
            _ => Ok(false),
        }
    }

    /// Seconds until a key expires, if it does; `None` for a key that is not there, or not for the user to see.
    fn ttl(&self, lease: &Lease, answer: &Value) -> Result<Option<Option<i64>>> {
        match answer {
            Value::Int(GONE) => Ok(None),
            Value::Int(seconds) => Ok(Some(Some(*seconds).filter(|seconds| *seconds >= 0))),
            answer if self.is_other(lease, answer)? => Ok(None),
            _ => Err(lease.unexpected("TTL")),
        }
    }
}

fn note(pace: &mut Pace, answers: &[Value]) {
    let (elements, bytes) = pace::size(answers);
    pace.note(elements, bytes);
}

/// What a page holds, and where the next one begins; `None` after the last one.
fn next(page: Page, answer: Value) -> Option<(Option<Page>, Vec<Value>)> {
    match page {
        Page::List(index) => {
            let found = reply::list(answer)?;
            let next = (!found.is_empty()).then_some(Page::List(index + found.len() as u64));
            Some((next, found))
        }
        Page::Cursor(_) => {
            let (cursor, found) = reply::page(answer)?;
            Some((Some(Page::Cursor(cursor)).filter(|page| !matches!(page, Page::Cursor(cursor) if cursor == b"0")), found))
        }
        Page::Stream(_) => {
            let found = reply::list(answer)?;
            let last = match found.last() {
                Some(Value::Array(entry)) => Some(reply::bytes(entry.first()?.clone())?),
                _ => None,
            };
            Some((last.map(Page::Stream), found))
        }
    }
}
