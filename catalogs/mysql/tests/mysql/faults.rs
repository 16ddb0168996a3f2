//! What goes wrong between the gateway and a server is told, and soon.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::fixture::{source, source_of};
use crate::server::{Product, Server};
use crate::{Shared, trial, trial_alone, trial_on};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "faults::a_cut_connection_is_noticed", a_cut_connection_is_noticed),
        trial_on(Product::MySql, shared, "faults::a_slow_statement_is_waited_for", a_slow_statement_is_waited_for),
        trial(shared, "faults::a_new_password_is_told", a_new_password_is_told),
        trial_on(Product::MySql, shared, "faults::a_new_password_is_told", a_new_password_is_told),
        trial_alone(Product::MariaDb, "faults::a_full_server_is_told", a_full_server_is_told),
        trial_alone(Product::MySql, "faults::a_full_server_is_told", a_full_server_is_told),
    ]
}

/// A way to the server that can be cut: it stays open, and nothing passes any more.
struct Way {
    port: u16,
    cut: watch::Sender<bool>,
}

impl Way {
    async fn to(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (cut, is_cut) = watch::channel(false);
        let server_port = server.port;
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", server_port)).await.expect("a connection");
                let (client, server) = (client.into_split(), server.into_split());
                tokio::spawn(forward(client.0, server.1, is_cut.clone()));
                tokio::spawn(forward(server.0, client.1, is_cut.clone()));
            }
        });
        Self { port, cut }
    }
}

async fn forward(mut from: tokio::net::tcp::OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf, mut is_cut: watch::Receiver<bool>) {
    let mut buffer = vec![0; 4096];
    loop {
        tokio::select! {
            biased;
            // Both ends stay open.
            () = async { drop(is_cut.wait_for(|cut| *cut).await) } => std::future::pending().await,
            read = from.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return,
                Ok(length) => if to.write_all(&buffer[..length]).await.is_err() { return },
            },
        }
    }
}

async fn a_cut_connection_is_noticed(server: &Server) {
    source(server, "cut", "CREATE TABLE t (a longtext); INSERT INTO t SELECT repeat('x', 100000) FROM seq_1_to_1000;").await;
    let way = Way::to(server).await;
    let source = source_of(server, "cut", json!({"port": way.port, "connect_timeout": 500, "ssl_mode": "DISABLED"})).await;
    let request = source.request("t").await;
    let mut stream = source.stream(request.clone()).await;
    assert!(stream.next().await.is_some_and(|batch| batch.is_ok()));
    way.cut.send_replace(true);
    let started = Instant::now();
    let error = loop {
        match stream.next().await.expect("an error before the end") {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!((error.code, error.retryable), (Code::ConnectionLost, true), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
    drop(stream);
    // A new one is not waited for any longer than the options say.
    let started = Instant::now();
    let error = source.rows(request.clone()).await.expect_err("nothing passes");
    assert_eq!((error.code, error.retryable), (Code::Unreachable, true), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

/// The server is asked, and says that it works on it.
async fn a_slow_statement_is_waited_for(server: &Server) {
    let source = source(server, "slow", "").await;
    let before = source.remote_calls.total();
    assert_eq!(source.query("SELECT SLEEP(21)").await.expect("rows").1, ["0"]);
    assert!(source.remote_calls.total() - before > 3, "nobody asked");
}

async fn a_new_password_is_told(server: &Server) {
    source(server, "rotated", "CREATE TABLE t (a int); INSERT INTO t VALUES (1);").await;
    server.execute("CREATE USER rotated@'%' IDENTIFIED BY 'old'; GRANT SELECT ON rotated.* TO rotated@'%'").await;
    let options = |password: &str| json!({"user": "rotated", "password": password});
    let source = source_of(server, "rotated", options("old")).await;
    let request = source.request("t").await;
    assert_eq!(source.rows(request.clone()).await.expect("rows"), ["1"]);
    server.execute("ALTER USER rotated@'%' IDENTIFIED BY 'new'").await;
    let own = sqlx::raw_sql("SELECT CONCAT('KILL ', ID) FROM information_schema.PROCESSLIST WHERE USER = 'rotated'");
    let rows = own.fetch_all(&mut server.connect().await).await.expect("sessions");
    for row in rows {
        server.execute(&sqlx::Row::try_get_unchecked::<String, _>(&row, 0).expect("a statement")).await;
    }
    let error = source.rows(request.clone()).await.expect_err("the password is another one");
    assert_eq!((error.code, error.code.sqlstate()), (Code::Password, "28P01"));
    assert!(error.message == "could not connect to data source \"shop\"" && !format!("{error:?}").contains("old"), "{error:?}");
    assert_eq!(source_of(server, "rotated", options("new")).await.rows(request).await.expect("rows"), ["1"]);
}

async fn a_full_server_is_told(server: &Server) {
    source(server, "full", "CREATE TABLE t AS SELECT 1 AS a FROM information_schema.COLLATIONS a JOIN information_schema.COLLATIONS b")
        .await;
    server.execute("CREATE USER full@'%' IDENTIFIED BY 'pw'; GRANT SELECT ON full.* TO full@'%'").await;
    let source = source_of(server, "full", json!({"user": "full", "password": "pw"})).await;
    let request = source.request("t").await;
    let others = source_of(server, "full", json!({"user": "full", "password": "pw", "connections_max": 64})).await;
    server.execute("SET GLOBAL max_connections = 10").await;
    // Sessions of others, each in the middle of a read.
    let mut sessions = Vec::new();
    let error = loop {
        let mut stream = others.stream(request.clone()).await;
        match stream.next().await.expect("a batch") {
            Ok(_) => sessions.push(stream),
            Err(error) => break error,
        }
        assert!(sessions.len() < 20, "the server takes any number");
    };
    assert_eq!((error.code, error.code.sqlstate(), error.retryable), (Code::TooManyConnections, "53300", true), "{error:?}");
    assert!(error.detail.is_some_and(|detail| detail.contains("says: Too many connections")));
    assert!(error.hint.is_some_and(|hint| hint.contains("connections_max")));
    // Its own session, which it kept, still serves.
    assert!(source.rows(request.clone()).await.expect("rows").len() > 50_000);
    drop(sessions);
    let started = Instant::now();
    while others.rows(request.clone()).await.is_err() {
        assert!(started.elapsed() < Duration::from_secs(20), "places are given back");
    }
}
