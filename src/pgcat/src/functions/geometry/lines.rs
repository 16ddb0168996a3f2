//! `line`.

use spi::{Code, Error, Result};

use super::fuzzy::{hypotenuse, is_zero, same};
use super::{related, shape};
use crate::function::ScalarEntry;
use crate::io::geometry::{Line, Point, Shape};
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("line_construct_pp", |_, _, a| {
        let (one, other): (Point, Point) = (shape(a, 0)?, shape(a, 1)?);
        if one.is_same(other) {
            return Err(Error::new(Code::InvalidArgument, "invalid line specification: must be two distinct points"));
        }
        Ok(Line::through(one, one.slope(other)).value())
    }),
    ScalarEntry::new("line_eq", |_, _, a| compared(a, Line::is_same)),
    ScalarEntry::new("line_intersect", |_, _, a| compared(a, |one, other| one.meets(other).is_some())),
    ScalarEntry::new("line_parallel", |_, _, a| compared(a, |one, other| one.meets(other).is_none())),
    ScalarEntry::new("line_perp", |_, _, a| compared(a, Line::is_perpendicular)),
    ScalarEntry::new("line_vertical", |_, _, a| Ok(Value::Bool(is_zero(shape::<Line>(a, 0)?.b)))),
    ScalarEntry::new("line_horizontal", |_, _, a| Ok(Value::Bool(is_zero(shape::<Line>(a, 0)?.a)))),
    ScalarEntry::new("line_interpt", |_, _, a| {
        let met = shape::<Line>(a, 0)?.meets(&shape(a, 1)?);
        Ok(met.map_or(Value::Null, |point| point.value()))
    }),
    ScalarEntry::new("line_distance", |_, _, a| Ok(Value::Float(shape::<Line>(a, 0)?.distance(&shape(a, 1)?)))),
    ScalarEntry::new("on_pl", |_, _, a| Ok(Value::Bool(shape::<Line>(a, 1)?.has(shape(a, 0)?)))),
    ScalarEntry::new("dist_pl", |_, _, a| Ok(Value::Float(shape::<Line>(a, 1)?.closest(shape(a, 0)?).0))),
    ScalarEntry::new("dist_lp", |_, _, a| Ok(Value::Float(shape::<Line>(a, 0)?.closest(shape(a, 1)?).0))),
    ScalarEntry::new("close_pl", |_, _, a| {
        let (distance, point) = shape::<Line>(a, 1)?.closest(shape(a, 0)?);
        Ok(if distance.is_nan() { Value::Null } else { point.value() })
    }),
];

fn compared(arguments: &[Value], test: fn(&Line, &Line) -> bool) -> Result<Value> {
    related(arguments, test)
}

impl Line {
    /// Lines are the same where their numbers are in one proportion.
    fn is_same(&self, other: &Self) -> bool {
        let (one, other) = ([self.a, self.b, self.c], [other.a, other.b, other.c]);
        if one.iter().chain(&other).any(|number| number.is_nan()) {
            return one.iter().zip(&other).all(|(one, other)| one == other || one.is_nan() && other.is_nan());
        }
        let ratio = one.iter().zip(&other).find(|(_, other)| !is_zero(**other)).map_or(1.0, |(one, other)| one / other);
        one.iter().zip(&other).all(|(one, other)| same(*one, ratio * other))
    }

    fn is_perpendicular(&self, other: &Self) -> bool {
        if is_zero(self.a) {
            is_zero(other.b)
        } else if is_zero(other.a) {
            is_zero(self.b)
        } else if is_zero(self.b) {
            is_zero(other.a)
        } else if is_zero(other.b) {
            is_zero(self.a)
        } else {
            same((self.a * other.a) / (self.b * other.b), -1.0)
        }
    }

    pub fn slope(&self) -> f64 {
        if is_zero(self.a) {
            0.0
        } else if is_zero(self.b) {
            f64::INFINITY
        } else {
            self.a / -self.b
        }
    }

    pub fn has(&self, point: Point) -> bool {
        is_zero(self.a * point.x + self.b * point.y + self.c)
    }

    /// Where it crosses another line, if it does so in one point.
    pub fn meets(&self, other: &Self) -> Option<Point> {
        let (one, other) = if is_zero(self.b) { (other, self) } else { (self, other) };
        if is_zero(one.b) || same(other.a, one.a * (other.b / one.b)) {
            return None;
        }
        let x = (one.b * other.c - other.b * one.c) / (one.a * other.b - other.a * one.b);
        let y = -(one.a * x + one.c) / one.b;
        // Without the signs of zeros.
        Some(Point { x: x + 0.0, y: y + 0.0 })
    }

    /// How far a point is away, and the point of it that is nearest.
    pub fn closest(&self, point: Point) -> (f64, Point) {
        let slope = if is_zero(self.a) {
            f64::INFINITY
        } else if is_zero(self.b) {
            0.0
        } else {
            self.b / self.a
        };
        match Line::through(point, slope).meets(self) {
            Some(nearest) => (nearest.distance(point), nearest),
            None => (f64::NAN, point),
        }
    }

    fn distance(&self, other: &Self) -> f64 {
        if self.meets(other).is_some() {
            return 0.0;
        }
        let usable = |number: f64| !is_zero(number) && !number.is_nan();
        let ratio = if usable(self.a) && usable(other.a) {
            self.a / other.a
        } else if usable(self.b) && usable(other.b) {
            self.b / other.b
        } else {
            1.0
        };
        (self.c - ratio * other.c).abs() / hypotenuse(self.a, self.b)
    }
}
