//! `box`: by its corners, and in size by its area.

use spi::Result;

use super::fuzzy::{at_least, at_most, less, more, same};
use super::{measured, related, shape};
use crate::function::ScalarEntry;
use crate::io::geometry::{Circle, Point, Polygon, Rectangle, Segment, Shape};
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("box_same", |_, _, a| compared(a, |one, other| one.high.is_same(other.high) && one.low.is_same(other.low))),
    ScalarEntry::new("box_overlap", |_, _, a| compared(a, Rectangle::overlaps)),
    ScalarEntry::new("box_left", |_, _, a| compared(a, |one, other| less(one.high.x, other.low.x))),
    ScalarEntry::new("box_overleft", |_, _, a| compared(a, |one, other| at_most(one.high.x, other.high.x))),
    ScalarEntry::new("box_right", |_, _, a| compared(a, |one, other| more(one.low.x, other.high.x))),
    ScalarEntry::new("box_overright", |_, _, a| compared(a, |one, other| at_least(one.low.x, other.low.x))),
    ScalarEntry::new("box_below", |_, _, a| compared(a, |one, other| less(one.high.y, other.low.y))),
    ScalarEntry::new("box_overbelow", |_, _, a| compared(a, |one, other| at_most(one.high.y, other.high.y))),
    ScalarEntry::new("box_above", |_, _, a| compared(a, |one, other| more(one.low.y, other.high.y))),
    ScalarEntry::new("box_overabove", |_, _, a| compared(a, |one, other| at_least(one.low.y, other.low.y))),
    ScalarEntry::new("box_below_eq", |_, _, a| compared(a, |one, other| at_most(one.high.y, other.low.y))),
    ScalarEntry::new("box_above_eq", |_, _, a| compared(a, |one, other| at_least(one.low.y, other.high.y))),
    ScalarEntry::new("box_contain", |_, _, a| compared(a, |one, other| one.contains(other))),
    ScalarEntry::new("box_contained", |_, _, a| compared(a, |one, other| other.contains(one))),
    ScalarEntry::new("box_lt", |_, _, a| compared(a, |one, other| less(one.area(), other.area()))),
    ScalarEntry::new("box_gt", |_, _, a| compared(a, |one, other| more(one.area(), other.area()))),
    ScalarEntry::new("box_eq", |_, _, a| compared(a, |one, other| same(one.area(), other.area()))),
    ScalarEntry::new("box_le", |_, _, a| compared(a, |one, other| at_most(one.area(), other.area()))),
    ScalarEntry::new("box_ge", |_, _, a| compared(a, |one, other| at_least(one.area(), other.area()))),
    ScalarEntry::new("box_area", |_, _, a| measured(a, Rectangle::area)),
    ScalarEntry::new("box_width", |_, _, a| measured(a, |one: &Rectangle| one.high.x - one.low.x)),
    ScalarEntry::new("box_height", |_, _, a| measured(a, |one: &Rectangle| one.high.y - one.low.y)),
    ScalarEntry::new("box_distance", |_, _, a| {
        let (one, other): (Rectangle, Rectangle) = (shape(a, 0)?, shape(a, 1)?);
        Ok(Value::Float(one.center().distance(other.center())))
    }),
    ScalarEntry::new("box_contain_pt", |_, _, a| Ok(Value::Bool(shape::<Rectangle>(a, 0)?.has(shape(a, 1)?)))),
    ScalarEntry::new("on_pb", |_, _, a| Ok(Value::Bool(shape::<Rectangle>(a, 1)?.has(shape(a, 0)?)))),
    ScalarEntry::new("dist_pb", |_, _, a| Ok(Value::Float(shape::<Rectangle>(a, 1)?.closest(shape(a, 0)?).0))),
    ScalarEntry::new("dist_bp", |_, _, a| Ok(Value::Float(shape::<Rectangle>(a, 0)?.closest(shape(a, 1)?).0))),
    ScalarEntry::new("close_pb", |_, _, a| Ok(shape::<Rectangle>(a, 1)?.closest(shape(a, 0)?).1.value())),
    ScalarEntry::new("points_box", |_, _, a| Ok(Rectangle::new(shape(a, 0)?, shape(a, 1)?).value())),
    ScalarEntry::new("point_box", |_, _, a| Ok(Rectangle { high: shape(a, 0)?, low: shape(a, 0)? }.value())),
    ScalarEntry::new("box_add", |_, _, a| moved(a, |corner, by| Ok(corner.plus(by)))),
    ScalarEntry::new("box_sub", |_, _, a| moved(a, |corner, by| Ok(corner.minus(by)))),
    ScalarEntry::new("box_mul", |_, _, a| moved(a, |corner, by| Ok(corner.times(by)))),
    ScalarEntry::new("box_div", |_, _, a| moved(a, Point::divided)),
    ScalarEntry::new("boxes_bound_box", |_, _, a| {
        let (one, other): (Rectangle, Rectangle) = (shape(a, 0)?, shape(a, 1)?);
        let (low, high) = (Rectangle::new(one.low, other.low).low, Rectangle::new(one.high, other.high).high);
        Ok(Rectangle { high, low }.value())
    }),
    ScalarEntry::new("box_intersect", |_, _, a| {
        let (one, other): (Rectangle, Rectangle) = (shape(a, 0)?, shape(a, 1)?);
        if !one.overlaps(&other) {
            return Ok(Value::Null);
        }
        let (low, high) = (Rectangle::new(one.low, other.low).high, Rectangle::new(one.high, other.high).low);
        Ok(Rectangle { high, low }.value())
    }),
    ScalarEntry::new("box_center", |_, _, a| Ok(shape::<Rectangle>(a, 0)?.center().value())),
    ScalarEntry::new("box_diagonal", |_, _, a| {
        let rectangle: Rectangle = shape(a, 0)?;
        Ok(Segment { start: rectangle.high, end: rectangle.low }.value())
    }),
    ScalarEntry::new("box_circle", |_, _, a| {
        let rectangle: Rectangle = shape(a, 0)?;
        let center = rectangle.center();
        Ok(Circle { center, radius: center.distance(rectangle.high) }.value())
    }),
    ScalarEntry::new("box_poly", |_, _, a| {
        let Rectangle { high, low } = shape(a, 0)?;
        let points = vec![low, Point { x: low.x, y: high.y }, high, Point { x: high.x, y: low.y }];
        Ok(Polygon { points }.value())
    }),
];

fn compared(arguments: &[Value], test: fn(&Rectangle, &Rectangle) -> bool) -> Result<Value> {
    related(arguments, test)
}

/// Both corners changed by a point.
fn moved(arguments: &[Value], by: fn(Point, Point) -> Result<Point>) -> Result<Value> {
    let (rectangle, point): (Rectangle, Point) = (shape(arguments, 0)?, shape(arguments, 1)?);
    Ok(Rectangle::new(by(rectangle.high, point)?, by(rectangle.low, point)?).value())
}

impl Rectangle {
    pub fn area(&self) -> f64 {
        (self.high.x - self.low.x) * (self.high.y - self.low.y)
    }

    pub fn center(&self) -> Point {
        self.high.middle(self.low)
    }

    fn overlaps(&self, other: &Self) -> bool {
        at_most(self.low.x, other.high.x)
            && at_most(other.low.x, self.high.x)
            && at_most(self.low.y, other.high.y)
            && at_most(other.low.y, self.high.y)
    }

    fn contains(&self, other: &Self) -> bool {
        at_least(self.high.x, other.high.x)
            && at_most(self.low.x, other.low.x)
            && at_least(self.high.y, other.high.y)
            && at_most(self.low.y, other.low.y)
    }

    /// Whether a point is in it, without tolerance.
    pub fn has(&self, point: Point) -> bool {
        (self.low.x..=self.high.x).contains(&point.x) && (self.low.y..=self.high.y).contains(&point.y)
    }

    /// How far a point is away, and the point of it that is nearest.
    fn closest(&self, point: Point) -> (f64, Point) {
        if self.has(point) {
            return (0.0, point);
        }
        let (upper_left, lower_right) = (Point { x: self.low.x, y: self.high.y }, Point { x: self.high.x, y: self.low.y });
        let sides = [(self.low, upper_left), (self.high, upper_left), (self.low, lower_right), (self.high, lower_right)];
        let distances = sides.map(|(start, end)| Segment { start, end }.closest(point));
        distances.into_iter().reduce(|best, next| if next.0 < best.0 { next } else { best }).unwrap_or((0.0, point))
    }
}
