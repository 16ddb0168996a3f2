//! Statements that somebody wrote in the server's own language.
//!
//! A query is described before it is run, and run as a table of the gateway's types: columns whose values do not come in a form that
//! `value.rs` reads are asked for as text, by a query around it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use spi::connector::QueryColumn;
use spi::types::to_arrow;
use spi::{Code, Error, Result};
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgColumn, PgConnection, PgStatement};
use sqlx::{AssertSqlSafe, Column, Connection as _, Executor, Row, SqlSafeStr, Statement};

use crate::dialect;
use crate::failure::failure;
use crate::pool::Pool;
use crate::types::{self, Form};

/// Describing waits for nothing but locks that somebody holds on the tables.
const DESCRIBE_TIMEOUT: Duration = Duration::from_secs(30);

/// How many texts are remembered. A query is described right before it is run; one that was forgotten meanwhile is described again.
const TEXTS_MAX: usize = 1_000;

/// The modifiers of columns of tables, below any chain of domains; those of all other columns are not known.
const MODIFIERS: &str = "SELECT w.place::int8, b.typmod \
     FROM unnest($1::oid[], $2::int2[]) WITH ORDINALITY w(relation, number, place) \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = w.relation AND a.attnum = w.number \
     CROSS JOIN LATERAL (WITH RECURSIVE base(typmod, kind, next, next_typmod) AS ( \
     SELECT a.atttypmod, t.typtype, t.typbasetype, t.typtypmod FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid \
     UNION ALL SELECT base.next_typmod, t.typtype, t.typbasetype, t.typtypmod \
     FROM base JOIN pg_catalog.pg_type t ON t.oid = base.next WHERE base.kind = 'd') \
     SELECT base.typmod FROM base WHERE base.kind <> 'd') b";

/// The texts under which described queries are run, where these are not their own.
#[derive(Default)]
pub(crate) struct Conversions {
    /// Never locked across an await.
    texts: Mutex<HashMap<String, String>>,
}

impl Conversions {
    /// The text under which a query is run.
    pub(crate) fn text(&self, query: String) -> String {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.get(&query).cloned().unwrap_or(query)
    }

    fn remember(&self, query: &str, converted: Option<String>) {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if texts.len() >= TEXTS_MAX {
            texts.clear();
        }
        match converted {
            Some(converted) => texts.insert(query.to_owned(), converted),
            None => texts.remove(query),
        };
    }
}

/// The columns that a query answers with.
pub(crate) async fn describe(pool: &Arc<Pool>, conversions: &Conversions, query: &str, user: &str) -> Result<Vec<QueryColumn>> {
    let mut lease = pool.acquire_for(user, "describe a query".to_owned()).await?;
    let described = async {
        let described = Described::new(pool, lease.postgres(), query).await?;
        let converted = described.converted(query);
        if let Some(converted) = &converted {
            prepare(pool, lease.postgres(), converted).await.map_err(unconverted)?;
        }
        // A prepared statement would remember its columns, however the tables change.
        lease.postgres().clear_cached_statements().await.map_err(|error| failed(pool, error))?;
        Ok((described, converted))
    };
    match pool.server().within(DESCRIBE_TIMEOUT, Code::Unavailable, "describe a query of", described).await {
        Ok((described, converted)) => {
            lease.finish();
            conversions.remember(query, converted);
            Ok(described.columns)
        }
        // Where the time is up, the server may still wait for a lock: dropping the lease ends that.
        Err(error) if error.code == Code::Unavailable => Err(error),
        Err(error) => {
            lease.close();
            Err(error)
        }
    }
}

/// Runs one statement outside of any transaction block, and says how many rows it concerned. Its connection is closed, whatever the
/// statement has made of the session.
pub(crate) async fn execute(pool: &Arc<Pool>, statement: &str, user: &str) -> Result<u64> {
    let mut lease = pool.open_for_writing(user, "execute a statement".to_owned()).await?;
    let executed = async {
        // The server prepares no more than one statement, while it would run any number of them.
        prepare(pool, lease.postgres(), statement).await?;
        pool.server().context.remote_calls.count();
        let done = lease.postgres().execute(sqlx::raw_sql(AssertSqlSafe(statement))).await;
        done.map(|done| done.rows_affected()).map_err(|error| match error {
            // The server has begun to send or to await rows.
            sqlx::Error::Protocol(_) => bulk(pool.server().source()),
            error if error.as_database_error().is_none() => failed(pool, error).in_doubt(),
            error => failed(pool, error),
        })
    };
    let executed = executed.await;
    lease.close();
    executed
}

/// A query as the server describes it.
struct Described {
    columns: Vec<QueryColumn>,
    /// The type of each as the server sends it, and the form in which it is wanted.
    forms: Vec<(u32, Form)>,
}

impl Described {
    async fn new(pool: &Arc<Pool>, postgres: &mut PgConnection, query: &str) -> Result<Self> {
        let statement = prepare(pool, postgres, query).await?;
        let source = pool.server().source();
        if statement.parameters().is_some_and(|parameters| parameters.left().is_some_and(|types| !types.is_empty())) {
            let error = Error::source(Code::UndefinedParameter, source, format!("a query of data source \"{source}\" has a parameter"));
            return Err(error.hint("Write the value itself into the query."));
        }
        if statement.columns().is_empty() {
            let error = Error::source(Code::Unsupported, source, format!("a statement for data source \"{source}\" answers with no rows"));
            return Err(error.hint("CALL execute_on to run it."));
        }
        let modifiers = modifiers(pool, postgres, statement.columns()).await?;
        let mut described = Self { columns: Vec::new(), forms: Vec::new() };
        for (column, modifier) in statement.columns().iter().zip(modifiers) {
            let native_oid = column.type_info().oid().map_or(0, |oid| oid.0);
            let pg_type = types::pg_type(native_oid, modifier);
            described.columns.push(QueryColumn { name: column.name().to_owned(), data_type: to_arrow(pg_type), pg_type });
            described.forms.push((native_oid, types::form(native_oid, modifier)));
        }
        Ok(described)
    }

    /// The query around the query, where one is needed.
    fn converted(&self, query: &str) -> Option<String> {
        if self.forms.iter().all(|(_, form)| *form == Form::Binary) {
            return None;
        }
        let name = |place| format!("c{place}");
        let selected = self.forms.iter().enumerate().map(|(place, (native_oid, form))| dialect::selected(&name(place), *native_oid, *form));
        let names: Vec<String> = (0..self.forms.len()).map(name).collect();
        let query = query.trim_end_matches(|last: char| last == ';' || last.is_whitespace());
        // The query may end in a comment, which ends with its line.
        Some(format!("SELECT {} FROM (\n{query}\n) AS t({})", selected.collect::<Vec<_>>().join(", "), names.join(", ")))
    }
}

/// The type modifier of each column, -1 where it is not known.
async fn modifiers(pool: &Arc<Pool>, postgres: &mut PgConnection, columns: &[PgColumn]) -> Result<Vec<i32>> {
    let relations: Vec<Option<Oid>> = columns.iter().map(PgColumn::relation_id).collect();
    let numbers: Vec<Option<i16>> = columns.iter().map(PgColumn::relation_attribute_no).collect();
    let mut modifiers = vec![-1; columns.len()];
    if relations.iter().all(Option::is_none) {
        return Ok(modifiers);
    }
    pool.server().context.remote_calls.count();
    let rows = sqlx::query(MODIFIERS).bind(relations).bind(numbers).fetch_all(postgres).await.map_err(|error| failed(pool, error))?;
    for row in rows {
        let (place, modifier): (i64, i32) =
            (row.try_get(0).map_err(|error| failed(pool, error))?, row.try_get(1).map_err(|error| failed(pool, error))?);
        if let Some(known) = usize::try_from(place - 1).ok().and_then(|place| modifiers.get_mut(place)) {
            *known = modifier;
        }
    }
    Ok(modifiers)
}

async fn prepare(pool: &Arc<Pool>, postgres: &mut PgConnection, text: &str) -> Result<PgStatement> {
    pool.server().context.remote_calls.count();
    postgres.prepare(AssertSqlSafe(text).into_sql_str()).await.map_err(|error| failed(pool, error))
}

/// The error of COPY from or to the client.
fn bulk(source: &str) -> Error {
    let message = format!("a statement for data source \"{source}\" exchanges rows with its client");
    Error::source(Code::Unsupported, source, message).hint("Read or INSERT the rows through the tables of the data source.")
}

fn failed(pool: &Arc<Pool>, error: sqlx::Error) -> Error {
    let source = pool.server().source();
    let error = failure(source, format!("data source \"{source}\" did not take a statement"), error);
    match error.code {
        Code::ReadOnly => error.hint("CALL execute_on to run a statement that writes."),
        _ => error,
    }
}

/// The error of the query around the query.
fn unconverted(error: Error) -> Error {
    error.hint(
        "Values of some types are asked for as text, by a query around this one: cast them in the query itself, which then runs as it is.",
    )
}

#[cfg(test)]
mod tests {
    use spi::types::oid;

    use super::*;

    #[test]
    fn only_what_does_not_come_in_binary_form_is_converted() {
        let described = |forms: Vec<(u32, Form)>| Described { columns: Vec::new(), forms };
        assert_eq!(described(vec![(oid::INT4, Form::Binary)]).converted("SELECT 1"), None);
        assert_eq!(
            described(vec![(oid::INT4, Form::Binary), (oid::UUID, Form::Text)]).converted("SELECT a, b FROM t -- all\n; ").as_deref(),
            Some("SELECT t.\"c0\", t.\"c1\"::text FROM (\nSELECT a, b FROM t -- all\n) AS t(c0, c1)")
        );
    }
}
