//! Runs a statement of the harvest, its rows given one by one as they arrive.

use std::time::Duration;

use futures::TryStreamExt;
use spi::{Code, Error, Result};
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row};

use super::Schemas;
use crate::failure::failure;
use crate::server::Server;

/// For each statement. A hundred thousand tables take a few seconds.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(120);

/// What the statements are asked about. Each has the OIDs of the shown schemas as `$1`, and as `$2` the only table, or null.
pub(super) struct Statements<'a> {
    pub(super) server: &'a Server,
    pub(super) postgres: &'a mut PgConnection,
    pub(super) schemas: &'a Schemas,
    pub(super) table: Option<&'a str>,
}

impl Statements<'_> {
    /// Gives each row of the statement to `push`.
    pub(super) async fn each(&mut self, sql: &str, mut push: impl FnMut(&Found<'_>) -> Result<()>) -> Result<()> {
        let schemas: Vec<Oid> = self.schemas.keys().copied().map(Oid).collect();
        let Self { server, postgres, table, .. } = self;
        server.context.remote_calls.count();
        // Not kept by the connection: the next harvest is minutes away.
        let query = sqlx::query(AssertSqlSafe(sql)).persistent(false).bind(schemas).bind(*table);
        let rows = async {
            let mut rows = query.fetch(&mut **postgres);
            while let Some(row) = rows.try_next().await.map_err(|error| unread(server, error))? {
                push(&Found { server, row: &row })?;
            }
            Ok(())
        };
        server.within(STATEMENT_TIMEOUT, Code::Unavailable, "read the metadata of", rows).await
    }
}

/// A row of a statement, read by the places of its columns.
pub(super) struct Found<'a> {
    pub(super) server: &'a Server,
    pub(super) row: &'a PgRow,
}

impl<'a> Found<'a> {
    pub(super) fn get<T>(&self, place: usize) -> Result<T>
    where
        T: sqlx::Decode<'a, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        self.row.try_get(place).map_err(|error| unread(self.server, error))
    }

    pub(super) fn oid(&self, place: usize) -> Result<u32> {
        Ok(self.get::<Oid>(place)?.0)
    }
}

/// A list of names as the rows of a harvest take it.
pub(super) fn names(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

pub(super) fn unread(server: &Server, error: sqlx::Error) -> Error {
    let source = server.source();
    failure(source, format!("could not read the metadata of data source \"{source}\""), error)
}
