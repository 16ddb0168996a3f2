//! Tables that change between two refreshes of their source's metadata.

use std::time::{Duration, Instant};

use libtest_mimic::Failed;

use super::servers::{MySqlServer, PostgreSql, register, rows};
use crate::gateway::Gateway;

/// How long a server may take to tell what it has counted.
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn a_changed_table_is_looked_at_anew() -> Result<(), Failed> {
    let (postgresql, mariadb) = (PostgreSql::create("changes").await, MySqlServer::mariadb());
    let server = &postgresql.client;
    server.batch_execute("CREATE TABLE t (id int, v int); INSERT INTO t VALUES (1, 10), (2, 20); CREATE TABLE gone (id int)").await?;
    mariadb.execute("CREATE DATABASE changes; CREATE TABLE changes.t (id int, v int); INSERT INTO changes.t VALUES (1, 10)").await;
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    register(&client, "shop", "postgresql", &postgresql.options()).await;
    register(&client, "desk", "mariadb", &mariadb.options()).await;

    let prepared = client.prepare("SELECT v FROM shop.public.t WHERE id = $1").await?;
    assert_eq!(client.query_one(&prepared, &[&1i32]).await?.get::<_, i32>(0), 10);
    for (source, alter) in
        [("shop", "ALTER TABLE t ALTER v TYPE text USING v || '!'"), ("desk", "ALTER TABLE changes.t MODIFY v varchar(9)")]
    {
        let (schema, expected) = match source {
            "shop" => ("public", vec!["10!", "20!"]),
            _ => ("changes", vec!["10"]),
        };
        match source {
            "shop" => server.batch_execute(alter).await?,
            _ => mariadb.execute(alter).await,
        }
        assert_eq!(rows(&client, &format!("SELECT v FROM {source}.{schema}.t ORDER BY id")).await?, expected);
        let columns = format!(
            "SELECT data_type FROM information_schema.columns WHERE table_catalog = '{source}' AND table_name = 't' AND column_name = 'v'"
        );
        assert!(["text", "character varying"].contains(&rows(&client, &columns).await?[0].as_str()), "the snapshot is new, too");
    }
    let error = client.query(&prepared, &[&1i32]).await.expect_err("another type than was promised");
    assert_eq!(error.as_db_error().expect("an answer").message(), "cached plan must not change result type");

    server.batch_execute("ALTER TABLE t ALTER v TYPE int USING 7; DROP TABLE gone").await?;
    client.batch_execute("BEGIN").await?;
    rows(&client, "SELECT 1 FROM information_schema.tables LIMIT 1").await?;
    let error = client.query("SELECT v FROM shop.public.t", &[]).await.expect_err("a transaction sees one snapshot");
    assert_eq!(error.as_db_error().expect("an answer").code().code(), "42804");
    client.batch_execute("ROLLBACK").await?;
    let error = client.query("SELECT * FROM shop.public.gone", &[]).await.expect_err("a table that is gone");
    assert_eq!(error.as_db_error().expect("an answer").code().code(), "42P01");
    Ok(())
}

pub async fn an_unchanged_source_is_not_harvested() -> Result<(), Failed> {
    let postgresql = PostgreSql::create("unchanged").await;
    postgresql.client.batch_execute("CREATE TABLE t (id int)").await?;
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    register(&client, "shop", "postgresql", &postgresql.options()).await;
    let refresh = async |full: bool| {
        let answered = rows(&client, &format!("CALL refresh_metadata('shop', full => {full})")).await;
        let answered = answered.expect("a refresh").remove(0);
        let fields: Vec<String> = answered.split('|').map(str::to_owned).collect();
        (fields[5].parse::<u64>().expect("remote calls"), fields[9] == "t")
    };
    // The server counts what was changed only a while after it was.
    let until = async |harvested: bool| {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match refresh(false).await {
                (calls, found) if found == harvested => break calls,
                _ => assert!(Instant::now() < deadline, "no refresh is with harvested = {harvested}"),
            }
        }
    };
    let calls = until(false).await;
    assert!(calls <= 4, "the connection's own and three, not {calls}");
    assert!(refresh(true).await.1, "whoever wants a harvest gets it");
    until(false).await;
    postgresql.client.batch_execute("CREATE TABLE u (id int)").await?;
    until(true).await;
    let tables = "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'shop' ORDER BY 1";
    assert_eq!(rows(&client, tables).await?, ["t", "u"]);
    Ok(())
}
