//! Connections and lookups beside a PostgreSQL with as many tables.

use std::time::{Duration, Instant};

use futures::future::try_join_all;
use tokio_postgres::Client;

use super::LOOKUP;
use super::scans::scan;
use crate::Result;
use crate::measure::{Times, report};
use crate::postgresql::PostgreSql;
use crate::server::Server;
use crate::synthetic::{COLUMNS, TABLES_PER_SCHEMA, table_name};

pub(super) const CLIENTS: usize = 8;
/// How long the clients of a throughput workload go on.
pub(super) const THROUGHPUT_TIME: Duration = Duration::from_secs(10);

pub async fn run() -> Result<()> {
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
