//! Random statements against the evaluator: whatever a client sends, it is answered or refused, and never the server's end.
//!
//! Statements are made from a seed ([`generator`]) of what the catalog says there is ([`facts`]), and run from their text to their bytes
//! ([`run`]). What must hold for each: no panic, no SQLSTATE XX000, an end soon after it is asked to stop, the same rows when it is run
//! again, and the same rows where a condition stands elsewhere. What was wrong once is in `fuzz/found.txt`, with PostgreSQL's answers.
//!
//! By hand, more of it: `PGCAT_FUZZ_ROUNDS` says how many statements there are (150 unless told), `PGCAT_FUZZ_SEED` the seed of the
//! first (each has the next), and `PGCAT_FUZZ_TRACE` a file that always holds the statement at hand, for what ends the process. How their
//! answers are compared with those of a PostgreSQL, [`differential`] says.

mod differential;
mod expressions;
mod facts;
mod generator;
mod literals;
mod operands;
mod queries;
mod run;
mod sources;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::execute::tests::answers::check;
use crate::fixture;
use facts::Facts;
use generator::{Generator, Style};
use run::{Answer, Runner};

/// Statements of a run in continuous integration, which takes some seconds.
const ROUNDS: u64 = 150;
/// How long a statement may compute before it is asked to stop.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How long it may take from there to its end, on a machine that does other things too.
const GRACE: Duration = Duration::from_secs(60);

#[test]
fn random_statements_end_well() {
    let (rounds, first) = (number("PGCAT_FUZZ_ROUNDS", ROUNDS), number("PGCAT_FUZZ_SEED", 1));
    let runner = Runner::new(fixture::sales());
    let facts = Facts::of(&runner);
    let mut wrong = Vec::new();
    for seed in first..first + rounds {
        if let Err(fault) = round(&runner, &facts, seed) {
            eprintln!("seed {seed}: {fault}\n");
            wrong.push(seed);
        }
    }
    assert!(wrong.is_empty(), "{} of {rounds} statements end badly, those of the seeds {wrong:?}", wrong.len());
}

#[test]
fn what_was_found_stays_mended() {
    check(include_str!("fuzz/found.txt"));
}

/// Statements that all fail to be bound would test nothing.
#[test]
fn most_statements_are_answered() {
    let runner = Runner::new(fixture::sales());
    let facts = Facts::of(&runner);
    let answered = |seed: &u64| {
        let statement = Generator::new(&facts, *seed, Style::Tame).statement();
        runner.run(&statement.text, PATIENCE).is_ok()
    };
    let count = (1..=60).filter(answered).count();
    assert!(count >= 30, "{count} of 60 statements are answered");
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Runs the statement of a seed, and says what is wrong with what becomes of it.
fn round(runner: &Runner, facts: &Facts, seed: u64) -> Result<(), String> {
    let style = if seed.is_multiple_of(3) { Style::Tame } else { Style::Wild };
    let mut generator = Generator::new(facts, seed, style);
    if seed.is_multiple_of(4) {
        let pair = generator.moved_condition();
        let answers = [outcome(runner, &pair[0])?, outcome(runner, &pair[1])?];
        return match answers {
            [Ok(one), Ok(other)] if one.sorted() != other.sorted() => {
                Err(format!("these differ:\n{}\n{}\n{:?}\n{:?}", pair[0], pair[1], one.sorted(), other.sorted()))
            }
            _ => Ok(()),
        };
    }
    let statement = generator.statement();
    let first = outcome(runner, &statement.text)?;
    if statement.is_volatile || matches!(&first, Err(code) if code == "57014") {
        return Ok(());
    }
    let second = outcome(runner, &statement.text)?;
    if matches!(&second, Err(code) if code == "57014") || first == second {
        return Ok(());
    }
    Err(format!("it is not the same again:\n{}\n{first:?}\n{second:?}", statement.text))
}

/// The rows of a statement or its SQLSTATE, unless it ends as no statement may.
fn outcome(runner: &Runner, text: &str) -> Result<Result<Answer, String>, String> {
    if let Ok(path) = std::env::var("PGCAT_FUZZ_TRACE") {
        // What cannot be written is only missed by whoever reads it.
        let _ = std::fs::write(path, text);
    }
    let began = Instant::now();
    let ended = catch_unwind(AssertUnwindSafe(|| runner.run(text, PATIENCE)));
    let took = began.elapsed();
    let answer = ended.map_err(|_| format!("it panics: {text}"))?;
    if took > PATIENCE + GRACE {
        return Err(format!("it takes {took:?}: {text}"));
    }
    match answer {
        Err(error) if error.code.sqlstate() == "XX000" => Err(format!("{error:?}: {text}")),
        Err(error) => Ok(Err(error.code.sqlstate().to_owned())),
        Ok(answer) => Ok(Ok(answer)),
    }
}
