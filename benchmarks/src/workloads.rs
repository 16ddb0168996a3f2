//! What is measured.

use std::time::{Duration, Instant};

use clap::ValueEnum;
use futures::TryStreamExt;
use futures::future::try_join_all;
use tokio_postgres::Client;

use crate::Result;
use crate::measure::{Times, memory_mib, milliseconds, report};
use crate::postgresql::PostgreSql;
use crate::server::Server;
use crate::synthetic::{COLUMNS, TABLES_PER_SCHEMA, table_name};

/// The workloads, in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// Full scans at 50,000 tables and 1,000,000 columns.
    Scans,
    /// Lookups, LIKE, restart and memory at 500,000 tables and 10,000,000 columns.
    Large,
    /// Connections and lookups beside a PostgreSQL with 10,000 tables.
    Peer,
}

/// The columns of one table, as tools ask for them.
const LOOKUP: &str = "SELECT column_name, data_type, is_nullable, ordinal_position FROM information_schema.columns \
                      WHERE table_schema = $1 AND table_name = $2 ORDER BY ordinal_position";
const CLIENTS: usize = 8;
/// How long the clients of a throughput workload go on.
const THROUGHPUT_TIME: Duration = Duration::from_secs(10);

/// Runs workloads; all of them if none is named.
pub async fn run(workloads: &[Workload]) -> Result<()> {
    for workload in Workload::value_variants() {
        if workloads.is_empty() || workloads.contains(workload) {
            match workload {
                Workload::Scans => scans().await?,
                Workload::Large => large().await?,
                Workload::Peer => peer().await?,
            }
        }
    }
    Ok(())
}

async fn scans() -> Result<()> {
    let server = Server::with_tables(50_000).await?;
    let client = &server.connect().await?;
    report("50,000 tables: SELECT * FROM information_schema.tables", &scan(client, "SELECT * FROM information_schema.tables", 7).await?);
    let count = "SELECT count(*) FROM information_schema.columns";
    report("1,000,000 columns: SELECT count(*)", &scan(client, count, 20).await?);
    let filtered = "SELECT count(*) FROM information_schema.columns WHERE data_type = 'date'";
    report("1,000,000 columns: SELECT count(*) WHERE data_type = 'date'", &scan(client, filtered, 7).await?);
    let all = "SELECT * FROM information_schema.columns";
    report("1,000,000 columns: SELECT * of all rows", &scan(client, all, 3).await?);
    let some = "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns";
    report("1,000,000 columns: 4 columns of all rows", &scan(client, some, 3).await?);
    let (now, peak) = memory_mib(server.process.id())?;
    report("memory of the gateway", &format!("{now} MiB, at most {peak} MiB"));
    Ok(())
}

/// Times a statement whose rows are all read, one at a time.
async fn scan(client: &Client, statement: &str, runs: usize) -> Result<String> {
    let prepared = &client.prepare(statement).await?;
    let times = Times::of(runs, async |_| {
        let rows = client.query_raw(prepared, std::iter::empty::<&str>()).await?;
        rows.try_for_each(|_| async { Ok(()) }).await?;
        Ok(())
    });
    Ok(times.await?.shown())
}

async fn large() -> Result<()> {
    const TABLES: usize = 500_000;
    let started = Instant::now();
    let server = Server::with_tables(TABLES).await?;
    report("10,000,000 columns: harvested and stored after", &milliseconds(started.elapsed()));
    let server = server.restart().await?;
    report("10,000,000 columns: restart to first answer", &milliseconds(server.ready_after));
    let client = &server.connect().await?;
    let (now, _) = memory_mib(server.process.id())?;
    report(
        "memory of the gateway after the restart",
        &format!("{now} MiB, {} bytes per column", now * 1_048_576 / (TABLES * COLUMNS) as u64),
    );

    let lookup = &client.prepare(LOOKUP).await?;
    let table = |number: usize| (number * 7_919) % TABLES;
    let times = Times::of(2_000, async |number| {
        let table = table(number);
        let rows = client.query(lookup, &[&format!("schema_{}", table / TABLES_PER_SCHEMA), &table_name(table)]).await?;
        if rows.len() == COLUMNS { Ok(()) } else { Err("a wrong answer".into()) }
    });
    report("500,000 tables: columns of one table, prepared", &times.await?.shown());
    let times = Times::of(500, async |number| {
        let statement = format!("SELECT column_name FROM information_schema.columns WHERE table_name = '{}'", table_name(table(number)));
        client.simple_query(&statement).await?;
        Ok(())
    });
    report("500,000 tables: the same by name alone, unprepared", &times.await?.shown());
    let like = "SELECT count(*) FROM information_schema.columns WHERE column_name LIKE '%999%'";
    report("10,000,000 columns: column_name LIKE '%999%'", &scan(client, like, 10).await?);
    let (now, peak) = memory_mib(server.process.id())?;
    report("memory of the gateway", &format!("{now} MiB, at most {peak} MiB"));
    Ok(())
}

async fn peer() -> Result<()> {
    const TABLES: usize = 10_000;
    let postgresql = PostgreSql::start().await?;
    postgresql.create_tables(TABLES).await?;
    let server = Server::with_tables(TABLES).await?;

    let ours = Times::of(200, async |_| connect_and_select(server.connect().await?).await).await?;
    let theirs = Times::of(200, async |_| connect_and_select(postgresql.connect().await?).await).await?;
    let ratio = ours.quantile(0.5).as_secs_f64() / theirs.quantile(0.5).as_secs_f64();
    report("connect + SELECT 1, metagate", &ours.shown());
    report("connect + SELECT 1, PostgreSQL", &format!("{}; we take {ratio:.2} times as long", theirs.shown()));

    for (name, prepared) in [("parsed each time", false), ("prepared", true)] {
        let ours = lookups_per_second(connect_all(async || server.connect().await).await?, TABLES, prepared).await?;
        let theirs = lookups_per_second(connect_all(async || postgresql.connect().await).await?, TABLES, prepared).await?;
        report(&format!("{CLIENTS} clients, lookups per second, {name}, metagate"), &format!("{ours:.0}"));
        let ratio = ours / theirs;
        report(
            &format!("{CLIENTS} clients, lookups per second, {name}, PostgreSQL"),
            &format!("{theirs:.0}; we do {ratio:.2} times as many"),
        );
    }

    let count = "SELECT count(*) FROM information_schema.columns";
    report("200,000 columns: SELECT count(*), metagate", &scan(&server.connect().await?, count, 10).await?);
    report("200,000 columns: SELECT count(*), PostgreSQL", &scan(&postgresql.connect().await?, count, 10).await?);
    Ok(())
}

async fn connect_and_select(client: Client) -> Result<()> {
    client.simple_query("SELECT 1").await?;
    Ok(())
}

async fn connect_all(connect: impl AsyncFn() -> Result<Client>) -> Result<Vec<Client>> {
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(connect().await?);
    }
    Ok(clients)
}

/// How many lookups the clients finish per second together, each looking up other tables.
async fn lookups_per_second(clients: Vec<Client>, tables: usize, prepared: bool) -> Result<f64> {
    let started = Instant::now();
    let finished = try_join_all(clients.into_iter().enumerate().map(|(number, client)| async move {
        let mut table = number * 1_009;
        let mut finished = 0_u64;
        let statement = client.prepare(LOOKUP).await?;
        while started.elapsed() < THROUGHPUT_TIME {
            table = (table + 7_919) % tables;
            let schema = format!("schema_{}", table / TABLES_PER_SCHEMA);
            let name = table_name(table);
            let rows =
                if prepared { client.query(&statement, &[&schema, &name]).await? } else { client.query(LOOKUP, &[&schema, &name]).await? };
            if rows.len() != COLUMNS {
                return Result::Err("a wrong answer".into());
            }
            finished += 1;
        }
        Ok(finished)
    }))
    .await?;
    Ok(finished.iter().sum::<u64>() as f64 / started.elapsed().as_secs_f64())
}
