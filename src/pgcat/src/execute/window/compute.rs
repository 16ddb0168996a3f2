//! The values of one window function for the lines of a partition.

use std::ops::Range;

use spi::{Code, Error, Result};

use super::Partition;
use super::frame::Extent;
use crate::execute::run::Run;
use crate::function::{Accumulator, AggregateEntry};
use crate::io::json;
use crate::query::{SortOrder, WindowCall, WindowFunction};
use crate::value::Value;

/// How the values of one window function are made, one line of a partition after the other.
pub(super) enum Computation {
    /// Of the line's place, and of its neighbours.
    Placed,
    /// Of a line of the frame.
    Framed(Extent),
    /// Of all lines of the frame.
    Aggregate(Extent, Accumulated),
}

/// An aggregate over the lines of a frame so far.
pub(super) struct Accumulated {
    entry: AggregateEntry,
    accumulator: Box<dyn Accumulator>,
    added: Range<usize>,
    /// The value of these lines.
    value: Option<Value>,
    /// Bytes of the accumulator.
    kept: usize,
}

impl Computation {
    pub fn new(call: &WindowCall, orders: &[SortOrder], run: &mut Run) -> Result<Self> {
        Ok(match &call.function {
            WindowFunction::FirstValue | WindowFunction::LastValue | WindowFunction::NthValue => {
                Computation::Framed(Extent::new(&call.frame, orders, run)?)
            }
            WindowFunction::Aggregate(entry) => {
                let accumulator = (entry.begin)(&call.signature);
                let accumulated = Accumulated { entry: *entry, accumulator, added: 0..0, value: None, kept: 0 };
                Computation::Aggregate(Extent::new(&call.frame, orders, run)?, accumulated)
            }
            _ => Computation::Placed,
        })
    }

    /// The value on a line, behind those of the lines before. `function` is the place of the call among those of the window.
    pub fn value(&mut self, partition: &Partition, function: usize, call: &WindowCall, line: usize, run: &mut Run) -> Result<Value> {
        match self {
            Computation::Placed => placed(partition, function, &call.function, line),
            Computation::Framed(extent) => framed(partition, function, &call.function, extent, line),
            Computation::Aggregate(extent, accumulated) => accumulated.value(partition, function, call, extent, line, run),
        }
    }

    /// How many bytes of the budget it has.
    pub fn kept(&self) -> usize {
        match self {
            Computation::Aggregate(_, accumulated) => accumulated.kept,
            _ => 0,
        }
    }
}

fn placed(partition: &Partition, function: usize, which: &WindowFunction, line: usize) -> Result<Value> {
    let count = partition.len();
    Ok(match which {
        WindowFunction::RowNumber => int(line + 1),
        WindowFunction::Rank => int(partition.peers_start(line) + 1),
        WindowFunction::DenseRank => int(partition.groups[line] + 1),
        WindowFunction::PercentRank => {
            let others = count.saturating_sub(1).max(1) as f64;
            Value::Float(partition.peers_start(line) as f64 / others)
        }
        WindowFunction::CumeDist => Value::Float(partition.peers_end(line) as f64 / count as f64),
        WindowFunction::Ntile => return ntile(partition, function, line),
        WindowFunction::Lag => neighbour(partition, function, line, false),
        WindowFunction::Lead => neighbour(partition, function, line, true),
        _ => return Err(Error::internal("a function over a frame has no place")),
    })
}

/// The bucket of a line, where they are divided into so many; the first ones are larger by one where it does not come out even.
fn ntile(partition: &Partition, function: usize, line: usize) -> Result<Value> {
    let buckets = match partition.argument(0, function, 0) {
        Value::Int(buckets) if buckets > 0 => buckets as usize,
        Value::Int(_) => return Err(Error::new(Code::InvalidNtile, "argument of ntile must be greater than zero")),
        _ => return Ok(Value::Null),
    };
    let (size, larger) = (partition.len() / buckets, partition.len() % buckets);
    let in_larger = larger * (size + 1);
    let bucket = if line < in_larger { line / (size + 1) } else { larger + (line - in_larger) / size.max(1) };
    Ok(int(bucket + 1))
}

/// `lag` and `lead`: the argument on the line so far away, or the default.
fn neighbour(partition: &Partition, function: usize, line: usize, forward: bool) -> Value {
    let arguments = partition.lines[line].arguments[function].as_deref().unwrap_or_default();
    let distance = match arguments.get(1) {
        None => 1,
        Some(Value::Int(distance)) => *distance,
        Some(_) => return Value::Null,
    };
    let line = line as i64;
    let other = if forward { line.checked_add(distance) } else { line.checked_sub(distance) };
    match other.and_then(|other| usize::try_from(other).ok()).filter(|other| *other < partition.len()) {
        Some(other) => partition.argument(other, function, 0),
        None => arguments.get(2).cloned().unwrap_or(Value::Null),
    }
}

/// `first_value`, `last_value` and `nth_value`.
fn framed(partition: &Partition, function: usize, which: &WindowFunction, extent: &Extent, line: usize) -> Result<Value> {
    let mut seen = extent.lines(partition, line)?.filter(|other| !extent.leaves_out(partition, line, *other));
    let other = match which {
        WindowFunction::FirstValue => seen.next(),
        WindowFunction::LastValue => seen.next_back(),
        _ => match partition.argument(line, function, 1) {
            Value::Int(number) if number > 0 => seen.nth(number as usize - 1),
            Value::Int(_) => return Err(Error::new(Code::InvalidNthValue, "argument of nth_value must be greater than zero")),
            _ => return Ok(Value::Null),
        },
    };
    Ok(other.map_or(Value::Null, |other| partition.argument(other, function, 0)))
}

impl Accumulated {
    /// The value of a frame. One that only grows is added to; any other is begun anew.
    fn value(
        &mut self,
        partition: &Partition,
        function: usize,
        call: &WindowCall,
        extent: &Extent,
        line: usize,
        run: &mut Run,
    ) -> Result<Value> {
        let frame = extent.lines(partition, line)?;
        if extent.excludes() {
            let mut accumulator = (self.entry.begin)(&call.signature);
            let seen = frame.filter(|other| !extent.leaves_out(partition, line, *other));
            add(partition, function, seen, &self.entry, accumulator.as_mut(), run)?;
            return json::made(call.signature.result.oid, accumulator.finish(&run.context())?);
        }
        if let Some(value) = self.value.as_ref().filter(|_| frame == self.added) {
            return Ok(value.clone());
        }
        if frame.start != self.added.start || frame.end < self.added.end {
            self.accumulator = (self.entry.begin)(&call.signature);
            self.added = frame.start..frame.start;
            run.budget.release(std::mem::take(&mut self.kept));
        }
        let lines = self.added.end..frame.end;
        add(partition, function, lines, &self.entry, self.accumulator.as_mut(), run)?;
        let grown = self.accumulator.size().saturating_sub(self.kept);
        run.budget.keep(grown)?;
        self.kept += grown;
        self.added = frame;
        let value = json::made(call.signature.result.oid, self.accumulator.finish(&run.context())?)?;
        self.value = Some(value.clone());
        Ok(value)
    }
}

/// Adds the arguments of lines, those that FILTER leaves out and those with nulls excepted.
fn add(
    partition: &Partition,
    function: usize,
    lines: impl Iterator<Item = usize>,
    entry: &AggregateEntry,
    accumulator: &mut dyn Accumulator,
    run: &mut Run,
) -> Result<()> {
    for line in lines {
        run.touch()?;
        let Some(arguments) = &partition.lines[line].arguments[function] else { continue };
        if entry.takes_nulls || !arguments.iter().any(Value::is_null) {
            accumulator.add(&run.context(), arguments)?;
        }
    }
    Ok(())
}

fn int(number: usize) -> Value {
    Value::Int(number as i64)
}
