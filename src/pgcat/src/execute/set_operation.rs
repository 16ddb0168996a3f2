//! UNION, INTERSECT and EXCEPT, with ALL as bags.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use spi::Result;

use crate::plan::SetOperation;
use crate::query::SetOperator;
use crate::value::hash::Key;

use super::Row;
use super::answer::Answer;
use super::query::QueryRun;
use super::run::Run;

pub(super) struct SetOperationAnswer {
    plan: Arc<SetOperation>,
    left: QueryRun,
    right: QueryRun,
    /// Of UNION: whether the left side is through.
    is_in_right: bool,
    /// Of INTERSECT and EXCEPT: how often each row is on the right, less what was used of it.
    on_right: HashMap<Key, u64>,
    /// Without ALL: the rows that were given.
    given: HashSet<Key>,
    kept: usize,
}

impl SetOperationAnswer {
    pub fn new(plan: Arc<SetOperation>) -> Self {
        Self {
            left: QueryRun::new(plan.left.clone()),
            right: QueryRun::new(plan.right.clone()),
            plan,
            is_in_right: false,
            on_right: HashMap::new(),
            given: HashSet::new(),
            kept: 0,
        }
    }

    fn count_right(&mut self, run: &mut Run) -> Result<()> {
        self.right.open(run)?;
        while let Some(row) = self.right.next(run)? {
            run.touch()?;
            let key = Key(row);
            match self.on_right.get_mut(&key) {
                Some(count) => *count += 1,
                None => {
                    self.kept += run.keep(&key.0)?;
                    self.on_right.insert(key, 1);
                }
            }
        }
        Ok(())
    }

    fn next_input(&mut self, run: &mut Run) -> Result<Option<Row>> {
        if self.is_in_right {
            return self.right.next(run);
        }
        if let Some(row) = self.left.next(run)? {
            return Ok(Some(row));
        }
        if self.plan.operator != SetOperator::Union {
            return Ok(None);
        }
        self.is_in_right = true;
        self.right.open(run)?;
        self.right.next(run)
    }

    /// Whether the operator lets a row of the left through. With ALL, each row on the right counts once.
    fn passes(&mut self, key: &Key) -> bool {
        let is_intersection = match self.plan.operator {
            SetOperator::Union => return true,
            SetOperator::Intersect => true,
            SetOperator::Except => false,
        };
        match self.on_right.get_mut(key) {
            Some(count) if *count > 0 => {
                if self.plan.all {
                    *count -= 1;
                }
                is_intersection
            }
            _ => !is_intersection,
        }
    }
}

impl Answer for SetOperationAnswer {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        run.budget.release(std::mem::take(&mut self.kept));
        self.on_right.clear();
        self.given.clear();
        self.is_in_right = false;
        if self.plan.operator != SetOperator::Union {
            self.count_right(run)?;
        }
        self.left.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<Option<Row>> {
        if self.plan.operator == SetOperator::Union && self.plan.all {
            return self.next_input(run);
        }
        while let Some(row) = self.next_input(run)? {
            run.touch()?;
            let key = Key(row);
            if !self.passes(&key) || self.given.contains(&key) {
                continue;
            }
            if self.plan.all {
                return Ok(Some(key.0));
            }
            self.kept += run.keep(&key.0)?;
            let row = key.0.clone();
            self.given.insert(key);
            return Ok(Some(row));
        }
        Ok(None)
    }
}
