//! Full scans of information_schema at 50,000 tables and 1,000,000 columns.

use futures::TryStreamExt;
use tokio_postgres::Client;

use crate::Result;
use crate::measure::{Times, memory_mib, report};
use crate::server::Server;

pub async fn run() -> Result<()> {
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
pub async fn scan(client: &Client, statement: &str, runs: usize) -> Result<String> {
    let prepared = &client.prepare(statement).await?;
    let times = Times::of(runs, async |_| {
        let rows = client.query_raw(prepared, std::iter::empty::<&str>()).await?;
        rows.try_for_each(|_| async { Ok(()) }).await?;
        Ok(())
    });
    Ok(times.await?.shown())
}
