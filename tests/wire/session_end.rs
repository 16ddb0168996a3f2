//! How sessions end: by their client, by timeouts, and with what their transaction had done undone.

use libtest_mimic::{Failed, Trial};
use postgres_protocol::message::frontend;

use super::raw::Raw;
use super::trial;
use crate::gateway::Gateway;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("idle_in_a_transaction_for_too_long", idle_in_a_transaction_for_too_long),
        trial("idle_for_too_long", idle_for_too_long),
        trial("a_client_says_goodbye", a_client_says_goodbye),
    ]
}

async fn idle_in_a_transaction_for_too_long() -> Result<(), Failed> {
    let gateway = Gateway::start();
    for block in ["BEGIN", "BEGIN; SELECT nothing FROM sample.public.orders"] {
        let mut raw = Raw::connect(&gateway, &[("database", "metagate")]).await?;
        raw.query("SET idle_in_transaction_session_timeout = '50ms'").await?;
        raw.query(block).await?;
        let end = "Error FATAL 25P03: terminating connection due to idle-in-transaction timeout";
        assert_eq!(raw.lines().await?, [end, "Closed"], "{block}");
    }
    Ok(())
}

async fn idle_for_too_long() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let mut raw = Raw::connect(&gateway, &[("database", "metagate"), ("options", "-c idle_session_timeout=50ms")]).await?;
    assert_eq!(raw.lines().await?, ["Error FATAL 57P05: terminating connection due to idle-session timeout", "Closed"]);
    Ok(())
}

async fn a_client_says_goodbye() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let mut raw = Raw::connect(&gateway, &[("database", "metagate")]).await?;
    let end = raw.ask(|out| {
        frontend::terminate(out);
        Ok(())
    });
    assert_eq!(end.await?, ["Closed"]);
    Ok(())
}
