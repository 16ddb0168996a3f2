//! `path`, open or closed.

use spi::{Code, Error, Result};

use super::fuzzy::same;
use super::polygons::is_inside;
use super::shape;
use crate::function::ScalarEntry;
use crate::io::geometry::{Path, Point, Polygon, Segment, Shape};
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("path_npoints", |_, _, a| Ok(Value::Int(path(a)?.points.len() as i64))),
    ScalarEntry::new("path_isclosed", |_, _, a| Ok(Value::Bool(path(a)?.is_closed))),
    ScalarEntry::new("path_isopen", |_, _, a| Ok(Value::Bool(!path(a)?.is_closed))),
    ScalarEntry::new("path_close", |_, _, a| Ok(Path { is_closed: true, ..path(a)? }.value())),
    ScalarEntry::new("path_open", |_, _, a| Ok(Path { is_closed: false, ..path(a)? }.value())),
    ScalarEntry::new("path_n_lt", |_, _, a| counted(a, |one, other| one < other)),
    ScalarEntry::new("path_n_gt", |_, _, a| counted(a, |one, other| one > other)),
    ScalarEntry::new("path_n_eq", |_, _, a| counted(a, |one, other| one == other)),
    ScalarEntry::new("path_n_le", |_, _, a| counted(a, |one, other| one <= other)),
    ScalarEntry::new("path_n_ge", |_, _, a| counted(a, |one, other| one >= other)),
    ScalarEntry::new("path_length", |_, _, a| {
        let path = path(a)?;
        Ok(Value::Float(path.segments().fold(0.0, |sum, segment| sum + segment.length())))
    }),
    ScalarEntry::new("path_area", |_, _, a| {
        let path = path(a)?;
        let twice: f64 = path.segments().fold(0.0, |sum, side| sum + (side.start.x * side.end.y - side.start.y * side.end.x));
        Ok(if path.is_closed { Value::Float(twice.abs() / 2.0) } else { Value::Null })
    }),
    ScalarEntry::new("path_add", |_, _, a| {
        let (one, other): (Path, Path) = (shape(a, 0)?, shape(a, 1)?);
        if one.is_closed || other.is_closed {
            return Ok(Value::Null);
        }
        Ok(Path { is_closed: false, points: [one.points, other.points].concat() }.value())
    }),
    ScalarEntry::new("path_add_pt", |_, _, a| moved(a, |point, by| Ok(point.plus(by)))),
    ScalarEntry::new("path_sub_pt", |_, _, a| moved(a, |point, by| Ok(point.minus(by)))),
    ScalarEntry::new("path_mul_pt", |_, _, a| moved(a, |point, by| Ok(point.times(by)))),
    ScalarEntry::new("path_div_pt", |_, _, a| moved(a, Point::divided)),
    ScalarEntry::new("path_poly", |_, _, a| {
        let path = path(a)?;
        if !path.is_closed {
            return Err(Error::new(Code::InvalidArgument, "open path cannot be converted to polygon"));
        }
        Ok(Polygon { points: path.points }.value())
    }),
    ScalarEntry::new("on_ppath", |_, _, a| {
        let (point, path): (Point, Path) = (shape(a, 0)?, shape(a, 1)?);
        let is_on = |side: Segment| same(point.distance(side.start) + point.distance(side.end), side.length());
        Ok(Value::Bool(if path.is_closed { is_inside(point, &path.points) } else { path.segments().any(is_on) }))
    }),
];

fn path(arguments: &[Value]) -> Result<Path> {
    shape(arguments, 0)
}

/// Paths are compared by how many points they have.
fn counted(arguments: &[Value], test: fn(usize, usize) -> bool) -> Result<Value> {
    let other: Path = shape(arguments, 1)?;
    Ok(Value::Bool(test(path(arguments)?.points.len(), other.points.len())))
}

fn moved(arguments: &[Value], by: fn(Point, Point) -> Result<Point>) -> Result<Value> {
    let (path, point) = (path(arguments)?, shape(arguments, 1)?);
    let points = path.points.into_iter().map(|each| by(each, point)).collect::<Result<_>>()?;
    Ok(Path { points, ..path }.value())
}

impl Path {
    /// From each point to the next; of a closed one first from the last to the first.
    fn segments(&self) -> impl Iterator<Item = Segment> + '_ {
        let closing = self.points.last().zip(self.points.first()).filter(|_| self.is_closed);
        let closing = closing.map(|(end, start)| Segment { start: *end, end: *start });
        closing.into_iter().chain(self.points.windows(2).map(|pair| Segment { start: pair[0], end: pair[1] }))
    }
}
