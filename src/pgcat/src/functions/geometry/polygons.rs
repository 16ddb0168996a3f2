//! `polygon`: by the box around it, and what points are in it.

use spi::Result;

use super::fuzzy::{at_least, at_most, is_zero, less, more};
use super::{related, shape};
use crate::function::ScalarEntry;
use crate::io::geometry::{Path, Point, Polygon, Rectangle, Shape};
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("poly_npoints", |_, _, a| Ok(Value::Int(shape::<Polygon>(a, 0)?.points.len() as i64))),
    ScalarEntry::new("poly_box", |_, _, a| Ok(shape::<Polygon>(a, 0)?.bounds().value())),
    ScalarEntry::new("poly_path", |_, _, a| Ok(Path { is_closed: true, points: shape::<Polygon>(a, 0)?.points }.value())),
    ScalarEntry::new("poly_left", |_, _, a| bounded(a, |one, other| one.high.x < other.low.x)),
    ScalarEntry::new("poly_overleft", |_, _, a| bounded(a, |one, other| one.high.x <= other.high.x)),
    ScalarEntry::new("poly_right", |_, _, a| bounded(a, |one, other| one.low.x > other.high.x)),
    ScalarEntry::new("poly_overright", |_, _, a| bounded(a, |one, other| one.low.x >= other.low.x)),
    ScalarEntry::new("poly_below", |_, _, a| bounded(a, |one, other| one.high.y < other.low.y)),
    ScalarEntry::new("poly_overbelow", |_, _, a| bounded(a, |one, other| one.high.y <= other.high.y)),
    ScalarEntry::new("poly_above", |_, _, a| bounded(a, |one, other| one.low.y > other.high.y)),
    ScalarEntry::new("poly_overabove", |_, _, a| bounded(a, |one, other| one.low.y >= other.low.y)),
    ScalarEntry::new("poly_same", |_, _, a| related(a, is_same)),
    ScalarEntry::new("poly_contain_pt", |_, _, a| Ok(Value::Bool(is_inside(shape(a, 1)?, &shape::<Polygon>(a, 0)?.points)))),
    ScalarEntry::new("pt_contained_poly", |_, _, a| Ok(Value::Bool(is_inside(shape(a, 0)?, &shape::<Polygon>(a, 1)?.points)))),
];

fn bounded(arguments: &[Value], test: fn(&Rectangle, &Rectangle) -> bool) -> Result<Value> {
    related(arguments, |one: &Polygon, other: &Polygon| test(&one.bounds(), &other.bounds()))
}

impl Polygon {
    /// The box around it.
    fn bounds(&self) -> Rectangle {
        let boxes = self.points.iter().map(|point| Rectangle { high: *point, low: *point });
        let around = |one: Rectangle, other: Rectangle| Rectangle {
            high: Rectangle::new(one.high, other.high).high,
            low: Rectangle::new(one.low, other.low).low,
        };
        let origin = Point { x: 0.0, y: 0.0 };
        boxes.reduce(around).unwrap_or(Rectangle { high: origin, low: origin })
    }
}

/// The same points in the same order or the other way round, wherever they begin.
fn is_same(one: &Polygon, other: &Polygon) -> bool {
    let count = one.points.len();
    let fits = |start: usize, place: usize, forward: bool| {
        let step = if forward { place } else { count - place };
        one.points[place].is_same(other.points[(start + step) % count])
    };
    count == other.points.len()
        && (0..count).any(|start| [true, false].into_iter().any(|forward| (0..count).all(|place| fits(start, place, forward))))
}

/// Whether a point is in a polygon or on its border: how often the border crosses what is to the right of it.
pub fn is_inside(point: Point, points: &[Point]) -> bool {
    let relative: Vec<Point> = points.iter().map(|each| each.minus(point)).collect();
    let Some(last) = relative.last() else { return false };
    let mut crossed = 0;
    for (place, current) in relative.iter().enumerate() {
        let previous = if place == 0 { last } else { &relative[place - 1] };
        match crossing(*current, *previous) {
            Some(count) => crossed += count,
            None => return true,
        }
    }
    crossed != 0
}

/// How the border from one point to another crosses the positive half of the x axis: upwards or downwards, once for each end that is
/// not on it. None where the origin is on the border.
fn crossing(point: Point, previous: Point) -> Option<i32> {
    let Point { x, y } = point;
    if is_zero(y) {
        return match (is_zero(x), more(x, 0.0), is_zero(previous.y)) {
            (true, _, _) => None,
            (_, true, true) => more(previous.x, 0.0).then_some(0),
            (_, true, false) => Some(if less(previous.y, 0.0) { 1 } else { -1 }),
            (_, false, true) => less(previous.x, 0.0).then_some(0),
            (_, false, false) => Some(0),
        };
    }
    let sign = if more(y, 0.0) { 1 } else { -1 };
    if is_zero(previous.y) {
        return Some(if less(previous.x, 0.0) { 0 } else { sign });
    }
    if (sign < 0 && less(previous.y, 0.0)) || (sign > 0 && more(previous.y, 0.0)) {
        return Some(0);
    }
    if at_least(x, 0.0) && more(previous.x, 0.0) {
        return Some(2 * sign);
    }
    if less(x, 0.0) && at_most(previous.x, 0.0) {
        return Some(0);
    }
    let side = (x - previous.x) * y - (y - previous.y) * x;
    if is_zero(side) {
        return None;
    }
    let is_left = (sign < 0 && less(side, 0.0)) || (sign > 0 && more(side, 0.0));
    Some(if is_left { 0 } else { 2 * sign })
}
