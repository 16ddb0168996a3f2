//! Whether a `tsvector` has what a `tsquery` asks for.
//!
//! Where lexemes have no positions, it may be impossible to tell where something stands: that is a third answer, which counts as yes for
//! a whole query and as no for a phrase.

use spi::Result;

use crate::io::text_search::query::{self, Lexeme, Query};
use crate::io::text_search::vector::{self, Vector};
use crate::plan::{STACK_PIECE, STACK_RED_ZONE};
use crate::value::Value;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    No,
    Maybe,
    Yes,
}

pub fn matches(vector: &str, query: &str) -> Result<Value> {
    let vector = vector::read(vector)?;
    let Some(query) = query::read(query)? else { return Ok(Value::Bool(false)) };
    Ok(Value::Bool(answer(&vector, &query) != Answer::No))
}

fn answer(vector: &Vector, query: &Query) -> Answer {
    stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || match query {
        Query::Lexeme(lexeme) => found(vector, lexeme).0,
        Query::Not(negated) => match answer(vector, negated) {
            Answer::No => Answer::Yes,
            Answer::Maybe => Answer::Maybe,
            Answer::Yes => Answer::No,
        },
        Query::And(left, right) => answer(vector, left).min(answer(vector, right)),
        Query::Or(left, right) => answer(vector, left).max(answer(vector, right)),
        Query::Phrase(..) => match places(vector, query).0 {
            Answer::Yes => Answer::Yes,
            Answer::No | Answer::Maybe => Answer::No,
        },
    })
}

/// Whether a lexeme is there with one of the weights, and where.
fn found(vector: &Vector, lexeme: &Lexeme) -> (Answer, Vec<i64>) {
    let mut positions = Vec::new();
    let mut best = Answer::No;
    let is_wanted = |text: &str| if lexeme.is_prefix { text.starts_with(&lexeme.text) } else { text == lexeme.text };
    let from = vector.0.range::<str, _>((std::ops::Bound::Included(lexeme.text.as_str()), std::ops::Bound::Unbounded));
    for (_, kept) in from.take_while(|(text, _)| is_wanted(text)) {
        if kept.is_empty() {
            best = best.max(if lexeme.weights == 0 { Answer::Yes } else { Answer::Maybe });
            continue;
        }
        let weighted = kept.iter().filter(|(_, weight)| lexeme.weights == 0 || lexeme.weights >> **weight & 1 == 1);
        let before = positions.len();
        positions.extend(weighted.map(|(position, _)| i64::from(*position)));
        if positions.len() > before {
            best = Answer::Yes;
        }
    }
    positions.sort_unstable();
    positions.dedup();
    (best, positions)
}

/// Where a part of a phrase ends: at these places, or, where `negated`, at all others; and how far before it begins.
#[derive(Default)]
struct Places {
    positions: Vec<i64>,
    negated: bool,
    width: i64,
}

/// Which of the places of two lists are taken.
#[derive(Clone, Copy)]
struct Taken {
    both: bool,
    left: bool,
    right: bool,
}

const BOTH: Taken = Taken { both: true, left: false, right: false };
const LEFT: Taken = Taken { both: false, left: true, right: false };
const RIGHT: Taken = Taken { both: false, left: false, right: true };
const ANY: Taken = Taken { both: true, left: true, right: true };

fn places(vector: &Vector, query: &Query) -> (Answer, Places) {
    stacker::maybe_grow(STACK_RED_ZONE, STACK_PIECE, || match query {
        Query::Lexeme(lexeme) => match found(vector, lexeme) {
            // It is somewhere, and nobody knows where.
            (Answer::Yes | Answer::Maybe, positions) if positions.is_empty() => (Answer::Maybe, Places::default()),
            (answer, positions) => (answer, Places { positions, ..Places::default() }),
        },
        Query::Not(negated) => negation(places(vector, negated)),
        Query::Phrase(left, right, distance) => both(places(vector, left), || places(vector, right), Some(i64::from(*distance))),
        Query::And(left, right) => both(places(vector, left), || places(vector, right), None),
        Query::Or(left, right) => either(places(vector, left), places(vector, right)),
    })
}

fn negation((answer, places): (Answer, Places)) -> (Answer, Places) {
    match answer {
        Answer::No => (Answer::Yes, Places { negated: true, ..Places::default() }),
        Answer::Maybe => (Answer::Maybe, places),
        Answer::Yes if !places.positions.is_empty() => (Answer::Yes, Places { negated: !places.negated, ..places }),
        // It was everywhere.
        Answer::Yes => (Answer::No, Places::default()),
    }
}

/// A phrase where there is a distance, else two things that end in one place.
fn both(left: (Answer, Places), right: impl FnOnce() -> (Answer, Places), distance: Option<i64>) -> (Answer, Places) {
    let (left_answer, left) = left;
    if left_answer == Answer::No {
        return (Answer::No, Places::default());
    }
    let (right_answer, right) = right();
    if right_answer == Answer::No {
        return (Answer::No, Places::default());
    }
    if left_answer == Answer::Maybe || right_answer == Answer::Maybe {
        return (Answer::Maybe, Places::default());
    }
    let (offsets, width) = match distance {
        Some(distance) => ((distance + right.width, 0), distance + left.width + right.width),
        None => {
            let width = left.width.max(right.width);
            ((width - left.width, width - right.width), width)
        }
    };
    let (taken, negated) = match (left.negated, right.negated) {
        (true, true) => (ANY, true),
        (true, false) => (RIGHT, false),
        (false, true) => (LEFT, false),
        (false, false) => (BOTH, false),
    };
    output(&left, &right, taken, offsets, width, negated)
}

fn either((left_answer, mut left): (Answer, Places), (right_answer, mut right): (Answer, Places)) -> (Answer, Places) {
    if left_answer == Answer::No && right_answer == Answer::No {
        return (Answer::No, Places::default());
    }
    if left_answer == Answer::Maybe || right_answer == Answer::Maybe {
        return (Answer::Maybe, Places::default());
    }
    // What is nowhere has no width.
    if left_answer == Answer::No {
        left.width = 0;
    }
    if right_answer == Answer::No {
        right.width = 0;
    }
    let width = left.width.max(right.width);
    let offsets = (width - left.width, width - right.width);
    let (taken, negated) = match (left.negated, right.negated) {
        (true, true) => (BOTH, true),
        (true, false) => (LEFT, true),
        (false, true) => (RIGHT, true),
        (false, false) => (ANY, false),
    };
    output(&left, &right, taken, offsets, width, negated)
}

/// The places of two lists that are taken. What is negated is everywhere although the list is empty.
fn output(left: &Places, right: &Places, taken: Taken, offsets: (i64, i64), width: i64, negated: bool) -> (Answer, Places) {
    let moved = |places: &Places, offset: i64| -> Vec<i64> { places.positions.iter().map(|position| position + offset).collect() };
    let (left, right) = (moved(left, offsets.0), moved(right, offsets.1));
    let mut positions: Vec<i64> = left.iter().chain(&right).copied().collect();
    positions.sort_unstable();
    positions.dedup();
    positions.retain(|position| match (left.binary_search(position).is_ok(), right.binary_search(position).is_ok()) {
        (true, true) => taken.both,
        (true, false) => taken.left,
        _ => taken.right,
    });
    let answer = if negated || !positions.is_empty() { Answer::Yes } else { Answer::No };
    (answer, Places { positions, negated, width })
}
