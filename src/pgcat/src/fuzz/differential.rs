//! The same statements against a PostgreSQL 16, by hand: `PGCAT_FUZZ_POSTGRES` says where one is, as in `host=localhost user=postgres`.
//!
//! Rows, types and SQLSTATEs are compared. Which of several errors a statement ends with, and whether at all where not every row is
//! computed, is not said anywhere: such differences are told apart by their class. `PGCAT_FUZZ_STATEMENTS` may name a file of statements,
//! one in each line, that are compared in place of random ones.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::facts::Facts;
use super::generator::{Generator, Statement, Style};
use super::run::{Answer, Runner};
use super::{PATIENCE, number};
use crate::fixture;

/// As a session of [`Runner`] has it. A statement that writes or runs away harms nothing.
const SETTINGS: &str =
    "SET TimeZone = 'UTC'; SET default_transaction_read_only = on; SET statement_timeout = '3s'; SET search_path = public;
    SET client_min_messages = error; SET max_parallel_workers_per_gather = 0";

/// Types, and rows in an order of their own; or the SQLSTATE and the message.
type Told = Result<(Vec<u32>, Vec<Vec<Option<String>>>), (String, String)>;

#[test]
#[ignore = "asks a PostgreSQL that PGCAT_FUZZ_POSTGRES names"]
fn postgresql_answers_alike() {
    let address = std::env::var("PGCAT_FUZZ_POSTGRES").expect("PGCAT_FUZZ_POSTGRES");
    let (rounds, first) = (number("PGCAT_FUZZ_ROUNDS", 1_000), number("PGCAT_FUZZ_SEED", 1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(&address, NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(SETTINGS).await.unwrap();
        client
    });
    let runner = Runner::new(fixture::sales());
    let facts = Facts::of(&runner);
    let mut classes: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let given = std::env::var("PGCAT_FUZZ_STATEMENTS").map(|path| std::fs::read_to_string(path).unwrap());
    let statements: Vec<(u64, Statement)> = match given {
        Ok(given) => (1..).zip(given.lines().map(Statement::given)).collect(),
        Err(_) => (first..first + rounds).map(|seed| (seed, Generator::new(&facts, seed, Style::Alike).statement())).collect(),
    };
    for (seed, Statement { text, reads_rows, .. }) in statements {
        let (ours, theirs) = (ours(&runner, &text), runtime.block_on(theirs(&client, &text)));
        if let Some(class) = difference(&ours, &theirs, reads_rows) {
            eprintln!("[{class}] seed {seed}: {text}\n   here: {}\n  there: {}\n", shown(&ours), shown(&theirs));
            classes.entry(class).or_default().push(seed);
        }
    }
    let total: usize = classes.values().map(Vec::len).sum();
    for (class, seeds) in &classes {
        eprintln!("{:6} {class}", seeds.len());
    }
    assert!(classes.is_empty(), "{total} statements differ");
}

fn ours(runner: &Runner, text: &str) -> Told {
    let ended = catch_unwind(AssertUnwindSafe(|| runner.run(text, PATIENCE)));
    let ended = ended.map_err(|_| ("-".to_owned(), "it panics".to_owned()))?;
    let Answer { types, mut rows, .. } = ended.map_err(|error| (error.code.sqlstate().to_owned(), error.message))?;
    rows.sort();
    Ok((types, rows))
}

async fn theirs(client: &Client, text: &str) -> Told {
    let told = |error: tokio_postgres::Error| match error.as_db_error() {
        Some(error) => (error.code().code().to_owned(), error.message().to_owned()),
        None => ("-".to_owned(), error.to_string()),
    };
    let prepared = client.prepare(text).await.map_err(told)?;
    let types = prepared.columns().iter().map(|column| column.type_().oid()).collect();
    let mut rows = Vec::new();
    for message in client.simple_query(text).await.map_err(told)? {
        if let SimpleQueryMessage::Row(row) = message {
            rows.push((0..row.len()).map(|place| row.get(place).map(str::to_owned)).collect());
        }
    }
    rows.sort();
    Ok((types, rows))
}

/// What differs, if anything does. What is not computed here, or is stopped for its size or time on a side, is not compared.
fn difference(ours: &Told, theirs: &Told, reads_rows: bool) -> Option<String> {
    const STOPPED: [&str; 6] = ["0A000", "57014", "54000", "54001", "53200", "XX000"];
    let is_stopped = |told: &Told| matches!(told, Err((code, _)) if STOPPED.contains(&code.as_str()));
    let is_of_data = |told: &Told| matches!(told, Err((code, _)) if code.starts_with("22"));
    if is_stopped(ours) || is_stopped(theirs) {
        return None;
    }
    if reads_rows
        && (is_of_data(ours) || is_of_data(theirs))
        && (ours.is_ok() || is_of_data(ours))
        && (theirs.is_ok() || is_of_data(theirs))
    {
        return None;
    }
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) if ours.0 != theirs.0 => Some("types".to_owned()),
        (Ok(ours), Ok(theirs)) if ours.1 != theirs.1 => Some("rows".to_owned()),
        (Ok(_), Ok(_)) => None,
        (Err(ours), Err(theirs)) if ours == theirs => None,
        (Err(ours), Err(theirs)) if ours.0 == theirs.0 => Some(format!("message of {}", ours.0)),
        (Err(ours), Err(theirs)) => Some(format!("{} for {}", ours.0, theirs.0)),
        (Err(ours), Ok(_)) => Some(format!("{} for rows", ours.0)),
        (Ok(_), Err(theirs)) => Some(format!("rows for {}", theirs.0)),
    }
}

fn shown(told: &Told) -> String {
    match told {
        Ok((types, rows)) => {
            let all = format!("{types:?} {rows:?}");
            all.chars().take(600).collect()
        }
        Err((code, message)) => format!("{code} {message}"),
    }
}
