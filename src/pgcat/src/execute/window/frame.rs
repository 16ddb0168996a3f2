//! The frame of a window function: which lines of its partition it sees.

use std::ops::Range;

use spi::{Code, Error, Result};

use super::{Partition, reaches};
use crate::execute::evaluate::evaluate;
use crate::execute::run::Run;
use crate::query::{Bound, Frame, FrameUnit, SortOrder};
use crate::value::{Numeric, Value};

/// A frame whose distances are known.
pub(super) struct Extent {
    unit: FrameUnit,
    start: Edge,
    end: Edge,
    /// Of the first key of ORDER BY.
    order: SortOrder,
}

enum Edge {
    UnboundedPreceding,
    Preceding(Value),
    CurrentRow,
    Following(Value),
    UnboundedFollowing,
}

impl Extent {
    /// Distances do not depend on the row.
    pub fn new(frame: &Frame, orders: &[SortOrder], run: &mut Run) -> Result<Self> {
        let order = orders.first().copied().unwrap_or(super::ASCENDING);
        let (start, end) = (edge(&frame.start, "starting", run)?, edge(&frame.end, "ending", run)?);
        Ok(Self { unit: frame.unit, start, end, order })
    }

    /// The lines that are seen from a line.
    pub fn lines(&self, partition: &Partition<'_>, line: usize) -> Result<Range<usize>> {
        let start = match &self.start {
            Edge::UnboundedPreceding => 0,
            Edge::UnboundedFollowing => partition.len(),
            Edge::CurrentRow => self.first_of_current(partition, line),
            Edge::Preceding(distance) => self.start_at(partition, line, distance, false)?,
            Edge::Following(distance) => self.start_at(partition, line, distance, true)?,
        };
        let end = match &self.end {
            Edge::UnboundedPreceding => 0,
            Edge::UnboundedFollowing => partition.len(),
            Edge::CurrentRow => self.end_of_current(partition, line),
            Edge::Preceding(distance) => self.end_at(partition, line, distance, false)?,
            Edge::Following(distance) => self.end_at(partition, line, distance, true)?,
        };
        Ok(start..end.max(start))
    }

    fn first_of_current(&self, partition: &Partition<'_>, line: usize) -> usize {
        if self.unit == FrameUnit::Rows { line } else { partition.peers_start(line) }
    }

    fn end_of_current(&self, partition: &Partition<'_>, line: usize) -> usize {
        if self.unit == FrameUnit::Rows { line + 1 } else { partition.peers_end(line) }
    }

    fn start_at(&self, partition: &Partition<'_>, line: usize, distance: &Value, forward: bool) -> Result<usize> {
        match self.unit {
            FrameUnit::Rows => Ok(moved(line, distance, forward).map_or(0, |line| line.min(partition.len()))),
            FrameUnit::Groups => {
                let group = moved(partition.groups[line], distance, forward).unwrap_or(0);
                Ok(partition.starts.get(group).copied().unwrap_or(partition.len()))
            }
            FrameUnit::Range => {
                let Some(bound) = self.bound(partition, line, distance, forward)? else { return Ok(partition.peers_start(line)) };
                let is_in = |other: &usize| match &partition.lines[*other].order[0] {
                    Value::Null => *other > line,
                    value => reaches(value, &bound, self.order),
                };
                Ok((0..partition.len()).find(is_in).unwrap_or(partition.len()))
            }
        }
    }

    fn end_at(&self, partition: &Partition<'_>, line: usize, distance: &Value, forward: bool) -> Result<usize> {
        match self.unit {
            FrameUnit::Rows => Ok(moved(line, distance, forward).map_or(0, |line| (line + 1).min(partition.len()))),
            FrameUnit::Groups => {
                let group = moved(partition.groups[line], distance, forward);
                Ok(group.map_or(0, |group| partition.starts.get(group + 1).copied().unwrap_or(partition.len())))
            }
            FrameUnit::Range => {
                let Some(bound) = self.bound(partition, line, distance, forward)? else { return Ok(partition.peers_end(line)) };
                let is_in = |other: &usize| match &partition.lines[*other].order[0] {
                    Value::Null => *other < line,
                    value => reaches(&bound, value, self.order),
                };
                Ok((0..partition.len()).rev().find(is_in).map_or(0, |last| last + 1))
            }
        }
    }

    /// The value that is so far from that of a line. `None` where the line's is null.
    fn bound(&self, partition: &Partition<'_>, line: usize, distance: &Value, forward: bool) -> Result<Option<Value>> {
        let value = partition.lines[line].order.first().unwrap_or(&Value::Null);
        if value.is_null() {
            return Ok(None);
        }
        shifted(value, distance, forward != self.order.descending).map(Some)
    }
}

fn edge(bound: &Bound, which: &str, run: &mut Run) -> Result<Edge> {
    Ok(match bound {
        Bound::UnboundedPreceding => Edge::UnboundedPreceding,
        Bound::CurrentRow => Edge::CurrentRow,
        Bound::UnboundedFollowing => Edge::UnboundedFollowing,
        Bound::Preceding(distance) => Edge::Preceding(self::distance(evaluate(distance, run)?, which)?),
        Bound::Following(distance) => Edge::Following(self::distance(evaluate(distance, run)?, which)?),
    })
}

fn distance(value: Value, which: &str) -> Result<Value> {
    let is_negative = match &value {
        Value::Null => return Err(Error::new(Code::NullValue, format!("frame {which} offset must not be null"))),
        Value::Int(number) => *number < 0,
        Value::Float(number) => *number < 0.0 || number.is_nan(),
        Value::Numeric(number) => match &**number {
            Numeric::Finite(number) => number.sign() == bigdecimal::num_bigint::Sign::Minus,
            Numeric::Infinity => false,
            Numeric::NegativeInfinity | Numeric::NaN => true,
        },
        _ => false,
    };
    if is_negative {
        return Err(Error::new(Code::InvalidFrame, format!("frame {which} offset must not be negative")));
    }
    Ok(value)
}

/// A place so many further; `None` where it is before the first.
fn moved(place: usize, distance: &Value, forward: bool) -> Option<usize> {
    let distance = usize::try_from(distance.as_int().unwrap_or(0)).unwrap_or(usize::MAX);
    if forward { Some(place.saturating_add(distance).min(usize::MAX - 1)) } else { place.checked_sub(distance) }
}

/// A value of ORDER BY and a distance, added or subtracted.
fn shifted(value: &Value, distance: &Value, add: bool) -> Result<Value> {
    match (value, distance) {
        (Value::Int(value), Value::Int(distance)) => {
            Ok(Value::Int(if add { value.saturating_add(*distance) } else { value.saturating_sub(*distance) }))
        }
        (Value::Float(value), Value::Float(distance)) => Ok(Value::Float(if add { value + distance } else { value - distance })),
        (Value::Numeric(value), Value::Numeric(distance)) => Ok(Value::Numeric(Box::new(match (&**value, &**distance) {
            (Numeric::Finite(value), Numeric::Finite(distance)) => Numeric::Finite(if add { value + distance } else { value - distance }),
            (Numeric::Finite(_), _) if add => Numeric::Infinity,
            (Numeric::Finite(_), _) => Numeric::NegativeInfinity,
            (value, _) => value.clone(),
        }))),
        _ => Err(Error::new(Code::Unsupported, "RANGE with offset PRECEDING/FOLLOWING is only supported for numbers in the catalog")),
    }
}
