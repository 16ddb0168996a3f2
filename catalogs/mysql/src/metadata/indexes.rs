//! Indexes of the harvest, and the primary keys and unique constraints that they are, gathered from rows of
//! [`indexes`](super::statements::Statements::indexes).

use std::collections::BTreeMap;

use spi::Result;
use spi::metadata::{ConstraintKind, ConstraintRow, Harvest, IndexRow};
use sqlx::mysql::MySqlRow;

use super::{Known, number, text};

/// What the server calls every primary key.
const PRIMARY: &str = "PRIMARY";

#[derive(Default)]
pub(super) struct Indexes {
    /// By schema, table and name.
    indexes: BTreeMap<(String, String, String), Index>,
}

#[derive(Default)]
struct Index {
    unique: bool,
    method: String,
    comment: Option<String>,
    /// By their places. The server numbers them, but sends them in any order.
    parts: BTreeMap<u64, Part>,
}

struct Part {
    /// `None` for an expression.
    column: Option<String>,
    /// The column, its beginning of so many characters, or the expression.
    text: String,
}

impl Indexes {
    pub(super) fn add(&mut self, row: &MySqlRow) -> Result<()> {
        let owned = |place| text(row, place).unwrap_or_default().to_owned();
        let index = self.indexes.entry((owned(0), owned(1), owned(2))).or_default();
        index.unique = number(row, 3) == Some(0);
        index.method = owned(7).to_ascii_lowercase();
        index.comment = text(row, 9).filter(|comment| !comment.is_empty()).map(str::to_owned);
        let column = text(row, 5).map(str::to_owned);
        let text = match (&column, number(row, 6)) {
            (Some(column), Some(length)) => format!("{column}({length})"),
            (Some(column), None) => column.clone(),
            (None, _) => owned(8),
        };
        index.parts.insert(number(row, 4).unwrap_or_default(), Part { column, text });
        Ok(())
    }

    pub(super) fn push(&self, known: &Known<'_>, harvest: &mut Harvest) -> Result<()> {
        for ((schema, table, name), index) in self.indexes.iter().filter(|((schema, table, _), _)| known.has(schema, table)) {
            let (primary, unique) = (name == PRIMARY, index.unique);
            let texts: Vec<&str> = index.parts.values().map(|part| part.text.as_str()).collect();
            let comment = index.comment.as_deref();
            harvest.index(IndexRow {
                schema,
                table,
                name,
                unique,
                primary,
                method: &index.method,
                columns: &texts,
                predicate: None,
                definition: None,
                comment,
            })?;
            // A constraint has columns only. An index of their beginnings is stricter than the constraint, never laxer.
            let columns: Option<Vec<&str>> = index.parts.values().map(|part| part.column.as_deref()).collect();
            if let Some(columns) = columns.filter(|_| unique) {
                let kind = if primary { ConstraintKind::PrimaryKey } else { ConstraintKind::Unique };
                let (columns, deferrable, initially_deferred) = (&columns[..], false, false);
                harvest.constraint(ConstraintRow { schema, table, name, kind, columns, deferrable, initially_deferred, comment })?;
            }
        }
        Ok(())
    }
}
