//! An aggregate and a TopN over 1,500,000 rows that the source answers alone, beside the source itself.

use tokio_postgres::Client;

use crate::Result;
use crate::measure::{Times, report, timed};
use crate::meter::Meter;
use crate::orders::create_orders;
use crate::postgresql::{PostgreSql, settings_at};
use crate::server::{Server, connect};
use crate::traffic::{bytes, remote_statements, same};

const STATEMENTS: [(&str, &str); 2] = [
    ("aggregate by a char(1) key", "SELECT status, count(*), sum(total), avg(total) FROM public.orders GROUP BY status ORDER BY status"),
    ("TopN", "SELECT id, customer_id, total, ordered FROM public.orders ORDER BY total DESC, id LIMIT 10"),
];
const RUNS: usize = 15;

pub async fn run() -> Result<()> {
    let source = PostgreSql::start().await?;
    create_orders(&source).await?;
    let server = Server::empty().await?;
    server.register("orders", "postgresql", &PostgreSql::options(source.port), 1).await?;
    let (ours, theirs) = (connect(&server.settings_for("orders")).await?, source.connect().await?);
    for (name, statement) in STATEMENTS {
        beside(name, statement, &ours, &theirs).await?;
    }

    let meter = Meter::start(source.port).await?;
    server.register("metered", "postgresql", &PostgreSql::options(meter.port), 1).await?;
    let (ours, theirs) = (connect(&server.settings_for("metered")).await?, connect(&settings_at(meter.port)).await?);
    for (name, statement) in STATEMENTS {
        for (who, client) in [("metagate", &ours), ("by hand", &theirs)] {
            let [bytes] = bytes([&meter], client, statement).await?;
            report(&format!("{name}: from the source, {who}"), &format!("{bytes} bytes"));
        }
        for line in remote_statements(&ours, statement).await? {
            report("", &line);
        }
    }
    Ok(())
}

/// Both answer in turns, on connections that stay open, and must say the same.
async fn beside(name: &str, statement: &str, ours: &Client, theirs: &Client) -> Result<()> {
    same((ours, statement), (theirs, statement)).await?;
    let (mut our_times, mut their_times) = (Times::none(), Times::none());
    for _ in 0..RUNS {
        our_times.add(timed(ours.simple_query(statement)).await?);
        their_times.add(timed(theirs.simple_query(statement)).await?);
    }
    let more = our_times.median().as_secs_f64() - their_times.median().as_secs_f64();
    report(&format!("1,500,000 rows: {name}, metagate"), &our_times.shown());
    report(&format!("1,500,000 rows: {name}, the source"), &format!("{}; we take {:+.2} ms", their_times.shown(), more * 1_000.0));
    Ok(())
}
