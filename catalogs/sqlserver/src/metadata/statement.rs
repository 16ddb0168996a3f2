//! Runs a statement of the harvest, its rows given one by one as they arrive.

use std::time::Duration;

use futures::TryStreamExt;
use spi::Result;
use spi::connector::Scope;
use tiberius::{Client, ColumnData, QueryItem, Row};

use crate::channel::Channel;
use crate::dialect::text_parameter;
use crate::endpoint::Endpoint;
use crate::failure::{Remote, failure};

/// For each statement. A hundred thousand tables take some seconds; beyond that somebody changes the catalogs without an end.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(300);

/// What the statements are asked about. Each has the only schema as `@P1` and the only table as `@P2`, NULL where there is none.
pub(super) struct Statements<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) client: &'a mut Client<Channel>,
    pub(super) scope: &'a Scope,
}

impl Statements<'_> {
    /// Gives each row of the statement to `push`.
    pub(super) async fn each(&mut self, sql: &str, mut push: impl FnMut(&Row) -> Result<()>) -> Result<()> {
        let Self { endpoint, client, scope } = self;
        endpoint.context.remote_calls.count();
        let name = |name: &Option<String>| name.as_deref().map_or(ColumnData::String(None), text_parameter);
        let (schema, table) = (name(&scope.schema), name(&scope.table));
        let rows = async {
            let mut rows = client.query(sql, &[&schema, &table]).await.map_err(|error| unread(endpoint, error))?;
            while let Some(item) = rows.try_next().await.map_err(|error| unread(endpoint, error))? {
                if let QueryItem::Row(row) = item {
                    push(&row)?;
                }
            }
            Ok(())
        };
        endpoint.within(STATEMENT_TIMEOUT, "read the metadata of", rows).await
    }
}

fn unread(endpoint: &Endpoint, error: Remote) -> spi::Error {
    let source = endpoint.source();
    failure(source, format!("could not read the metadata of data source \"{source}\""), error)
}

/// Every statement of a harvest, in its order.
#[cfg(test)]
pub(super) const ALL: [&str; 12] = [
    super::schemas::STATEMENT,
    super::tables::STATEMENT,
    super::columns::STATEMENT,
    super::indexes::STATEMENT,
    super::constraints::FOREIGN_KEYS,
    super::constraints::CHECKS,
    super::triggers::STATEMENT,
    super::partitions::STATEMENT,
    super::sequences::STATEMENT,
    super::user_types::STATEMENT,
    super::routines::STATEMENT,
    super::routines::PARAMETERS,
];

#[cfg(test)]
mod tests {
    use super::ALL;

    /// Every statement in lines that a person can read; the code has them without their breaks.
    const READABLE: &str = include_str!("statements.sql");

    #[test]
    fn statements_are_those_that_can_be_read() {
        let code: Vec<&str> = READABLE.lines().filter(|line| !line.starts_with("--")).collect();
        let statements: Vec<String> = code
            .join(" ")
            .split(';')
            .map(|one| one.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|one| !one.is_empty())
            .collect();
        assert_eq!(statements[0], "DECLARE @P1 nvarchar(4000), @P2 nvarchar(4000)");
        assert_eq!(statements[1..], ALL);
    }

    #[test]
    fn every_statement_is_well_formed_and_about_the_scope() {
        for statement in ALL {
            assert!(statement.contains("@P1 IS NULL OR s.name = @P1"), "{statement}");
            assert!(statement.starts_with("SELECT ") && !statement.contains("  ") && !statement.contains(';'), "{statement}");
            let count = |sign| statement.matches(sign).count();
            assert_eq!((count('('), count('\'') % 2), (count(')'), 0), "{statement}");
            // A session that asks for more than the catalogs would wait for others.
            let from = statement.split(" FROM ").skip(1).chain(statement.split(" JOIN ").skip(1));
            assert!(from.into_iter().all(|table| table.starts_with("sys.") || table.starts_with("(SELECT ")), "{statement}");
        }
    }
}
