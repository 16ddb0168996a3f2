//! Clients that misbehave: too many, too slow, gone, or not speaking the protocol at all.

use std::time::Duration;

use futures::{StreamExt, pin_mut};
use libtest_mimic::{Failed, Trial};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::NoTls;

use super::{state, trial};
use crate::gateway::Gateway;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("clients::connections_over_the_limit_are_refused", connections_over_the_limit_are_refused),
        trial("clients::a_client_that_stops_reading_blocks_nobody", a_client_that_stops_reading_blocks_nobody),
        trial("clients::a_streaming_statement_can_be_cancelled", a_streaming_statement_can_be_cancelled),
        trial("clients::a_statement_has_a_timeout", a_statement_has_a_timeout),
        trial("clients::garbage_on_the_port", garbage_on_the_port),
    ]
}

/// Many rows from little data: 400 orders, crossed with themselves.
const MANY_ROWS: &str = "SELECT a.id, b.id, c.amount FROM sample.public.orders a, sample.public.orders b, sample.public.orders c";

async fn connections_over_the_limit_are_refused() -> Result<(), Failed> {
    const LIMIT: usize = 40;
    const ATTEMPTS: usize = 2_000;
    let gateway = Gateway::start_with(&["--max-connections", &LIMIT.to_string()], &[]);
    // Superusers have some places more, so that somebody can look at a full gateway.
    let admin = gateway.connect("metagate").await;
    admin.batch_execute("CREATE ROLE ana LOGIN PASSWORD 'secret'").await?;
    drop(admin);
    let mut clients = Vec::new();
    let mut refused = 0;
    for _ in 0..ATTEMPTS {
        match gateway.connect_as("ana", "secret", "metagate").await {
            Ok(client) => clients.push(client),
            Err(error) => {
                assert_eq!(state(&error), "53300", "{error}");
                refused += 1;
            }
        }
    }
    assert_eq!((clients.len(), refused), (LIMIT, ATTEMPTS - LIMIT));
    clients[0].simple_query("SELECT 1").await?;
    gateway.connect("metagate").await.simple_query("SELECT 1").await?;
    drop(clients);
    // A place is free once the gateway has seen a client go; until then it says that there is none.
    for _ in 0..ATTEMPTS {
        if gateway.connect_as("ana", "secret", "metagate").await.is_ok() {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
    Err("no place became free".into())
}

async fn a_client_that_stops_reading_blocks_nobody() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let slow = gateway.connect("metagate").await;
    let rows = slow.query_raw(MANY_ROWS, std::iter::empty::<&str>()).await?;
    pin_mut!(rows);
    rows.next().await.ok_or("no row")??;
    let quick = gateway.connect("metagate").await;
    for _ in 0..20 {
        quick.simple_query("SELECT count(*) FROM information_schema.columns").await?;
    }
    Ok(())
}

async fn a_streaming_statement_can_be_cancelled() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    {
        let rows = client.query_raw(MANY_ROWS, std::iter::empty::<&str>()).await?;
        pin_mut!(rows);
        rows.next().await.ok_or("no row")??;
        client.cancel_token().cancel_query(NoTls).await?;
        let error = loop {
            match rows.next().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => break error,
                None => return Err("64 million rows arrived after all".into()),
            }
        };
        assert_eq!(state(&error), "57014", "{error}");
    }
    client.simple_query("SELECT 1").await?;
    Ok(())
}

async fn a_statement_has_a_timeout() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    client.simple_query("SET statement_timeout = '200ms'").await?;
    let counted = MANY_ROWS.replace("a.id, b.id, c.amount", "sum(a.id * b.id * c.id)");
    let Err(error) = client.simple_query(&counted).await else { return Err("it was too quick".into()) };
    assert_eq!(state(&error), "57014", "{error}");
    assert!(error.as_db_error().is_some_and(|error| error.message().contains("statement timeout")));
    client.simple_query("RESET statement_timeout").await?;
    Ok(())
}

/// Any bytes at all, alone and after a valid start: the gateway closes that connection and serves the others.
async fn garbage_on_the_port() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let mut runner = TestRunner::default();
    let strategy = (any::<bool>(), prop::collection::vec(any::<u8>(), 0..200));
    for _ in 0..200 {
        let (started, bytes) = strategy.new_tree(&mut runner)?.current();
        let mut stream = TcpStream::connect(gateway.address).await?;
        if started {
            stream.write_all(b"\0\0\0\x29\0\x03\0\0user\0admin\0database\0metagate\0\0\0\0").await?;
        }
        // It may have been closed already, which is as good an answer as any.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
        assert!(read.is_ok(), "the gateway waits for more after {bytes:?}");
    }
    gateway.connect("metagate").await.simple_query("SELECT 1").await?;
    Ok(())
}
