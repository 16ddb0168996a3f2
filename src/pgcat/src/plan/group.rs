//! What stands in FROM as a group of items that may be joined in any order that their needs allow.
//!
//! Inner joins and commas are taken apart. Of a LEFT JOIN the left side is, too, while its right side becomes one optional item with the
//! conditions of ON: it can be joined as soon as what ON reads is there, since it neither removes rows nor changes what others see.
//! A RIGHT JOIN is a LEFT JOIN with the sides exchanged. Both sides of a FULL JOIN stay together.

use std::collections::HashMap;
use std::sync::Arc;

use crate::expr::Expr;
use crate::query::{Fill, From, FunctionScan, JoinKind, Register, RelationScan};

use super::access::{self, LookupKey};
use super::build::Planner;
use super::conditions::{self, Condition};
use super::full_join;
use super::registers::Registers;
use super::{CteScan, Estimate, QueryScan, walk};

/// Items with the conditions that hold for all of them together.
#[derive(Default)]
pub(super) struct Group {
    pub items: Vec<Item>,
    pub conditions: Vec<Condition>,
    /// For each condition, which items it reads.
    read: Vec<Vec<usize>>,
}

/// What is joined.
pub(super) struct Item {
    pub kind: ItemKind,
    /// The registers that it fills.
    pub fills: Registers,
    /// Registers that must be filled before.
    pub needs: Registers,
    /// Whether rows of the others are kept where it has none.
    pub is_optional: bool,
    /// Which conditions of its group read something of it.
    pub conditions: Vec<usize>,
    /// What its relation can be looked up by, with the conditions of its group.
    pub keys: Vec<LookupKey>,
}

pub(super) enum ItemKind {
    Relation(RelationScan),
    Function(Arc<FunctionScan>),
    Query(Arc<QueryScan>),
    /// With how many rows it is expected to have.
    Cte(Arc<CteScan>, f64),
    Group {
        group: Group,
        expected: Expected,
    },
    Full {
        left: Group,
        right: Group,
        conditions: Vec<Condition>,
        expected: Expected,
    },
}

/// What is expected of items inside of an item, which does not depend on how the others around it are ordered.
pub(super) struct Expected {
    /// With all registers that it needs.
    pub with_needs: Estimate,
    /// Without any.
    pub alone: Estimate,
}

impl Planner<'_> {
    /// The group of a FROM list with its WHERE.
    pub(super) fn group(&mut self, from: &[From], filter: Option<&Expr>) -> Group {
        let mut group = Group::default();
        if self.has_failed() {
            return group;
        }
        from.iter().for_each(|from| self.gather(from, &mut group));
        filter.iter().for_each(|filter| conditions::split(filter, &mut group.conditions));
        group.finish()
    }

    fn gather(&mut self, from: &From, group: &mut Group) {
        match from {
            From::Relation(scan) => {
                let registers = fills(&scan.registers).chain(scan.system.iter().map(|(_, register)| *register));
                group.items.push(Item::new(ItemKind::Relation(scan.clone()), registers.collect(), Registers::default()));
            }
            From::Function(scan) => {
                self.is_unbounded = true;
                let mut needs = Registers::default();
                walk::function_scan(scan, &mut |expr| needs.add(&conditions::needs(expr)));
                let registers = scan.functions.iter().flat_map(|function| fills(&function.registers)).chain(scan.ordinality);
                group.items.push(Item::new(ItemKind::Function(Arc::new(scan.clone())), registers.collect(), needs));
            }
            From::Query { query, alias, registers } => {
                let mut needs = Registers::default();
                walk::outer_registers(query, &mut |register| needs.insert(register));
                let scan = QueryScan { alias: alias.clone(), query: self.query(query), registers: registers.clone() };
                group.items.push(Item::new(ItemKind::Query(Arc::new(scan)), fills(registers).collect(), needs));
            }
            From::Cte { levels, cte, alias, registers } => {
                let read = self.read_cte(*levels, *cte);
                let (alias, levels, cte) = (alias.clone(), *levels, *cte);
                let scan = CteScan { alias, levels, cte, is_working_table: read.is_working_table, registers: registers.clone() };
                group.items.push(Item::new(ItemKind::Cte(Arc::new(scan), read.rows), fills(registers).collect(), Registers::default()));
            }
            From::Join(join) => {
                let on = join.on.as_ref();
                match join.kind {
                    JoinKind::Inner => {
                        self.gather(&join.left, group);
                        self.gather(&join.right, group);
                        on.iter().for_each(|on| conditions::split(on, &mut group.conditions));
                    }
                    JoinKind::Left => {
                        self.gather(&join.left, group);
                        group.items.push(self.optional(&join.right, on));
                    }
                    JoinKind::Right => {
                        self.gather(&join.right, group);
                        group.items.push(self.optional(&join.left, on));
                    }
                    JoinKind::Full => group.items.push(self.full(&join.left, &join.right, on)),
                }
            }
        }
    }

    fn optional(&mut self, from: &From, on: Option<&Expr>) -> Item {
        let group = self.group(std::slice::from_ref(from), on);
        let (fills, needs) = (group.fills(), group.needs());
        let expected = Expected::of_group(&group, &needs);
        Item { is_optional: true, ..Item::new(ItemKind::Group { group, expected }, fills, needs) }
    }

    fn full(&mut self, left: &From, right: &From, on: Option<&Expr>) -> Item {
        let (left, right) = (self.group(std::slice::from_ref(left), None), self.group(std::slice::from_ref(right), None));
        let mut conditions = Vec::new();
        on.iter().for_each(|on| conditions::split(on, &mut conditions));
        if !full_join::is_possible(&conditions, &left.fills(), &right.fills()) && !self.has_failed() {
            self.failed = Some(full_join::refused());
        }
        let fills = left.fills().union(&right.fills());
        let mut needs = left.needs().union(&right.needs());
        conditions.iter().for_each(|condition| needs.add(&condition.needs));
        needs.remove(&fills);
        let expected = Expected::of_full(&left, &right, &needs);
        Item::new(ItemKind::Full { left, right, conditions, expected }, fills, needs)
    }
}

impl Group {
    /// With all conditions known: those that are cheap to ask come first, and relations know what they can be looked up by.
    fn finish(mut self) -> Self {
        self.conditions.sort_by_cached_key(Condition::rank);
        let filled_by = |(place, item): (usize, &Item)| item.fills.iter().map(|register| (register, place)).collect::<Vec<_>>();
        let owners: HashMap<Register, usize> = self.items.iter().enumerate().flat_map(filled_by).collect();
        for (place, condition) in self.conditions.iter().enumerate() {
            let mut read: Vec<usize> = condition.needs.iter().filter_map(|register| owners.get(&register).copied()).collect();
            read.sort_unstable();
            read.dedup();
            read.iter().for_each(|item| self.items[*item].conditions.push(place));
            self.read.push(read);
        }
        for item in &mut self.items {
            if let ItemKind::Relation(scan) = &item.kind {
                item.keys = access::keys(scan, &self.conditions, &item.conditions);
            }
        }
        self
    }

    /// The items that conditions on an item read too.
    pub fn related(&self, item: usize) -> impl Iterator<Item = usize> {
        self.items[item].conditions.iter().flat_map(|condition| self.read[*condition].iter().copied())
    }

    pub fn fills(&self) -> Registers {
        let mut fills = Registers::default();
        self.items.iter().for_each(|item| fills.add(&item.fills));
        fills
    }

    /// Registers that must be filled before any of it can be read.
    pub fn needs(&self) -> Registers {
        let mut needs = Registers::default();
        self.items.iter().for_each(|item| needs.add(&item.needs));
        self.conditions.iter().for_each(|condition| needs.add(&condition.needs));
        needs.remove(&self.fills());
        needs
    }
}

impl Item {
    fn new(kind: ItemKind, fills: Registers, needs: Registers) -> Self {
        Self { kind, fills, needs, is_optional: false, conditions: Vec::new(), keys: Vec::new() }
    }
}

fn fills(registers: &[Fill]) -> impl Iterator<Item = Register> {
    registers.iter().map(|fill| fill.register)
}
