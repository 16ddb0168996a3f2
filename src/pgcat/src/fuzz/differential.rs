//! The same statements here and in a PostgreSQL 16, which `tests/services/postgresql16` installs.
//!
//! Types, rows and errors are compared, with these exceptions, where nothing says what has to come out:
//!
//! - A statement that one side does not compute, or stops for its size or time.
//! - Where rows are read, an error of data (class 22) against another one or none: which values are computed, and in which order, is
//!   left to the plan.
//! - Rows of an answer that is cut here.
//!
//! `PGCAT_FUZZ_ROUNDS` and `PGCAT_FUZZ_SEED` say how many statements from which seed on; `PGCAT_FUZZ_STATEMENTS` may name a file of
//! statements, one in each line, that are compared in place of random ones.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio_postgres::{Client, SimpleQueryMessage};

use super::facts::Facts;
use super::generator::{Generator, Statement, Style};
use super::run::{Answer, Runner};
use super::{PATIENCE, number};
use crate::fixture;

#[path = "../../tests/statics/server.rs"]
mod server;

/// How many statements are compared.
const ROUNDS: u64 = 2_000;

/// As a session of [`Runner`] has it. A statement that writes or runs away harms nothing.
const SETTINGS: &str =
    "SET TimeZone = 'UTC'; SET default_transaction_read_only = on; SET statement_timeout = '3s'; SET search_path = public;
    SET client_min_messages = error; SET max_parallel_workers_per_gather = 0";

/// An answer; or the SQLSTATE and the message.
type Told = Result<Rows, (String, String)>;

struct Rows {
    types: Vec<u32>,
    /// In an order of their own.
    rows: Vec<Vec<Option<String>>>,
    is_whole: bool,
}

#[test]
fn postgresql_answers_alike() {
    let Some(server) = server::start() else { return };
    let (rounds, first) = (number("PGCAT_FUZZ_ROUNDS", ROUNDS), number("PGCAT_FUZZ_SEED", 1));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = runtime.block_on(async {
        let client = server.connect().await;
        client.batch_execute(SETTINGS).await.unwrap();
        client
    });
    let runner = Runner::new(fixture::sales_of_a_new_server());
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
    let Answer { types, mut rows, is_whole } = ended.map_err(|error| (error.code.sqlstate().to_owned(), error.message))?;
    rows.sort();
    Ok(Rows { types, rows, is_whole })
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
    Ok(Rows { types, rows, is_whole: true })
}

/// What a side does not compute, or stops.
const STOPPED: [&str; 5] = ["0A000", "57014", "54000", "54001", "53200"];

/// What PostgreSQL's own checks of itself end with. An internal error here is a difference.
const INTERNAL: &str = "XX000";

/// What differs, if anything does.
fn difference(ours: &Told, theirs: &Told, reads_rows: bool) -> Option<String> {
    let has_code = |told: &Told, codes: &[&str]| matches!(told, Err((code, _)) if codes.contains(&code.as_str()));
    if has_code(ours, &STOPPED) || has_code(theirs, &STOPPED) || has_code(theirs, &[INTERNAL]) {
        return None;
    }
    let is_of_data = |told: &Told| matches!(told, Err((code, _)) if code.starts_with("22"));
    let is_open = |told: &Told| told.is_ok() || is_of_data(told);
    if reads_rows && is_open(ours) && is_open(theirs) && (is_of_data(ours) || is_of_data(theirs)) {
        return None;
    }
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) if ours.types != theirs.types => Some("types".to_owned()),
        (Ok(ours), Ok(theirs)) if ours.is_whole && ours.rows != theirs.rows => Some("rows".to_owned()),
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
        Ok(Rows { types, rows, .. }) => {
            let all = format!("{types:?} {rows:?}");
            all.chars().take(600).collect()
        }
        Err((code, message)) => format!("{code} {message}"),
    }
}
