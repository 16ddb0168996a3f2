//! Foreign keys and checks of the harvest, gathered from rows of [`constraints`](super::statements::Statements::constraints).

use std::collections::{BTreeMap, HashSet};

use spi::Result;
use spi::metadata::{ConstraintKind, ConstraintRow, Harvest, ReferentialAction};
use sqlx::mysql::MySqlRow;

use super::{Known, number, text};
use crate::endpoint::Server;

/// Schema, table and constraint.
type Name = (String, String, String);

#[derive(Default)]
pub(super) struct Constraints {
    keys: BTreeMap<Name, ForeignKey>,
    checks: Vec<Check>,
    /// Schema, table and column of MariaDB's JSON columns.
    json: HashSet<Name>,
    /// Whether the server writes defaults as expressions.
    pub(super) quotes_defaults: bool,
}

#[derive(Default)]
struct ForeignKey {
    columns: Vec<KeyColumn>,
    on_update: String,
    on_delete: String,
}

struct KeyColumn {
    ordinal: u64,
    name: String,
    referenced_schema: String,
    referenced_table: String,
    referenced_name: String,
}

struct Check {
    name: Name,
    expression: String,
    /// Whether it belongs to the column of its name.
    of_column: bool,
}

/// Since when MariaDB quotes constant defaults.
const QUOTES_SINCE: (u32, u32, u32) = (10, 2, 7);

impl Constraints {
    pub(super) fn new(server: &Server) -> Self {
        Self { quotes_defaults: server.mariadb && server.version >= QUOTES_SINCE, ..Self::default() }
    }

    pub(super) fn add(&mut self, row: &MySqlRow) -> Result<()> {
        let owned = |place| text(row, place).unwrap_or_default().to_owned();
        let name = (owned(1), owned(2), owned(3));
        match text(row, 0).unwrap_or_default() {
            "key" => self.keys.entry(name).or_default().columns.push(KeyColumn {
                ordinal: number(row, 4).unwrap_or_default(),
                name: owned(5),
                referenced_schema: owned(6),
                referenced_table: owned(7),
                referenced_name: owned(8),
            }),
            "rule" => {
                let key = self.keys.entry(name).or_default();
                (key.on_update, key.on_delete) = (owned(4), owned(5));
            }
            _ => {
                let expression = owned(4);
                // MariaDB makes this check for every column of type JSON, and names it as the column.
                if expression == format!("json_valid({})", crate::dialect::quoted(&name.2)) {
                    self.json.insert(name.clone());
                }
                self.checks.push(Check { name, expression, of_column: text(row, 5) == Some("Column") });
            }
        }
        Ok(())
    }

    /// Whether a column that is declared as text holds JSON.
    pub(super) fn is_json(&self, schema: &str, table: &str, column: &str) -> bool {
        !self.json.is_empty() && self.json.contains(&(schema.to_owned(), table.to_owned(), column.to_owned()))
    }

    pub(super) fn push(mut self, known: &Known<'_>, harvest: &mut Harvest) -> Result<()> {
        for ((schema, table, name), key) in &mut self.keys {
            key.columns.sort_by_key(|column| column.ordinal);
            // A login may see the rule of a key, but not its columns.
            let Some(first) = key.columns.first().filter(|_| known.has(schema, table)) else { continue };
            let columns: Vec<&str> = key.columns.iter().map(|column| column.name.as_str()).collect();
            let referenced_columns: Vec<&str> = key.columns.iter().map(|column| column.referenced_name.as_str()).collect();
            let kind = ConstraintKind::ForeignKey {
                referenced_schema: &first.referenced_schema,
                referenced_table: &first.referenced_table,
                referenced_columns: &referenced_columns,
                on_update: action(&key.on_update),
                on_delete: action(&key.on_delete),
            };
            harvest.constraint(ConstraintRow {
                schema,
                table,
                name,
                kind,
                columns: &columns,
                deferrable: false,
                initially_deferred: false,
                comment: None,
            })?;
        }
        for Check { name: (schema, table, name), expression, of_column } in &self.checks {
            if !known.has(schema, table) {
                continue;
            }
            let columns: &[&str] = if *of_column { &[name] } else { &[] };
            let kind = ConstraintKind::Check { expression };
            let (deferrable, initially_deferred) = (false, false);
            harvest.constraint(ConstraintRow { schema, table, name, kind, columns, deferrable, initially_deferred, comment: None })?;
        }
        Ok(())
    }
}

/// The server's words for what happens to referencing rows, which are the standard's.
fn action(words: &str) -> ReferentialAction {
    match words {
        "RESTRICT" => ReferentialAction::Restrict,
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull,
        "SET DEFAULT" => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}
