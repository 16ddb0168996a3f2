//! The functions that are computed here, by the names that `pg_proc` has for their implementations.
//!
//! One file per topic; each offers a slice of entries, and the lists below say which slices there are. What `pg_proc` names and no slice
//! has is a function that is not computed here.

mod aggregate;
mod arguments;
mod array;
mod catalog;
mod json;
mod limits;
mod math;
pub mod operators;
mod regexp;
mod session;
mod template;
mod text;
mod time;
mod variadic;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::function::{AggregateEntry, Scalar, ScalarEntry, SetEntry, SetReturning};

pub use arguments::Arguments;

const SCALARS: &[&[ScalarEntry]] = &[
    array::build::FUNCTIONS,
    array::compare::FUNCTIONS,
    array::sample::FUNCTIONS,
    array::search::FUNCTIONS,
    array::shape::FUNCTIONS,
    array::text::FUNCTIONS,
    json::build::FUNCTIONS,
    json::change::FUNCTIONS,
    json::compare::FUNCTIONS,
    json::convert::FUNCTIONS,
    json::path::FUNCTIONS,
    json::populate::FUNCTIONS,
    json::shape::FUNCTIONS,
    math::bits::FUNCTIONS,
    math::bucket::FUNCTIONS,
    math::divisor::FUNCTIONS,
    math::exponent::FUNCTIONS,
    math::numeric::FUNCTIONS,
    math::random::FUNCTIONS,
    math::root::FUNCTIONS,
    math::rounding::FUNCTIONS,
    math::transcendental::FUNCTIONS,
    math::trigonometry::FUNCTIONS,
    regexp::matching::FUNCTIONS,
    regexp::places::FUNCTIONS,
    regexp::replace::FUNCTIONS,
    regexp::similar::FUNCTIONS,
    regexp::split::FUNCTIONS,
    session::activity::FUNCTIONS,
    session::advisory_locks::FUNCTIONS,
    session::arguments::FUNCTIONS,
    session::encodings::FUNCTIONS,
    session::identity::FUNCTIONS,
    session::server::FUNCTIONS,
    session::settings::FUNCTIONS,
    session::sleep::FUNCTIONS,
    session::transactions::FUNCTIONS,
    text::case::FUNCTIONS,
    text::character::FUNCTIONS,
    text::concat::FUNCTIONS,
    text::digest::FUNCTIONS,
    text::encoding::FUNCTIONS,
    text::escape::FUNCTIONS,
    text::format::FUNCTIONS,
    text::identifier::FUNCTIONS,
    text::length::FUNCTIONS,
    text::list::FUNCTIONS,
    text::pad::FUNCTIONS,
    text::part::FUNCTIONS,
    text::quote::FUNCTIONS,
    text::search::FUNCTIONS,
    text::size::FUNCTIONS,
    text::trim::FUNCTIONS,
    text::unicode::FUNCTIONS,
    template::FUNCTIONS,
    time::age::FUNCTIONS,
    time::bin::FUNCTIONS,
    time::finite::FUNCTIONS,
    time::make::FUNCTIONS,
    time::now::FUNCTIONS,
    time::overlaps::FUNCTIONS,
    time::part::FUNCTIONS,
    time::truncate::FUNCTIONS,
    time::zone::FUNCTIONS,
];

const SETS: &[&[SetEntry]] = &[
    array::set::SETS,
    json::populate::SETS,
    json::table::SETS,
    math::series::SETS,
    regexp::matching::SETS,
    regexp::split::SETS,
    session::activity::SETS,
    session::server::SETS,
    session::settings::SETS,
    session::statements::SETS,
    session::time_zones::SETS,
    session::transactions::SETS,
    text::list::SETS,
    time::series::SETS,
];

const AGGREGATES: &[&[AggregateEntry]] = &[
    aggregate::collect::AGGREGATES,
    aggregate::count::AGGREGATES,
    aggregate::extreme::AGGREGATES,
    aggregate::logic::AGGREGATES,
    aggregate::ordered::AGGREGATES,
    aggregate::regression::AGGREGATES,
    aggregate::sum::AGGREGATES,
    aggregate::variance::AGGREGATES,
    json::aggregate::AGGREGATES,
];

static SCALARS_BY_SYMBOL: LazyLock<HashMap<&str, Scalar>> = LazyLock::new(|| scalars().map(|entry| (entry.symbol, entry.call)).collect());

static SETS_BY_SYMBOL: LazyLock<HashMap<&str, SetReturning>> = LazyLock::new(|| sets().map(|entry| (entry.symbol, entry.call)).collect());

static AGGREGATES_BY_NAME: LazyLock<HashMap<&str, AggregateEntry>> =
    LazyLock::new(|| AGGREGATES.iter().copied().flatten().map(|entry| (entry.name, *entry)).collect());

fn scalars() -> impl Iterator<Item = &'static ScalarEntry> {
    SCALARS.iter().chain(operators::ALL).chain(catalog::FUNCTIONS).copied().flatten()
}

fn sets() -> impl Iterator<Item = &'static SetEntry> {
    SETS.iter().chain(catalog::SETS).copied().flatten()
}

/// The implementation of a scalar function, by its `pg_proc.prosrc`.
pub fn scalar(symbol: &str) -> Option<Scalar> {
    SCALARS_BY_SYMBOL.get(symbol).copied()
}

/// The implementation of a set-returning function, by its `pg_proc.prosrc`.
pub fn set(symbol: &str) -> Option<SetReturning> {
    SETS_BY_SYMBOL.get(symbol).copied()
}

/// The implementation of an aggregate, by its `pg_proc.proname`.
pub fn aggregate(name: &str) -> Option<AggregateEntry> {
    AGGREGATES_BY_NAME.get(name).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::execute::tests::answers::check;
    use crate::statics;

    #[test]
    fn nothing_is_registered_twice() {
        assert_eq!(SCALARS_BY_SYMBOL.len(), scalars().count());
        assert_eq!(SETS_BY_SYMBOL.len(), sets().count());
        assert_eq!(AGGREGATES_BY_NAME.len(), AGGREGATES.iter().map(|slice| slice.len()).sum::<usize>());
    }

    /// What PostgreSQL 16 answers (`psql -At -F '|' -P null=NULL`), with the time zone UTC.
    #[test]
    fn functions_answer_as_in_postgresql() {
        check(include_str!("functions/tests/answers.txt"));
    }

    /// What `pg_proc` does not name would never be called.
    #[test]
    fn everything_is_in_pg_proc() {
        let functions = statics::relation_named("pg_catalog", "pg_proc").unwrap();
        let column = |name| {
            let (rows, column) = (functions.rows(), functions.column(name).unwrap());
            (0..rows.len()).filter_map(|row| rows.get(row, column)).collect::<HashSet<_>>()
        };
        let (symbols, names) = (column("prosrc"), column("proname"));
        let unknown: Vec<&str> = scalars().map(|entry| entry.symbol).chain(sets().map(|entry| entry.symbol)).collect();
        let unknown: Vec<&str> = unknown.into_iter().filter(|symbol| !symbols.contains(symbol)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        let unknown: Vec<&&str> = AGGREGATES_BY_NAME.keys().filter(|name| !names.contains(**name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
