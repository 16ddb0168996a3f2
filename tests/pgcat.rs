//! The catalog that the gateway shows to PostgreSQL's clients, over a PostgreSQL 16 that has an object of every kind.

mod corpus;
pub mod fixture;
mod replay;

use libtest_mimic::{Failed, Trial};

pub fn trials() -> Vec<Trial> {
    let missing = fixture::missing().or_else(|| corpus::folder().is_none().then(|| "the folder of recorded statements".to_owned()));
    if let Some(missing) = &missing {
        eprintln!("pgcat::replay is skipped: {missing} is not there");
    }
    vec![crate::trial("pgcat::replay".to_owned(), recorded_statements_are_answered_alike).with_ignored_flag(missing.is_some())]
}

/// How many of the recorded statements are answered as PostgreSQL answers them. It only ever rises.
const EXACT_AT_LEAST: usize = 610;

async fn recorded_statements_are_answered_alike() -> Result<(), Failed> {
    let folder = corpus::folder().ok_or("no recorded statements")?;
    let gateway = fixture::gateway().await;
    // Whose privileges one of the statements asks for.
    let role = ["CREATE ROLE postgres", "GRANT USAGE ON FOREIGN SERVER sales TO postgres"];
    for statement in role {
        gateway.connect("metagate").await.simple_query(statement).await?;
    }
    let score = replay::replay(gateway.address, &gateway.password, &folder).await?;
    eprintln!("{score}");
    if score.exact < EXACT_AT_LEAST { Err(format!("fewer than {EXACT_AT_LEAST} are exact:\n{score}").into()) } else { Ok(()) }
}
