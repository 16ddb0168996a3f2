//! Commands of the server: those that read are queries, others are run for their effect.
//!
//! They are run in the database that is looked into first. In a cluster they go to the server that has the key that is their first
//! argument.

mod command;

use std::sync::Arc;

use redis::{Cmd, Value};
use spi::connector::{QueryColumn, RowStream, RunRequest};
use spi::documents::{DOCUMENT, Decoder, DecoderOptions, Document, FieldType};
use spi::rows::BatchSender;
use spi::{Code, Error, Result};

use crate::canonical;
use crate::failure::is_forbidden;
use crate::key;
use crate::kind::{ID, Kind, MEMBER, SCORE, TIMESTAMP, VALUE};
use crate::nodes;
use crate::pool::{Lease, Pool, Session};
use crate::read::moment;
use crate::reply;
use command::{Query, Shape};

/// The name of a field, where fields are rows.
const FIELD: &str = "field";

/// An answer is one piece, which the gateway holds in memory: more elements are better read as a table, or in parts.
const ELEMENTS_MAX: i64 = 1_000_000;

/// The same for bytes of the server's memory.
const BYTES_MAX: i64 = 256 << 20;

/// Commands whose answers have no end.
const ENDLESS: [&str; 4] = ["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "MONITOR"];

/// The columns of a command's rows. Nothing is asked.
pub(crate) fn describe(text: &str) -> Result<Vec<QueryColumn>> {
    let column = |(name, field_type): (&str, FieldType)| QueryColumn {
        name: name.to_owned(),
        data_type: field_type.data_type(),
        pg_type: field_type.pg_type(),
    };
    Ok(columns(command::query(text)?.shape).into_iter().map(column).collect())
}

fn columns(shape: Shape) -> Vec<(&'static str, FieldType)> {
    match shape {
        Shape::Value | Shape::Values => vec![(VALUE, FieldType::TEXT)],
        Shape::Integer => vec![(VALUE, FieldType::INT8)],
        Shape::Float => vec![(VALUE, FieldType::FLOAT8)],
        Shape::Fields => vec![(FIELD, FieldType::TEXT), (VALUE, FieldType::TEXT)],
        Shape::Members => vec![(MEMBER, FieldType::TEXT)],
        Shape::Scores => vec![(MEMBER, FieldType::TEXT), (SCORE, FieldType::FLOAT8)],
        Shape::Entries => vec![(ID, FieldType::TEXT), (TIMESTAMP, FieldType::TIMESTAMPTZ), (DOCUMENT, FieldType::JSONB)],
    }
}

/// The rows of a command that reads.
pub(crate) fn rows(pool: Arc<Pool>, database: u16, request: RunRequest) -> RowStream {
    spi::rows::rows(move |mut sender| async move { answer(&pool, database, &request, &mut sender).await })
}

async fn answer(pool: &Arc<Pool>, database: u16, request: &RunRequest, sender: &mut BatchSender) -> Result<()> {
    let query = command::query(&request.statement.text)?;
    let what = "answer a query";
    let mut session = pool.session(what.to_owned()).await?;
    let mut lease = lease(&mut session, database, &query.words).await?;
    refuse_too_much(&mut lease, &query, what).await?;
    let answer = lease.ask_one(command_of(&query.words), what).await?;
    let rows = rows_of(query.shape, answer).ok_or_else(|| lease.unexpected("a query"))?;
    lease.finish();
    drop(session);
    let wanted: Vec<_> = request.columns.fields().iter().cloned().collect();
    let given: Vec<(&str, FieldType)> = columns(query.shape);
    let mut decoder = Decoder::new(&wanted, &[], &given, DecoderOptions::new(pool.endpoint().source(), false))?;
    for row in rows {
        decoder.append(&Document::Null, &row, "a row of a query")?;
        if decoder.is_full() && !sender.send(decoder.finish()?).await {
            return Ok(());
        }
    }
    if decoder.rows() > 0 {
        // A reader that has left needs no last batch.
        sender.send(decoder.finish()?).await;
    }
    Ok(())
}

/// A connection to the server that has the key, in the database.
async fn lease(session: &mut Session, database: u16, words: &[Vec<u8>]) -> Result<Lease> {
    let nodes = nodes::nodes(session).await?;
    let of_key = words.get(1).and_then(|key| nodes.iter().find(|node| node.holds(key)));
    let node = of_key.or(nodes.first()).ok_or_else(|| Error::internal("a data source has no server"))?;
    session.lease(&node.address, database).await
}

fn command_of(words: &[Vec<u8>]) -> Cmd {
    let mut command = Cmd::new();
    words.iter().for_each(|word| {
        command.arg(word);
    });
    command
}

/// Refuses an answer that would be too long, before it is asked for.
async fn refuse_too_much(lease: &mut Lease, query: &Query, what: &str) -> Result<()> {
    let Some(kind) = query.all_of else { return Ok(()) };
    let key = &query.words[1];
    let mut pipeline = redis::pipe();
    pipeline.cmd(kind.length_command()).arg(key);
    pipeline.cmd("MEMORY").arg("USAGE").arg(key);
    let answers = lease.ask(&pipeline, what).await?;
    let [length, memory] = &answers[..] else { return Err(lease.unexpected("a pipeline")) };
    match (length, memory) {
        (Value::ServerError(error), _) => return Err(lease.refusal(error, what)),
        (_, Value::ServerError(error)) if !is_forbidden(error) => return Err(lease.refusal(error, what)),
        _ => {}
    }
    let (length, memory) = (reply::integer(length).unwrap_or(0), reply::integer(memory));
    // Of a string that is known without being told.
    let memory = memory.or((kind == Kind::String).then_some(length)).unwrap_or(0);
    let most = query.at_most.and_then(|most| i64::try_from(most).ok()).unwrap_or(i64::MAX);
    let share = length.min(most) as f64 / length.max(1) as f64;
    if (kind != Kind::String && length.min(most) > ELEMENTS_MAX) || memory as f64 * share > BYTES_MAX as f64 {
        return Err(Error::new(Code::Limit, format!("key \"{}\" holds too much for one answer", key::shown(key)))
            .detail(format!("At most {ELEMENTS_MAX} elements, and {} MB, are answered at once.", BYTES_MAX >> 20))
            .hint("Read it as a table, or ask for a part: with COUNT, LIMIT, or the first and the last place."));
    }
    Ok(())
}

/// The rows of an answer; `None` for an answer of another shape.
fn rows_of(shape: Shape, answer: Value) -> Option<Vec<Vec<Document<'static>>>> {
    if answer == Value::Nil {
        return Some(Vec::new());
    }
    match shape {
        Shape::Value => Some(vec![vec![text(&reply::bytes(answer)?)]]),
        Shape::Integer => Some(vec![vec![Document::Int(reply::integer(&answer)?)]]),
        Shape::Float => Some(vec![vec![number(&reply::bytes(answer)?)?]]),
        Shape::Values => reply::list(answer)?.into_iter().map(|value| Some(vec![optional(value)?])).collect(),
        Shape::Members => reply::list(answer)?.into_iter().map(|member| Some(vec![text(&reply::bytes(member)?)])).collect(),
        Shape::Fields => Some(reply::pairs(reply::list(answer)?)?.iter().map(|(name, value)| vec![text(name), text(value)]).collect()),
        Shape::Scores => {
            let pairs = reply::pairs(reply::list(answer)?)?;
            pairs.iter().map(|(member, score)| Some(vec![text(member), number(score)?])).collect()
        }
        Shape::Entries => reply::list(answer)?.into_iter().map(entry).collect(),
    }
}

fn entry(answer: Value) -> Option<Vec<Document<'static>>> {
    let (id, fields) = reply::entry(answer)?;
    let id = String::from_utf8(id).ok()?;
    let fields = fields.iter().map(|(name, value)| (key::shown(name).into_owned().into(), text(value)));
    let document = Document::Object(fields.collect());
    Some(vec![Document::text(id.clone()), moment(&id).unwrap_or(Document::Null), document])
}

/// Text, and what is none as PostgreSQL writes bytes.
fn text(bytes: &[u8]) -> Document<'static> {
    Document::text(key::shown(bytes).into_owned())
}

fn optional(value: Value) -> Option<Document<'static>> {
    match value {
        Value::Nil => Some(Document::Null),
        value => Some(text(&reply::bytes(value)?)),
    }
}

fn number(bytes: &[u8]) -> Option<Document<'static>> {
    canonical::text(bytes)?.parse().ok().map(Document::Float)
}

/// Runs one command, on a connection of its own. It says how many rows were concerned: the number that the server answers with, else
/// the length of its list, else one, or none for nothing.
pub(crate) async fn execute(pool: &Arc<Pool>, database: u16, text: &str) -> Result<u64> {
    let words = command::words(text)?;
    if ENDLESS.iter().any(|name| command::is(&words[0], name)) {
        return Err(Error::new(Code::Unsupported, format!("command {} has no end", key::shown(&words[0]))));
    }
    let what = "run a command";
    let mut session = pool.session(what.to_owned()).await?;
    let mut lease = lease(&mut session, database, &words).await?;
    let mut pipeline = redis::pipe();
    pipeline.add_command(command_of(&words));
    let answer = lease.ask(&pipeline, what).await.map_err(Error::in_doubt)?.pop();
    // The connection is not kept: the command may have changed what it is.
    match answer {
        Some(Value::ServerError(error)) => Err(lease.refusal(&error, what)),
        Some(Value::Int(number)) => Ok(u64::try_from(number).unwrap_or(0)),
        Some(Value::Array(items)) => Ok(items.len() as u64),
        Some(Value::Nil) | None => Ok(0),
        Some(_) => Ok(1),
    }
}
