//! Random choices, and the state in which a statement is written: which names may be read where it is at.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::facts::Facts;
use super::literals::types_with_literals;
use crate::types::oid;

/// How daring statements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Mostly correct, with ordinary values.
    Tame,
    /// Extreme values, and types that do not fit.
    Wild,
    /// Extreme values, but only what any PostgreSQL of the version answers alike.
    Alike,
}

/// A statement, and whether it may answer something else each time.
pub(super) struct Statement {
    pub text: String,
    pub is_volatile: bool,
    /// Whether it reads rows: then nothing says in which order its expressions are computed, nor how often.
    pub reads_rows: bool,
}

impl Statement {
    /// One that somebody wrote.
    pub fn given(text: &str) -> Self {
        Self { text: text.to_owned(), is_volatile: false, reads_rows: false }
    }
}

/// An expression that may be read by its name, and its type.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub name: String,
    pub type_oid: u32,
}

/// What the expressions of one query may read.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub columns: Vec<Named>,
    /// Where aggregates may be called: what their arguments may read.
    pub aggregated: Option<Vec<Named>>,
}

/// Writes one statement.
pub(super) struct Generator<'a> {
    pub facts: &'a Facts,
    pub style: Style,
    rng: StdRng,
    /// The types that expressions are made of.
    pub types: Vec<u32>,
    /// The queries around, the innermost last.
    pub scopes: Vec<Scope>,
    /// The queries of WITH that may be read, with their columns.
    pub ctes: Vec<(String, Vec<Named>)>,
    names: usize,
    pub is_volatile: bool,
    pub reads_rows: bool,
}

/// The types that most expressions are of.
const USUAL: [u32; 9] = [oid::INT4, oid::TEXT, oid::BOOL, oid::INT8, oid::NUMERIC, oid::OID, oid::NAME, oid::FLOAT8, oid::INT4_ARRAY];

impl<'a> Generator<'a> {
    pub fn new(facts: &'a Facts, seed: u64, style: Style) -> Self {
        let types = types_with_literals(facts);
        let rng = StdRng::seed_from_u64(seed);
        Self { facts, style, rng, types, scopes: Vec::new(), ctes: Vec::new(), names: 0, is_volatile: false, reads_rows: false }
    }

    pub fn statement(&mut self) -> Statement {
        let text = if self.chance(0.45) { self.plain_select() } else { self.query(3, None).0 };
        Statement { text, is_volatile: self.is_volatile, reads_rows: self.reads_rows }
    }

    /// `SELECT` of expressions over nothing or some constants.
    fn plain_select(&mut self) -> String {
        let count = 1 + self.below(2);
        let depth = 1 + self.below(4);
        self.scopes.push(Scope::default());
        let outputs: Vec<String> = (0..count)
            .map(|_| {
                let type_oid = self.any_type();
                self.expression(type_oid, depth)
            })
            .collect();
        self.scopes.pop();
        format!("SELECT {}", outputs.join(", "))
    }

    /// True so often.
    pub fn chance(&mut self, part: f64) -> bool {
        self.rng.random_bool(part)
    }

    /// A number from 0 on.
    pub fn below(&mut self, end: usize) -> usize {
        self.rng.random_range(0..end)
    }

    pub fn pick<'b, T>(&mut self, choices: &'b [T]) -> &'b T {
        &choices[self.below(choices.len())]
    }

    pub fn any_type(&mut self) -> u32 {
        if self.chance(0.55) {
            return *self.pick(&USUAL);
        }
        let types = std::mem::take(&mut self.types);
        let type_oid = *self.pick(&types);
        self.types = types;
        let array = self.facts.array_of(type_oid);
        if array != 0 && self.chance(0.2) { array } else { type_oid }
    }

    /// A name that nothing has yet.
    pub fn name(&mut self, of: &str) -> String {
        self.names += 1;
        format!("{of}{}", self.names)
    }
}
