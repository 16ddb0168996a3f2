//! Which conditions the server applies exactly as PostgreSQL would, and their SQL.
//!
//! How one comparison is written stands in `dialect.rs`. Refused are the order of texts and of bytes, and constants that the server could
//! not take exactly: not-a-number and infinities, text with zero bytes, moments outside the years 1 to 9999.

use spi::Result;
use spi::predicate::{Comparison, Predicate};

use crate::dialect::{Sql, is_exact_comparison, quoted, write_comparison, write_in};
use crate::table::Table;

/// Conditions and values of one predicate. The server takes 2,100 parameters; a list of values that is longer than this is better
/// matched against the rows.
const TERMS_MAX: usize = 1_000;

/// Whether `write` can write it.
pub(crate) fn is_exact(predicate: &Predicate) -> bool {
    terms(predicate).is_some_and(|terms| terms <= TERMS_MAX)
}

/// The number of conditions and values; `None` where one of them is not exact.
fn terms(predicate: &Predicate) -> Option<usize> {
    match predicate {
        Predicate::Compare { comparison, value, .. } => is_exact_comparison(*comparison, value).then_some(1),
        Predicate::In { values, .. } => {
            let kind = values.first().map(std::mem::discriminant)?;
            let exact = values.iter().all(|value| std::mem::discriminant(value) == kind && is_exact_comparison(Comparison::Equal, value));
            exact.then_some(values.len())
        }
        Predicate::IsNull { .. } | Predicate::IsNotNull { .. } => Some(1),
        Predicate::And(parts) | Predicate::Or(parts) if parts.is_empty() => None,
        Predicate::And(parts) | Predicate::Or(parts) => parts.iter().try_fold(1, |sum, part| Some(sum + terms(part)?)),
    }
}

/// Appends a predicate for which [`is_exact`] said yes.
pub(crate) fn write(predicate: &Predicate, table: &Table, sql: &mut Sql) -> Result<()> {
    match predicate {
        Predicate::Compare { column, comparison, value } => {
            write_comparison(sql, &in_table(column), table.native(column)?, *comparison, value)?;
        }
        Predicate::In { column, values } => write_in(sql, &in_table(column), table.native(column)?, values)?,
        Predicate::IsNull { column } => sql.push(&format!("{} IS NULL", in_table(column))),
        Predicate::IsNotNull { column } => sql.push(&format!("{} IS NOT NULL", in_table(column))),
        Predicate::And(parts) => write_joined(parts, " AND ", table, sql)?,
        Predicate::Or(parts) => write_joined(parts, " OR ", table, sql)?,
    }
    Ok(())
}

fn write_joined(parts: &[Predicate], word: &str, table: &Table, sql: &mut Sql) -> Result<()> {
    for (place, part) in parts.iter().enumerate() {
        sql.push(if place == 0 { "(" } else { word });
        write(part, table, sql)?;
    }
    sql.push(")");
    Ok(())
}

/// A column of the table that is read, which every statement calls `t`: methods of a type need the name of a table before that of the
/// column.
pub(crate) fn in_table(column: &str) -> String {
    format!("t.{}", quoted(column))
}
