//! `circle`: by its outermost points, and in size by its area.

use std::f64::consts::PI;

use spi::{Code, Error, Result};

use super::fuzzy::{at_least, at_most, hypotenuse, less, more, same};
use super::{measured, related, shape};
use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::operators::integers::division_by_zero;
use crate::io::geometry::{Circle, Point, Polygon, Rectangle, Shape};
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("cr_circle", |_, _, a| Ok(Circle { center: shape(a, 0)?, radius: a.float(1)? }.value())),
    ScalarEntry::new("circle_same", |_, _, a| compared(a, Circle::is_same)),
    ScalarEntry::new("circle_overlap", |_, _, a| compared(a, |one, other| at_most(one.apart(other), one.radius + other.radius))),
    ScalarEntry::new("circle_contain", |_, _, a| compared(a, |one, other| at_most(one.apart(other), one.radius - other.radius))),
    ScalarEntry::new("circle_contained", |_, _, a| compared(a, |one, other| at_most(one.apart(other), other.radius - one.radius))),
    ScalarEntry::new("circle_left", |_, _, a| compared(a, |one, other| less(one.center.x + one.radius, other.center.x - other.radius))),
    ScalarEntry::new("circle_right", |_, _, a| compared(a, |one, other| more(one.center.x - one.radius, other.center.x + other.radius))),
    ScalarEntry::new("circle_below", |_, _, a| compared(a, |one, other| less(one.center.y + one.radius, other.center.y - other.radius))),
    ScalarEntry::new("circle_above", |_, _, a| compared(a, |one, other| more(one.center.y - one.radius, other.center.y + other.radius))),
    ScalarEntry::new("circle_overleft", |_, _, a| {
        compared(a, |one, other| at_most(one.center.x + one.radius, other.center.x + other.radius))
    }),
    ScalarEntry::new("circle_overright", |_, _, a| {
        compared(a, |one, other| at_least(one.center.x - one.radius, other.center.x - other.radius))
    }),
    ScalarEntry::new("circle_overbelow", |_, _, a| {
        compared(a, |one, other| at_most(one.center.y + one.radius, other.center.y + other.radius))
    }),
    ScalarEntry::new("circle_overabove", |_, _, a| {
        compared(a, |one, other| at_least(one.center.y - one.radius, other.center.y - other.radius))
    }),
    ScalarEntry::new("circle_eq", |_, _, a| compared(a, |one, other| same(one.area(), other.area()))),
    ScalarEntry::new("circle_ne", |_, _, a| compared(a, |one, other| !same(one.area(), other.area()))),
    ScalarEntry::new("circle_lt", |_, _, a| compared(a, |one, other| less(one.area(), other.area()))),
    ScalarEntry::new("circle_gt", |_, _, a| compared(a, |one, other| more(one.area(), other.area()))),
    ScalarEntry::new("circle_le", |_, _, a| compared(a, |one, other| at_most(one.area(), other.area()))),
    ScalarEntry::new("circle_ge", |_, _, a| compared(a, |one, other| at_least(one.area(), other.area()))),
    ScalarEntry::new("circle_area", |_, _, a| measured(a, Circle::area)),
    ScalarEntry::new("circle_diameter", |_, _, a| measured(a, |circle: &Circle| circle.radius * 2.0)),
    ScalarEntry::new("circle_radius", |_, _, a| measured(a, |circle: &Circle| circle.radius)),
    ScalarEntry::new("circle_center", |_, _, a| Ok(shape::<Circle>(a, 0)?.center.value())),
    ScalarEntry::new("circle_distance", |_, _, a| {
        let (one, other): (Circle, Circle) = (shape(a, 0)?, shape(a, 1)?);
        Ok(Value::Float((one.apart(&other) - (one.radius + other.radius)).max(0.0)))
    }),
    ScalarEntry::new("dist_pc", |_, _, a| distance(shape(a, 0)?, shape(a, 1)?)),
    ScalarEntry::new("dist_cpoint", |_, _, a| distance(shape(a, 1)?, shape(a, 0)?)),
    ScalarEntry::new("circle_contain_pt", |_, _, a| contains(shape(a, 0)?, shape(a, 1)?)),
    ScalarEntry::new("pt_contained_circle", |_, _, a| contains(shape(a, 1)?, shape(a, 0)?)),
    ScalarEntry::new("circle_add_pt", |_, _, a| Ok(Circle { center: center(a)?.plus(shape(a, 1)?), ..shape(a, 0)? }.value())),
    ScalarEntry::new("circle_sub_pt", |_, _, a| Ok(Circle { center: center(a)?.minus(shape(a, 1)?), ..shape(a, 0)? }.value())),
    ScalarEntry::new("circle_mul_pt", |_, _, a| {
        let (circle, by): (Circle, Point) = (shape(a, 0)?, shape(a, 1)?);
        Ok(Circle { center: circle.center.times(by), radius: circle.radius * hypotenuse(by.x, by.y) }.value())
    }),
    ScalarEntry::new("circle_div_pt", |_, _, a| {
        let (circle, by): (Circle, Point) = (shape(a, 0)?, shape(a, 1)?);
        let center = circle.center.divided(by)?;
        match hypotenuse(by.x, by.y) {
            0.0 => Err(division_by_zero()),
            length => Ok(Circle { center, radius: circle.radius / length }.value()),
        }
    }),
    ScalarEntry::new("circle_box", |_, _, a| {
        let circle: Circle = shape(a, 0)?;
        let delta = circle.radius / 2f64.sqrt();
        let delta = Point { x: delta, y: delta };
        Ok(Rectangle { high: circle.center.plus(delta), low: circle.center.minus(delta) }.value())
    }),
    ScalarEntry::new("circle_poly", |_, _, a| polygon(a.int(0)?, &shape(a, 1)?)),
    ScalarEntry::new("poly_circle", |_, _, a| Ok(around(&shape(a, 0)?).value())),
    ScalarEntry::new("poly_center", |_, _, a| Ok(around(&shape(a, 0)?).center.value())),
];

/// How many points a polygon may be asked for: as many as fit in PostgreSQL's own.
const POINTS_MAX: i64 = 1 << 20;

fn compared(arguments: &[Value], test: fn(&Circle, &Circle) -> bool) -> Result<Value> {
    related(arguments, test)
}

fn center(arguments: &[Value]) -> Result<Point> {
    Ok(shape::<Circle>(arguments, 0)?.center)
}

fn distance(point: Point, circle: Circle) -> Result<Value> {
    Ok(Value::Float((point.distance(circle.center) - circle.radius).max(0.0)))
}

fn contains(circle: Circle, point: Point) -> Result<Value> {
    Ok(Value::Bool(circle.center.distance(point) <= circle.radius))
}

/// As many points on the circle, from its left end on.
fn polygon(count: i64, circle: &Circle) -> Result<Value> {
    if same(circle.radius, 0.0) {
        return Err(Error::new(Code::Unsupported, "cannot convert circle with radius zero to polygon"));
    }
    if count < 2 {
        return Err(Error::new(Code::InvalidArgument, "must request at least 2 points"));
    }
    if count > POINTS_MAX {
        return Err(Error::new(Code::Limit, "too many points requested"));
    }
    let step = 2.0 * PI / count as f64;
    let point = |place: i64| {
        let angle = step * place as f64;
        Point { x: circle.center.x - circle.radius * angle.cos(), y: circle.center.y + circle.radius * angle.sin() }
    };
    Ok(Polygon { points: (0..count).map(point).collect() }.value())
}

/// The circle around the mean of the points, as large as these are away from it on average.
fn around(polygon: &Polygon) -> Circle {
    let count = polygon.points.len() as f64;
    let sum = polygon.points.iter().fold(Point { x: 0.0, y: 0.0 }, |sum, point| sum.plus(*point));
    let center = Point { x: sum.x / count, y: sum.y / count };
    let distances = polygon.points.iter().fold(0.0, |sum, point| sum + point.distance(center));
    Circle { center, radius: distances / count }
}

impl Circle {
    fn is_same(&self, other: &Self) -> bool {
        let radius = self.radius.is_nan() && other.radius.is_nan() || same(self.radius, other.radius);
        radius && self.center.is_same(other.center)
    }

    fn area(&self) -> f64 {
        self.radius * self.radius * PI
    }

    /// How far the centers are apart.
    fn apart(&self, other: &Self) -> f64 {
        self.center.distance(other.center)
    }
}
