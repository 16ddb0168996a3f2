//! `SELECT *` of 2,000,000 rows of 10 columns, beside psql straight at the source and beside postgres_fdw.

use std::time::Duration;

use tokio_postgres::Config;

use crate::foreign::{self, Tuning};
use crate::measure::{Times, memory_mib, report};
use crate::postgresql::PostgreSql;
use crate::server::Server;
use crate::{Result, psql};

const ROWS: usize = 2_000_000;
const RUNS: usize = 3;

pub async fn run() -> Result<()> {
    let source = PostgreSql::start().await?;
    create_table(&source).await?;
    let peer = PostgreSql::start().await?;
    let client = peer.connect().await?;
    for tuning in Tuning::ALL {
        let name = tuning.schema();
        foreign::add_postgresql(&client, name, source.port, tuning).await?;
        foreign::import(&client, name, "public", name).await?;
    }
    let server = Server::empty().await?;
    server.register("source", "postgresql", &PostgreSql::options(source.port), 1).await?;

    let reads = [
        (server.settings_for("source"), "public"),
        (source.settings(), "public"),
        (peer.settings(), Tuning::Untuned.schema()),
        (peer.settings(), Tuning::Tuned.schema()),
    ];
    let [ours, straight, untuned, tuned] = medians(&reads)?;
    report("2,000,000 rows of 10 columns with psql, metagate", &rows_per_second(ours));
    for (name, theirs) in [("the source itself", straight), ("postgres_fdw", untuned), ("postgres_fdw, tuned", tuned)] {
        let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
        report(&format!("the same, {name}"), &format!("{}; we read {ratio:.2} times as many", rows_per_second(theirs)));
    }
    let (now, peak) = memory_mib(server.process.id())?;
    report("memory of the gateway", &format!("{now} MiB, at most {peak} MiB"));
    Ok(())
}

/// The medians of what each takes. They take turns, so that whatever else the machine does hits all of them.
fn medians<const N: usize>(reads: &[(Config, &str); N]) -> Result<[Duration; N]> {
    let mut times = [const { Times::none() }; N];
    for _ in 0..RUNS {
        for (times, (settings, schema)) in times.iter_mut().zip(reads) {
            times.add(psql::read_all(settings, &format!("SELECT * FROM {schema}.mixed"))?);
        }
    }
    Ok(times.map(|times| times.median()))
}

fn rows_per_second(time: Duration) -> String {
    format!("{:.2} s, {:.0} rows per second", time.as_secs_f64(), ROWS as f64 / time.as_secs_f64())
}

async fn create_table(source: &PostgreSql) -> Result<()> {
    let client = source.connect().await?;
    client
        .batch_execute(&format!(
            "CREATE TABLE mixed (
                 id bigint, number int, amount numeric(12,2), ratio float8, note text, code varchar(20), day date,
                 moment timestamptz, flag boolean, token uuid);
             INSERT INTO mixed
                 SELECT n, n * 7919 % 1000003, (n * 104729 % 50000000) / 100.0, n / 7.0, 'note ' || n * 37 % 100000,
                        'code-' || n % 1000, date '1992-01-01' + (n * 17 % 2400)::int,
                        timestamptz '2020-01-01 00:00:00Z' + n * interval '1.25 seconds', n % 3 = 0, md5(n::text)::uuid
                 FROM generate_series(1::bigint, {ROWS}) AS n"
        ))
        .await?;
    Ok(client.batch_execute("VACUUM ANALYZE mixed").await?)
}
