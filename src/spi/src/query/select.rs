//! A SELECT on its way: operators are added as long as it means the same, and then it becomes a table of the next.

use super::Dialect;

/// The parts of a SELECT. Columns and conditions are written in terms of its FROM.
#[derive(Clone, Default)]
pub(super) struct Select {
    pub(super) from: String,
    pub(super) columns: Vec<String>,
    pub(super) conditions: Vec<String>,
    /// Some where the rows are groups; empty for one group of all rows.
    pub(super) groups: Option<Vec<String>>,
    pub(super) having: Vec<String>,
    pub(super) order: Vec<String>,
    pub(super) limit: Option<String>,
    /// Whether there are window functions in its columns. They are computed after everything but ORDER BY and LIMIT.
    pub(super) windows: bool,
    /// The columns are those of tables, null where the row is absent: the SELECT may stand on the side of an outer join that
    /// can lack rows.
    pub(super) plain: bool,
}

impl Select {
    /// Whether rows and columns of its FROM can still be addressed.
    pub(super) fn is_open(&self) -> bool {
        self.groups.is_none() && self.limit.is_none() && !self.windows
    }

    /// The statement with its columns named `c0`, `c1`, ….
    pub(super) fn text(&self, dialect: &dyn Dialect) -> String {
        let named = |(place, column): (usize, &String)| format!("{column} AS {}", dialect.name(&column_name(place)));
        let columns: Vec<String> = self.columns.iter().enumerate().map(named).collect();
        // A row without columns is still a row.
        let columns = if columns.is_empty() { format!("1 AS {}", dialect.name(&column_name(0))) } else { columns.join(", ") };
        format!("SELECT {columns}{}", self.rest())
    }

    /// The test for whether it has a row.
    pub(super) fn exists(&self) -> String {
        format!("EXISTS (SELECT 1{})", self.rest())
    }

    fn rest(&self) -> String {
        let mut text = format!(" FROM {}", self.from);
        let clauses: [(&str, &[String], &str); 4] = [
            (" WHERE ", &self.conditions, " AND "),
            (" GROUP BY ", self.groups.as_deref().unwrap_or_default(), ", "),
            (" HAVING ", &self.having, " AND "),
            (" ORDER BY ", &self.order, ", "),
        ];
        for (word, parts, between) in clauses.into_iter().filter(|(_, parts, _)| !parts.is_empty()) {
            text += &format!("{word}{}", parts.join(between));
        }
        if let Some(limit) = &self.limit {
            text += &format!(" {limit}");
        }
        text
    }

    /// A SELECT of all columns of this one, as a table under an alias.
    pub(super) fn wrapped(mut self, dialect: &dyn Dialect, alias: &str) -> Select {
        if self.limit.is_none() {
            // It would be none of the table's rows, and some servers refuse it.
            self.order.clear();
        }
        let columns = (0..self.columns.len()).map(|place| format!("{alias}.{}", dialect.name(&column_name(place)))).collect();
        Select { from: format!("({}) AS {alias}", self.text(dialect)), columns, plain: true, ..Select::default() }
    }
}

pub(super) fn column_name(place: usize) -> String {
    format!("c{place}")
}
