//! The harvest: seven statements on `information_schema`, whatever the number of tables, streamed; with MariaDB one more where there
//! are sequences.
//!
//! MySQL 8 shows one state of its dictionary to all of them, in one read-only transaction. MariaDB's `information_schema` is no part
//! of a transaction: what appears or goes between two statements is left out until the next harvest. Objects that the login may not
//! see are absent.
//!
//! Every unique index is a unique constraint here, so that constraints need no statement beside that for indexes.
//! Left out: packages of MariaDB's Oracle mode, and events. Constraints have no comments here.

mod constraints;
mod indexes;
mod routines;
mod sequences;
mod statements;
mod tables;
mod triggers;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::TryStreamExt;
use spi::Result;
use spi::connector::Scope;
use spi::metadata::Harvest;
use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, Row};
use tracing::warn;

use crate::endpoint::Endpoint;
use crate::failure::{failure, is_unknown_table, is_unreadable};
use crate::pool::{Lease, Pool};
use crate::value::bytes;
use constraints::Constraints;
use indexes::Indexes;
use routines::Routines;
use sequences::Sequences;
use statements::{STATEMENT_TIMEOUT, Statements};

/// Pushes the metadata of every database that the source shows and the scope covers.
pub(crate) async fn harvest(pool: &Arc<Pool>, scope: &Scope, harvest: &mut Harvest) -> Result<()> {
    let mut lease = pool.acquire("harvest its metadata".to_owned()).await?;
    let endpoint = pool.endpoint();
    let statements = Statements::new(scope, &endpoint.databases, endpoint.flavor, lease.server().clone());
    let mut reader = Reader { endpoint, lease: &mut lease };
    let transactional = endpoint.flavor.read_only_transactions && !reader.lease.server().mariadb;
    if transactional {
        reader.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY".to_owned(), |_| Ok(())).await?;
    }
    // First, because checks tell which columns of MariaDB are JSON.
    let mut constraints = Constraints::new(reader.lease.server());
    reader.optional(statements.constraints(), |row| constraints.add(row)).await?;
    let mut known = Known { scope, schemas: HashMap::new() };
    let mut sequences = Sequences::default();
    let push_table = |row: &MySqlRow| match sequences.add(row) {
        true => Ok(()),
        false => tables::push_table(row, &mut known, harvest),
    };
    reader.run(statements.tables(), push_table).await?;
    let push_column = |row: &MySqlRow| {
        sequences.add_type(row);
        tables::push_column(row, &known, &constraints, harvest)
    };
    reader.run(statements.columns(), push_column).await?;
    let push_view_or_trigger = |row: &MySqlRow| match text(row, 0) {
        Some("view") => tables::push_view(row, &known, harvest),
        _ => triggers::push_trigger(row, &known, harvest),
    };
    reader.optional(statements.views_and_triggers(), push_view_or_trigger).await?;
    let mut indexes = Indexes::default();
    reader.optional(statements.indexes(), |row| indexes.add(row)).await?;
    indexes.push(&known, harvest)?;
    constraints.push(&known, harvest)?;
    reader.optional(statements.partitions(), |row| tables::push_partition(row, &known, harvest)).await?;
    // Routines and sequences belong to a schema, not to a table of it.
    if scope.table.is_none() {
        for statement in sequences.statements() {
            reader.unless(is_unreadable, statement, |row| sequences.read(row)).await?;
        }
        if sequences.left_out() > 0 {
            warn!(source = %endpoint.context.source, sequences = sequences.left_out(), "sequences were left out of the metadata");
        }
        sequences.push(&known, harvest);
        let mut routines = Routines::default();
        reader.optional(statements.routines(), |row| routines.add(row)).await?;
        routines.push(&known, harvest)?;
    }
    if transactional {
        reader.run("COMMIT".to_owned(), |_| Ok(())).await?;
    }
    lease.finish().await;
    Ok(())
}

/// The schemas and tables that were pushed.
struct Known<'a> {
    scope: &'a Scope,
    schemas: HashMap<String, KnownSchema>,
}

#[derive(Default)]
struct KnownSchema {
    /// That of columns for which nothing else is said.
    collation: Option<String>,
    tables: HashSet<String>,
}

impl Known<'_> {
    fn has(&self, schema: &str, table: &str) -> bool {
        self.schemas.get(schema).is_some_and(|known| known.tables.contains(table))
    }

    fn has_schema(&self, schema: &str) -> bool {
        self.schemas.contains_key(schema)
    }

    fn collation(&self, schema: &str) -> Option<&str> {
        self.schemas.get(schema)?.collation.as_deref()
    }
}

/// Runs the statements of a harvest.
struct Reader<'a> {
    endpoint: &'a Endpoint,
    lease: &'a mut Lease,
}

impl Reader<'_> {
    /// Gives each row to `take` as it arrives.
    async fn run(&mut self, sql: String, take: impl FnMut(&MySqlRow) -> Result<()>) -> Result<()> {
        let source = &self.endpoint.context.source;
        self.stream(sql, take).await.map_err(|problem| problem.into_error(source))
    }

    /// The same for a table of `information_schema` that not every server of the family has.
    async fn optional(&mut self, sql: String, take: impl FnMut(&MySqlRow) -> Result<()>) -> Result<()> {
        self.unless(is_unknown_table, sql, take).await
    }

    /// The same, but for some errors, which mean that there are no rows.
    async fn unless(&mut self, absent: fn(&sqlx::Error) -> bool, sql: String, take: impl FnMut(&MySqlRow) -> Result<()>) -> Result<()> {
        let source = &self.endpoint.context.source;
        match self.stream(sql, take).await {
            Ok(()) => Ok(()),
            Err(Problem::Remote(error)) if absent(&error) => Ok(()),
            Err(problem) => Err(problem.into_error(source)),
        }
    }

    async fn stream(&mut self, sql: String, mut take: impl FnMut(&MySqlRow) -> Result<()>) -> Result<(), Problem> {
        self.endpoint.context.remote_calls.count();
        // Text protocol: one message each way, where a prepared statement takes three.
        let mut rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch(self.lease.mysql());
        let read = async {
            while let Some(row) = rows.try_next().await.map_err(Problem::Remote)? {
                take(&row).map_err(Problem::Own)?;
            }
            Ok(())
        };
        let outcome = self.endpoint.within(STATEMENT_TIMEOUT, "read the metadata of", async { Ok(read.await) }).await;
        outcome.unwrap_or_else(|late| Err(Problem::Own(late)))
    }
}

/// A remote error, which may be expected, or an error that already is one of ours.
enum Problem {
    Remote(sqlx::Error),
    Own(spi::Error),
}

impl Problem {
    fn into_error(self, source: &str) -> spi::Error {
        match self {
            Problem::Remote(error) => failure(source, format!("could not read the metadata of data source \"{source}\""), error),
            Problem::Own(error) => error,
        }
    }
}

/// A value of a row as text; `None` for NULL and for what is not UTF-8.
pub(crate) fn text(row: &MySqlRow, place: usize) -> Option<&str> {
    std::str::from_utf8(bytes(row.try_get_raw(place).ok()?)?).ok()
}

/// A value of a row as a number that is not negative, in either protocol.
pub(crate) fn number(row: &MySqlRow, place: usize) -> Option<u64> {
    row.try_get_unchecked(place).ok()
}
