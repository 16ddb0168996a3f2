//! What README's tour shows: two databases registered, browsed, joined with each other and with a Parquet file.

use libtest_mimic::Failed;

use super::servers::{MySqlServer, PostgreSql, register, rows};
use crate::gateway::Gateway;

pub async fn a_postgresql_and_a_mariadb_are_browsed_and_joined() -> Result<(), Failed> {
    let (postgresql, mariadb) = (PostgreSql::create("tour").await, MySqlServer::mariadb());
    postgresql
        .client
        .batch_execute(
            "CREATE TABLE invoices (id int PRIMARY KEY, customer_id int NOT NULL, total numeric(10,2), issued date);
             COMMENT ON TABLE invoices IS 'what was billed';
             INSERT INTO invoices SELECT i, i % 3 + 1, i * 2.5, date '2026-01-01' + i FROM generate_series(1, 30) i;",
        )
        .await?;
    mariadb
        .execute(
            "CREATE DATABASE support; CREATE TABLE support.tickets (id int PRIMARY KEY AUTO_INCREMENT, customer int NOT NULL,
             subject varchar(80) COMMENT 'as the customer wrote it', opened datetime, KEY (customer));
             INSERT INTO support.tickets (customer, subject, opened) VALUES (1, 'Late', '2026-01-02 10:00:00'),
             (1, 'late', '2026-01-03 10:00:00'), (2, 'Broken', NULL), (3, 'Thanks ', '2026-02-01 00:00:00')",
        )
        .await;
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    register(&client, "billing", "postgresql", &postgresql.options()).await;
    register(&client, "desk", "mariadb", &mariadb.options()).await;

    let calls = "SELECT sum(remote_calls_total) FROM metadata.freshness WHERE data_source IN ('billing', 'desk')";
    let before = rows(&client, calls).await?;
    let columns = "SELECT table_catalog, table_schema, table_name, column_name, data_type, native_type, comment
        FROM information_schema.columns WHERE table_catalog IN ('billing', 'desk') AND column_name IN ('total', 'subject') ORDER BY 1";
    assert_eq!(
        rows(&client, columns).await?,
        [
            "billing|public|invoices|total|numeric|numeric(10,2)|∅",
            "desk|support|tickets|subject|character varying|varchar(80)|as the customer wrote it"
        ]
    );
    assert_eq!(rows(&client, calls).await?, before, "the catalog asks no source");

    let joined = "SELECT p.country, count(*), sum(i.total) FROM billing.public.invoices i
        JOIN desk.support.tickets t ON t.customer = i.customer_id
        JOIN sample.public.customers p ON p.id = i.customer_id
        WHERE t.subject = 'Late' AND i.issued < '2026-01-20' GROUP BY p.country ORDER BY 1";
    let answer = rows(&client, joined).await?;
    assert_eq!(answer.len(), 1, "{answer:?}");
    assert!(answer[0].ends_with("|6|157.50"), "{answer:?}");
    let plan = rows(&client, &format!("EXPLAIN {joined}")).await?.join("\n");
    assert!(plan.contains("RemoteQuery: source=desk, sql=SELECT") && plan.contains("RemoteQuery: source=billing, sql=SELECT"), "{plan}");
    assert!(plan.matches("RemoteQuery").count() == 2 && plan.matches("SourceScan: source=sample").count() == 1, "{plan}");

    let pushed = "SELECT t.subject, count(*) FROM tickets t GROUP BY t.subject HAVING count(*) = 1 ORDER BY 1";
    let desk = gateway.connect("desk").await;
    desk.simple_query("SET search_path = support").await?;
    assert_eq!(rows(&desk, pushed).await?, ["Broken|1", "Late|1", "Thanks |1", "late|1"]);
    let plan = rows(&desk, &format!("EXPLAIN ANALYZE {pushed}")).await?.join("\n");
    assert!(plan.contains("sql=SELECT") && plan.contains("GROUP BY") && plan.contains("rows=4"), "{plan}");
    Ok(())
}
