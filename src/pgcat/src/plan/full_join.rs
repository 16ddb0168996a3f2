//! Which conditions PostgreSQL can do a FULL JOIN by: it has no way to do one by a nested loop.

use spi::{Code, Error};

use crate::expr::Expr;

use super::conditions::Condition;
use super::registers::Registers;

/// `pg_proc.oid` of the functions of equalities that can be hashed. Source: PostgreSQL 16, `pg_operator.oprcanhash`.
const HASHED: [u32; 46] = [
    60, 61, 62, 63, 65, 67, 68, 69, 158, 159, 184, 240, 247, 287, 293, 299, 305, 467, 474, 679, 744, 830, 852, 920, 1048, 1062, 1086, 1145,
    1152, 1162, 1292, 1352, 1718, 1850, 1856, 1948, 2052, 2956, 2981, 3233, 3508, 3855, 4043, 4113, 4244, 5084,
];

/// Of those that can only be merged.
const MERGED: [u32; 12] = [888, 1581, 1666, 2340, 2353, 2366, 2379, 2522, 2529, 3181, 3618, 3664];

/// Whether sides that fill these registers can be joined in full: by one equality to hash by, or where all but constants can be merged by.
pub(super) fn is_possible(conditions: &[Condition], left: &Registers, right: &Registers) -> bool {
    let joins_by = |condition: &Condition, functions: &[u32]| match &condition.expr {
        Expr::Call(call) => functions.binary_search(&call.function.oid).is_ok() && joins(condition, left, right),
        _ => false,
    };
    conditions.iter().any(|condition| joins_by(condition, &HASHED))
        || conditions.iter().all(|condition| is_constant(&condition.expr) || joins_by(condition, &MERGED))
}

pub(super) fn refused() -> Error {
    Error::new(Code::Unsupported, "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions")
}

/// Whether PostgreSQL computes it before it plans.
fn is_constant(expr: &Expr) -> bool {
    let mut is_constant = true;
    expr.each(&mut |expr, _| {
        is_constant &= match expr {
            Expr::Column { .. } | Expr::Subquery(_) | Expr::Now(_) => false,
            Expr::Call(call) => call.function.is_immutable,
            _ => true,
        }
    });
    is_constant
}

/// Whether one side of an operator is of the one table and the other of the other.
fn joins(condition: &Condition, left: &Registers, right: &Registers) -> bool {
    let Some((first, second)) = condition.operands() else { return false };
    let is_of = |operand: &Registers, side: &Registers| operand.is_within(side) && !operand.is_empty();
    !condition.is_volatile && (is_of(&first, left) && is_of(&second, right) || is_of(&first, right) && is_of(&second, left))
}

#[cfg(test)]
mod tests {
    use super::{HASHED, MERGED};

    #[test]
    fn the_lists_can_be_searched() {
        assert!(HASHED.is_sorted() && MERGED.is_sorted());
    }
}
