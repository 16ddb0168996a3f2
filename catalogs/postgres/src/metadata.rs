//! The harvest: nine statements in one read-only transaction that sees one state, whatever the number of tables.
//!
//! PostgreSQL shows its catalogs to everybody. What the login may not read is left out here: schemas without `USAGE`, tables and
//! columns without `SELECT`, routines without `EXECUTE`, types without `USAGE`. Rows are pushed as they arrive; what belongs to a
//! table names it by its OID, and is dropped where the table is not shown.
//!
//! Left out, because snapshots have no place for them: rules, policies, casts and operators.

mod columns;
mod constraints;
mod indexes;
mod open_gauss;
mod partitions;
mod routines;
mod schemas;
mod sequences;
mod statement;
mod tables;
mod triggers;
mod user_types;

use std::collections::HashMap;
use std::sync::Arc;

use spi::Result;
use spi::connector::Scope;
use spi::metadata::Harvest;
use sqlx::Executor;
use sqlx::postgres::PgConnection;

use crate::failure::failure;
use crate::pool::Pool;
use crate::server::Server;
use crate::variant::Lineage;
use statement::Statements;
use tables::Tables;
use user_types::Domains;

/// One state for all statements, and nothing is written. Names of the catalogs are then printed with their schema, whatever the login's
/// own search path is. The deadline is there to end a wait for a lock: the statements themselves take none that anybody holds for long.
/// They run faster than they are compiled, where a server would do that.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL search_path = pg_catalog; SET LOCAL lock_timeout = '10s'; \
     SELECT set_config('jit', 'off', true) FROM pg_settings WHERE name = 'jit'";

/// The same where the server comes from version 9.2, which had no such deadline.
const OLD_BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL search_path = pg_catalog";

/// The names of the shown schemas by their OIDs.
pub(crate) type Schemas = HashMap<u32, String>;

/// Pushes the metadata of every schema that the scope covers.
pub(crate) async fn harvest(pool: &Arc<Pool>, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
    let server = pool.server();
    let mut lease = pool.acquire("harvest its metadata".to_owned()).await?;
    let begin = match server.variant.lineage {
        Lineage::Recent => BEGIN,
        Lineage::OpenGauss => OLD_BEGIN,
    };
    transaction(server, lease.postgres(), begin).await?;
    // An error leaves the transaction open; dropping the lease closes its connection.
    push(server, lease.postgres(), scope, harvest).await?;
    transaction(server, lease.postgres(), "COMMIT").await?;
    lease.finish();
    Ok(())
}

async fn transaction(server: &Server, postgres: &mut PgConnection, sql: &'static str) -> Result<()> {
    server.context.remote_calls.count();
    let message = format!("could not read the metadata of data source \"{}\"", server.source());
    postgres.execute(sqlx::raw_sql(sql)).await.map(drop).map_err(|error| failure(server.source(), message, error))
}

async fn push(server: &Server, postgres: &mut PgConnection, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
    let schemas = schemas::push(server, postgres, scope, harvest).await?;
    let version = postgres.server_version_num();
    let mut statements = Statements { server, postgres, schemas: &schemas, table: scope.table.as_deref() };
    let tables: Tables = tables::push(&mut statements, harvest).await?;
    let domains: Domains = user_types::push(&mut statements, harvest).await?;
    columns::push(&mut statements, version, &tables, &domains, harvest).await?;
    constraints::push(&mut statements, &tables, harvest).await?;
    indexes::push(&mut statements, &tables, harvest).await?;
    partitions::push(&mut statements, &tables, harvest).await?;
    triggers::push(&mut statements, &tables, harvest).await?;
    if statements.table.is_none() {
        routines::push(&mut statements, &domains, harvest).await?;
    }
    Ok(())
}
