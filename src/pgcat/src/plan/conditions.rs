//! The conditions of WHERE and ON, split at AND, with what must be known before each can be asked.

use crate::expr::{Call, Expr, RowOperator};
use crate::query::Register;

use super::equality::is_equality;
use super::registers::Registers;
use super::walk;

/// One condition.
#[derive(Clone)]
pub(super) struct Condition {
    pub expr: Expr,
    /// The registers of the query's own frame that it reads.
    pub needs: Registers,
    /// Where it is an equality of two expressions: what each needs.
    pub sides: Option<(Registers, Registers)>,
    /// Whether it must be asked for each row of the answer.
    pub is_volatile: bool,
}

/// Splits a condition into those that must all hold.
pub(super) fn split(expr: &Expr, conditions: &mut Vec<Condition>) {
    match expr {
        Expr::And(operands) => operands.iter().for_each(|operand| split(operand, conditions)),
        Expr::CompareRows(rows) if rows.operator == RowOperator::Equal => {
            for ((left, right), equal) in rows.left.iter().zip(&rows.right).zip(&rows.equal) {
                let call = Call { function: equal.clone(), arguments: vec![left.clone(), right.clone()], position: None };
                conditions.push(Condition::new(Expr::Call(Box::new(call))));
            }
        }
        _ => conditions.push(Condition::new(expr.clone())),
    }
}

impl Condition {
    fn new(expr: Expr) -> Self {
        let sides = equality(&expr).map(|(_, left, right)| (needs(left), needs(right)));
        Self { needs: needs(&expr), sides, is_volatile: expr.is_volatile(), expr }
    }

    /// What each side of an operator needs, be it an equality or not.
    pub fn operands(&self) -> Option<(Registers, Registers)> {
        match &self.expr {
            Expr::Call(call) => match call.arguments.as_slice() {
                [left, right] => Some((needs(left), needs(right))),
                _ => None,
            },
            _ => None,
        }
    }

    /// How much it costs to ask: what is dear is asked last.
    pub fn rank(&self) -> u8 {
        let mut rank = 0;
        walk::nested_in(&self.expr, &mut |_, is_body| rank = rank.max(if is_body { 1 } else { 2 }));
        rank
    }
}

/// The two sides of an equality, with the call of it.
pub(super) fn equality(expr: &Expr) -> Option<(&Call, &Expr, &Expr)> {
    match expr {
        Expr::Call(call) if is_equality(&call.function) => match call.arguments.as_slice() {
            [left, right] => Some((call, left, right)),
            _ => None,
        },
        _ => None,
    }
}

/// The registers of the query's own frame that an expression reads.
pub(super) fn needs(expr: &Expr) -> Registers {
    let mut needs = Registers::default();
    walk::own_registers(expr, &mut |register| needs.insert(register));
    needs
}

/// The register that an expression is.
pub(super) fn own_register(expr: &Expr) -> Option<Register> {
    match expr {
        Expr::Column { depth: 0, register } => Some(*register),
        _ => None,
    }
}
