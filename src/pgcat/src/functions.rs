//! The functions that are computed here, by the names that `pg_proc` has for their implementations.
//!
//! One file per topic; each offers a slice of entries, and the lists below say which slices there are. What `pg_proc` names and no slice
//! has is a function that is not computed here.

pub(crate) mod aggregate;
mod arguments;
mod array;
pub mod beginning;
mod bit_string;
mod catalog;
pub(crate) mod comparable;
mod enumeration;
mod geometry;
mod hash;
mod input;
pub(crate) mod json;
pub(crate) mod limits;
mod math;
mod money;
mod network;
pub mod operators;
mod range;
mod regexp;
mod session;
mod size;
mod template;
mod text;
mod text_search;
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
    enumeration::FUNCTIONS,
    hash::FUNCTIONS,
    input::FUNCTIONS,
    json::build::FUNCTIONS,
    json::change::FUNCTIONS,
    json::compare::FUNCTIONS,
    json::convert::FUNCTIONS,
    json::jsonpath::FUNCTIONS,
    json::path::FUNCTIONS,
    json::populate::FUNCTIONS,
    json::shape::FUNCTIONS,
    bit_string::FUNCTIONS,
    money::FUNCTIONS,
    math::bits::FUNCTIONS,
    math::bucket::FUNCTIONS,
    math::degrees::FUNCTIONS,
    math::divisor::FUNCTIONS,
    math::exponent::FUNCTIONS,
    math::numeric::FUNCTIONS,
    math::power::FUNCTIONS,
    math::random::FUNCTIONS,
    math::root::FUNCTIONS,
    math::rounding::FUNCTIONS,
    math::transcendental::FUNCTIONS,
    math::trigonometry::FUNCTIONS,
    network::FUNCTIONS,
    network::hardware::FUNCTIONS,
    range::combine::FUNCTIONS,
    range::construct::FUNCTIONS,
    range::parts::FUNCTIONS,
    range::relate::FUNCTIONS,
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
    size::FUNCTIONS,
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
    text_search::FUNCTIONS,
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
    json::jsonpath::SETS,
    json::populate::SETS,
    json::table::SETS,
    math::series::SETS,
    range::parts::SETS,
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
    aggregate::hypothetical::AGGREGATES,
    aggregate::logic::AGGREGATES,
    aggregate::ordered::AGGREGATES,
    aggregate::range::AGGREGATES,
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
    SCALARS.iter().chain(operators::ALL).chain(geometry::ALL).chain(catalog::FUNCTIONS).copied().flatten()
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
mod tests;
