//! The metadata of 10,000 Hive tables and of one with 100,000 partitions, beside a loop that asks for each table, as most tools do.

use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt, TryStreamExt};
use pilota::FastStr;
use tokio_postgres::Client;

use crate::Result;
use crate::measure::{Times, compare, report};
use crate::metastore::server::{self, Server as Metastore};
use crate::metastore::{options, warehouse};
use crate::server::Server;
use crate::synthetic::{COLUMNS, TABLES_PER_SCHEMA, table_name};

const TABLES: usize = 10_000;
const PARTITIONS: usize = 100_000;
/// Partitions have an hour and a shop: so many of each day and hour.
const SHOPS: usize = 100;
/// Statements that make tables, at a time.
const WRITERS: usize = 4;
const CHANGED: usize = 10;
const RUNS: usize = 5;

pub async fn run() -> Result<()> {
    if let Some(missing) = server::missing() {
        return Err(format!("{missing} is not installed: run tests/services/hive-metastore").into());
    }
    let source = source().await?;
    let server = Server::empty().await?;
    let ours = server.register("hive", "hive", &options(&source), TABLES).await?;
    compare("10,000 Hive tables: first harvest", ours, &[("get_table of each", one_by_one(&source).await?)]);

    let client = server.connect().await?;
    refreshes(&client, "everything is asked anew", "full => true", async |_| Ok(())).await?;
    refreshes(&client, "nothing changed", "full => false", async |_| Ok(())).await?;
    refreshes(&client, "ten tables changed", "full => false", async |run| change(&source, run).await).await?;

    let server = server.settings_for("hive");
    partitions(&crate::server::connect(&server).await?).await
}

/// The metastore with everything in it. Making it takes Derby many minutes, so that its database is kept for the next time.
async fn source() -> Result<Metastore> {
    let kept = server::cache().join(format!("hive-metastore-benchmark-{TABLES}-{PARTITIONS}"));
    if !kept.exists() {
        let mut source = Metastore::start(server::ANNOUNCING);
        report("10,000 Hive tables and 100,000 partitions", "being made, the first time");
        create_tables(&source).await?;
        create_partitions(&source).await;
        source.kill();
        // Whoever stops meanwhile leaves no half of it under its name.
        let unfinished = kept.with_extension("unfinished");
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished)?;
        }
        server::copy(&source.folder.path().join("database"), &unfinished);
        std::fs::rename(unfinished, &kept)?;
    }
    Ok(Metastore::start_on(server::ANNOUNCING, server::Security::Nothing, &serde_json::Value::Null, &kept))
}

/// Reports the time and the calls of refreshes, each after something was done to the source.
async fn refreshes(client: &Client, what: &str, how: &str, before: impl AsyncFn(usize) -> Result<()>) -> Result<()> {
    let (mut times, mut calls) = (Times::none(), 0);
    for run in 0..RUNS {
        before(run).await?;
        let started = Instant::now();
        let row = client.query_one(&format!("CALL refresh_metadata('hive', {how})"), &[]).await?;
        times.add(started.elapsed());
        calls = calls.max(row.get::<_, i64>("remote_calls"));
    }
    report(&format!("10,000 Hive tables: refresh when {what}"), &format!("{}, at most {calls} calls", times.shown()));
    Ok(())
}

/// Reports listings of some of the many partitions.
async fn partitions(client: &Client) -> Result<()> {
    let listings = [("one", "bounds LIKE '%2026-01-05%' AND bounds LIKE '%shop 7%'"), ("all of a day", "bounds LIKE '%2026-01-05%'")];
    for (name, filter) in listings {
        let statement = format!(
            "SELECT partition_name, bounds, location, row_estimate, size_bytes FROM metagate.metadata.partitions \
             WHERE data_source = 'hive' AND schema_name = 'big' AND table_name = 'events' AND {filter}"
        );
        let mut found = 0;
        let mut times = Times::none();
        for _ in 0..RUNS {
            let started = Instant::now();
            found = client.query(&statement, &[]).await?.len();
            times.add(started.elapsed());
        }
        report(&format!("100,000 partitions: listing of {name}, {found} rows"), &times.shown());
    }
    Ok(())
}

/// How long it takes to ask for the tables one after the other.
async fn one_by_one(source: &Metastore) -> Result<Duration> {
    let client = source.client();
    let started = Instant::now();
    for database in warehouse::done(client.get_all_databases().await) {
        for table in warehouse::done(client.get_all_tables(database.clone()).await) {
            warehouse::done(client.get_table(database.clone(), table).await);
        }
    }
    Ok(started.elapsed())
}

async fn change(source: &Metastore, run: usize) -> Result<()> {
    let client = source.client();
    for number in 0..CHANGED {
        let (database, name) = (FastStr::new("schema_0"), FastStr::new(table_name(number)));
        let mut table = warehouse::done(client.get_table(database.clone(), name.clone()).await);
        warehouse::set(&mut table, "comment", &format!("changed {run} times"));
        warehouse::done(client.alter_table(database, name, table).await);
    }
    Ok(())
}

async fn create_tables(source: &Metastore) -> Result<()> {
    let types = ["bigint", "string", "decimal(12,2)", "date", "array<string>"];
    let columns: Vec<String> = (0..COLUMNS).map(|column| format!("column_{column} {}", types[column % types.len()])).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    for schema in 0..TABLES / TABLES_PER_SCHEMA {
        let name = format!("schema_{schema}");
        let folder = warehouse::database(source, &name).await;
        let numbers = (0..TABLES_PER_SCHEMA).map(|number| schema * TABLES_PER_SCHEMA + number);
        let tables = numbers.map(|number| warehouse::table(&folder, &name, &table_name(number), warehouse::PARQUET, &columns, &[]));
        stream::iter(tables.map(Result::Ok))
            .try_for_each_concurrent(WRITERS, async |table| {
                warehouse::create(source, &table).await;
                Ok(())
            })
            .await?;
    }
    Ok(())
}

async fn create_partitions(source: &Metastore) {
    let folder = warehouse::database(source, "big").await;
    let columns = ["id bigint", "event string"];
    let table = warehouse::table(&folder, "big", "events", warehouse::PARQUET, &columns, &["day date", "hour int", "shop string"]);
    warehouse::create(source, &table).await;
    let values = |number: usize| {
        let (hour, shop) = (number / SHOPS, number % SHOPS);
        let day = hour / 24;
        [format!("2026-{:02}-{:02}", day / 28 + 1, day % 28 + 1), (hour % 24).to_string(), format!("shop {shop}")]
    };
    let all: Vec<[String; 3]> = (0..PARTITIONS).map(values).collect();
    let all: Vec<Vec<&str>> = all.iter().map(|values| values.iter().map(String::as_str).collect()).collect();
    let page = PARTITIONS / WRITERS;
    stream::iter(all.chunks(page)).for_each_concurrent(WRITERS, async |page| warehouse::add_partitions(source, &table, page).await).await;
}
