//! A network that stops, and a server that is full: nothing hangs, and each failure says what it is.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arrow::array::{Int32Array, RecordBatch};
use arrow::datatypes::{DataType, Field};
use futures::{StreamExt, TryStreamExt};
use serde_json::json;
use spi::Code;
use spi::connector::WriteRequest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::fixture::{Fixture, database, login, new_database, open, options, run, with};
use crate::server;

/// A way to the server that can fail.
struct Proxy {
    port: u16,
    /// What becomes of the connections that are made from now on, and until it is replaced.
    way: Arc<Mutex<Arc<AtomicU8>>>,
}

/// Bytes are given on.
const FLOWS: u8 = 0;

/// Bytes are taken and never given on, as by a firewall that has forgotten a connection.
const SILENT: u8 = 1;

/// The next COMMIT is given on, its answer is not: the connection ends.
const CUTS_AT_COMMIT: u8 = 2;

/// The connection ends with the next bytes.
const CUT: u8 = 3;

impl Proxy {
    async fn new(target: (String, u16)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let port = listener.local_addr().expect("its address").port();
        let way = Arc::new(Mutex::new(Arc::new(AtomicU8::new(FLOWS))));
        let of_listener = Arc::clone(&way);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&target).await.expect("the server");
                let way = Arc::clone(&of_listener.lock().expect("no panic before"));
                let ((client_reads, client_writes), (server_reads, server_writes)) = (client.into_split(), server.into_split());
                tokio::spawn(forward(client_reads, server_writes, Arc::clone(&way)));
                tokio::spawn(forward(server_reads, client_writes, way));
            }
        });
        Self { port, way }
    }

    /// Changes what becomes of the connections that there are; new ones work.
    fn set(&self, way: u8) {
        let old = std::mem::replace(&mut *self.way.lock().expect("no panic before"), Arc::new(AtomicU8::new(FLOWS)));
        old.store(way, Ordering::SeqCst);
    }
}

async fn forward(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, way: Arc<AtomicU8>) {
    let mut buffer = vec![0; 8_192];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let bytes = &buffer[..count];
        match way.load(Ordering::SeqCst) {
            // Neither an end nor an error: both sides believe in the connection.
            SILENT => return std::future::pending().await,
            CUT => return,
            CUTS_AT_COMMIT if bytes.windows(7).any(|part| part == b"COMMIT\0") => way.store(CUT, Ordering::SeqCst),
            _ => {}
        }
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

/// A data source behind a proxy, with one connection at a time.
async fn behind_a_proxy(sql: &str) -> Option<(Fixture, Proxy)> {
    let fixture = database(sql).await?;
    let proxy = Proxy::new((fixture.server.host.clone(), fixture.server.port)).await;
    let more = json!({"host": "127.0.0.1", "port": proxy.port, "connections_max": 1, "connect_timeout": 5});
    let connector = open(with(options(fixture.server, &fixture.name), more)).await.expect("a connector");
    Some((Fixture { connector, ..fixture }, proxy))
}

#[tokio::test]
async fn a_silent_connection_is_given_up_with_its_reader() {
    let sql = "CREATE TABLE t AS SELECT n, repeat('x', 1000) s FROM generate_series(1, 100000) n";
    let Some((fixture, proxy)) = behind_a_proxy(sql).await else { return };
    let request = fixture.request("public", "t").await;
    let mut rows = fixture.stream(request.clone()).await;
    assert!(rows.try_next().await.expect("a batch").is_some());
    proxy.set(SILENT);
    // What was on its way still comes; then nothing, until the statement's timeout drops the rows.
    let silent = tokio::time::timeout(Duration::from_secs(1), async { while rows.try_next().await.expect("a batch").is_some() {} }).await;
    assert!(silent.is_err(), "the rows came to an end");
    let started = Instant::now();
    drop(rows);
    assert!(started.elapsed() < Duration::from_millis(100));
    let mut request = request;
    request.limit = Some(1);
    assert_eq!(fixture.batches(request).await.expect("rows").len(), 1);
    // Ending the statement at the server has a timeout of its own.
    assert!(started.elapsed() < Duration::from_secs(30), "the connection was free after {:?}", started.elapsed());
}

#[tokio::test]
async fn an_idle_connection_that_went_silent_is_replaced() {
    let Some((fixture, proxy)) = behind_a_proxy("CREATE TABLE t AS SELECT 1 AS n").await else { return };
    let request = fixture.request("public", "t").await;
    proxy.set(SILENT);
    let started = Instant::now();
    assert_eq!(fixture.rows(request).await.expect("rows"), ["1"]);
    assert!(started.elapsed() < Duration::from_secs(5), "it took {:?}", started.elapsed());
}

#[tokio::test]
async fn a_full_server_says_so() {
    let Some(server) = server::shared() else { return };
    let name = new_database(server, "CREATE TABLE t AS SELECT n FROM generate_series(1, 100000) n").await;
    let mut admin = login(server, &name).await;
    run(&mut admin, &format!("CREATE ROLE {name} LOGIN PASSWORD 'secret' CONNECTION LIMIT 1; GRANT SELECT ON t TO {name}")).await;
    let connector = open(with(options(server, &name), json!({"user": name, "password": "secret"}))).await.expect("a connector");
    let fixture = Fixture { server: server::shared().expect("a server"), name, connector, other: tokio::sync::Mutex::new(admin) };
    let request = fixture.request("public", "t").await;
    let mut first = fixture.stream(request.clone()).await;
    assert!(first.try_next().await.expect("a batch").is_some());
    let error = fixture.rows(request.clone()).await.expect_err("no room");
    assert_eq!((error.code, error.code.sqlstate(), error.retryable), (Code::TooManyConnections, "53300", true));
    assert_eq!(error.hint.as_deref(), Some("Lower the option \"connections_max\", or raise max_connections of the server."));
    // The first reader is not disturbed, and its connection serves the next.
    let rest: Vec<_> = first.try_collect().await.expect("the other rows");
    assert_eq!(rest.iter().map(|batch| batch.num_rows()).sum::<usize>(), 100_000 - 8_192);
    assert_eq!(fixture.batches(request).await.expect("rows").iter().map(|batch| batch.num_rows()).sum::<usize>(), 100_000);
}

/// The numbers from 0, and where to write them.
fn numbers(count: i32) -> (WriteRequest, RecordBatch) {
    let field = Arc::new(Field::new("n", DataType::Int32, true));
    let batch = RecordBatch::try_from_iter([("n", Arc::new(Int32Array::from_iter_values(0..count)) as _)]).expect("a batch");
    (WriteRequest { schema: "public".to_owned(), table: "t".to_owned(), columns: vec![field], user: "ana".to_owned() }, batch)
}

#[tokio::test]
async fn a_write_whose_commit_is_not_answered_is_in_doubt() {
    let Some((fixture, proxy)) = behind_a_proxy("CREATE TABLE t (n int)").await else { return };
    let (request, batch) = numbers(10);
    // The connection is open before the way changes.
    fixture.request("public", "t").await;
    proxy.set(CUTS_AT_COMMIT);
    let error = fixture.connector.write(request, futures::stream::iter([Ok(batch)]).boxed()).await.expect_err("no answer");
    assert_eq!((error.code, error.retryable), (Code::ConnectionLost, false), "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("not known")), "{error:?}");
    // Here they were added, which the gateway cannot know.
    assert_eq!(fixture.answer("SELECT ARRAY[count(*)::text] FROM t").await, ["10"]);
}

#[tokio::test]
async fn a_statement_that_is_not_answered_is_in_doubt() {
    let Some((fixture, proxy)) = behind_a_proxy("CREATE TABLE t (n int)").await else { return };
    let running = "DO $$ BEGIN INSERT INTO t VALUES (1); PERFORM pg_sleep(60); END $$";
    // A statement is active already while it is prepared.
    let active = "SELECT ARRAY[count(*)::text] FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'DO %' \
         AND wait_event = 'PgSleep'";
    let cut = async {
        let started = Instant::now();
        while fixture.answer(active).await != ["1"] {
            assert!(started.elapsed() < Duration::from_secs(10), "it does not run");
        }
        proxy.set(CUT);
        // Its answer is what does not come through.
        fixture.answer(&active.replace("count(*)", "pg_cancel_backend(pid)")).await;
    };
    let (error, ()) = tokio::join!(fixture.connector.execute(running, "ana"), cut);
    let error = error.expect_err("no answer");
    assert_eq!((error.code, error.retryable), (Code::ConnectionLost, false), "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("not known")), "{error:?}");
}

#[tokio::test]
async fn a_server_that_dies_while_rows_are_added_keeps_none() {
    let Some(server) = server::own(false) else { return };
    let name = new_database(&server, "CREATE TABLE t (n int)").await;
    let connector = open(options(&server, &name)).await.expect("a connector");
    let (request, batch) = numbers(50_000);
    let server = Arc::new(server);
    let dying = Arc::clone(&server);
    let killed = futures::stream::once(async move {
        dying.kill();
        Ok(numbers(50_000).1)
    });
    let rows = futures::stream::iter([Ok(batch.clone()), Ok(batch)]).chain(killed.boxed());
    let error = connector.write(request, rows.boxed()).await.expect_err("nobody there");
    assert_eq!(error.code, Code::ConnectionLost, "{error}");
    assert!(error.message.contains("table \"public.t\""), "{error}");
    server.start();
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM t").fetch_one(&mut login(&server, &name).await).await.expect("a count");
    assert_eq!(count, 0);
}
