//! Sequences of the harvest, which MariaDB has. Its lists of tables name them; what they count says each of them itself, as a table of
//! one row, so that one statement asks many of them. A login that may not read one of those sees none of them.

use std::collections::BTreeMap;

use spi::Result;
use spi::metadata::{Harvest, SequenceRow};
use sqlx::mysql::MySqlRow;

use super::{Known, number, text};
use crate::dialect::{literal, quoted};
use crate::types;

/// Sequences that one statement asks. The server opens as many tables for it; a source that has more of them is asked again, up to
/// [`STATEMENTS_MAX`] times.
const PER_STATEMENT: usize = 500;

/// Statements on sequences in a harvest. What is beyond is left out, which the log tells: nobody browses that many.
const STATEMENTS_MAX: usize = 2;

#[derive(Default)]
pub(super) struct Sequences {
    /// By schema and name.
    found: BTreeMap<(String, String), Sequence>,
}

#[derive(Default)]
struct Sequence {
    comment: Option<String>,
    native_type: String,
    /// `None` for a login that may not read it.
    numbers: Option<Numbers>,
}

struct Numbers {
    start: String,
    minimum: String,
    maximum: String,
    increment: String,
    cycle: bool,
}

impl Sequences {
    /// Takes a row of [`tables`](super::statements::Statements::tables), if it is a sequence's.
    pub(super) fn add(&mut self, row: &MySqlRow) -> bool {
        let (Some(schema), Some(name), Some("SEQUENCE")) = (text(row, 0), text(row, 1), text(row, 2)) else { return false };
        let comment = text(row, 9).filter(|comment| !comment.is_empty()).map(str::to_owned);
        self.found.insert((schema.to_owned(), name.to_owned()), Sequence { comment, ..Sequence::default() });
        true
    }

    /// Takes the type of its numbers from a row of [`columns`](super::statements::Statements::columns).
    pub(super) fn add_type(&mut self, row: &MySqlRow) {
        // Most servers have no sequences, but many columns.
        if self.found.is_empty() || text(row, 2) != Some("minimum_value") {
            return;
        }
        let (Some(schema), Some(table), Some(native_type)) = (text(row, 0), text(row, 1), text(row, 4)) else { return };
        if let Some(sequence) = self.found.get_mut(&(schema.to_owned(), table.to_owned())) {
            native_type.clone_into(&mut sequence.native_type);
        }
    }

    /// The statements that ask the sequences: schema, name, start, minimum, maximum, increment, cycle.
    pub(super) fn statements(&self) -> Vec<String> {
        let names: Vec<_> = self.found.keys().collect();
        let select = |(schema, name): &&(String, String)| {
            format!(
                "SELECT {}, {}, start_value, minimum_value, maximum_value, increment, cycle_option FROM {}.{}",
                literal(schema),
                literal(name),
                quoted(schema),
                quoted(name)
            )
        };
        let union = |names: &[_]| names.iter().map(select).collect::<Vec<_>>().join(" UNION ALL ");
        names.chunks(PER_STATEMENT).take(STATEMENTS_MAX).map(union).collect()
    }

    /// How many of them no statement asks.
    pub(super) fn left_out(&self) -> usize {
        self.found.len().saturating_sub(PER_STATEMENT * STATEMENTS_MAX)
    }

    pub(super) fn read(&mut self, row: &MySqlRow) -> Result<()> {
        let owned = |place| text(row, place).unwrap_or_default().to_owned();
        if let Some(sequence) = self.found.get_mut(&(owned(0), owned(1))) {
            let cycle = number(row, 6) == Some(1);
            sequence.numbers = Some(Numbers { start: owned(2), minimum: owned(3), maximum: owned(4), increment: owned(5), cycle });
        }
        Ok(())
    }

    pub(super) fn push(&self, known: &Known<'_>, harvest: &mut Harvest) {
        for ((schema, name), sequence) in self.found.iter().filter(|((schema, _), _)| known.has_schema(schema)) {
            let Some(numbers) = &sequence.numbers else { continue };
            harvest.sequence(SequenceRow {
                schema,
                name,
                owner: None,
                comment: sequence.comment.as_deref(),
                native_type: &sequence.native_type,
                pg_type: types::of_native(&sequence.native_type),
                start: &numbers.start,
                minimum: &numbers.minimum,
                maximum: &numbers.maximum,
                increment: &numbers.increment,
                cycle: numbers.cycle,
                owned_by: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_is_counted() {
        let of = |count: usize| {
            let found = (0..count).map(|number| (("s".to_owned(), format!("n{number}")), Sequence::default())).collect();
            Sequences { found }
        };
        for (count, left_out) in [(0, 0), (1_000, 0), (1_003, 3)] {
            let sequences = of(count);
            let asked: usize = sequences.statements().iter().map(|statement| statement.matches("start_value").count()).sum();
            assert_eq!((asked, sequences.left_out()), (count - left_out, left_out));
        }
    }
}
