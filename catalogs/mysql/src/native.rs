//! Statements in the server's own language: what a query would answer with, and statements that are run for their effect.
//!
//! The driver lets the server take several statements at once. Here they are prepared, which takes one only; what the server does
//! not prepare it has understood to its end before it says so, so that it is one statement as well when it is sent as it is.
//!
//! Nobody is told who asks: the family knows a session's program only by what it says when it connects, which the driver leaves out.

use std::sync::Arc;
use std::time::Duration;

use spi::connector::QueryColumn;
use spi::types::{PgType, oid, to_arrow};
use spi::{Code, Error, Result};
use sqlx::mysql::{MySql, MySqlStatement, MySqlTypeInfo};
use sqlx::{AssertSqlSafe, Column, Either, Executor, SqlSafeStr, Statement, Type, TypeInfo};

use crate::failure::{failure, in_doubt, is_not_preparable};
use crate::pool::{Lease, Pool};
use crate::watch::Watch;

/// Preparing looks at definitions only, but a table that is being altered may hold it up.
const PREPARE_TIMEOUT: Duration = Duration::from_secs(60);

/// The columns of the query's rows. The server prepares it, and does not run it.
pub(crate) async fn describe(pool: &Arc<Pool>, query: &str) -> Result<Vec<QueryColumn>> {
    let endpoint = pool.endpoint();
    let source = &endpoint.context.source;
    let mut lease = pool.acquire("describe a query".to_owned()).await?;
    let statement = prepare(pool, &mut lease, query).await?;
    let failed = |error| match failure(source, format!("could not prepare a query at data source \"{source}\""), error) {
        // Statements that change something are refused already, because the session reads only.
        error if error.code == Code::ReadOnly => no_rows().cause(error),
        error => error,
    };
    let statement = statement.map_err(failed)?;
    lease.finish().await;
    if statement.columns().is_empty() {
        return Err(no_rows());
    }
    Ok(statement.columns().iter().map(|column| described(column.name(), column.type_info())).collect())
}

fn no_rows() -> Error {
    Error::new(Code::InvalidArgument, "the statement is not a query that answers with rows")
        .hint("Run statements that change something with execute_on.")
}

fn described(name: &str, type_info: &MySqlTypeInfo) -> QueryColumn {
    let pg_type = pg_type(type_info);
    QueryColumn { name: name.to_owned(), data_type: to_arrow(pg_type), pg_type }
}

/// As `types.rs` reads a column of such a type. What an answer does not say is left open: the digits of decimals, the lengths of
/// texts and bits.
fn pg_type(type_info: &MySqlTypeInfo) -> PgType {
    PgType::new(match type_info.name() {
        "BOOLEAN" | "TINYINT" | "TINYINT UNSIGNED" | "SMALLINT" | "YEAR" => oid::INT2,
        "SMALLINT UNSIGNED" | "MEDIUMINT" | "MEDIUMINT UNSIGNED" | "INT" => oid::INT4,
        "INT UNSIGNED" | "BIGINT" => oid::INT8,
        "BIGINT UNSIGNED" => return PgType::numeric(20, 0),
        "DECIMAL" => oid::NUMERIC,
        "FLOAT" => oid::FLOAT4,
        "DOUBLE" => oid::FLOAT8,
        "BIT" | "GEOMETRY" => oid::BYTEA,
        "DATE" => oid::DATE,
        "DATETIME" => oid::TIMESTAMP,
        "TIMESTAMP" => oid::TIMESTAMPTZ,
        "TIME" => oid::INTERVAL,
        "JSON" => oid::JSONB,
        "ENUM" | "SET" | "NULL" => oid::TEXT,
        // By the character set: the flag by which the driver names types is also that of text in a binary collation.
        _ if <str as Type<MySql>>::compatible(type_info) => oid::TEXT,
        _ => oid::BYTEA,
    })
}

/// Runs one statement in a session of its own, outside of a transaction, and says how many rows it changed.
pub(crate) async fn execute(pool: &Arc<Pool>, statement: &str) -> Result<u64> {
    let endpoint = pool.endpoint();
    let source = &endpoint.context.source;
    let mut lease = pool.acquire("execute a statement".to_owned()).await?;
    let failed = |error| failure(source, format!("could not run a statement at data source \"{source}\""), error);
    if endpoint.flavor.read_only_transactions {
        endpoint.context.remote_calls.count();
        let writing = lease.mysql().execute("SET SESSION TRANSACTION READ WRITE");
        endpoint.within(PREPARE_TIMEOUT, "write to", async { writing.await.map_err(failed) }).await?;
    }
    let changed = match prepare(pool, &mut lease, statement).await? {
        Ok(_) => send(pool, &mut lease, sqlx::query(AssertSqlSafe(statement))).await?,
        Err(error) if is_not_preparable(&error) => send(pool, &mut lease, sqlx::raw_sql(AssertSqlSafe(statement))).await?,
        Err(error) => Err(error),
    };
    let changed = changed.map_err(|error| in_doubt(failed(error)))?;
    lease.close().await;
    Ok(changed)
}

/// The statement as the server understands it. The driver keeps it on the connection.
async fn prepare(pool: &Arc<Pool>, lease: &mut Lease, text: &str) -> Result<Result<MySqlStatement, sqlx::Error>> {
    let endpoint = pool.endpoint();
    endpoint.context.remote_calls.count();
    let preparing = async { Ok(lease.mysql().prepare(AssertSqlSafe(text).into_sql_str()).await) };
    let prepared = endpoint.within(PREPARE_TIMEOUT, "prepare a statement at", preparing).await?;
    if let Ok(statement) = &prepared
        && !matches!(statement.parameters(), None | Some(Either::Right(0)))
    {
        return Err(Error::new(Code::UndefinedParameter, "a statement in the source's own language has no parameters")
            .hint("Write the values into its text."));
    }
    Ok(prepared)
}

/// What the server says of a statement, which takes as long as it takes.
async fn send<'q>(pool: &Arc<Pool>, lease: &mut Lease, statement: impl sqlx::Execute<'q, MySql> + 'q) -> Result<Result<u64, sqlx::Error>> {
    pool.endpoint().context.remote_calls.count();
    let watch = Watch::new(pool, lease);
    let outcome = watch.over(lease.mysql().execute(statement)).await.map_err(in_doubt)?;
    Ok(outcome.map(|done| done.rows_affected()))
}
