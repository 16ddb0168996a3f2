//! Which functions say that two values are equal in the sense of [`crate::value::compare::equal`].

use crate::function::Function;

/// `pg_proc.oid` of the functions of `=` of the B-tree operator classes whose both sides are represented alike and are the same exactly
/// if our values are. Not among them: `jsonb` (`1.0` is `1`), records, and what compares dates with timestamps. Source: PostgreSQL 16,
/// `pg_amop`.
const EQUALITIES: [u32; 46] = [
    60, 61, 62, 63, 65, 67, 68, 69, 158, 159, 184, 240, 247, 287, 293, 299, 305, 467, 474, 679, 744, 830, 852, 888, 920, 1048, 1086, 1145,
    1152, 1162, 1292, 1352, 1581, 1666, 1718, 1850, 1856, 1948, 2052, 2956, 3233, 3508, 3855, 4113, 4244, 5084,
];

/// Whether a function is such an equality. Its operator commutes, and is strict.
pub(crate) fn is_equality(function: &Function) -> bool {
    EQUALITIES.binary_search(&function.oid).is_ok()
}

#[cfg(test)]
mod tests {
    use super::EQUALITIES;

    #[test]
    fn the_list_can_be_searched() {
        assert!(EQUALITIES.is_sorted());
    }
}
