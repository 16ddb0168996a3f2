//! The values of one window function for the lines of a partition.

use spi::{Code, Error, Result};

use super::Partition;
use super::frame::Extent;
use crate::execute::run::Run;
use crate::function::AggregateEntry;
use crate::query::{SortOrder, WindowCall, WindowFunction};
use crate::value::Value;

/// One value per line. `function` is the place of the call among those of the window.
pub(super) fn values(
    partition: &Partition<'_>,
    function: usize,
    call: &WindowCall,
    orders: &[SortOrder],
    run: &mut Run,
) -> Result<Vec<Value>> {
    let count = partition.len();
    let lines = 0..count;
    match &call.function {
        WindowFunction::RowNumber => Ok(lines.map(|line| int(line + 1)).collect()),
        WindowFunction::Rank => Ok(lines.map(|line| int(partition.peers_start(line) + 1)).collect()),
        WindowFunction::DenseRank => Ok(lines.map(|line| int(partition.groups[line] + 1)).collect()),
        WindowFunction::PercentRank => {
            let others = count.saturating_sub(1).max(1) as f64;
            Ok(lines.map(|line| Value::Float(partition.peers_start(line) as f64 / others)).collect())
        }
        WindowFunction::CumeDist => Ok(lines.map(|line| Value::Float(partition.peers_end(line) as f64 / count as f64)).collect()),
        WindowFunction::Ntile => ntile(partition, function),
        WindowFunction::Lag => Ok(lines.map(|line| neighbour(partition, function, line, false)).collect()),
        WindowFunction::Lead => Ok(lines.map(|line| neighbour(partition, function, line, true)).collect()),
        WindowFunction::FirstValue | WindowFunction::LastValue | WindowFunction::NthValue => {
            let extent = Extent::new(&call.frame, orders, run)?;
            lines.map(|line| framed(partition, function, &call.function, &extent, line, run)).collect()
        }
        WindowFunction::Aggregate(entry) => {
            let extent = Extent::new(&call.frame, orders, run)?;
            aggregate(partition, function, call, entry, &extent, run)
        }
    }
}

/// Divides the lines into so many buckets; the first ones are larger by one where it does not come out even.
fn ntile(partition: &Partition<'_>, function: usize) -> Result<Vec<Value>> {
    let buckets = match partition.argument(0, function, 0) {
        Value::Int(buckets) if buckets > 0 => buckets as usize,
        Value::Int(_) => return Err(Error::new(Code::InvalidNtile, "argument of ntile must be greater than zero")),
        _ => return Ok(vec![Value::Null; partition.len()]),
    };
    let (size, larger) = (partition.len() / buckets, partition.len() % buckets);
    let bucket = |line: usize| {
        let in_larger = larger * (size + 1);
        if line < in_larger { line / (size + 1) } else { larger + (line - in_larger) / size.max(1) }
    };
    Ok((0..partition.len()).map(|line| int(bucket(line) + 1)).collect())
}

/// `lag` and `lead`: the argument on the line so far away, or the default.
fn neighbour(partition: &Partition<'_>, function: usize, line: usize, forward: bool) -> Value {
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
fn framed(
    partition: &Partition<'_>,
    function: usize,
    which: &WindowFunction,
    extent: &Extent,
    line: usize,
    run: &mut Run,
) -> Result<Value> {
    run.touch()?;
    let frame = extent.lines(partition, line)?;
    let place = match which {
        WindowFunction::FirstValue => 0,
        WindowFunction::LastValue => frame.len().saturating_sub(1),
        _ => match partition.argument(line, function, 1) {
            Value::Int(number) if number > 0 => number as usize - 1,
            Value::Int(_) => return Err(Error::new(Code::InvalidNthValue, "argument of nth_value must be greater than zero")),
            _ => return Ok(Value::Null),
        },
    };
    Ok(if place < frame.len() { partition.argument(frame.start + place, function, 0) } else { Value::Null })
}

/// An aggregate over the frame of each line. A frame that only grows is added to; any other is begun anew.
fn aggregate(
    partition: &Partition<'_>,
    function: usize,
    call: &WindowCall,
    entry: &AggregateEntry,
    extent: &Extent,
    run: &mut Run,
) -> Result<Vec<Value>> {
    let mut values: Vec<Value> = Vec::with_capacity(partition.len());
    let mut accumulator = (entry.begin)(&call.signature);
    let mut added = 0..0;
    for line in 0..partition.len() {
        let frame = extent.lines(partition, line)?;
        if let Some(last) = values.last().filter(|_| frame == added) {
            values.push(last.clone());
            continue;
        }
        if frame.start != added.start || frame.end < added.end {
            accumulator = (entry.begin)(&call.signature);
            added = frame.start..frame.start;
        }
        for other in added.end..frame.end {
            run.touch()?;
            let Some(arguments) = &partition.lines[other].arguments[function] else { continue };
            if entry.takes_nulls || !arguments.iter().any(Value::is_null) {
                accumulator.add(&run.context(), arguments)?;
            }
        }
        added = frame;
        values.push(accumulator.finish(&run.context())?);
    }
    Ok(values)
}

fn int(number: usize) -> Value {
    Value::Int(number as i64)
}
