//! Servers that die, and readers that leave.

use std::time::{Duration, Instant};

use futures::TryStreamExt;
use serde_json::json;
use spi::Code;
use spi::connector::{ReadPlan, ReadRequest};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row};

use crate::fixture::{Fixture, database, harvest, login, new_database, open, options, with};
use crate::server;

/// What must happen at the server, has happened by then, however busy it is. Statements that are not ended run for longer.
const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until a statement of metagate sleeps in the database. One that runs may still be what a new session begins with.
async fn wait_for_sleep(connection: &mut PgConnection, database: &str) {
    wait_for(connection, database, "wait_event = 'PgSleep'", 1).await;
}

/// Waits until no statement of metagate runs in the database.
async fn wait_for_silence(connection: &mut PgConnection, database: &str) {
    wait_for(connection, database, "true", 0).await;
}

async fn wait_for(connection: &mut PgConnection, database: &str, condition: &str, wanted: i64) {
    let started = Instant::now();
    let running = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'metagate%' AND datname = $1 AND state = 'active'";
    let sql = format!("{running} AND {condition}");
    loop {
        let running: i64 =
            sqlx::query(AssertSqlSafe(sql.clone())).bind(database).fetch_one(&mut *connection).await.expect("an answer").get(0);
        if running == wanted {
            return;
        }
        assert!(started.elapsed() < DEADLINE, "{running} statements run where {condition}, not {wanted}");
    }
}

/// The first batch of a read is asked for, and then nobody is interested any more.
async fn leave_while_reading(fixture: &Fixture, table: &str) {
    let request = fixture.request("public", table).await;
    let mut rows = fixture.stream(request).await;
    let mut observer = login(fixture.server, "postgres").await;
    tokio::select! {
        _ = rows.try_next() => panic!("a batch came of a statement that sleeps"),
        _ = wait_for_sleep(&mut observer, &fixture.name) => {}
    }
    drop(rows);
    wait_for_silence(&mut observer, &fixture.name).await;
}

#[tokio::test]
async fn a_statement_that_nobody_reads_ends_at_the_server() {
    let sql = "CREATE VIEW sleeper AS SELECT n, pg_sleep(300)::text FROM generate_series(1, 5) n; CREATE TABLE t AS SELECT 1 AS n";
    let Some(fixture) = database(sql).await else { return };
    leave_while_reading(&fixture, "sleeper").await;
    // The connection was not returned: the next read is answered at once, by another one.
    assert_eq!(fixture.rows(fixture.request("public", "t").await).await.expect("rows"), ["1"]);
}

#[tokio::test]
async fn a_reader_that_left_half_way_leaves_no_rows_behind() {
    let Some(fixture) = database("CREATE TABLE t AS SELECT n FROM generate_series(1, 300000) n").await else { return };
    let request = fixture.request("public", "t").await;
    for _ in 0..7 {
        let mut rows = fixture.stream(request.clone()).await;
        assert!(rows.try_next().await.expect("a batch").is_some());
    }
    let rows: usize = fixture.batches(request).await.expect("batches").iter().map(|batch| batch.num_rows()).sum();
    assert_eq!(rows, 300_000);
    let mut observer = login(fixture.server, "postgres").await;
    wait_for_silence(&mut observer, &fixture.name).await;
}

#[tokio::test]
async fn a_session_that_the_server_ends_is_an_error_and_no_more() {
    let Some(fixture) = database("CREATE VIEW sleeper AS SELECT pg_sleep(60)::text").await else { return };
    let request = fixture.request("public", "sleeper").await;
    let mut rows = fixture.stream(request).await;
    let mut observer = login(fixture.server, "postgres").await;
    tokio::select! {
        _ = rows.try_next() => panic!("a batch came of a statement that sleeps"),
        _ = wait_for_sleep(&mut observer, &fixture.name) => {}
    }
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'metagate%' AND datname = $1";
    sqlx::query(kill).bind(&fixture.name).execute(&mut observer).await.expect("a signal");
    assert_eq!(rows.try_next().await.expect_err("the end").code, Code::ConnectionLost);
    assert_eq!(fixture.harvest().await.len(), 1);
}

#[tokio::test]
async fn a_server_that_dies_in_mid_read_and_comes_back() {
    let Some(server) = server::own(false) else { return };
    let name = new_database(&server, "CREATE TABLE t AS SELECT n, repeat('x', 1000) s FROM generate_series(1, 200000) n").await;
    let connector = open(with(options(&server, &name), json!({"connect_timeout": 5}))).await.expect("a connector");
    let schemas = harvest(&*connector, &Default::default()).await.expect("a harvest");
    let columns = schemas[0].arrow_fields(0);
    let request =
        ReadRequest { schema: "public".to_owned(), table: "t".to_owned(), columns, user: "ana".to_owned(), ..ReadRequest::default() };
    let ReadPlan::Rows(mut rows) = connector.read(request.clone()).await.expect("a plan") else { panic!("rows") };
    assert!(rows.try_next().await.expect("a batch").is_some());
    server.kill();
    let error = loop {
        match rows.try_next().await {
            Ok(batch) => assert!(batch.is_some(), "the rows end as if they were all"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code, Code::ConnectionLost, "{error}");
    let error = harvest(&*connector, &Default::default()).await.expect_err("nobody there");
    assert_eq!((error.code, error.code.sqlstate(), error.retryable), (Code::Unreachable, "08001", true));
    server.start();
    assert_eq!(harvest(&*connector, &Default::default()).await.expect("a harvest"), schemas);
}
