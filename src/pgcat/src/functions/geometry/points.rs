//! `point`, which is also a complex number to multiplication and division.

use spi::Result;

use super::fuzzy::{hypotenuse, less, more, same};
use super::{measured, related, shape};
use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::operators::integers::division_by_zero;
use crate::io::geometry::{Point, Shape};
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("construct_point", |_, _, a| Ok(Point { x: a.float(0)?, y: a.float(1)? }.value())),
    ScalarEntry::new("point_left", |_, _, a| related(a, |one: &Point, other| less(one.x, other.x))),
    ScalarEntry::new("point_right", |_, _, a| related(a, |one: &Point, other| more(one.x, other.x))),
    ScalarEntry::new("point_above", |_, _, a| related(a, |one: &Point, other| more(one.y, other.y))),
    ScalarEntry::new("point_below", |_, _, a| related(a, |one: &Point, other| less(one.y, other.y))),
    ScalarEntry::new("point_vert", |_, _, a| related(a, |one: &Point, other| same(one.x, other.x))),
    ScalarEntry::new("point_horiz", |_, _, a| related(a, |one: &Point, other| same(one.y, other.y))),
    ScalarEntry::new("point_eq", |_, _, a| related(a, |one: &Point, other| one.is_same(*other))),
    ScalarEntry::new("point_ne", |_, _, a| related(a, |one: &Point, other| !one.is_same(*other))),
    ScalarEntry::new("point_add", |_, _, a| combined(a, |one, other| Ok(one.plus(other)))),
    ScalarEntry::new("point_sub", |_, _, a| combined(a, |one, other| Ok(one.minus(other)))),
    ScalarEntry::new("point_mul", |_, _, a| combined(a, |one, other| Ok(one.times(other)))),
    ScalarEntry::new("point_div", |_, _, a| combined(a, Point::divided)),
    ScalarEntry::new("point_distance", |_, _, a| {
        let other: Point = shape(a, 1)?;
        measured(a, |one: &Point| one.distance(other))
    }),
    ScalarEntry::new("point_slope", |_, _, a| {
        let other = shape(a, 1)?;
        measured(a, |one: &Point| one.slope(other))
    }),
];

fn combined(arguments: &[Value], with: fn(Point, Point) -> Result<Point>) -> Result<Value> {
    Ok(with(shape(arguments, 0)?, shape(arguments, 1)?)?.value())
}

impl Point {
    pub fn plus(self, other: Self) -> Self {
        Self { x: self.x + other.x, y: self.y + other.y }
    }

    pub fn minus(self, other: Self) -> Self {
        Self { x: self.x - other.x, y: self.y - other.y }
    }

    pub fn times(self, other: Self) -> Self {
        Self { x: self.x * other.x - self.y * other.y, y: self.x * other.y + self.y * other.x }
    }

    pub fn divided(self, by: Self) -> Result<Self> {
        let square = by.x * by.x + by.y * by.y;
        if square == 0.0 {
            return Err(division_by_zero());
        }
        Ok(Self { x: (self.x * by.x + self.y * by.y) / square, y: (self.y * by.x - self.x * by.y) / square })
    }

    pub fn distance(self, other: Self) -> f64 {
        hypotenuse(self.x - other.x, self.y - other.y)
    }

    /// The point in the middle to another one.
    pub fn middle(self, other: Self) -> Self {
        Self { x: (self.x + other.x) / 2.0, y: (self.y + other.y) / 2.0 }
    }

    /// The slope of what stands upright on the line to another point.
    pub fn upright_slope(self, other: Self) -> f64 {
        if same(self.x, other.x) {
            0.0
        } else if same(self.y, other.y) {
            f64::INFINITY
        } else {
            (self.x - other.x) / (other.y - self.y)
        }
    }
}
