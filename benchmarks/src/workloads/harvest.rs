//! The metadata of 10,000 PostgreSQL tables and of 2,000 MariaDB tables of 20 columns, beside IMPORT FOREIGN SCHEMA.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio_postgres::Client;

use crate::Result;
use crate::foreign::{self, Tuning};
use crate::mariadb::{self, MariaDb};
use crate::measure::{Times, compare, milliseconds, report};
use crate::postgresql::PostgreSql;
use crate::server::Server;
use crate::synthetic::TABLES_PER_SCHEMA;

const POSTGRESQL_TABLES: usize = 10_000;
const MARIADB_TABLES: usize = 2_000;
const RUNS: usize = 3;

pub async fn run() -> Result<()> {
    let server = Server::empty().await?;
    let peer = PostgreSql::start().await?;
    postgresql(&server, &peer).await?;
    mariadb(&server, &peer).await
}

async fn postgresql(server: &Server, peer: &PostgreSql) -> Result<()> {
    let source = PostgreSql::start().await?;
    source.create_tables(POSTGRESQL_TABLES).await?;
    let change = async |number: usize| {
        let statement = format!("COMMENT ON TABLE schema_0.table_0 IS 'changed {number} times'");
        Ok(source.connect().await?.batch_execute(&statement).await?)
    };
    let ours = harvests(server, "postgresql", &PostgreSql::options(source.port), POSTGRESQL_TABLES, change).await?;
    let schemas: Vec<String> = (0..POSTGRESQL_TABLES / TABLES_PER_SCHEMA).map(|number| format!("schema_{number}")).collect();
    let theirs = imports(peer, POSTGRESQL_TABLES, async |client| {
        foreign::add_postgresql(client, "source", source.port, Tuning::Untuned).await?;
        let started = Instant::now();
        for schema in &schemas {
            foreign::import(client, "source", schema, schema).await?;
        }
        Ok(started.elapsed())
    });
    compare("10,000 PostgreSQL tables: first harvest", ours, &[("IMPORT FOREIGN SCHEMA", theirs.await?)]);
    Ok(())
}

async fn mariadb(server: &Server, peer: &PostgreSql) -> Result<()> {
    let source = MariaDb::start().await?;
    source.create_tables(MARIADB_TABLES)?;
    let change = async |number: usize| {
        source.query(&format!("ALTER TABLE table_0 COMMENT 'changed {number} times'"), source.port)?;
        Ok(())
    };
    let ours = harvests(server, "mariadb", &MariaDb::options(source.port), MARIADB_TABLES, change).await?;
    if !foreign::has_mysql_fdw(&peer.connect().await?).await? {
        report("2,000 MariaDB tables: first harvest, metagate", &milliseconds(ours));
        report("2,000 MariaDB tables: IMPORT FOREIGN SCHEMA", "mysql_fdw is not installed: run benchmarks/services/mysql-fdw");
        return Ok(());
    }
    let theirs = imports(peer, MARIADB_TABLES, async |client| {
        foreign::add_mariadb(client, "source", source.port, Tuning::Untuned).await?;
        let started = Instant::now();
        foreign::import(client, "source", mariadb::DATABASE, mariadb::DATABASE).await?;
        Ok(started.elapsed())
    });
    compare("2,000 MariaDB tables: first harvest", ours, &[("IMPORT FOREIGN SCHEMA", theirs.await?)]);
    Ok(())
}

/// How long it takes to register a source and to have all its metadata. Reports the refreshes after it: of a source that has not
/// changed, and of one in which the comment of a table has.
async fn harvests(
    server: &Server,
    kind: &str,
    options: &Value,
    tables: usize,
    change: impl AsyncFn(usize) -> Result<()>,
) -> Result<Duration> {
    let client = server.connect().await?;
    let refresh = format!("CALL refresh_metadata('{kind}', full => false)");
    let (mut first, mut changed) = (Times::none(), Times::none());
    for number in 0..RUNS {
        if number > 0 {
            client.execute("CALL drop_datasource($1)", &[&kind]).await?;
        }
        first.add(server.register(kind, kind, options, tables).await?);
        change(number).await?;
        let started = Instant::now();
        client.batch_execute(&refresh).await?;
        changed.add(started.elapsed());
    }
    let unchanged = Times::of(RUNS, async |_| Ok(client.batch_execute(&refresh).await?)).await?;
    report(&format!("{tables} tables of {kind}: refresh when a comment changed"), &changed.shown());
    report(&format!("{tables} tables of {kind}: refresh when nothing changed"), &unchanged.shown());
    Ok(first.median())
}

/// How long the import takes, each time in a new database.
async fn imports(peer: &PostgreSql, tables: usize, import: impl AsyncFn(&Client) -> Result<Duration>) -> Result<Duration> {
    let administrator = peer.connect().await?;
    let mut times = Times::none();
    for number in 0..RUNS {
        let database = format!("import_{tables}_{number}");
        administrator.batch_execute(&format!("CREATE DATABASE {database}")).await?;
        let client = crate::server::connect(peer.settings().dbname(&database)).await?;
        times.add(import(&client).await?);
        let imported: i64 = client.query_one("SELECT count(*) FROM information_schema.foreign_tables", &[]).await?.get(0);
        if imported != tables as i64 {
            return Err(format!("{imported} of {tables} tables were imported").into());
        }
    }
    Ok(times.median())
}
