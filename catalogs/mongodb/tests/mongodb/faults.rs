//! A server that ends, and a network that stops: nothing hangs, and each failure says what it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bson::{Document, doc};
use futures::StreamExt;
use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::fixture::{Source, source, source_with};
use crate::server::{Product, Server};
use crate::trial_alone;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial_alone(Product::Java, "a_server_that_dies_in_a_scan_is_met_again", a_server_that_dies),
        trial_alone(Product::Java, "a_silent_connection_is_given_up", a_silent_connection),
    ]
}

/// More than one batch of the server.
const DOCUMENTS: i64 = 25_000;

async fn fill(source: &Source) {
    for start in (0..DOCUMENTS).step_by(5_000) {
        source.insert("c", (start..start + 5_000).map(|id| doc! { "_id": id })).await;
    }
}

async fn a_server_that_dies(server: &mut Server) {
    let source = source_with(server, "dying", json!({"connect_timeout": 1000})).await;
    fill(&source).await;
    let request = source.request("c", &["_id"]).await;
    let mut rows = source.stream(request.clone()).await;
    assert!(rows.next().await.expect("a batch").is_ok());
    server.kill();
    let mut last = Ok(());
    while let (true, Some(batch)) = (last.is_ok(), rows.next().await) {
        last = batch.map(drop);
    }
    let error = last.expect_err("the connection is lost");
    assert!(matches!(error.code, Code::ConnectionLost | Code::Unreachable) && error.retryable, "{error:?}");
    // Three more, and it is spared: the answer comes at once.
    for _ in 0..3 {
        let error = source.rows(request.clone()).await.expect_err("nobody is there");
        assert!(matches!(error.code, Code::Unreachable | Code::ConnectionLost), "{error:?}");
    }
    let asked = Instant::now();
    let error = source.rows(request.clone()).await.expect_err("nobody is there");
    assert!(asked.elapsed() < Duration::from_millis(500) && error.retryable, "{error:?}");
    server.restart();
    // It has forgotten all, and a client of before has connections that are gone.
    let again = server.client().database("dying");
    again.collection::<Document>("c").insert_one(doc! { "_id": 1 }).await.expect("a document");
    // The gateway tries again by itself.
    let started = Instant::now();
    loop {
        match source.rows(request.clone()).await {
            Ok(rows) => break assert_eq!(rows, ["1"]),
            Err(error) => assert!(error.retryable && started.elapsed() < Duration::from_secs(30), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A way to the server that takes bytes and gives none on, once it is told to, as a firewall does that has forgotten a connection.
async fn proxy(target: u16) -> (u16, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let port = listener.local_addr().expect("its address").port();
    let silent = Arc::new(AtomicBool::new(false));
    let of_listener = Arc::clone(&silent);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", target)).await.expect("the server");
            let ((client_reads, client_writes), (server_reads, server_writes)) = (client.into_split(), server.into_split());
            tokio::spawn(forward(client_reads, server_writes, Arc::clone(&of_listener)));
            tokio::spawn(forward(server_reads, client_writes, Arc::clone(&of_listener)));
        }
    });
    (port, silent)
}

async fn forward(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, silent: Arc<AtomicBool>) {
    let mut buffer = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if silent.load(Ordering::SeqCst) {
            // Neither an end nor an error: both sides believe in the connection.
            return std::future::pending().await;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

async fn a_silent_connection(server: &mut Server) {
    fill(&source(server, "silent").await).await;
    let (port, silent) = proxy(server.port).await;
    let source = source_with(server, "silent", json!({"port": port, "connect_timeout": 2000})).await;
    let request = source.request("c", &["_id"]).await;
    let mut rows = source.stream(request).await;
    assert!(rows.next().await.expect("a batch").is_ok());
    silent.store(true, Ordering::SeqCst);
    let asked = Instant::now();
    let mut last = Ok(());
    while let (true, Some(batch)) = (last.is_ok(), rows.next().await) {
        last = batch.map(drop);
    }
    let error = last.expect_err("the connection is lost");
    assert!(matches!(error.code, Code::ConnectionLost | Code::Unreachable) && error.retryable, "{error:?}");
    assert!(asked.elapsed() < Duration::from_secs(60), "it took {:?}", asked.elapsed());
}
