//! All records of a source, read and decoded, beside a plain loop of the source's driver in Rust.
//!
//! The gateway answers how many records have each of their fields, so that it decodes all of them and hardly anything has to travel on.
//! The loop takes each record out of the driver, and decodes what the driver leaves encoded.

mod elasticsearch;
mod hive;
mod kafka;
mod mongodb;
mod redis;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Result;
use crate::measure::{Times, memory_mib, report};
use crate::server::Server;

const RUNS: usize = 3;

/// The fields of a record.
const FIELDS: [&str; 6] = ["id", "customer", "total", "paid", "city", "placed"];

pub async fn run() -> Result<()> {
    hive::run().await?;
    kafka::run().await?;
    elasticsearch::run().await?;
    mongodb::run().await?;
    redis::run().await
}

/// A record: an order of a shop.
fn order(number: usize) -> Value {
    let city = ["Berlin", "Kraków", "Malmö", "Porto"][number % 4];
    json!({
        "id": number, "customer": format!("customer {}", number * 7919 % 150_000), "total": (number * 104_729 % 50_000_000) as f64 / 100.0,
        "paid": !number.is_multiple_of(3), "city": city,
        "placed": format!("2026-{:02}-{:02}T10:00:00Z", number % 12 + 1, number % 28 + 1),
    })
}

/// A gateway with the source under test.
struct Bench {
    name: &'static str,
    records: usize,
    server: Server,
}

impl Bench {
    /// Registers the source, which is of the type that it is named after, with its one table of so many records.
    async fn start(name: &'static str, options: &Value, records: usize) -> Result<Bench> {
        let server = Server::empty().await?;
        server.register(name, name, options, 1).await?;
        Ok(Bench { name, records, server })
    }

    /// How long the gateway takes to decode all fields of all records of a table.
    async fn decode(&self, table: &str) -> Result<Duration> {
        let client = crate::server::connect(&self.server.settings_for(self.name)).await?;
        let counts = FIELDS.map(|field| format!("count({field})")).join(", ");
        let statement = format!("SELECT count(*), {counts} FROM {table}");
        let times = Times::of(RUNS, async |_| {
            let row = client.query_one(&statement, &[]).await?;
            let found: Vec<i64> = (0..row.len()).map(|column| row.get(column)).collect();
            self.check(found.iter().all(|found| *found == self.records as i64), &format!("{found:?}"))
        });
        Ok(times.await?.median())
    }

    /// How long it takes to say how many records a table has, where the source does not know it.
    async fn count(&self, table: &str) -> Result<Duration> {
        let client = crate::server::connect(&self.server.settings_for(self.name)).await?;
        let started = Instant::now();
        let found: i64 = client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await?.get(0);
        self.check(found == self.records as i64, &found.to_string())?;
        Ok(started.elapsed())
    }

    /// Prints what the gateway took and what the plain loop did, and what memory the gateway came to hold.
    fn report(&self, what: &str, ours: Duration, others: &[(&str, Duration)]) -> Result<()> {
        let name = self.name;
        let per_second = |time: Duration| self.records as f64 / time.as_secs_f64();
        report(&format!("{name}: {what}, metagate"), &format!("{:.2} s, {:.0} per second", ours.as_secs_f64(), per_second(ours)));
        for (other, theirs) in others {
            let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
            let figures = format!("{:.2} s, {:.0} per second; we read {ratio:.2} times as many", theirs.as_secs_f64(), per_second(*theirs));
            report(&format!("{name}: the same, {other}"), &figures);
        }
        let (now, peak) = memory_mib(self.server.process.id())?;
        report(&format!("{name}: memory of the gateway"), &format!("{now} MiB, at most {peak} MiB"));
        Ok(())
    }

    fn check(&self, is_right: bool, found: &str) -> Result<()> {
        match is_right {
            true => Ok(()),
            false => Err(format!("{}: there are {} records, and it found {found}", self.name, self.records).into()),
        }
    }

    /// How long a plain loop takes that gives the number of records that it saw.
    async fn peer(&self, read: impl AsyncFn() -> Result<usize>) -> Result<Duration> {
        let times = Times::of(RUNS, async |_| {
            let found = read().await?;
            self.check(found == self.records, &format!("{found} in the plain loop"))
        });
        Ok(times.await?.median())
    }
}
