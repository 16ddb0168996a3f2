//! What stands in FROM as a group of items that may be joined in any order that their needs allow.
//!
//! Inner joins and commas are taken apart. Of a LEFT JOIN the left side is, too, while its right side becomes one optional item with the
//! conditions of ON: it can be joined as soon as what ON reads is there, since it neither removes rows nor changes what others see.
//! A RIGHT JOIN is a LEFT JOIN with the sides exchanged. Both sides of a FULL JOIN stay together.

use std::sync::Arc;

use crate::expr::Expr;
use crate::query::{Fill, From, FunctionScan, JoinKind, Register, RelationScan};

use super::access::{self, LookupKey};
use super::build::Planner;
use super::conditions::{self, Condition};
use super::registers::Registers;
use super::{CteScan, QueryScan, walk};

/// Items with the conditions that hold for all of them together.
#[derive(Default)]
pub(super) struct Group {
    pub items: Vec<Item>,
    pub conditions: Vec<Condition>,
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
    /// What its relation can be looked up by, with the conditions of its group.
    pub keys: Vec<LookupKey>,
}

pub(super) enum ItemKind {
    Relation(RelationScan),
    Function(Arc<FunctionScan>),
    Query(Arc<QueryScan>),
    Cte(Arc<CteScan>),
    Group(Group),
    Full { left: Group, right: Group, conditions: Vec<Condition> },
}

impl Planner {
    /// The group of a FROM list with its WHERE.
    pub(super) fn group(&mut self, from: &[From], filter: Option<&Expr>) -> Group {
        let mut group = Group::default();
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
                let mut needs = Registers::default();
                walk::function_scan(scan, &mut |expr| needs.add(&conditions::needs(expr)));
                let registers = scan.functions.iter().flat_map(|function| fills(&function.registers)).chain(scan.ordinality);
                group.items.push(Item::new(ItemKind::Function(Arc::new(scan.clone())), registers.collect(), needs));
            }
            From::Query { query, alias, lateral, registers } => {
                let mut needs = Registers::default();
                if *lateral {
                    walk::outer_registers(query, &mut |register| needs.insert(register));
                }
                let scan = QueryScan { alias: alias.clone(), query: self.query(query), registers: registers.clone() };
                group.items.push(Item::new(ItemKind::Query(Arc::new(scan)), fills(registers).collect(), needs));
            }
            From::Cte { levels, cte, alias, registers } => {
                let is_working_table = self.reads_cte(*levels, *cte);
                let (alias, levels, cte) = (alias.clone(), *levels, *cte);
                let scan = CteScan { alias, levels, cte, is_working_table, registers: registers.clone() };
                group.items.push(Item::new(ItemKind::Cte(Arc::new(scan)), fills(registers).collect(), Registers::default()));
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
        Item { is_optional: true, ..Item::new(ItemKind::Group(group), fills, needs) }
    }

    fn full(&mut self, left: &From, right: &From, on: Option<&Expr>) -> Item {
        let (left, right) = (self.group(std::slice::from_ref(left), None), self.group(std::slice::from_ref(right), None));
        let mut conditions = Vec::new();
        on.iter().for_each(|on| conditions::split(on, &mut conditions));
        let fills = left.fills().union(&right.fills());
        let mut needs = left.needs().union(&right.needs());
        conditions.iter().for_each(|condition| needs.add(&condition.needs));
        needs.remove(&fills);
        Item::new(ItemKind::Full { left, right, conditions }, fills, needs)
    }
}

impl Group {
    /// With all conditions known: those that are cheap to ask come first, and relations know what they can be looked up by.
    fn finish(mut self) -> Self {
        self.conditions.sort_by_cached_key(Condition::rank);
        for item in &mut self.items {
            if let ItemKind::Relation(scan) = &item.kind {
                item.keys = access::keys(scan, &self.conditions);
            }
        }
        self
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
        Self { kind, fills, needs, is_optional: false, keys: Vec::new() }
    }
}

fn fills(registers: &[Fill]) -> impl Iterator<Item = Register> {
    registers.iter().map(|fill| fill.register)
}
