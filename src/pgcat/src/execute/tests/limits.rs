//! What a statement keeps counts towards its memory, values have a size that they must not be beyond, and whatever runs long asks
//! whether it is to stop.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use spi::{Code, Result};

use crate::bind::bind;
use crate::execute::Execution;
use crate::fixture;
use crate::fixture::session::Session;
use crate::parse;
use crate::plan::plan;

/// Statements that keep more than this.
const BYTES: usize = 4 << 20;

fn execution(statement: &str, host: Arc<Session>) -> Result<Execution> {
    let catalog = fixture::sales();
    let query = parse::query(statement)?;
    let bound = bind(&catalog, &*host, &query, statement, &[])?;
    Ok(Execution::new(Arc::new(plan(&bound.query, &*host)?), catalog, host, Vec::new()))
}

fn finish(mut execution: Execution) -> Result<()> {
    while execution.next()?.is_some() {}
    Ok(())
}

/// The statement stops with an error where it may keep little memory, and what it keeps is given back as it begins anew.
#[track_caller]
fn keeps_too_much(statement: &str) {
    let mut execution = execution(statement, Arc::new(Session::new())).unwrap();
    execution.run.budget.set_bytes_max(BYTES);
    let result = finish(execution).map_err(|error| error.code);
    assert_eq!(result, Err(Code::OutOfMemory), "{statement}");
}

#[test]
fn sorts_and_tables_of_rows_count() {
    keeps_too_much("SELECT g FROM generate_series(1, 1000000) g ORDER BY g DESC");
    keeps_too_much("SELECT DISTINCT g FROM generate_series(1, 1000000) g");
    keeps_too_much("SELECT g FROM generate_series(1, 1000000) g GROUP BY g");
    keeps_too_much("SELECT 1 FROM generate_series(1, 1000000) a JOIN generate_series(1, 1000000) b ON a = b");
    keeps_too_much("SELECT a FROM generate_series(1, 9) a FULL JOIN generate_series(1, 1000000) b ON a = b");
    keeps_too_much("SELECT g FROM generate_series(1, 1000000) g UNION SELECT 0");
    keeps_too_much("SELECT 0 EXCEPT SELECT g FROM generate_series(1, 1000000) g");
    keeps_too_much("SELECT 0 IN (SELECT g FROM generate_series(1, 1000000) g)");
    keeps_too_much("SELECT row_number() OVER () FROM generate_series(1, 1000000) g");
    keeps_too_much("WITH x AS (SELECT g FROM generate_series(1, 1000000) g) SELECT count(*) FROM x a, x b");
    keeps_too_much("WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x) SELECT count(*) FROM x");
    keeps_too_much("WITH RECURSIVE x AS (SELECT 'x' AS t UNION SELECT t || 'x' FROM x) SELECT count(*) FROM x");
}

#[test]
fn what_aggregates_keep_counts() {
    for aggregate in
        ["array_agg(g)", "string_agg(g::text, ',')", "json_agg(g)", "json_object_agg(g, g)", "count(DISTINCT g)", "array_agg(g ORDER BY g)"]
    {
        keeps_too_much(&format!("SELECT {aggregate} FROM generate_series(1, 1000000) g"));
    }
    keeps_too_much("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY g) FROM generate_series(1, 1000000) g");
    keeps_too_much("SELECT range_agg(int4range(2 * g, 2 * g + 1)) FROM generate_series(1, 1000000) g");
    keeps_too_much("SELECT g % 100, max(repeat('x', 100000 + g)) FROM generate_series(1, 1000) g GROUP BY 1");
    keeps_too_much("SELECT string_agg(repeat('x', 100000 + g), '') OVER (ORDER BY g) FROM generate_series(1, 100) g");
}

#[test]
fn large_values_of_one_row_count() {
    keeps_too_much("SELECT repeat('x', 2000000), repeat('y', 2000000), repeat('z', 2000000)");
    keeps_too_much("SELECT ARRAY[repeat('x', 2000000), lpad('y', 2000000, 'z')]");
}

/// Values of more than 64 MB are refused before they are made, or as soon as they are.
#[test]
fn values_have_a_limit() {
    for statement in [
        "SELECT repeat('x', 70000000)",
        "SELECT lpad('x', 70000000, 'y')",
        "SELECT repeat('x', 40000000) || repeat('y', 40000000)",
        "SELECT string_agg(repeat('x', 1000000), '') FROM generate_series(1, 100)",
        "SELECT array_agg(repeat('x', 1000000)) FROM generate_series(1, 100)",
        "SELECT ARRAY(SELECT repeat('x', 1000000) FROM generate_series(1, 100))",
        "SELECT array_fill(0, ARRAY[100000000])",
        "WITH RECURSIVE x AS (SELECT repeat('x', 1000000) AS t UNION ALL SELECT t || t FROM x) SELECT length(t) FROM x",
    ] {
        let result = execution(statement, Arc::new(Session::new())).and_then(finish).map_err(|error| error.code);
        assert_eq!(result, Err(Code::Limit), "{statement}");
    }
}

/// The names and joins of a statement may be so many that nobody waits for their plan.
#[test]
fn what_is_long_is_not_planned_to_its_end() {
    let joins = |count: usize| -> String { (0..count).map(|place| format!(" CROSS JOIN pg_tables t{place}")).collect() };
    let statement = format!("SELECT 1 FROM pg_am{}", joins(60));
    let host = Session::new();
    let bound = bind(&fixture::sales(), &host, &parse::query(&statement).unwrap(), &statement, &[]).unwrap();
    let asked = usize::MAX - host.checks_left.load(Ordering::Relaxed);
    assert!(asked > 0, "binding never asks");
    host.checks_left.store(asked - 1, Ordering::Relaxed);
    let again = bind(&fixture::sales(), &host, &parse::query(&statement).unwrap(), &statement, &[]);
    assert_eq!(again.map(|_| ()).map_err(|error| error.code), Err(Code::Cancelled));
    host.checks_left.store(10, Ordering::Relaxed);
    assert_eq!(plan(&bound.query, &host).map(|_| ()).map_err(|error| error.code), Err(Code::Cancelled));
}

/// Each of them reads for long before its first row, and nothing of what it does is so long that it does not ask.
#[test]
fn what_runs_long_asks_whether_to_stop() {
    for statement in [
        "SELECT count(*) FROM generate_series(1, 1000000000000)",
        "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b",
        "SELECT g FROM generate_series(1, 1000000000000) g WHERE g < 0",
        "SELECT unnest(ARRAY[1, 2]) FROM generate_series(1, 1000000000000) g OFFSET 1000000000000",
        "WITH RECURSIVE x AS (SELECT 1 AS n UNION SELECT (n + 1) % 2 FROM x, generate_series(1, 1000000000000)) SELECT n FROM x OFFSET 2",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM generate_series(1, 1000000000000) g WHERE g < 0)",
        "SELECT max(g) FROM generate_series(1, 1000000000000) g",
    ] {
        let host = Arc::new(Session::new());
        host.checks_left.store(10, Ordering::Relaxed);
        let result = execution(statement, host).and_then(finish).map_err(|error| error.code);
        assert_eq!(result, Err(Code::Cancelled), "{statement}");
    }
}
