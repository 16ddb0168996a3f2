//! The connection test, on a connection of its own: it says what opening the source means now, not what a pool remembers.

use std::future::Future;
use std::time::{Duration, Instant};

use spi::Result;
use spi::connector::{Stage, TestStage};

use crate::database::{Connection, Database};
use crate::failure::failure;

/// Both statements read a page or two; waiting for a lock is part of it.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// Looks for the files, opens them, and asks a first question.
pub(crate) async fn probe(database: &Database) -> Vec<TestStage> {
    let mut stages = Vec::new();
    if timed(&mut stages, Stage::Resolve, resolve(database)).await.is_none() {
        return stages;
    }
    if let Some(connection) = timed(&mut stages, Stage::Connect, connect(database)).await {
        timed(&mut stages, Stage::Query, query(database, connection)).await;
    }
    stages
}

/// Runs a stage and notes its outcome; gives what the next stage needs.
async fn timed<T>(stages: &mut Vec<TestStage>, stage: Stage, work: impl Future<Output = Result<(T, String)>>) -> Option<T> {
    let started = Instant::now();
    let (value, outcome) = match work.await {
        Ok((value, found)) => (Some(value), Ok(found)),
        Err(error) => (None, Err(error)),
    };
    stages.push(TestStage { stage, latency: started.elapsed(), outcome });
    value
}

async fn resolve(database: &Database) -> Result<((), String)> {
    let files = database.identity().await?.len();
    Ok(((), if files == 1 { "the file exists".to_owned() } else { format!("{files} files exist") }))
}

async fn connect(database: &Database) -> Result<(Connection, String)> {
    let mut connection = database.open().await?;
    // The header is read with the first statement that needs it.
    let version = scalar(database, &mut connection, "PRAGMA schema_version").await?;
    Ok((connection, format!("opened read-only, schema version {version}")))
}

async fn query(database: &Database, mut connection: Connection) -> Result<((), String)> {
    let objects = scalar(database, &mut connection, "SELECT count(*) FROM sqlite_schema").await?;
    Ok(((), format!("{objects} objects")))
}

async fn scalar(database: &Database, connection: &mut Connection, sql: &'static str) -> Result<i64> {
    let context = &database.context;
    context.remote_calls.count();
    let answer = async {
        let value = sqlx::query_scalar(sql).fetch_one(&mut connection.sqlite).await;
        value.map_err(|error| failure(&context.source, format!("could not query data source \"{}\"", context.source), error))
    };
    database.within(STATEMENT_TIMEOUT, "query", answer).await
}
