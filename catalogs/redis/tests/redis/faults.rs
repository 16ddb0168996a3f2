//! What goes wrong between the gateway and a server is told, and soon.

use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::json;
use spi::connector::{ReadRequest, Scope};
use spi::{Code, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::fixture::{source, source_with};
use crate::server::Server;

/// So many keys that a walk through them has many pages.
async fn fill(server: &Server) {
    let mut pipeline = redis::pipe();
    for number in 0..60_000 {
        pipeline.cmd("HSET").arg(format!("user:{number}")).arg("n").arg(number);
    }
    let _: redis::Value = pipeline.query_async(&mut server.connect().await).await.expect("keys");
}

/// The error that a stream ends with.
async fn error_of(stream: &mut spi::connector::RowStream) -> Error {
    loop {
        if let Err(error) = stream.next().await.expect("an error before the end") {
            return error;
        }
    }
}

#[tokio::test]
async fn a_killed_server_is_told_and_comes_back() {
    let Some(server) = Server::start().await else { return };
    fill(&server).await;
    let source = source_with(&server, json!({"connect_timeout": 1000})).await;
    let request = source.request("user").await;
    let mut stream = source.stream(request.clone()).await;
    assert!(stream.next().await.is_some_and(|batch| batch.is_ok()));
    server.kill();
    let error = error_of(&mut stream).await;
    assert_eq!((error.code, error.retryable), (Code::ConnectionLost, true), "{error:?}");
    assert!(error.message.contains("read table \"db0.user\""), "{error:?}");
    // Nobody is asked for a while after a few failures.
    for _ in 0..3 {
        let error = source.rows(request.clone()).await.expect_err("no server");
        assert_eq!((error.code, error.retryable), (Code::Unreachable, true), "{error:?}");
    }
    let before = source.remote_calls.total();
    let error = source.rows(request.clone()).await.expect_err("a pause");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("tries again")), "{error:?}");
    assert_eq!(source.remote_calls.total(), before);
    server.restart().await;
    let started = Instant::now();
    let rows = loop {
        match source.rows(request.clone()).await {
            Ok(rows) => break rows,
            Err(_) => assert!(started.elapsed() < Duration::from_secs(30), "the server is back"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(rows.len(), 60_000);
}

/// A restart between two statements is not noticed.
#[tokio::test]
async fn an_idle_connection_may_die() {
    let Some(server) = Server::start().await else { return };
    server.run("HSET user:1 n 1").await;
    let source = source(&server).await;
    assert_eq!(source.rows_of("user", &["n"]).await, ["1"]);
    server.kill();
    server.restart().await;
    assert_eq!(source.rows_of("user", &["n"]).await, ["1"]);
}

/// A way to the server that can be cut: it stays open, and nothing passes any more.
async fn way_to(server: &Server) -> (u16, watch::Sender<bool>) {
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
    (port, cut)
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

#[tokio::test]
async fn a_cut_connection_is_noticed() {
    let Some(server) = Server::start().await else { return };
    fill(&server).await;
    let (port, cut) = way_to(&server).await;
    let source = source_with(&server, json!({"port": port, "command_timeout": 3000, "connect_timeout": 3000})).await;
    let request = source.request("user").await;
    let mut stream = source.stream(request.clone()).await;
    assert!(stream.next().await.is_some_and(|batch| batch.is_ok()));
    cut.send_replace(true);
    let started = Instant::now();
    let error = error_of(&mut stream).await;
    assert_eq!((error.code, error.retryable), (Code::ConnectionLost, true), "{error:?}");
    assert!(error.detail.is_some_and(|detail| detail.contains("had not answered after 3000 ms")));
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    // A new one comes about, and nothing passes.
    let error = source.rows(request).await.expect_err("nothing passes");
    assert!(error.retryable && matches!(error.code, Code::ConnectionLost | Code::Unreachable), "{error:?}");
}

#[tokio::test]
async fn a_dropped_stream_frees_its_connection_and_its_turn() {
    let Some(server) = Server::start().await else { return };
    fill(&server).await;
    let source = source_with(&server, json!({"connections_max": 1})).await;
    let request = source.request("user").await;
    for _ in 0..5 {
        let mut stream = source.stream(request.clone()).await;
        assert!(stream.next().await.is_some_and(|batch| batch.is_ok()));
        drop(stream);
    }
    let mut connection = server.connect().await;
    let started = Instant::now();
    loop {
        let clients: String = redis::cmd("CLIENT").arg("LIST").query_async(&mut connection).await.expect("a list");
        // Our own connection, and at most one that the pool keeps.
        if clients.lines().count() <= 2 {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{clients}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(source.rows(request).await.expect("rows").len(), 60_000);
}

/// What is gone since the metadata was read is no row.
#[tokio::test]
async fn keys_and_tables_may_go() {
    let Some(server) = Server::start().await else { return };
    server.run("HSET user:1 n 1\nHSET user:2 n 2").await;
    let source = source(&server).await;
    let request = source.request("user").await;
    server.run("DEL user:1\nDEL user:2\nSET user:2 x").await;
    assert_eq!(source.rows(request.clone()).await.expect("no rows"), Vec::<String>::new());
    let mut named = request.clone();
    named.predicates = vec![crate::fixture::key_is("user:2")];
    assert_eq!(source.rows(named).await.expect("no rows"), Vec::<String>::new());
    server.run("FLUSHALL").await;
    source.harvest(&Scope::default()).await.expect("a harvest");
    assert_eq!(source.rows(request.clone()).await.expect("no rows"), Vec::<String>::new());
    // Nobody knows any more which keys the table had.
    let error = source.rows(ReadRequest { recipe: None, ..request }).await.expect_err("no such table any more");
    assert_eq!(error.code, Code::UndefinedTable);
    assert!(error.hint.is_some_and(|hint| hint.contains("refresh_metadata")));
}

/// A connector that has not harvested reads what another one has found.
#[tokio::test]
async fn a_table_is_read_without_a_harvest() {
    let Some(server) = Server::start().await else { return };
    server.run("HSET user:1 n 1\nRPUSH user:1:list a").await;
    let request = source(&server).await.request_of("user", &["_key", "n"]).await;
    assert_eq!(source(&server).await.rows(request).await.expect("rows"), ["user:1|1"]);
}
