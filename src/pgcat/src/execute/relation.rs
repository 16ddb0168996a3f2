//! Reads the rows of a base relation: all of them, or those of keys of an index.

use std::collections::HashSet;
use std::sync::Arc;

use spi::Result;

use crate::functions::beginning;
use crate::plan::{Key, Lookup, Pattern, RelationAccess};
use crate::query::{Fill, SystemColumn};
use crate::relation::{Relation, Row, Rows};
use crate::value::{Value, hash};

use super::combinations::Combinations;
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
    wanted: Wanted,
    /// Bytes of what is wanted.
    kept: usize,
}

/// What is wanted besides the rows at hand, or of them.
enum Wanted {
    /// All of them, and no others.
    These,
    /// Those of keys that are still to be looked up.
    Keys(Combinations),
    /// Only those whose columns have one of these values each.
    Values(Vec<(usize, HashSet<hash::Key>)>),
}

impl RelationReader {
    pub fn new(plan: Arc<RelationAccess>) -> Self {
        Self { plan, rows: Rows::NONE, place: 0, wanted: Wanted::These, kept: 0 }
    }

    /// Begins with several keys. Where they are more than the rows, all rows are read instead.
    fn begin(&mut self, index: usize, keys: &[Key], relation: &dyn Relation, run: &mut Run) -> Result<Rows> {
        let mut lists = Vec::with_capacity(keys.len());
        for key in keys {
            let values = values(key, run)?;
            self.kept += run.keep(&values)?;
            lists.push(values);
        }
        let keys = Combinations::new(lists);
        if keys.count() <= relation.count() {
            self.wanted = Wanted::Keys(keys);
            return Ok(Rows::NONE);
        }
        let columns = &relation.indexes()[index].columns;
        let set = |values: Vec<Value>| values.into_iter().map(|value| hash::Key(vec![value])).collect();
        self.wanted = Wanted::Values(columns.iter().copied().zip(keys.into_lists().into_iter().map(set)).collect());
        Ok(Rows::Range(0..relation.count()))
    }

    /// The next row, with all keys.
    fn find(&mut self, plan: &RelationAccess, run: &mut Run) -> Result<Option<Row>> {
        loop {
            run.touch()?;
            if let Some(row) = self.rows.get(self.place) {
                self.place += 1;
                if self.wanted.has(&*plan.scan.relation, row) {
                    return Ok(Some(row));
                }
                continue;
            }
            let (Wanted::Keys(keys), Some(Lookup::Keys { index, .. })) = (&mut self.wanted, &plan.lookup) else { return Ok(None) };
            let Some(key) = keys.next() else { return Ok(None) };
            self.rows = plan.scan.relation.lookup(*index, &key);
            self.place = 0;
        }
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
        self.wanted = Wanted::These;
        run.budget.release(std::mem::take(&mut self.kept));
        let plan = self.plan.clone();
        let relation = &*plan.scan.relation;
        self.rows = match &plan.lookup {
            None => Rows::Range(0..relation.count()),
            Some(Lookup::Beginning { column, pattern }) => begin_like(relation, *column, pattern, run)?,
            Some(Lookup::Keys { index, keys }) => match one_key(keys, run)? {
                Some(key) if key.iter().any(Value::is_null) => Rows::NONE,
                Some(key) => relation.lookup(*index, &key),
                None => self.begin(*index, keys, relation, run)?,
            },
        };
        Ok(())
    }

    fn next(&mut self, run: &mut Run) -> Result<bool> {
        let plan = self.plan.clone();
        while let Some(row) = self.find(&plan, run)? {
            self.fill(run, row, &plan.early);
            for (column, register) in &plan.scan.system {
                run.set(*register, system_value(*column, &plan, row));
            }
            if all_true(&plan.conditions, run)? {
                self.fill(run, row, &plan.late);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Wanted {
    fn has(&self, relation: &dyn Relation, row: Row) -> bool {
        let Wanted::Values(columns) = self else { return true };
        columns.iter().all(|(column, values)| values.contains(&hash::Key(vec![relation.value(row, *column)])))
    }
}

/// The rows whose names begin like the texts that match a pattern, and perhaps others.
fn begin_like(relation: &dyn Relation, column: usize, pattern: &Pattern, run: &mut Run) -> Result<Rows> {
    let Value::Text(text) = evaluate(&pattern.pattern, run)? else { return Ok(Rows::NONE) };
    let Some(beginning) = beginning::of(pattern.function, &text) else { return Ok(Rows::Range(0..relation.count())) };
    let index = relation.indexes().iter().position(|index| beginning.is_whole && index.columns == [column]);
    Ok(match index {
        Some(index) => relation.lookup(index, &[beginning.text.into()]),
        None => relation.begin_with(column, &beginning.text),
    })
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
    values.iter().try_for_each(|_| run.touch())?;
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
