//! The schemas that are shown.

use std::collections::HashMap;

use futures::TryStreamExt;
use spi::Result;
use spi::connector::Scope;
use spi::metadata::{Harvest, SchemaRow};
use sqlx::postgres::PgConnection;

use super::Schemas;
use super::statement::{Found, unread};
use crate::server::Server;

const STATEMENT: &str = "SELECT n.oid, n.nspname::text, pg_get_userbyid(n.nspowner)::text, obj_description(n.oid, 'pg_namespace') \
     FROM pg_namespace n WHERE has_schema_privilege(n.oid, 'USAGE')";

/// Pushes the schemas of the scope, and gives their names by their OIDs.
pub(super) async fn push(server: &Server, postgres: &mut PgConnection, scope: &Scope, harvest: &mut Harvest) -> Result<Schemas> {
    let mut schemas = HashMap::new();
    server.context.remote_calls.count();
    let mut rows = sqlx::query(STATEMENT).persistent(false).fetch(postgres);
    while let Some(row) = rows.try_next().await.map_err(|error| unread(server, error))? {
        let found = Found { server, row: &row };
        let name: String = found.get(1)?;
        if server.shows(&name) && scope.covers_schema(&name) {
            harvest.schema(SchemaRow { name: &name, owner: found.get(2)?, comment: found.get(3)? });
            schemas.insert(found.oid(0)?, name);
        }
    }
    Ok(schemas)
}
