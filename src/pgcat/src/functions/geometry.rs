//! Operators, casts and measures of the geometric types, with the tolerance that PostgreSQL's have.

pub mod boxes;
pub mod circles;
pub mod fuzzy;
pub mod lines;
pub mod paths;
pub mod points;
pub mod polygons;
pub mod segments;

use spi::Result;

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::io::geometry::Shape;
use crate::value::Value;

/// The slices for the registry.
pub const ALL: &[&[ScalarEntry]] = &[
    boxes::FUNCTIONS,
    circles::FUNCTIONS,
    lines::FUNCTIONS,
    paths::FUNCTIONS,
    points::FUNCTIONS,
    polygons::FUNCTIONS,
    segments::FUNCTIONS,
];

/// An argument of a geometric type.
fn shape<S: Shape>(arguments: &[Value], place: usize) -> Result<S> {
    S::read(arguments.text(place)?)
}

/// Whether two arguments of one type are as an operator says.
fn related<S: Shape>(arguments: &[Value], test: impl Fn(&S, &S) -> bool) -> Result<Value> {
    Ok(Value::Bool(test(&shape(arguments, 0)?, &shape(arguments, 1)?)))
}

/// What an argument measures.
fn measured<S: Shape>(arguments: &[Value], measure: impl Fn(&S) -> f64) -> Result<Value> {
    Ok(Value::Float(measure(&shape(arguments, 0)?)))
}
