//! The sessions of the server: `pg_stat_activity`, and cancelling and ending them.

use spi::{Code, Error, Result};

use crate::catalog::oid as relation;
use crate::function::{Context, ScalarEntry, SetEntry};
use crate::functions::Arguments;
use crate::functions::catalog::records::{Columns, rows};
use crate::host::Activity;
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_cancel_backend", |context, _, arguments| {
        let pid = arguments.int(0)? as i32;
        Ok(found(context, pid, context.host.cancel_backend(pid)?))
    }),
    ScalarEntry::new("pg_terminate_backend", |context, _, arguments| {
        let pid = arguments.int(0)? as i32;
        if arguments.int(1)? < 0 {
            return Err(Error::new(Code::OutOfRange, "\"timeout\" must not be negative"));
        }
        Ok(found(context, pid, context.host.terminate_backend(pid)?))
    }),
    ScalarEntry::new("pg_blocking_pids", |_, _, _| Ok(Value::array(oid::INT4, Vec::new()))),
    ScalarEntry::new("pg_safe_snapshot_blocking_pids", |_, _, _| Ok(Value::array(oid::INT4, Vec::new()))),
];

pub const SETS: &[SetEntry] = &[SetEntry::new("pg_stat_get_activity", |context, _, arguments| {
    let pid = if arguments.is_null(0) { None } else { Some(arguments.int(0)? as i32) };
    let sessions = context.host.activity().into_iter().filter(|session| pid.is_none_or(|pid| session.pid == pid));
    Ok(rows(COLUMNS, sessions.map(|session| row(context, &session)).collect::<Result<_>>()?))
})];

const COLUMNS: Columns = &[
    ("datid", oid::OID),
    ("pid", oid::INT4),
    ("usesysid", oid::OID),
    ("application_name", oid::TEXT),
    ("state", oid::TEXT),
    ("query", oid::TEXT),
    ("wait_event_type", oid::TEXT),
    ("wait_event", oid::TEXT),
    ("xact_start", oid::TIMESTAMPTZ),
    ("query_start", oid::TIMESTAMPTZ),
    ("backend_start", oid::TIMESTAMPTZ),
    ("state_change", oid::TIMESTAMPTZ),
    ("client_addr", oid::INET),
    ("client_hostname", oid::TEXT),
    ("client_port", oid::INT4),
    ("backend_xid", oid::XID),
    ("backend_xmin", oid::XID),
    ("backend_type", oid::TEXT),
    ("ssl", oid::BOOL),
    ("sslversion", oid::TEXT),
    ("sslcipher", oid::TEXT),
    ("sslbits", oid::INT4),
    ("ssl_client_dn", oid::TEXT),
    ("ssl_client_serial", oid::NUMERIC),
    ("ssl_issuer_dn", oid::TEXT),
    ("gss_auth", oid::BOOL),
    ("gss_princ", oid::TEXT),
    ("gss_enc", oid::BOOL),
    ("gss_delegation", oid::BOOL),
    ("leader_pid", oid::INT4),
    ("query_id", oid::INT8),
];

/// What PostgreSQL shows instead of the query to those who may not see it.
pub(crate) const HIDDEN: &str = "<insufficient privilege>";

/// Tells the client where there is no such session.
fn found(context: &Context<'_>, pid: i32, found: bool) -> Value {
    if !found {
        context.host.notice("WARNING", "01000", format!("PID {pid} is not a PostgreSQL backend process"));
    }
    found.into()
}

/// What a session waits for, its kind first: between statements, for its client.
pub(crate) fn waits_for(session: &Activity) -> Option<(&'static str, &'static str)> {
    (session.state != "active").then_some(("Client", "ClientRead"))
}

fn row(context: &Context<'_>, session: &Activity) -> Result<Vec<Value>> {
    let oid_of = |catalog: u32, column: &str, name: &str| {
        context.catalog.find_one(catalog, &[column], &[name.into()]).and_then(|row| row.oid("oid")).map_or(Value::Null, Value::oid)
    };
    let moment = |moment: Option<i64>| moment.map_or(Value::Null, Value::Timestamp);
    let mut row = vec![Value::Null; COLUMNS.len()];
    row[0] = oid_of(relation::PG_DATABASE, "datname", &session.database);
    row[1] = Value::Int(i64::from(session.pid));
    row[2] = oid_of(relation::PG_AUTHID, "rolname", &session.user);
    let Some(query) = &session.query else {
        row[5] = HIDDEN.into();
        return Ok(row);
    };
    row[3] = Value::Text(session.application_name.clone());
    row[4] = session.state.into();
    row[5] = Value::Text(query.clone());
    if let Some((kind, event)) = waits_for(session) {
        (row[6], row[7]) = (kind.into(), event.into());
    }
    row[8] = moment(session.transaction_start);
    row[9] = moment(session.query_start);
    row[10] = Value::Timestamp(session.backend_start);
    row[11] = moment(session.state_change);
    if let Some((address, port)) = &session.client {
        row[12] = address.as_str().into();
        row[14] = Value::Int(i64::from(*port));
    } else {
        row[14] = Value::Int(-1);
    }
    row[17] = "client backend".into();
    for column in [18, 25, 27, 28] {
        row[column] = Value::Bool(false);
    }
    Ok(row)
}
