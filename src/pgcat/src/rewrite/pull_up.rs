//! Simple queries in FROM, among them most views, become part of the query around them: then their relations are joined in the best
//! order, and every condition reaches their indexes.

use std::collections::HashMap;

use super::{columns, conjuncts};
use crate::expr::Expr;
use crate::query::{Body, Distinct, Fill, From, Join, JoinKind, Query, Register, Select};

/// Takes in what can be taken in.
pub(super) fn pull_up(query: &mut Query) {
    let Body::Select(select) = &mut query.body else { return };
    let mut pull = Pull { registers: query.registers, substitutions: HashMap::new() };
    let mut from = Vec::new();
    for item in std::mem::take(&mut select.from) {
        let (items, conditions) = pull.item(item, false);
        from.extend(items);
        conjuncts::add(&mut select.filter, conditions);
    }
    select.from = from;
    query.registers = pull.registers;
    if !pull.substitutions.is_empty() {
        columns::substitute(query, &pull.substitutions);
    }
}

struct Pull {
    /// How many registers the query has by now.
    registers: usize,
    /// What the registers of queries that were taken in stand for.
    substitutions: HashMap<Register, Expr>,
}

impl Pull {
    /// What stands for an item of FROM, and the conditions that its rows must fulfil. `nullable`: rows without a partner have nulls for it.
    fn item(&mut self, item: From, nullable: bool) -> (Vec<From>, Vec<Expr>) {
        match item {
            From::Join(join) => {
                let (join, conditions) = self.join(*join, nullable);
                (vec![From::Join(Box::new(join))], conditions)
            }
            From::Query { query, alias, registers } => match simple(&query, &registers, nullable) {
                true => self.take_in(Query::clone(&query), &registers),
                false => (vec![From::Query { query, alias, registers }], Vec::new()),
            },
            other => (vec![other], Vec::new()),
        }
    }

    fn join(&mut self, join: Join, nullable: bool) -> (Join, Vec<Expr>) {
        let Join { kind, left, right, on } = join;
        let (left_nullable, right_nullable) = match kind {
            JoinKind::Inner => (false, false),
            JoinKind::Left => (false, true),
            JoinKind::Right => (true, false),
            JoinKind::Full => (true, true),
        };
        let (left, above_left) = self.side(left, nullable || left_nullable, kind == JoinKind::Full);
        let (right, above_right) = self.side(right, nullable || right_nullable, kind == JoinKind::Full);
        let mut on = on;
        // Conditions of a side that is kept hold above the join; those of one that may be missing decide which rows are partners.
        let mut above = Vec::new();
        for (conditions, decides) in
            [(above_left, left_nullable || kind == JoinKind::Inner), (above_right, right_nullable || kind == JoinKind::Inner)]
        {
            match decides {
                true => conjuncts::add(&mut on, conditions),
                false => above.extend(conditions),
            }
        }
        (Join { kind, left, right, on }, above)
    }

    /// One side of a join. Of a full join nothing is taken in: its conditions could stand nowhere.
    fn side(&mut self, item: From, nullable: bool, full: bool) -> (From, Vec<Expr>) {
        if full || matches!(&item, From::Query { query, .. } if from_is_empty(query)) {
            return (item, Vec::new());
        }
        let (items, conditions) = self.item(item, nullable);
        let joined = items.into_iter().reduce(|left, right| From::Join(Box::new(Join { kind: JoinKind::Inner, left, right, on: None })));
        // A query without FROM was left alone above, so there is at least one item.
        (joined.unwrap_or_else(|| unreachable!("an item stays at least one item")), conditions)
    }

    fn take_in(&mut self, mut query: Query, fills: &[Fill]) -> (Vec<From>, Vec<Expr>) {
        let shift = self.registers;
        self.registers += query.registers;
        merge(&mut query, shift);
        shift_fills(&mut query, shift);
        let Body::Select(select) = query.body else { unreachable!("only plain selects are simple") };
        let Select { from, filter, output, .. } = *select;
        for fill in fills {
            self.substitutions.insert(fill.register, output[fill.column].clone());
        }
        (from, conjuncts::split(filter))
    }
}

/// Whether a query can become part of the one around it.
fn simple(query: &Query, fills: &[Fill], nullable: bool) -> bool {
    let Body::Select(select) = &query.body else { return false };
    let plain = query.ctes.is_empty()
        && query.order_by.is_empty()
        && query.limit.is_none()
        && query.offset.is_none()
        && !query.is_volatile
        && select.grouping.is_none()
        && select.having.is_none()
        && select.windows.is_empty()
        && select.set_returning.is_empty()
        && select.distinct == Distinct::No;
    // What is computed of nulls need not be null, as the query's columns are for a row without a partner.
    let is_column = |fill: &Fill| matches!(select.output[fill.column], Expr::Column { depth: 0, .. });
    plain && (!nullable || fills.iter().all(is_column))
}

fn from_is_empty(query: &Query) -> bool {
    matches!(&query.body, Body::Select(select) if select.from.is_empty())
}

/// What a query reads, when it becomes part of the one around it: its own registers come behind those that are there, and everything
/// further out is one query nearer.
fn merge(query: &mut Query, shift: usize) {
    columns::each_mut(query, &mut |expr, level| {
        if let Expr::Column { depth, register } = expr {
            match *depth {
                own if own == level => *register += shift,
                outer if outer > level => *depth -= 1,
                _ => {}
            }
        }
    });
    columns::each_cte_mut(query, 0, &mut |levels, level| {
        if *levels > level {
            *levels -= 1;
        }
    });
}

/// The registers that a query's own FROM fills.
fn shift_fills(query: &mut Query, shift: usize) {
    if let Body::Select(select) = &mut query.body {
        select.from.iter_mut().for_each(|from| shift_from(from, shift));
    }
}

fn shift_from(from: &mut From, shift: usize) {
    let shift_all = |fills: &mut Vec<Fill>| fills.iter_mut().for_each(|fill| fill.register += shift);
    match from {
        From::Relation(scan) => {
            shift_all(&mut scan.registers);
            scan.system.iter_mut().for_each(|(_, register)| *register += shift);
        }
        From::Function(scan) => {
            scan.functions.iter_mut().for_each(|function| shift_all(&mut function.registers));
            scan.ordinality.iter_mut().for_each(|register| *register += shift);
        }
        From::Query { registers, .. } | From::Cte { registers, .. } => shift_all(registers),
        From::Join(join) => {
            shift_from(&mut join.left, shift);
            shift_from(&mut join.right, shift);
        }
    }
}
