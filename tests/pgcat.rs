//! The catalog that the gateway shows to PostgreSQL's clients, over a PostgreSQL 16 that has an object of every kind.

mod corpus;
mod differential;
pub mod fixture;
mod generated;
mod oids;
mod replay;

use libtest_mimic::{Failed, Trial};

pub fn trials() -> Vec<Trial> {
    let no_server = fixture::missing();
    if let Some(missing) = &no_server {
        eprintln!("pgcat::generated_schemas_look_alike is skipped: {missing} is not there");
    }
    let missing = no_server.clone().or_else(|| corpus::folder().is_none().then(|| "the folder of recorded statements".to_owned()));
    if let Some(missing) = &missing {
        eprintln!("pgcat::replay is skipped: {missing} is not there");
    }
    vec![
        crate::trial("pgcat::replay".to_owned(), recorded_statements_are_answered_alike).with_ignored_flag(missing.is_some()),
        crate::trial("pgcat::types_of_a_source".to_owned(), types_of_a_source_can_be_cast_to)
            .with_ignored_flag(fixture::missing().is_some()),
        crate::trial("pgcat::generated_schemas_look_alike".to_owned(), differential::generated_schemas_look_alike)
            .with_ignored_flag(no_server.is_some()),
    ]
}

/// How many of the recorded statements are answered as PostgreSQL answers them. It only ever rises.
const EXACT_AT_LEAST: usize = 612;

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

/// Casts to enumerations and domains in queries that read the source, as mappers of objects write them.
async fn types_of_a_source_can_be_cast_to() -> Result<(), Failed> {
    let gateway = fixture::gateway().await;
    let client = gateway.connect("sales").await;
    for (condition, rows) in [
        ("st = 'new'::crm.status", 1),
        ("st = CAST('paid' AS \"crm\".\"status\")", 0),
        ("st = ANY ('{new,void}'::crm.status[])", 1),
        ("st = crm.status 'new' AND 'a@b.c'::crm.email LIKE '%@%'", 1),
    ] {
        let found = client.query(&format!("SELECT id FROM crm.orders WHERE {condition}"), &[]).await;
        let found = found.map_err(|error| format!("{condition}: {error:?}"))?;
        assert_eq!(found.len(), rows, "{condition}");
    }
    let refused = client.simple_query("SELECT 'x'::crm.nosuch FROM crm.orders").await.expect_err("no such type");
    assert_eq!(crate::fault::state(&refused), "42704", "{refused}");
    Ok(())
}
