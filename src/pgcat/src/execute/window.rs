//! Window functions: all rows are read and sorted by partition and order, and each gains the values of the functions.

mod compute;
mod frame;

use std::cmp::Ordering;
use std::sync::Arc;

use spi::Result;

use crate::plan::WindowScan;
use crate::query::SortOrder;
use crate::value::Value;
use crate::value::compare::{compare_in, equal};

use super::Row;
use super::evaluate::{evaluate, evaluate_all, is_true};
use super::run::Run;
use super::scan::{Scan, scan};
use super::sort::{compare_lists, sorted};

const ASCENDING: SortOrder = SortOrder { descending: false, nulls_first: false };

pub(super) struct WindowReader {
    plan: Arc<WindowScan>,
    input: Box<dyn Scan>,
    /// Once the input is read.
    lines: Option<std::vec::IntoIter<Line>>,
    kept: usize,
}

/// A row of the input.
struct Line {
    registers: Row,
    partition: Row,
    order: Row,
    /// For each function, its arguments; `None` where its FILTER leaves the row out.
    arguments: Vec<Option<Row>>,
    /// For each function, its value.
    values: Row,
}

/// The lines of one partition, with which of them are the same to ORDER BY.
struct Partition<'a> {
    lines: &'a mut [Line],
    /// For each line, the number of its group of peers.
    groups: Vec<usize>,
    /// For each group, its first line, and behind the last group the number of lines.
    starts: Vec<usize>,
}

impl WindowReader {
    pub fn new(plan: Arc<WindowScan>) -> Self {
        Self { input: scan(&plan.input), plan, lines: None, kept: 0 }
    }

    fn read(&mut self, run: &mut Run) -> Result<Vec<Line>> {
        let plan = self.plan.clone();
        let mut lines = Vec::new();
        while self.input.next(run)? {
            run.touch()?;
            let line = Line::read(&plan, run)?;
            self.kept += run.keep(&line.registers)? + run.keep(&line.partition)? + run.keep(&line.order)?;
            lines.push(line);
        }
        let orders: Vec<SortOrder> = plan.window.order_by.iter().map(|(_, order)| *order).collect();
        let mut lines = sorted(lines, run, |left: &Line, right: &Line| {
            let partition = compare_lists(left.partition.iter().map(|_| ASCENDING), &left.partition, &right.partition);
            partition.then_with(|| compare_lists(orders.iter().copied(), &left.order, &right.order))
        })?;
        for lines in lines.chunk_by_mut(|left, right| is_same(&left.partition, &right.partition)) {
            let partition = Partition::new(lines);
            for (place, call) in plan.window.functions.iter().enumerate() {
                let values = compute::values(&partition, place, call, &orders, run)?;
                for (line, value) in partition.lines.iter_mut().zip(values) {
                    line.values.push(value);
                }
            }
        }
        Ok(lines)
    }
}

impl Scan for WindowReader {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        run.budget.release(std::mem::take(&mut self.kept));
        self.lines = None;
        self.input.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<bool> {
        if self.lines.is_none() {
            self.lines = Some(self.read(run)?.into_iter());
        }
        let Some(line) = self.lines.as_mut().and_then(Iterator::next) else { return Ok(false) };
        run.restore(&self.plan.registers, &line.registers);
        for (call, value) in self.plan.window.functions.iter().zip(line.values) {
            run.set(call.register, value);
        }
        Ok(true)
    }
}

impl Line {
    fn read(plan: &WindowScan, run: &mut Run) -> Result<Self> {
        let window = &plan.window;
        let partition = evaluate_all(&window.partition_by, run)?;
        let order = window.order_by.iter().map(|(expr, _)| evaluate(expr, run)).collect::<Result<_>>()?;
        let mut arguments = Vec::with_capacity(window.functions.len());
        for call in &window.functions {
            let is_in = match &call.filter {
                Some(filter) => is_true(filter, run)?,
                None => true,
            };
            arguments.push(if is_in { Some(evaluate_all(&call.arguments, run)?) } else { None });
        }
        Ok(Self { registers: run.save(&plan.registers)?, partition, order, arguments, values: Vec::new() })
    }
}

impl<'a> Partition<'a> {
    fn new(lines: &'a mut [Line]) -> Self {
        let mut groups = Vec::with_capacity(lines.len());
        let mut starts = Vec::new();
        for (place, line) in lines.iter().enumerate() {
            if place == 0 || !is_same(&lines[place - 1].order, &line.order) {
                starts.push(place);
            }
            groups.push(starts.len() - 1);
        }
        starts.push(lines.len());
        Self { lines, groups, starts }
    }

    fn len(&self) -> usize {
        self.lines.len()
    }

    /// The first line that is a peer of a line.
    fn peers_start(&self, line: usize) -> usize {
        self.starts[self.groups[line]]
    }

    /// The line behind the last peer of a line.
    fn peers_end(&self, line: usize) -> usize {
        self.starts[self.groups[line] + 1]
    }

    /// The argument of a function on a line; null where it has none.
    fn argument(&self, line: usize, function: usize, place: usize) -> Value {
        let arguments = self.lines[line].arguments[function].as_ref();
        arguments.and_then(|arguments| arguments.get(place)).cloned().unwrap_or(Value::Null)
    }
}

fn is_same(left: &Row, right: &Row) -> bool {
    left.iter().zip(right).all(|(left, right)| equal(left, right))
}

/// Whether a value is beyond another in the direction of a sort, or the same.
fn reaches(value: &Value, bound: &Value, order: SortOrder) -> bool {
    compare_in(order, value, bound) != Ordering::Less
}
