//! Window functions: all rows are read and sorted by partition and order, and each gains the values of the functions when it leaves.

mod compute;
mod frame;

use std::cmp::Ordering;
use std::iter::Peekable;
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
use compute::Computation;

const ASCENDING: SortOrder = SortOrder { descending: false, nulls_first: false };

pub(super) struct WindowReader {
    plan: Arc<WindowScan>,
    input: Box<dyn Scan>,
    /// Once the input is read: the lines of the partitions that are still to come.
    lines: Option<Peekable<std::vec::IntoIter<Line>>>,
    current: Option<Current>,
    kept: usize,
}

/// The partition whose lines are leaving.
struct Current {
    partition: Partition,
    /// One for each function.
    computations: Vec<Computation>,
    /// The line that leaves next.
    line: usize,
}

/// A row of the input.
struct Line {
    registers: Row,
    partition: Row,
    order: Row,
    /// For each function, its arguments; `None` where its FILTER leaves the row out.
    arguments: Vec<Option<Row>>,
}

/// The lines of one partition, with which of them are the same to ORDER BY.
struct Partition {
    lines: Vec<Line>,
    /// For each line, the number of its group of peers.
    groups: Vec<usize>,
    /// For each group, its first line, and behind the last group the number of lines.
    starts: Vec<usize>,
}

impl WindowReader {
    pub fn new(plan: Arc<WindowScan>) -> Self {
        Self { input: scan(&plan.input), plan, lines: None, current: None, kept: 0 }
    }

    fn read(&mut self, run: &mut Run) -> Result<Vec<Line>> {
        let plan = self.plan.clone();
        let mut lines = Vec::new();
        while self.input.next(run)? {
            run.touch()?;
            let line = Line::read(&plan, run)?;
            self.kept += run.keep(&line.registers)? + run.keep(&line.partition)? + run.keep(&line.order)?;
            for arguments in line.arguments.iter().flatten() {
                self.kept += run.keep(arguments)?;
            }
            lines.push(line);
        }
        let orders = orders(&plan);
        sorted(lines, run, |left: &Line, right: &Line| {
            let partition = compare_lists(left.partition.iter().map(|_| ASCENDING), &left.partition, &right.partition);
            partition.then_with(|| compare_lists(orders.iter().copied(), &left.order, &right.order))
        })
    }

    /// Ends the partition at hand, and begins the next one. False where there is none.
    fn begin(&mut self, run: &mut Run) -> Result<bool> {
        self.end(run);
        let Some(lines) = self.lines.as_mut().and_then(next_partition) else { return Ok(false) };
        let orders = orders(&self.plan);
        let calls = self.plan.window.functions.iter();
        let computations = calls.map(|call| Computation::new(call, &orders, run)).collect::<Result<_>>()?;
        self.current = Some(Current { partition: Partition::new(lines), computations, line: 0 });
        Ok(true)
    }

    fn end(&mut self, run: &mut Run) {
        for computation in self.current.take().iter().flat_map(|current| &current.computations) {
            run.budget.release(computation.kept());
        }
    }
}

impl Scan for WindowReader {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        run.budget.release(std::mem::take(&mut self.kept));
        self.end(run);
        self.lines = None;
        self.input.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<bool> {
        if self.lines.is_none() {
            self.lines = Some(self.read(run)?.into_iter().peekable());
        }
        run.touch()?;
        if self.current.as_ref().is_none_or(Current::is_done) && !self.begin(run)? {
            return Ok(false);
        }
        let Some(current) = &mut self.current else { return Ok(false) };
        current.leave(&self.plan, run)?;
        Ok(true)
    }
}

impl Current {
    fn is_done(&self) -> bool {
        self.line >= self.partition.len()
    }

    /// Fills the registers with the next line and the values of the functions on it.
    fn leave(&mut self, plan: &WindowScan, run: &mut Run) -> Result<()> {
        let calls = plan.window.functions.iter().zip(&mut self.computations).enumerate();
        for (function, (call, computation)) in calls {
            let value = computation.value(&self.partition, function, call, self.line, run)?;
            run.set(call.register, value);
        }
        run.restore(&plan.registers, &self.partition.lines[self.line].registers);
        self.line += 1;
        Ok(())
    }
}

fn orders(plan: &WindowScan) -> Vec<SortOrder> {
    plan.window.order_by.iter().map(|(_, order)| *order).collect()
}

/// The lines up to the first of another partition.
fn next_partition(lines: &mut Peekable<std::vec::IntoIter<Line>>) -> Option<Vec<Line>> {
    let mut partition = vec![lines.next()?];
    while let Some(line) = lines.next_if(|line| is_same(&partition[0].partition, &line.partition)) {
        partition.push(line);
    }
    Some(partition)
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
        Ok(Self { registers: run.save(&plan.registers)?, partition, order, arguments })
    }
}

impl Partition {
    fn new(lines: Vec<Line>) -> Self {
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
