//! GROUP BY and aggregates.

mod aggregate;

use std::collections::HashMap;
use std::sync::Arc;

use spi::Result;

use crate::plan::Group;
use crate::query::Grouping;
use crate::value::Value;
use crate::value::hash::Key;

use super::Row;
use super::evaluate::{evaluate, is_true};
use super::run::Run;
use super::scan::{Scan, scan};
use aggregate::Aggregation;

/// About what a group takes besides its key.
const GROUP_BYTES: usize = 128;

pub(super) struct GroupScan {
    plan: Arc<Group>,
    input: Box<dyn Scan>,
    /// Once the input is read: one table per grouping set.
    tables: Option<std::vec::IntoIter<Vec<GroupState>>>,
    current: std::vec::IntoIter<GroupState>,
    kept: usize,
}

/// A group of one grouping set.
struct GroupState {
    set: usize,
    /// The values of all keys; null for those that the set has not.
    keys: Row,
    aggregates: Vec<Aggregation>,
}

/// The groups of one grouping set, in the order of their first rows.
struct Table {
    set: usize,
    places: HashMap<Key, usize>,
    groups: Vec<GroupState>,
}

impl GroupScan {
    pub fn new(plan: Arc<Group>) -> Self {
        Self { input: scan(&plan.input), plan, tables: None, current: Vec::new().into_iter(), kept: 0 }
    }

    fn read(&mut self, run: &mut Run) -> Result<Vec<Vec<GroupState>>> {
        let plan = self.plan.clone();
        let grouping = &plan.grouping;
        let mut tables: Vec<Table> = (0..grouping.sets.len()).map(|set| Table::new(set, grouping)).collect();
        while self.input.next(run)? {
            run.touch()?;
            let mut keys = Vec::with_capacity(grouping.keys.len());
            for (key, _) in &grouping.keys {
                keys.push(evaluate(key, run)?);
            }
            let inputs = Inputs::of(grouping, run)?;
            for table in &mut tables {
                let group = table.group(grouping, &keys, &mut self.kept, run)?;
                for (aggregation, input) in group.aggregates.iter_mut().zip(&inputs.0) {
                    if let Some(input) = input {
                        self.kept += aggregation.add(input, run)?;
                    }
                }
            }
        }
        Ok(tables.into_iter().map(|table| table.groups).collect())
    }

    /// Fills the registers of keys, aggregates and GROUPING.
    fn fill(&self, mut group: GroupState, run: &mut Run) -> Result<()> {
        let grouping = &self.plan.grouping;
        for ((_, register), value) in grouping.keys.iter().zip(group.keys) {
            run.set(*register, value);
        }
        for (call, aggregation) in grouping.aggregates.iter().zip(&mut group.aggregates) {
            let value = aggregation.finish(run)?;
            run.set(call.register, value);
        }
        for (keys, register) in &grouping.grouping_calls {
            run.set(*register, Value::Int(grouping_bits(keys, &grouping.sets[group.set])));
        }
        Ok(())
    }
}

impl Scan for GroupScan {
    fn open(&mut self, run: &mut Run) -> Result<()> {
        run.budget.release(std::mem::take(&mut self.kept));
        self.tables = None;
        self.current = Vec::new().into_iter();
        self.input.open(run)
    }

    fn next(&mut self, run: &mut Run) -> Result<bool> {
        if self.tables.is_none() {
            self.tables = Some(self.read(run)?.into_iter());
        }
        loop {
            if let Some(group) = self.current.next() {
                self.fill(group, run)?;
                return Ok(true);
            }
            match self.tables.as_mut().and_then(Iterator::next) {
                Some(groups) => self.current = groups.into_iter(),
                None => return Ok(false),
            }
        }
    }
}

impl Table {
    /// A set without keys has its one group also without rows.
    fn new(set: usize, grouping: &Grouping) -> Self {
        let mut table = Self { set, places: HashMap::new(), groups: Vec::new() };
        if grouping.sets[set].is_empty() {
            table.begin(grouping, Key(Vec::new()), vec![Value::Null; grouping.keys.len()]);
        }
        table
    }

    fn begin(&mut self, grouping: &Grouping, key: Key, keys: Row) -> usize {
        let aggregates = grouping.aggregates.iter().map(Aggregation::new).collect();
        self.places.insert(key, self.groups.len());
        self.groups.push(GroupState { set: self.set, keys, aggregates });
        self.groups.len() - 1
    }

    /// The group of a row with these values of the keys.
    fn group(&mut self, grouping: &Grouping, keys: &Row, kept: &mut usize, run: &mut Run) -> Result<&mut GroupState> {
        let of_set = &grouping.sets[self.set];
        let key = Key(of_set.iter().map(|key| keys[*key].clone()).collect());
        let place = match self.places.get(&key) {
            Some(place) => *place,
            None => {
                let bytes = GROUP_BYTES * (1 + grouping.aggregates.len());
                run.budget.keep(bytes)?;
                *kept += bytes + run.keep(&key.0)?;
                let seen = |place: usize, value: &Value| if of_set.contains(&place) { value.clone() } else { Value::Null };
                let keys = keys.iter().enumerate().map(|(place, value)| seen(place, value)).collect();
                self.begin(grouping, key, keys)
            }
        };
        Ok(&mut self.groups[place])
    }
}

/// What a row gives to each aggregate; `None` where its FILTER leaves the row out.
struct Inputs(Vec<Option<Input>>);

struct Input {
    arguments: Row,
    /// What its own ORDER BY sorts by.
    order: Row,
}

impl Inputs {
    fn of(grouping: &Grouping, run: &mut Run) -> Result<Self> {
        let mut inputs = Vec::with_capacity(grouping.aggregates.len());
        for call in &grouping.aggregates {
            if let Some(filter) = &call.filter
                && !is_true(filter, run)?
            {
                inputs.push(None);
                continue;
            }
            let arguments = super::evaluate::evaluate_all(&call.arguments, run)?;
            let order = call.order_by.iter().map(|(expr, _)| evaluate(expr, run)).collect::<Result<_>>()?;
            inputs.push(Some(Input { arguments, order }));
        }
        Ok(Self(inputs))
    }
}

/// One bit per key, the last the lowest: set where the set has not the key.
fn grouping_bits(keys: &[usize], set: &[usize]) -> i64 {
    keys.iter().fold(0, |bits, key| bits << 1 | i64::from(!set.contains(key)))
}

#[cfg(test)]
mod tests {
    use super::grouping_bits;

    #[test]
    fn the_first_key_is_the_highest_bit() {
        assert_eq!(grouping_bits(&[0, 1], &[1]), 2);
        assert_eq!(grouping_bits(&[0, 1], &[]), 3);
        assert_eq!(grouping_bits(&[0, 1], &[0, 1]), 0);
    }
}
