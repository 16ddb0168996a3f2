//! What operators do: stop, start twice, lose the password.

use std::process::Command;
use std::time::{Duration, Instant};

use libtest_mimic::{Failed, Trial};

use super::{gateway_with_shop, state, trial};
use crate::gateway::{self, Gateway};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("operation::a_second_gateway_is_refused", a_second_gateway_is_refused),
        trial("operation::sigterm_drains", sigterm_drains),
        trial("operation::a_lost_password_is_reset", a_lost_password_is_reset),
        trial("operation::catalog_queries_ask_no_source", catalog_queries_ask_no_source),
    ]
}

async fn a_second_gateway_is_refused() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let data = gateway.folder().join("data");
    let output = Command::new(gateway::binary()).args(["--listen", "127.0.0.1:0", "--data"]).arg(&data).output()?;
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(problem.contains("is in use by another gateway"), "{problem}");
    gateway.connect("metagate").await.simple_query("SELECT 1").await?;
    Ok(())
}

/// A running statement is finished, or cancelled when it takes too long; then the process ends well.
async fn sigterm_drains() -> Result<(), Failed> {
    let mut gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    let idle = gateway.connect("metagate").await;
    let running = tokio::spawn(async move { client.simple_query("SELECT count(*) FROM sample.public.orders").await });
    running.await??;
    gateway.terminate();
    let started = Instant::now();
    assert!(gateway.wait_for_end().success());
    assert!(started.elapsed() < Duration::from_secs(15), "draining took {:?}", started.elapsed());
    assert!(idle.simple_query("SELECT 1").await.is_err());
    Ok(())
}

async fn a_lost_password_is_reset() -> Result<(), Failed> {
    let mut gateway = Gateway::start();
    let data = gateway.folder().join("data");
    gateway.kill();
    let output = Command::new(gateway::binary()).args(["role", "reset-password", "admin", "--data"]).arg(&data).output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    let password = text.split_whitespace().last().ok_or("no password")?;
    let gateway = gateway.restart(&[]);
    gateway.connect_as("admin", password, "metagate").await?.simple_query("SELECT 1").await?;
    let Err(error) = gateway.connect_as("admin", &gateway.password, "metagate").await else { return Err("the old password works".into()) };
    assert_eq!(state(&error), "28P01");
    Ok(())
}

/// Every relation of `information_schema`, `admin` and `metadata`, read whole: the counter of remote calls does not move.
async fn catalog_queries_ask_no_source() -> Result<(), Failed> {
    let gateway = gateway_with_shop().await;
    let client = gateway.connect("metagate").await;
    let counter = "SELECT sum(remote_calls_total)::bigint FROM metadata.freshness";
    let before: i64 = client.query_one(counter, &[]).await?.get(0);
    assert!(before > 0, "registering two sources asked them nothing");
    let relations =
        client.query("SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = 'metagate'", &[]).await?;
    assert!(relations.len() > 25, "only {} relations", relations.len());
    for relation in &relations {
        let (schema, name): (&str, &str) = (relation.get(0), relation.get(1));
        client.simple_query(&format!("SELECT * FROM {schema}.{name}")).await?;
    }
    let after: i64 = client.query_one(counter, &[]).await?.get(0);
    assert_eq!(before, after);
    Ok(())
}
