//! 150,000 customers in MariaDB joined with 1,500,000 orders in PostgreSQL, beside a PostgreSQL with foreign tables of both.

use tokio_postgres::Client;

use crate::Result;
use crate::foreign::{Tuning, add_mariadb, add_postgresql, has_mysql_fdw, import};
use crate::mariadb::{DATABASE, MariaDb};
use crate::measure::{Times, compare, report, timed};
use crate::meter::Meter;
use crate::orders::{DAY, create_customers, create_orders};
use crate::postgresql::{PostgreSql, settings_at};
use crate::server::{Server, connect};
use crate::traffic::{bytes, remote_statements, same};

const RUNS: usize = 5;

pub async fn run() -> Result<()> {
    let (orders, customers) = (PostgreSql::start().await?, MariaDb::start().await?);
    create_orders(&orders).await?;
    create_customers(&customers)?;
    let server = Server::empty().await?;
    register(&server, "", orders.port, customers.port).await?;
    let (ours, peer) = (server.connect().await?, PostgreSql::start().await?);
    let theirs = peer.connect().await?;
    let has_peer = has_mysql_fdw(&theirs).await?;
    if !has_peer {
        report("join of both", "mysql_fdw is not installed: run benchmarks/services/mysql-fdw");
    }
    for tuning in Tuning::ALL.into_iter().filter(|_| has_peer) {
        foreign_tables(&theirs, tuning.schema(), tuning, orders.port, customers.port).await?;
    }
    for (name, filter) in filters() {
        times(name, &filter, &ours, Some(&theirs).filter(|_| has_peer)).await?;
    }

    let meters = [Meter::start(orders.port).await?, Meter::start(customers.port).await?];
    register(&server, "metered_", meters[0].port, meters[1].port).await?;
    for tuning in Tuning::ALL.into_iter().filter(|_| has_peer) {
        foreign_tables(&theirs, &format!("metered_{}", tuning.schema()), tuning, meters[0].port, meters[1].port).await?;
    }
    for (name, filter) in filters() {
        traffic(name, &filter, &ours, Some(&theirs).filter(|_| has_peer), &meters, &customers).await?;
    }
    Ok(())
}

/// All orders, and those of one day.
fn filters() -> [(&'static str, String); 2] {
    [("join of all", String::new()), ("join of one day", format!("WHERE o.ordered = DATE '{DAY}'"))]
}

fn join(orders: &str, customers: &str, filter: &str) -> String {
    format!(
        "SELECT c.segment, count(*), sum(o.total) FROM {orders} o JOIN {customers} c ON c.id = o.customer_id {filter} \
         GROUP BY c.segment ORDER BY c.segment"
    )
}

fn our_join(prefix: &str, filter: &str) -> String {
    join(&format!("{prefix}orders.public.orders"), &format!("{prefix}customers.{DATABASE}.customers"), filter)
}

fn their_join(schema: &str, filter: &str) -> String {
    join(&format!("{schema}.orders"), &format!("{schema}.customers"), filter)
}

/// Makes both servers data sources, reached at these ports.
async fn register(server: &Server, prefix: &str, orders: u16, customers: u16) -> Result<()> {
    server.register(&format!("{prefix}orders"), "postgresql", &PostgreSql::options(orders), 1).await?;
    server.register(&format!("{prefix}customers"), "mariadb", &MariaDb::options(customers), 1).await?;
    Ok(())
}

/// Makes the tables of both servers, reached at these ports, known to the peer in a schema.
async fn foreign_tables(peer: &Client, schema: &str, tuning: Tuning, orders: u16, customers: u16) -> Result<()> {
    let (order_server, customer_server) = (format!("{schema}_orders"), format!("{schema}_customers"));
    add_postgresql(peer, &order_server, orders, tuning).await?;
    import(peer, &order_server, "public", schema).await?;
    add_mariadb(peer, &customer_server, customers, tuning).await?;
    import(peer, &customer_server, DATABASE, schema).await
}

/// All answer in turns, on connections that stay open, and must say the same.
async fn times(name: &str, filter: &str, ours: &Client, theirs: Option<&Client>) -> Result<()> {
    let statement = our_join("", filter);
    let mut our_times = Times::none();
    let mut their_times = Tuning::ALL.map(|_| Times::none());
    ours.simple_query(&statement).await?;
    for _ in 0..RUNS {
        our_times.add(timed(ours.simple_query(&statement)).await?);
        let Some(theirs) = theirs else { continue };
        for (tuning, times) in Tuning::ALL.into_iter().zip(&mut their_times) {
            times.add(timed(theirs.simple_query(&their_join(tuning.schema(), filter))).await?);
        }
    }
    let mut others = Vec::new();
    if let Some(theirs) = theirs {
        for (tuning, times) in Tuning::ALL.into_iter().zip(&their_times) {
            same((ours, &statement), (theirs, &their_join(tuning.schema(), filter))).await?;
            others.push((tuning.shown(), times.median()));
        }
    }
    compare(name, our_times.median(), &others);
    Ok(())
}

/// What each takes from the two servers, and what a person would who joins by hand: only the columns and rows that are needed,
/// and of all orders only their sums.
async fn traffic(
    name: &str,
    filter: &str,
    ours: &Client,
    theirs: Option<&Client>,
    [orders, customers]: &[Meter; 2],
    mariadb: &MariaDb,
) -> Result<()> {
    let shown = |[orders, customers]: [u64; 2]| format!("{orders} bytes of orders, {customers} bytes of customers");
    let statement = our_join("metered_", filter);
    report(&format!("{name}, metagate takes"), &shown(bytes([orders, customers], ours, &statement).await?));
    for line in remote_statements(ours, &statement).await? {
        report("", &line);
    }
    for tuning in Tuning::ALL {
        let Some(theirs) = theirs else { continue };
        let statement = their_join(&format!("metered_{}", tuning.schema()), filter);
        report(&format!("{name}, {} take", tuning.shown()), &shown(bytes([orders, customers], theirs, &statement).await?));
    }

    let client = connect(&settings_at(orders.port)).await?;
    let by_hand = [
        ("row by row", format!("SELECT customer_id, total FROM orders o {filter}")),
        ("grouped first", format!("SELECT customer_id, count(*), sum(total) FROM orders o {filter} GROUP BY customer_id")),
    ];
    for (how, statement) in &by_hand {
        let rows = client.query(statement.as_str(), &[]).await?;
        let [bytes] = bytes([orders], &client, statement).await?;
        report(&format!("{name}, by hand, {how}"), &format!("{} rows, {bytes} bytes of orders", rows.len()));
    }
    let keys = client.query(&format!("SELECT DISTINCT customer_id FROM orders o {filter}"), &[]).await?;
    let keys: Vec<String> = keys.iter().map(|row| row.get::<_, i64>(0).to_string()).collect();
    let only = if filter.is_empty() { String::new() } else { format!("WHERE id IN ({})", keys.join(", ")) };
    customers.take();
    let rows = mariadb.query(&format!("SELECT id, segment FROM customers {only}"), customers.port)?;
    report(&format!("{name}, by hand"), &format!("{} rows, {} bytes of customers, with the login", rows.len(), customers.take()));
    Ok(())
}
