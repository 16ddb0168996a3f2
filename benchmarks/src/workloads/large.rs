//! Lookups, LIKE, restart and memory at 500,000 tables and 10,000,000 columns.

use std::time::Instant;

use super::LOOKUP;
use super::scans::scan;
use crate::Result;
use crate::measure::{Times, memory_mib, milliseconds, report};
use crate::server::Server;
use crate::synthetic::{COLUMNS, TABLES_PER_SCHEMA, table_name};

pub async fn run() -> Result<()> {
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
