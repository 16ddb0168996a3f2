//! Sessions one by one: what `pg_stat_get_backend_pid` and its kin say. A session's number is its place among those that the role sees.

use spi::Result;

use super::super::lookup;
use super::super::records::{Columns, nulls, single};
use crate::function::{Context, RowSource, ScalarEntry, SetEntry, Signature};
use crate::functions::Arguments;
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
        of(context, arguments, |_, session| session.query.as_deref().unwrap_or("<insufficient privilege>").into())
    }),
    ScalarEntry::new("pg_stat_get_backend_activity_start", |context, _, arguments| {
        of(context, arguments, |_, session| moment(session.query_start))
    }),
    ScalarEntry::new("pg_stat_get_backend_xact_start", |context, _, arguments| {
        of(context, arguments, |_, session| moment(session.transaction_start))
    }),
    ScalarEntry::new("pg_stat_get_backend_start", |context, _, arguments| {
        of(context, arguments, |_, session| moment(Some(session.backend_start)))
    }),
    ScalarEntry::new("pg_stat_get_backend_client_addr", |context, _, arguments| {
        of(context, arguments, |_, session| session.client.as_ref().map(|(address, _)| address.clone()).into())
    }),
    ScalarEntry::new("pg_stat_get_backend_client_port", |context, _, arguments| {
        of(context, arguments, |_, session| Value::Int(session.client.as_ref().map_or(-1, |(_, port)| (*port).into())))
    }),
    ScalarEntry::new("pg_stat_get_backend_wait_event", super::never),
    ScalarEntry::new("pg_stat_get_backend_wait_event_type", super::never),
    ScalarEntry::new("pg_stat_get_backend_subxact", subtransactions),
];

pub const SETS: &[SetEntry] = &[SetEntry::new("pg_stat_get_backend_idset", numbers)];

fn session(context: &Context<'_>, arguments: &[Value]) -> Result<Option<Activity>> {
    let place = usize::try_from(arguments.int(0)? - 1).ok();
    Ok(place.and_then(|place| context.host.activity().into_iter().nth(place)))
}

fn of(context: &Context<'_>, arguments: &[Value], value: fn(&Context<'_>, &Activity) -> Value) -> Result<Value> {
    Ok(session(context, arguments)?.map_or(Value::Null, |session| value(context, &session)))
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
