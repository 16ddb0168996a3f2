//! The geometric types. Their values are kept as the texts that they are printed as.

pub mod binary;
mod parse;
mod write;

use spi::Result;

use crate::types::oid;
use crate::value::Value;
use parse::Parser;

/// What numbers may differ by and be the same to geometry.
pub const EPSILON: f64 = 1.0e-6;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// From one point to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    pub start: Point,
    pub end: Point,
}

/// The upper right corner and the lower left one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rectangle {
    pub high: Point,
    pub low: Point,
}

/// The points where `ax + by + c` is zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    pub a: f64,
    pub b: f64,
    pub c: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    pub is_closed: bool,
    pub points: Vec<Point>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    pub points: Vec<Point>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    pub center: Point,
    pub radius: f64,
}

/// A type of geometry, whose values can be read from their text and written as it.
pub trait Shape: Sized {
    const NAME: &'static str;

    fn parse(parser: &mut Parser<'_>) -> Option<Self>;

    fn write(&self, out: &mut String);

    /// What is wrong with a value of the right form, if something is.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn read(text: &str) -> Result<Self> {
        let mut parser = Parser::new(text);
        let Some(shape) = Self::parse(&mut parser).filter(|_| parser.is_at_end()) else { return Err(parser.error(Self::NAME, text)) };
        shape.check()?;
        Ok(shape)
    }

    fn value(&self) -> Value {
        let mut out = String::new();
        self.write(&mut out);
        Value::from(out)
    }
}

pub fn is_geometric(type_oid: u32) -> bool {
    matches!(type_oid, oid::POINT | oid::LSEG | oid::PATH | oid::BOX | oid::POLYGON | oid::LINE | oid::CIRCLE)
}

/// A value of a geometric type.
pub fn read(type_oid: u32, text: &str) -> Result<Value> {
    Ok(match type_oid {
        oid::POINT => Point::read(text)?.value(),
        oid::LSEG => Segment::read(text)?.value(),
        oid::PATH => Path::read(text)?.value(),
        oid::BOX => Rectangle::read(text)?.value(),
        oid::POLYGON => Polygon::read(text)?.value(),
        oid::LINE => Line::read(text)?.value(),
        _ => Circle::read(text)?.value(),
    })
}

impl Rectangle {
    /// The rectangle with two opposite corners.
    pub fn new(one: Point, other: Point) -> Self {
        let larger = |one: f64, other: f64| if one > other || one.is_nan() { one } else { other };
        let smaller = |one: f64, other: f64| if one > other || one.is_nan() { other } else { one };
        Self {
            high: Point { x: larger(one.x, other.x), y: larger(one.y, other.y) },
            low: Point { x: smaller(one.x, other.x), y: smaller(one.y, other.y) },
        }
    }
}

impl Line {
    /// The line through a point with a slope.
    pub fn through(point: Point, slope: f64) -> Self {
        if slope.is_infinite() {
            return Self { a: -1.0, b: 0.0, c: point.x };
        }
        if slope == 0.0 {
            return Self { a: 0.0, b: -1.0, c: point.y };
        }
        // Without the sign of a zero.
        Self { a: slope, b: -1.0, c: point.y - slope * point.x + 0.0 }
    }
}

impl Point {
    /// The slope of the line to another point.
    pub fn slope(self, other: Self) -> f64 {
        if same(self.x, other.x) {
            f64::INFINITY
        } else if same(self.y, other.y) {
            0.0
        } else {
            (self.y - other.y) / (self.x - other.x)
        }
    }

    /// Whether it is another point, as far as geometry can tell.
    pub fn is_same(self, other: Self) -> bool {
        // NaN is the same as NaN here.
        if [self.x, self.y, other.x, other.y].iter().any(|number| number.is_nan()) {
            let equal = |left: f64, right: f64| left == right || left.is_nan() && right.is_nan();
            return equal(self.x, other.x) && equal(self.y, other.y);
        }
        same(self.x, other.x) && same(self.y, other.y)
    }
}

/// Whether two numbers are the same, as far as geometry can tell.
pub fn same(left: f64, right: f64) -> bool {
    left == right || (left - right).abs() <= EPSILON
}
