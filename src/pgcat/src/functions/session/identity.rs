//! Who and where the session is.

use spi::Result;

use crate::catalog::PG_CATALOG;
use crate::function::{Context, ScalarEntry};
use crate::functions::Arguments;
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("current_user", |context, _, _| Ok(context.host.current_user().into())),
    ScalarEntry::new("session_user", |context, _, _| Ok(context.host.session_user().into())),
    ScalarEntry::new("current_database", |context, _, _| Ok(context.host.database().into())),
    ScalarEntry::new("current_schema", |context, _, _| {
        Ok(context.host.search_path().into_iter().find(|name| context.catalog.namespace(name).is_some()).into())
    }),
    ScalarEntry::new("current_schemas", |context, _, arguments| schemas(context, arguments.bool(0)?)),
    ScalarEntry::new("current_query", |context, _, _| {
        let own = context.host.activity().into_iter().find(|session| session.pid == context.host.pid());
        Ok(own.and_then(|session| session.query).map_or(Value::Null, Value::Text))
    }),
    ScalarEntry::new("pgsql_version", |context, _, _| Ok(context.host.version().into())),
    ScalarEntry::new("pg_backend_pid", |context, _, _| Ok(Value::Int(i64::from(context.host.pid())))),
    ScalarEntry::new("inet_client_addr", |context, _, _| Ok(context.host.client().map(|(address, _)| address).into())),
    ScalarEntry::new("inet_client_port", |context, _, _| Ok(port(context.host.client()))),
    ScalarEntry::new("inet_server_addr", |context, _, _| Ok(context.host.server().map(|(address, _)| address).into())),
    ScalarEntry::new("inet_server_port", |context, _, _| Ok(port(context.host.server()))),
];

/// The schemas of the search path that exist; with `pg_catalog` in front, where it is searched without being named.
fn schemas(context: &Context<'_>, with_implicit: bool) -> Result<Value> {
    let path = context.host.search_path();
    let mut found: Vec<(u32, Value)> = Vec::new();
    for name in &path {
        if let Some(namespace) = context.catalog.namespace(name)
            && found.iter().all(|(other, _)| *other != namespace)
        {
            found.push((namespace, name.as_str().into()));
        }
    }
    if with_implicit && found.iter().all(|(namespace, _)| *namespace != PG_CATALOG) {
        found.insert(0, (PG_CATALOG, "pg_catalog".into()));
    }
    Ok(Value::array(oid::NAME, found.into_iter().map(|(_, name)| name).collect()))
}

fn port(end: Option<(String, i32)>) -> Value {
    end.map_or(Value::Null, |(_, port)| Value::Int(i64::from(port)))
}
