//! Reads the rows of a base relation: all of them, or those of keys of an index.

use std::collections::HashSet;
use std::sync::Arc;

use spi::Result;

use crate::plan::{Key, RelationAccess};
use crate::query::{Fill, SystemColumn};
use crate::relation::{Row, Rows};
use crate::value::{Value, hash};

use super::evaluate::{all_true, evaluate};
use super::run::Run;
use super::scan::Scan;
use super::subquery;

/// How many rows a block is said to have, for `ctid`.
const ROWS_PER_BLOCK: u64 = 64;

/// `xmin` of what was there when the database was made.
const BOOTSTRAP_TRANSACTION: i64 = 1;

pub(super) struct RelationReader {
    plan: Arc<RelationAccess>,
    rows: Rows,
    /// How many of them were read.
    place: usize,
    /// Keys that are still to be looked up, the next last.
    keys: Vec<Vec<Value>>,
}

impl RelationReader {
    pub fn new(plan: Arc<RelationAccess>) -> Self {
        Self { plan, rows: Rows::NONE, place: 0, keys: Vec::new() }
    }

    fn fill(&self, run: &mut Run, row: Row, fills: &[Fill]) {
        for fill in fills {
            run.set(fill.register, self.plan.scan.relation.value(row, fill.column));
        }
    }
}

impl Scan for RelationReader {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        self.place = 0;
        self.keys.clear();
        let relation = &self.plan.scan.relation;
        self.rows = match &self.plan.lookup {
            None => Rows::Range(0..relation.count()),
            Some(lookup) => match one_key(&lookup.keys, run)? {
                Some(key) if key.iter().any(Value::is_null) => Rows::NONE,
                Some(key) => relation.lookup(lookup.index, &key),
                None => {
                    self.keys = combinations(&lookup.keys, run)?;
                    Rows::NONE
                }
            },
        };
        Ok(())
    }

    fn next(&mut self, run: &mut Run) -> Result<bool> {
        let plan = self.plan.clone();
        loop {
            let Some(row) = self.rows.get(self.place) else {
                let (Some(key), Some(lookup)) = (self.keys.pop(), &plan.lookup) else { return Ok(false) };
                self.rows = plan.scan.relation.lookup(lookup.index, &key);
                self.place = 0;
                continue;
            };
            self.place += 1;
            run.touch()?;
            self.fill(run, row, &plan.early);
            for (column, register) in &plan.scan.system {
                run.set(*register, system_value(*column, &plan, row));
            }
            if all_true(&plan.conditions, run)? {
                self.fill(run, row, &plan.late);
                return Ok(true);
            }
        }
    }
}

/// The only key, where each column has one value.
fn one_key(keys: &[Key], run: &mut Run) -> Result<Option<Vec<Value>>> {
    let mut values = Vec::with_capacity(keys.len());
    for key in keys {
        match key {
            Key::One(expr) => values.push(evaluate(expr, run)?),
            _ => return Ok(None),
        }
    }
    Ok(Some(values))
}

/// All combinations of the values of the columns, none twice and none with nulls, the first last.
fn combinations(keys: &[Key], run: &mut Run) -> Result<Vec<Vec<Value>>> {
    let mut combinations = vec![Vec::new()];
    for key in keys {
        let values = values(key, run)?;
        let extended =
            |start: &Vec<Value>| -> Vec<Vec<Value>> { values.iter().map(|value| start.iter().chain([value]).cloned().collect()).collect() };
        combinations = combinations.iter().flat_map(extended).collect();
    }
    combinations.reverse();
    Ok(combinations)
}

/// The distinct values of a key, without null.
fn values(key: &Key, run: &mut Run) -> Result<Vec<Value>> {
    let mut values = match key {
        Key::One(expr) => vec![evaluate(expr, run)?],
        Key::List(items) => items.iter().map(|item| evaluate(item, run)).collect::<Result<_>>()?,
        Key::Elements(array) => match evaluate(array, run)? {
            Value::Array(array) => array.values.clone(),
            _ => Vec::new(),
        },
        Key::Rows(query) => subquery::first_column(query, run)?,
    };
    let mut seen = HashSet::new();
    values.retain(|value| !value.is_null() && seen.insert(hash::Key(vec![value.clone()])));
    Ok(values)
}

fn system_value(column: SystemColumn, plan: &RelationAccess, row: Row) -> Value {
    match column {
        SystemColumn::Ctid => Value::Tid((row / ROWS_PER_BLOCK) as u32, (row % ROWS_PER_BLOCK) as u16 + 1),
        SystemColumn::Xmin => Value::Int(BOOTSTRAP_TRANSACTION),
        SystemColumn::Cmin | SystemColumn::Xmax | SystemColumn::Cmax => Value::Int(0),
        SystemColumn::Tableoid => Value::oid(plan.scan.relation.oid()),
    }
}
