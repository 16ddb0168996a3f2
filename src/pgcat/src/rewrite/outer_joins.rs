//! Outer joins whose missing rows a condition drops anyway are inner joins, which can be done in any order.

use super::conjuncts;
use crate::expr::{Conversion, Expr};
use crate::query::{Body, From, JoinKind, Query, Register};

/// Makes inner joins of outer ones where the query's condition is never true of a row without a partner.
pub(super) fn simplify(query: &mut Query) {
    let Body::Select(select) = &mut query.body else { return };
    let mut needed = Vec::new();
    for condition in conjuncts::split(select.filter.clone()) {
        not_null(&condition, &mut needed);
    }
    if !needed.is_empty() {
        select.from.iter_mut().for_each(|from| in_from(from, &needed));
    }
}

fn in_from(from: &mut From, needed: &[Register]) {
    let From::Join(join) = from else { return };
    let needs = |side: &From| fills_any(side, needed);
    join.kind = match join.kind {
        JoinKind::Left if needs(&join.right) => JoinKind::Inner,
        JoinKind::Right if needs(&join.left) => JoinKind::Inner,
        JoinKind::Full => match (needs(&join.left), needs(&join.right)) {
            (true, true) => JoinKind::Inner,
            (true, false) => JoinKind::Left,
            (false, true) => JoinKind::Right,
            (false, false) => JoinKind::Full,
        },
        kind => kind,
    };
    // What is not null above an outer join is not null in the side that it keeps; the other side may have lost its rows.
    let (into_left, into_right) = match join.kind {
        JoinKind::Inner => (true, true),
        JoinKind::Left => (true, false),
        JoinKind::Right => (false, true),
        JoinKind::Full => (false, false),
    };
    let mut inside = needed.to_vec();
    if join.kind == JoinKind::Inner {
        conjuncts::split(join.on.clone()).iter().for_each(|condition| not_null(condition, &mut inside));
    }
    if into_left {
        in_from(&mut join.left, &inside);
    }
    if into_right {
        in_from(&mut join.right, &inside);
    }
}

/// The registers of the query without which a condition cannot be true.
fn not_null(condition: &Expr, needed: &mut Vec<Register>) {
    match condition {
        Expr::IsNull { operand, negated: true, is_row: false } | Expr::IsTruth { operand, truth: Some(_), negated: false } => {
            strict(operand, needed);
        }
        // ALL is true of an array without elements, whatever is compared with them.
        Expr::Quantified { left, operator, all: false, .. } if operator.is_strict => strict(left, needed),
        other => strict(other, needed),
    }
}

/// The registers that make an expression null when they are.
fn strict(expr: &Expr, needed: &mut Vec<Register>) {
    match expr {
        Expr::Column { depth: 0, register } => needed.push(*register),
        Expr::Call(call) if call.function.is_strict && !call.function.returns_set => {
            call.arguments.iter().for_each(|argument| strict(argument, needed));
        }
        Expr::Convert { operand, conversion: Conversion::Relabel | Conversion::Text { .. } } => strict(operand, needed),
        Expr::Not(operand) => strict(operand, needed),
        _ => {}
    }
}

fn fills_any(from: &From, registers: &[Register]) -> bool {
    let any = |mut fills: Box<dyn Iterator<Item = Register> + '_>| fills.any(|register| registers.contains(&register));
    match from {
        From::Relation(scan) => {
            let system = scan.system.iter().map(|(_, register)| *register);
            any(Box::new(scan.registers.iter().map(|fill| fill.register).chain(system)))
        }
        From::Function(scan) => {
            let filled = scan.functions.iter().flat_map(|function| function.registers.iter().map(|fill| fill.register));
            any(Box::new(filled.chain(scan.ordinality)))
        }
        From::Query { registers, .. } | From::Cte { registers, .. } => any(Box::new(registers.iter().map(|fill| fill.register))),
        From::Join(join) => fills_any(&join.left, registers) || fills_any(&join.right, registers),
    }
}
