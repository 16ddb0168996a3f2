//! The operators `=` of `pg_catalog` by the types that they compare.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::catalog::oid;
use crate::relation::Relation;
use crate::statics::relation;
use crate::types::oid as type_oid;

/// The operator that compares values of two types, which are no domains: for types that have none, that of text.
pub(crate) fn operator(left: u32, right: u32) -> u32 {
    let likened = |of: u32| if of == type_oid::VARCHAR { type_oid::TEXT } else { of };
    let (left, right) = (likened(left), likened(right));
    let candidates = [(left, right), (left, left), (type_oid::TEXT, type_oid::TEXT)];
    candidates.iter().find_map(|types| OPERATORS.get(types).copied()).unwrap_or_default()
}

static OPERATORS: LazyLock<HashMap<(u32, u32), u32>> = LazyLock::new(|| operators().unwrap_or_default());

fn operators() -> Option<HashMap<(u32, u32), u32>> {
    let operators = relation(oid::PG_OPERATOR)?;
    let place = |name| operators.column(name);
    let (operator, name, left, right) = (place("oid")?, place("oprname")?, place("oprleft")?, place("oprright")?);
    let equal = (0..operators.count()).filter(|row| operators.value(*row, name).as_str() == Some("="));
    let entry = |row| {
        let number = |column| operators.value(row, column).as_oid();
        Some(((number(left)?, number(right)?), number(operator)?))
    };
    Some(equal.filter_map(entry).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_compared_by_the_operators_that_postgresql_takes() {
        let (int4, int8) = (type_oid::INT4, type_oid::INT8);
        assert_eq!([operator(int8, int8), operator(int4, int4), operator(int8, int4)], [410, 96, 416]);
        assert_eq!(operator(type_oid::VARCHAR, type_oid::TEXT), 98);
    }
}
