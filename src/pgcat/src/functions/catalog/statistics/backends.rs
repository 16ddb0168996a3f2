//! Sessions one by one: what `pg_stat_get_backend_pid` and its kin say. A session's number is its place among those of the server.
//!
//! Everybody sees whose sessions there are, and only those who may see a session the rest of it.

use std::sync::Arc;

use spi::Result;

use super::super::lookup;
use super::super::records::{Columns, nulls, single};
use crate::function::{Context, RowSource, ScalarEntry, SetEntry, Signature};
use crate::functions::Arguments;
use crate::functions::session::activity::{HIDDEN, waits_for};
use crate::host::Activity;
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_stat_get_backend_pid", |context, _, arguments| {
        of(context, arguments, |_, session| Value::Int(session.pid.into()))
    }),
    ScalarEntry::new("pg_stat_get_backend_dbid", |context, _, arguments| of(context, arguments, database)),
    ScalarEntry::new("pg_stat_get_backend_userid", |context, _, arguments| of(context, arguments, user)),
    ScalarEntry::new("pg_stat_get_backend_activity", |context, _, arguments| {
        text(context, arguments, |_, query| Some(if query.is_empty() { Arc::from(NO_COMMAND) } else { Arc::clone(query) }))
    }),
    ScalarEntry::new("pg_stat_get_backend_activity_start", |context, _, arguments| {
        seen(context, arguments, |session| moment(session.query_start))
    }),
    ScalarEntry::new("pg_stat_get_backend_xact_start", |context, _, arguments| {
        seen(context, arguments, |session| moment(session.transaction_start))
    }),
    ScalarEntry::new("pg_stat_get_backend_start", |context, _, arguments| {
        seen(context, arguments, |session| moment(Some(session.backend_start)))
    }),
    ScalarEntry::new("pg_stat_get_backend_client_addr", |context, _, arguments| {
        seen(context, arguments, |session| session.client.as_ref().map(|(address, _)| address.clone()).into())
    }),
    ScalarEntry::new("pg_stat_get_backend_client_port", |context, _, arguments| {
        seen(context, arguments, |session| Value::Int(session.client.as_ref().map_or(-1, |(_, port)| (*port).into())))
    }),
    ScalarEntry::new("pg_stat_get_backend_wait_event", |context, _, arguments| {
        text(context, arguments, |session, _| waits_for(session).map(|(_, event)| event.into()))
    }),
    ScalarEntry::new("pg_stat_get_backend_wait_event_type", |context, _, arguments| {
        text(context, arguments, |session, _| waits_for(session).map(|(kind, _)| kind.into()))
    }),
    ScalarEntry::new("pg_stat_get_backend_subxact", subtransactions),
];

/// What functions of texts say of a session that is not there.
const NO_SESSION: &str = "<backend information not available>";
/// The activity of a session that has run nothing.
const NO_COMMAND: &str = "<command string not enabled>";

pub const SETS: &[SetEntry] = &[SetEntry::new("pg_stat_get_backend_idset", numbers)];

fn session(context: &Context<'_>, arguments: &[Value]) -> Result<Option<Activity>> {
    let place = usize::try_from(arguments.int(0)? - 1).ok();
    Ok(place.and_then(|place| context.host.activity().into_iter().nth(place)))
}

fn of(context: &Context<'_>, arguments: &[Value], value: fn(&Context<'_>, &Activity) -> Value) -> Result<Value> {
    Ok(session(context, arguments)?.map_or(Value::Null, |session| value(context, &session)))
}

/// What only those see who may see the session.
fn seen(context: &Context<'_>, arguments: &[Value], value: fn(&Activity) -> Value) -> Result<Value> {
    let session = session(context, arguments)?.filter(|session| session.query.is_some());
    Ok(session.as_ref().map_or(Value::Null, value))
}

/// The same as a text, which says why there is none.
fn text(context: &Context<'_>, arguments: &[Value], text: fn(&Activity, &Arc<str>) -> Option<Arc<str>>) -> Result<Value> {
    let Some(session) = session(context, arguments)? else { return Ok(NO_SESSION.into()) };
    Ok(match &session.query {
        Some(query) => text(&session, query).map_or(Value::Null, Value::Text),
        None => HIDDEN.into(),
    })
}

fn database(context: &Context<'_>, session: &Activity) -> Value {
    lookup::database(context, &session.database).map_or(Value::Null, Value::oid)
}

fn user(context: &Context<'_>, session: &Activity) -> Value {
    lookup::role(context, &session.user).map_or(Value::Null, Value::oid)
}

fn moment(moment: Option<i64>) -> Value {
    moment.map_or(Value::Null, Value::Timestamp)
}

const SUBTRANSACTIONS: Columns = &[("subxact_count", oid::INT4), ("subxact_overflowed", oid::BOOL)];

fn subtransactions(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(match session(context, arguments)? {
        Some(_) => single(SUBTRANSACTIONS, vec![Value::Int(0), false.into()]),
        None => nulls(SUBTRANSACTIONS),
    })
}

fn numbers(context: &Context<'_>, _: &Signature, _: &[Value]) -> Result<RowSource> {
    let count = context.host.activity().len() as i64;
    Ok(Box::new((1..=count).map(|number| Ok(Value::Int(number)))))
}
