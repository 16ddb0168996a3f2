//! A fingerprint stays as it is while nothing changes, and is another one after any change, for a statement or two.

use std::time::{Duration, Instant};

use spi::connector::Connector;
use sqlx::{Connection as _, Row};

use crate::fixture::{login, new_database, open, options, run};
use crate::server::{self, Server};
use crate::statements::statements;

/// The most that a fingerprint may ask, with the log-in.
const STATEMENTS_MAX: usize = 3;

/// A change is counted by then: a session counts at its end, some milliseconds after its client has gone.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a harvest sees, one change after the other.
const CHANGES: &[&str] = &[
    "CREATE TABLE t (a int)",
    "ALTER TABLE t ADD COLUMN b text",
    "ALTER TABLE t RENAME COLUMN b TO c",
    "ALTER TABLE t ALTER a SET DEFAULT 7",
    "ALTER TABLE t ADD CONSTRAINT positive CHECK (a > 0)",
    "COMMENT ON COLUMN t.a IS 'the first'",
    "GRANT SELECT ON t TO PUBLIC",
    "CREATE INDEX ON t (a)",
    "CREATE VIEW v AS SELECT a FROM t",
    "CREATE OR REPLACE VIEW v AS SELECT a + 1 - 1 AS a FROM t",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
    "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    "ALTER TABLE t DISABLE TRIGGER tr",
    "CREATE ACCESS METHOD am TYPE INDEX HANDLER bthandler",
    "CREATE SEQUENCE s",
    "ALTER SEQUENCE s INCREMENT 2",
    "CREATE TYPE e AS ENUM ('a')",
    "ALTER TYPE e ADD VALUE 'b'",
    "CREATE TABLE part (d int) PARTITION BY LIST (d)",
    "CREATE TABLE one PARTITION OF part FOR VALUES IN (1)",
    "ALTER TABLE part DETACH PARTITION one",
    "CREATE SCHEMA crm",
    "ALTER SCHEMA crm RENAME TO shop",
    "CREATE ROLE somebody",
    "ALTER ROLE somebody RENAME TO nobody",
    "GRANT nobody TO admin",
    "DROP VIEW v",
    "DROP TABLE t",
];

/// Runs a statement on a connection of its own, which has ended when this returns.
async fn change(server: &Server, database: &str, sql: &str) {
    let mut connection = login(server, database).await;
    run(&mut connection, sql).await;
    connection.close().await.expect("an end");
}

/// Waits until no other session of the database is left: what they did is counted then.
async fn settled(server: &Server, database: &str) {
    let mut observer = login(server, "postgres").await;
    let started = Instant::now();
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND application_name NOT LIKE 'metagate%'";
    while sqlx::query(sql).bind(database).fetch_one(&mut observer).await.expect("an answer").get::<i64, _>(0) > 0 {
        assert!(started.elapsed() < DEADLINE, "sessions of {database} do not end");
    }
}

async fn fingerprint(connector: &dyn Connector) -> String {
    connector.fingerprint().await.expect("an answer").expect("a fingerprint")
}

/// The next fingerprint that is another one.
async fn next(connector: &dyn Connector, last: &str, change: &str) -> String {
    let started = Instant::now();
    loop {
        let now = fingerprint(connector).await;
        if now != last {
            return now;
        }
        assert!(started.elapsed() < DEADLINE, "not noticed: {change}");
    }
}

#[tokio::test]
async fn every_change_is_noticed_and_nothing_else() {
    // A server of its own, because roles belong to all databases of one.
    let Some(server) = server::own(false) else { return };
    let name = new_database(&server, "CREATE TABLE other (n int); INSERT INTO other VALUES (1)").await;
    let connector = open(options(&server, &name)).await.expect("a connector");
    settled(&server, &name).await;
    let mut last = fingerprint(&*connector).await;
    for sql in CHANGES {
        change(&server, &name, sql).await;
        next(&*connector, &last, sql).await;
        settled(&server, &name).await;
        last = fingerprint(&*connector).await;
    }
    for sql in ["INSERT INTO other SELECT n FROM generate_series(1, 1000) n", "ANALYZE other", "SELECT count(*) FROM other"] {
        change(&server, &name, sql).await;
        settled(&server, &name).await;
        assert_eq!(fingerprint(&*connector).await, last, "{sql}");
    }
    change(&server, &name, "SELECT pg_stat_reset()").await;
    next(&*connector, &last, "pg_stat_reset()").await;
}

#[tokio::test]
async fn a_fingerprint_costs_a_statement_or_two() {
    let Some(server) = server::shared_own() else { return };
    let name = new_database(server, "CREATE TABLE t (n int)").await;
    let connector = open(options(server, &name)).await.expect("a connector");
    for _ in 0..2 {
        let before = statements(server, &name).len();
        fingerprint(&*connector).await;
        let asked = statements(server, &name).split_off(before);
        assert!(!asked.is_empty() && asked.len() <= STATEMENTS_MAX, "{asked:#?}");
    }
}

#[tokio::test]
async fn a_server_that_counts_nothing_gives_none() {
    let Some(server) = server::own(false) else { return };
    let name = new_database(&server, "").await;
    run(&mut login(&server, "postgres").await, &format!("ALTER DATABASE {name} SET track_counts = off")).await;
    let connector = open(options(&server, &name)).await.expect("a connector");
    assert_eq!(connector.fingerprint().await.expect("an answer"), None);
}
