//! `lseg`, and lines and points beside it.

use spi::Result;

use super::fuzzy::{at_least, at_most, less, more, same};
use super::{measured, related, shape};
use crate::function::ScalarEntry;
use crate::io::geometry::{Line, Point, Segment, Shape};
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("lseg_construct", |_, _, a| Ok(Segment { start: shape(a, 0)?, end: shape(a, 1)? }.value())),
    ScalarEntry::new("lseg_eq", |_, _, a| compared(a, Segment::is_same)),
    ScalarEntry::new("lseg_ne", |_, _, a| compared(a, |one, other| !one.is_same(other))),
    ScalarEntry::new("lseg_lt", |_, _, a| compared(a, |one, other| less(one.length(), other.length()))),
    ScalarEntry::new("lseg_le", |_, _, a| compared(a, |one, other| at_most(one.length(), other.length()))),
    ScalarEntry::new("lseg_gt", |_, _, a| compared(a, |one, other| more(one.length(), other.length()))),
    ScalarEntry::new("lseg_ge", |_, _, a| compared(a, |one, other| at_least(one.length(), other.length()))),
    ScalarEntry::new("lseg_parallel", |_, _, a| compared(a, |one, other| same(one.slope(), other.slope()))),
    ScalarEntry::new("lseg_perp", |_, _, a| compared(a, |one, other| same(one.slope(), other.start.upright_slope(other.end)))),
    ScalarEntry::new("lseg_vertical", |_, _, a| {
        let segment: Segment = shape(a, 0)?;
        Ok(Value::Bool(same(segment.start.x, segment.end.x)))
    }),
    ScalarEntry::new("lseg_horizontal", |_, _, a| {
        let segment: Segment = shape(a, 0)?;
        Ok(Value::Bool(same(segment.start.y, segment.end.y)))
    }),
    ScalarEntry::new("lseg_length", |_, _, a| measured(a, Segment::length)),
    ScalarEntry::new("lseg_center", |_, _, a| {
        let segment: Segment = shape(a, 0)?;
        Ok(segment.start.middle(segment.end).value())
    }),
    ScalarEntry::new("lseg_intersect", |_, _, a| compared(a, |one, other| one.meets(other).is_some())),
    ScalarEntry::new("lseg_interpt", |_, _, a| {
        let met = shape::<Segment>(a, 0)?.meets(&shape(a, 1)?);
        Ok(met.map_or(Value::Null, |point| point.value()))
    }),
    ScalarEntry::new("lseg_distance", |_, _, a| Ok(Value::Float(shape::<Segment>(a, 0)?.closest_to_segment(&shape(a, 1)?).0))),
    ScalarEntry::new("close_lseg", |_, _, a| {
        let (one, other): (Segment, Segment) = (shape(a, 0)?, shape(a, 1)?);
        let is_parallel = one.slope() == other.slope();
        Ok(if is_parallel { Value::Null } else { nearest(other.closest_to_segment(&one)) })
    }),
    ScalarEntry::new("on_ps", |_, _, a| Ok(Value::Bool(shape::<Segment>(a, 1)?.has(shape(a, 0)?)))),
    ScalarEntry::new("on_sl", |_, _, a| {
        let (segment, line): (Segment, Line) = (shape(a, 0)?, shape(a, 1)?);
        Ok(Value::Bool(line.has(segment.start) && line.has(segment.end)))
    }),
    ScalarEntry::new("inter_sl", |_, _, a| Ok(Value::Bool(shape::<Segment>(a, 0)?.meets_line(&shape(a, 1)?).is_some()))),
    ScalarEntry::new("dist_ps", |_, _, a| Ok(Value::Float(shape::<Segment>(a, 1)?.closest(shape(a, 0)?).0))),
    ScalarEntry::new("dist_sp", |_, _, a| Ok(Value::Float(shape::<Segment>(a, 0)?.closest(shape(a, 1)?).0))),
    ScalarEntry::new("dist_sl", |_, _, a| Ok(Value::Float(shape::<Segment>(a, 0)?.closest_to_line(&shape(a, 1)?).0))),
    ScalarEntry::new("dist_ls", |_, _, a| Ok(Value::Float(shape::<Segment>(a, 1)?.closest_to_line(&shape(a, 0)?).0))),
    ScalarEntry::new("close_ps", |_, _, a| Ok(nearest(shape::<Segment>(a, 1)?.closest(shape(a, 0)?)))),
    ScalarEntry::new("close_ls", |_, _, a| {
        let (line, segment): (Line, Segment) = (shape(a, 0)?, shape(a, 1)?);
        let is_parallel = segment.slope() == line.slope();
        Ok(if is_parallel { Value::Null } else { nearest(segment.closest_to_line(&line)) })
    }),
];

fn compared(arguments: &[Value], test: fn(&Segment, &Segment) -> bool) -> Result<Value> {
    related(arguments, test)
}

/// The point of a distance and the point that has it.
fn nearest((distance, point): (f64, Point)) -> Value {
    if distance.is_nan() { Value::Null } else { point.value() }
}

impl Segment {
    fn is_same(&self, other: &Self) -> bool {
        self.start.is_same(other.start) && self.end.is_same(other.end)
    }

    pub fn length(&self) -> f64 {
        self.start.distance(self.end)
    }

    fn slope(&self) -> f64 {
        self.start.slope(self.end)
    }

    fn line(&self) -> Line {
        Line::through(self.start, self.slope())
    }

    /// Whether a point is on it.
    pub fn has(&self, point: Point) -> bool {
        same(point.distance(self.start) + point.distance(self.end), self.length())
    }

    /// Where a line crosses it.
    fn meets_line(&self, line: &Line) -> Option<Point> {
        let met = self.line().meets(line).filter(|met| self.has(*met))?;
        let end = [self.start, self.end].into_iter().find(|end| end.is_same(met));
        Some(end.unwrap_or(met))
    }

    fn meets(&self, other: &Self) -> Option<Point> {
        self.meets_line(&other.line()).filter(|met| other.has(*met))
    }

    /// How far a point is away, and the point of it that is nearest.
    pub fn closest(&self, point: Point) -> (f64, Point) {
        let upright = Line::through(point, self.start.upright_slope(self.end));
        let (_, nearest) = self.closest_to_line(&upright);
        (nearest.distance(point), nearest)
    }

    fn closest_to_line(&self, line: &Line) -> (f64, Point) {
        if let Some(met) = self.meets_line(line) {
            return (0.0, met);
        }
        let (from_start, from_end) = (line.closest(self.start).0, line.closest(self.end).0);
        if from_start < from_end { (from_start, self.start) } else { (from_end, self.end) }
    }

    fn closest_to_segment(&self, other: &Self) -> (f64, Point) {
        if let Some(met) = self.meets(other) {
            return (0.0, met);
        }
        let ends = [
            self.closest(other.start),
            self.closest(other.end),
            (other.closest(self.start).0, self.start),
            (other.closest(self.end).0, self.end),
        ];
        ends.into_iter().reduce(|best, next| if next.0 < best.0 { next } else { best }).unwrap_or((f64::NAN, self.start))
    }
}
