//! Joins by keeping the rows of the right side by their keys.

use std::collections::HashMap;
use std::sync::Arc;

use spi::Result;

use crate::expr::Expr;
use crate::plan::{HashJoin, HashJoinKind};
use crate::value::Value;
use crate::value::hash::Key;

use super::Row;
use super::evaluate::{all_true, evaluate};
use super::run::Run;
use super::scan::{Scan, scan};

pub(super) struct HashJoinScan {
    plan: Arc<HashJoin>,
    left: Box<dyn Scan>,
    right: Box<dyn Scan>,
    rows: Vec<Row>,
    /// Of FULL JOIN: which rows on the right have met one.
    met: Vec<bool>,
    /// Places in `rows` by key.
    places: HashMap<Key, Vec<usize>>,
    kept: usize,
    stage: Stage,
    /// Of the row on the left: the places that are still to be looked at, and how far.
    candidates: Candidates,
    has_met: bool,
}

enum Stage {
    Left,
    Pairs,
    /// Rows on the right that met none, from this place on.
    Rest(usize),
}

/// Places in the rows of the right.
enum Candidates {
    /// Without keys: all from here.
    All(usize),
    Keyed {
        key: Key,
        next: usize,
    },
    None,
}

impl HashJoinScan {
    pub fn new(plan: Arc<HashJoin>) -> Self {
        Self {
            left: scan(&plan.left),
            right: scan(&plan.right),
            plan,
            rows: Vec::new(),
            met: Vec::new(),
            places: HashMap::new(),
            kept: 0,
            stage: Stage::Left,
            candidates: Candidates::None,
            has_met: false,
        }
    }

    /// Reads the right side. Rows whose key is null meet none, so that only a FULL JOIN keeps them.
    fn keep_right(&mut self, run: &mut Run) -> Result<()> {
        run.budget.release(self.kept);
        self.kept = 0;
        self.rows.clear();
        self.places.clear();
        let plan = self.plan.clone();
        self.right.open(run)?;
        while self.right.next(run)? {
            run.touch()?;
            let key = key(&plan.right_keys, run)?;
            if key.is_none() && plan.kind != HashJoinKind::Full {
                continue;
            }
            let row = run.save(&plan.right_registers)?;
            self.kept += run.keep(&row)?;
            if let Some(key) = key.filter(|_| !plan.right_keys.is_empty()) {
                self.kept += run.keep(&key.0)?;
                self.places.entry(key).or_default().push(self.rows.len());
            }
            self.rows.push(row);
        }
        self.met = vec![false; if plan.kind == HashJoinKind::Full { self.rows.len() } else { 0 }];
        Ok(())
    }

    /// The next place that may fit the row on the left.
    fn candidate(&mut self) -> Option<usize> {
        match &mut self.candidates {
            Candidates::None => None,
            Candidates::All(next) => {
                *next += 1;
                Some(*next - 1).filter(|place| *place < self.rows.len())
            }
            Candidates::Keyed { key, next } => {
                *next += 1;
                self.places.get(key)?.get(*next - 1).copied()
            }
        }
    }

    fn next_left(&mut self, run: &mut Run) -> Result<bool> {
        if !self.left.next(run)? {
            return Ok(false);
        }
        self.has_met = false;
        self.candidates = match key(&self.plan.left_keys, run)? {
            None => Candidates::None,
            Some(_) if self.plan.left_keys.is_empty() => Candidates::All(0),
            Some(key) => Candidates::Keyed { key, next: 0 },
        };
        Ok(true)
    }
}

impl Scan for HashJoinScan {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        self.keep_right(run)?;
        self.stage = Stage::Left;
        self.left.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<bool> {
        let plan = self.plan.clone();
        loop {
            match self.stage {
                Stage::Left => {
                    if self.next_left(run)? {
                        self.stage = Stage::Pairs;
                    } else if plan.kind == HashJoinKind::Full {
                        run.clear(&plan.left_registers);
                        self.stage = Stage::Rest(0);
                    } else {
                        return Ok(false);
                    }
                }
                Stage::Pairs => match self.candidate() {
                    Some(place) => {
                        run.touch()?;
                        run.restore(&plan.right_registers, &self.rows[place]);
                        if all_true(&plan.conditions, run)? {
                            self.has_met = true;
                            if let Some(met) = self.met.get_mut(place) {
                                *met = true;
                            }
                            return Ok(true);
                        }
                    }
                    None => {
                        self.stage = Stage::Left;
                        if !self.has_met && plan.kind != HashJoinKind::Inner {
                            run.clear(&plan.right_registers);
                            return Ok(true);
                        }
                    }
                },
                Stage::Rest(place) => {
                    let Some(row) = self.rows.get(place) else { return Ok(false) };
                    self.stage = Stage::Rest(place + 1);
                    if !self.met[place] {
                        run.restore(&plan.right_registers, row);
                        return Ok(true);
                    }
                }
            }
        }
    }
}

/// The key of the row at hand; `None` where a part of it is null.
fn key(keys: &[Expr], run: &mut Run) -> Result<Option<Key>> {
    let mut values = Vec::with_capacity(keys.len());
    for key in keys {
        match evaluate(key, run)? {
            Value::Null => return Ok(None),
            value => values.push(value),
        }
    }
    Ok(Some(Key(values)))
}
