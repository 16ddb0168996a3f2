//! Aggregates over joins of two servers, of which the larger one aggregates first.

use libtest_mimic::Failed;

use super::servers::{MySqlServer, PostgreSql, register, rows};
use crate::gateway::Gateway;

pub async fn the_larger_side_of_a_join_is_aggregated_first() -> Result<(), Failed> {
    let (postgresql, mariadb) = (PostgreSql::create("early").await, MySqlServer::mariadb());
    postgresql
        .client
        .batch_execute(
            "CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total numeric(12,2), weight float8, big bigint, note text);
             INSERT INTO orders SELECT i, nullif(i % 53, 7), nullif(i % 11, 3) * 1.25, i / 3.0, 9223372036854775000 + i % 7,
                 nullif('n' || i % 5, 'n2') FROM generate_series(1, 5000) i;
             ANALYZE orders",
        )
        .await?;
    mariadb
        .execute(
            "CREATE DATABASE early; USE early; CREATE TABLE early.customers (id int PRIMARY KEY, segment varchar(9), rank_ int);
             INSERT INTO early.customers SELECT seq, CONCAT('s', seq % 4), seq % 3 FROM seq_1_to_40; ANALYZE TABLE early.customers",
        )
        .await;
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    register(&client, "sales", "postgresql", &postgresql.options()).await;
    register(&client, "crm", "mariadb", &mariadb.options()).await;

    let from = "FROM sales.public.orders o JOIN crm.early.customers c ON c.id = o.customer_id";
    for (query, is_early) in [
        (format!("SELECT c.segment, count(*), sum(o.total) {from} GROUP BY c.segment ORDER BY 1"), true),
        (format!("SELECT c.segment, count(o.note), min(o.note), max(o.total), sum(o.big), sum(o.id) {from} GROUP BY 1 ORDER BY 1"), true),
        (format!("SELECT upper(c.segment) || '!', sum(o.total * 2), sum(o.total * 2) + 1 {from} GROUP BY 1 ORDER BY 1"), true),
        (format!("SELECT o.customer_id, c.rank_, count(*) {from} WHERE o.total > 2 GROUP BY 1, 2 HAVING count(*) > 3 ORDER BY 1, 2"), true),
        (format!("SELECT count(*), count(o.total), sum(o.total), max(o.id) {from} WHERE c.rank_ > 7"), true),
        (format!("SELECT count(*) {from}"), true),
        // What cannot be put together from parts, or needs more of the orders than their customer.
        (format!("SELECT c.segment, sum(c.rank_), count(*) {from} GROUP BY 1 ORDER BY 1"), false),
        (format!("SELECT c.segment, count(DISTINCT o.note) {from} GROUP BY 1 ORDER BY 1"), false),
        (format!("SELECT o.note, count(*) {from} GROUP BY 1 ORDER BY 1"), false),
        (format!("SELECT c.segment, count(*) {from} AND o.id > c.rank_ GROUP BY 1 ORDER BY 1"), false),
        (format!("SELECT c.segment, count(*) {} GROUP BY 1 ORDER BY 1", from.replace("JOIN", "LEFT JOIN")), false),
    ] {
        client.batch_execute("SET metagate.enable_pushdown = off").await?;
        let expected = rows(&client, &query).await.map_err(|error| format!("{error}: {query}"))?;
        client.batch_execute("RESET metagate.enable_pushdown").await?;
        assert_eq!(rows(&client, &query).await, Ok(expected), "{query}");
        let plan = rows(&client, &format!("EXPLAIN {query}")).await?.join("\n");
        let remote = plan.lines().find(|line| line.contains("RemoteQuery: source=sales")).unwrap_or_default();
        assert_eq!(remote.contains("GROUP BY"), is_early, "{query}\n{plan}");
    }
    Ok(())
}
