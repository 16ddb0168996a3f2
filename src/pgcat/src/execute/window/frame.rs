//! The frame of a window function: which lines of its partition it sees.

mod distance;

use std::ops::Range;

use spi::Result;

use super::{Partition, reaches};
use crate::execute::evaluate::evaluate;
use crate::execute::run::Run;
use crate::io::zone::Zone;
use crate::query::{Bound, Exclusion, Frame, FrameUnit, SortOrder};
use crate::value::Value;
use distance::{comparable, moved, shifted};

/// A frame whose distances are known.
pub(super) struct Extent {
    unit: FrameUnit,
    start: Edge,
    end: Edge,
    /// Of the first key of ORDER BY.
    order: SortOrder,
    exclusion: Exclusion,
    /// Where days and months of a distance are counted.
    zone: Zone,
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
        let zone = if frame.is_zoned { Zone::of(run.context().host) } else { Zone::Utc };
        let is_range = frame.unit == FrameUnit::Range;
        let (start, end) = (edge(&frame.start, "starting", is_range, run)?, edge(&frame.end, "ending", is_range, run)?);
        Ok(Self { unit: frame.unit, start, end, order, exclusion: frame.exclusion, zone })
    }

    /// The lines that are seen from a line.
    pub fn lines(&self, partition: &Partition, line: usize) -> Result<Range<usize>> {
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

    /// Whether lines of the frame are left out.
    pub fn excludes(&self) -> bool {
        self.exclusion != Exclusion::None
    }

    /// Whether a line of the frame of a line is left out of it.
    pub fn leaves_out(&self, partition: &Partition, line: usize, other: usize) -> bool {
        let is_peer = partition.groups[line] == partition.groups[other];
        match self.exclusion {
            Exclusion::None => false,
            Exclusion::CurrentRow => line == other,
            Exclusion::Group => is_peer,
            Exclusion::Ties => is_peer && line != other,
        }
    }

    fn first_of_current(&self, partition: &Partition, line: usize) -> usize {
        if self.unit == FrameUnit::Rows { line } else { partition.peers_start(line) }
    }

    fn end_of_current(&self, partition: &Partition, line: usize) -> usize {
        if self.unit == FrameUnit::Rows { line + 1 } else { partition.peers_end(line) }
    }

    fn start_at(&self, partition: &Partition, line: usize, distance: &Value, forward: bool) -> Result<usize> {
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
                    value => reaches(&comparable(value, &bound), &bound, self.order),
                };
                Ok((0..partition.len()).find(is_in).unwrap_or(partition.len()))
            }
        }
    }

    fn end_at(&self, partition: &Partition, line: usize, distance: &Value, forward: bool) -> Result<usize> {
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
                    value => reaches(&bound, &comparable(value, &bound), self.order),
                };
                Ok((0..partition.len()).rev().find(is_in).map_or(0, |last| last + 1))
            }
        }
    }

    /// The value that is so far from that of a line. `None` where the line's is null.
    fn bound(&self, partition: &Partition, line: usize, distance: &Value, forward: bool) -> Result<Option<Value>> {
        let value = partition.lines[line].order.first().unwrap_or(&Value::Null);
        if value.is_null() {
            return Ok(None);
        }
        shifted(value, distance, forward != self.order.descending, &self.zone).map(Some)
    }
}

fn edge(bound: &Bound, which: &str, is_range: bool, run: &mut Run) -> Result<Edge> {
    Ok(match bound {
        Bound::UnboundedPreceding => Edge::UnboundedPreceding,
        Bound::CurrentRow => Edge::CurrentRow,
        Bound::UnboundedFollowing => Edge::UnboundedFollowing,
        Bound::Preceding(distance) => Edge::Preceding(distance::checked(evaluate(distance, run)?, which, is_range)?),
        Bound::Following(distance) => Edge::Following(distance::checked(evaluate(distance, run)?, which, is_range)?),
    })
}
