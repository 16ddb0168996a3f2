//! Groups of items as trees of joins.

use std::sync::Arc;

use crate::expr::Expr;
use crate::query::{Fill, RelationScan};

use super::access;
use super::conditions::{self, Condition, equality};
use super::group::{Group, Item, ItemKind};
use super::order;
use super::registers::Registers;
use super::{Estimate, Filter, Gate, HashJoin, HashJoinKind, NestedLoop, RelationAccess, Source};

/// Joins the items of a group. `available` are registers that are filled before it is read.
pub(super) fn join(group: &Group, available: &Registers) -> (Source, Estimate) {
    let (source, estimate) = join_with(group, available, |_| true);
    let volatile = group.conditions.iter().filter(|condition| condition.is_volatile);
    (filtered(source, volatile.map(|condition| condition.expr.clone()).collect()), estimate)
}

/// Joins the items of a group with those of its conditions that are asked.
fn join_with(group: &Group, available: &Registers, is_asked: impl Fn(&Condition) -> bool) -> (Source, Estimate) {
    let order = order::order(group, available);
    let is_asked = |condition: &Condition| !condition.is_volatile && is_asked(condition);
    let mut filled = available.clone();
    let mut source: Option<Source> = None;
    for step in order.steps {
        let item = &group.items[step.item];
        let after = filled.union(&item.fills);
        // What reads something of the item could not be asked before.
        let of_item = item.conditions.iter().map(|place| &group.conditions[*place]);
        let becoming: Vec<&Condition> = of_item.filter(|condition| is_asked(condition) && condition.needs.is_within(&after)).collect();
        source = Some(match source {
            None => leaf(group, item, &becoming, &filled),
            Some(left) if step.is_hashed => hash_join(left, group, item, becoming, &filled, available),
            Some(left) => nested_loop(left, group, item, &becoming, &filled),
        });
        filled = after;
    }
    let gate = group.conditions.iter().filter(|condition| is_asked(condition) && condition.needs.is_within(available));
    let gate: Vec<Expr> = gate.map(|condition| condition.expr.clone()).collect();
    let source = source.unwrap_or(Source::One);
    let source = if gate.is_empty() { source } else { Source::Gate(Arc::new(Gate { input: source, conditions: gate })) };
    (source, order.estimate)
}

fn nested_loop(left: Source, group: &Group, item: &Item, becoming: &[&Condition], filled: &Registers) -> Source {
    if item.is_optional {
        let right = leaf(group, item, &[], filled);
        let join = NestedLoop { left, right, nullable: Some(item.fills.iter().collect()) };
        return filtered(Source::NestedLoop(Arc::new(join)), exprs(becoming));
    }
    let right = leaf(group, item, becoming, filled);
    Source::NestedLoop(Arc::new(NestedLoop { left, right, nullable: None }))
}

fn hash_join(left: Source, group: &Group, item: &Item, becoming: Vec<&Condition>, filled: &Registers, available: &Registers) -> Source {
    let own: Vec<&Condition> = match &item.kind {
        ItemKind::Group { group, .. } => group.conditions.iter().collect(),
        _ => becoming.clone(),
    };
    let known = available.union(&item.fills);
    let is_alone = |condition: &Condition| condition.needs.is_within(&known) && !condition.is_volatile;
    let (alone, pairs): (Vec<&Condition>, Vec<&Condition>) = own.into_iter().partition(|condition| is_alone(condition));
    let right = match &item.kind {
        ItemKind::Group { group, .. } => join_with(group, available, is_alone).0,
        _ => leaf(group, item, &alone, available),
    };
    let kind = if item.is_optional { HashJoinKind::Left } else { HashJoinKind::Inner };
    let join = hash_join_of(kind, left, right, &pairs, filled, &item.fills);
    if item.is_optional { filtered(join, exprs(&becoming)) } else { join }
}

/// The hash join of two sources: equalities of both become keys.
fn hash_join_of(
    kind: HashJoinKind,
    left: Source,
    right: Source,
    conditions: &[&Condition],
    filled: &Registers,
    fills: &Registers,
) -> Source {
    let (mut left_keys, mut right_keys, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for condition in conditions {
        let keys = match (&condition.sides, equality(&condition.expr)) {
            (Some((first, second)), Some((_, left, right))) if !condition.is_volatile => {
                if first.is_within(filled) && second.is_within(fills) && !second.is_empty() {
                    Some((left, right))
                } else if second.is_within(filled) && first.is_within(fills) && !first.is_empty() {
                    Some((right, left))
                } else {
                    None
                }
            }
            _ => None,
        };
        match keys {
            Some((left, right)) => {
                left_keys.push(left.clone());
                right_keys.push(right.clone());
            }
            None => rest.push(condition.expr.clone()),
        }
    }
    let (left_registers, right_registers) = (filled.iter().collect(), fills.iter().collect());
    Source::HashJoin(Arc::new(HashJoin { kind, left, right, left_keys, right_keys, conditions: rest, left_registers, right_registers }))
}

/// One item with conditions that can be asked when it is read.
fn leaf(group: &Group, item: &Item, conditions: &[&Condition], filled: &Registers) -> Source {
    let source = match &item.kind {
        ItemKind::Relation(scan) => return relation(group, item, scan, conditions, filled),
        ItemKind::Function(scan) => Source::Function(scan.clone()),
        ItemKind::Query(scan) => Source::Query(scan.clone()),
        ItemKind::Cte(scan, _) => Source::Cte(scan.clone()),
        ItemKind::Group { group, .. } => join(group, filled).0,
        ItemKind::Full { left, right, conditions, .. } => full_join(left, right, conditions, filled),
    };
    filtered(source, exprs(conditions))
}

/// Conditions of a FULL JOIN decide only which rows meet: those of one side remove nothing from it.
fn full_join(left: &Group, right: &Group, conditions: &[Condition], filled: &Registers) -> Source {
    let conditions: Vec<&Condition> = conditions.iter().collect();
    let (left_source, right_source) = (join(left, filled).0, join(right, filled).0);
    hash_join_of(HashJoinKind::Full, left_source, right_source, &conditions, &left.fills(), &right.fills())
}

fn relation(group: &Group, item: &Item, scan: &RelationScan, conditions: &[&Condition], filled: &Registers) -> Source {
    let choice = access::choose(&*scan.relation, &item.keys, filled);
    let (lookup, covered) = match choice.and_then(|choice| choice.lookup(&item.keys)) {
        Some((lookup, covered)) => (Some(lookup), covered),
        None => (None, Vec::new()),
    };
    let is_covered = |condition: &Condition| covered.iter().any(|place| std::ptr::eq(&group.conditions[*place], condition));
    let conditions: Vec<&Condition> = conditions.iter().copied().filter(|condition| !is_covered(condition)).collect();
    let mut needed = Registers::default();
    conditions.iter().for_each(|condition| needed.add(&condition.needs));
    let (early, late): (Vec<Fill>, Vec<Fill>) = scan.registers.iter().partition(|fill| needed.contains(fill.register));
    Source::Relation(Arc::new(RelationAccess { scan: scan.clone(), lookup, early, late, conditions: exprs(&conditions) }))
}

/// A source with conditions that its rows must fulfil.
pub(super) fn filtered(input: Source, conditions: Vec<Expr>) -> Source {
    if conditions.is_empty() { input } else { Source::Filter(Arc::new(Filter { input, conditions })) }
}

/// A source with the parts of one condition.
pub(super) fn filtered_by(input: Source, condition: &Expr) -> Source {
    let mut parts = Vec::new();
    conditions::split(condition, &mut parts);
    filtered(input, parts.into_iter().map(|condition| condition.expr).collect())
}

fn exprs(conditions: &[&Condition]) -> Vec<Expr> {
    conditions.iter().map(|condition| condition.expr.clone()).collect()
}
