//! One table of the harvest: what SQLite's pragmas say, completed by its `CREATE` statement.

use std::collections::HashSet;

use spi::Result;
use spi::metadata::{
    ColumnRow, ConstraintKind, ConstraintRow, Generated, Harvest, IndexRow, ReferentialAction, TableKind, TableOptionRow, TableRow, ViewRow,
};
use spi::types::to_arrow;

use super::statements::{Column, ForeignKeyColumn, IndexColumn, Table};
use crate::definition::{self, TableDefinition};
use crate::types;

/// How SQLite keeps every index.
const INDEX_METHOD: &str = "btree";

/// A table and all that was found of it.
pub(crate) struct TableParts<'a> {
    pub(crate) schema: &'a str,
    pub(crate) table: &'a Table,
    pub(crate) columns: &'a [Column],
    pub(crate) foreign_key_columns: &'a [ForeignKeyColumn],
    pub(crate) index_columns: &'a [IndexColumn],
}

impl TableParts<'_> {
    pub(crate) fn push(&self, harvest: &mut Harvest) -> Result<()> {
        let (schema, name, sql) = (self.schema, self.table.name.as_str(), self.table.sql.as_str());
        let kind = if self.table.kind == "view" { TableKind::View } else { TableKind::Table };
        harvest.table(TableRow { schema, name, kind, owner: None, comment: None, row_estimate: None, size_bytes: None })?;
        match self.table.kind.as_str() {
            "view" => {
                self.push_columns(&TableDefinition::default(), harvest)?;
                harvest.view(ViewRow { schema, name, definition: &definition::view(sql), query: None, updatable: false })
            }
            "virtual" => {
                self.push_columns(&TableDefinition::default(), harvest)?;
                harvest.table_option(TableOptionRow { schema, table: name, name: "using", value: &definition::virtual_table(sql) })
            }
            _ => {
                let definition = definition::table(sql);
                self.push_columns(&definition, harvest)?;
                self.push_options(harvest)?;
                self.push_constraints(&definition, harvest)?;
                self.push_indexes(harvest)
            }
        }
    }

    fn push_columns(&self, definition: &TableDefinition, harvest: &mut Harvest) -> Result<()> {
        for column in self.columns {
            let pg_type = types::declared(&column.declared_type);
            let expression = definition.generated.iter().find(|(name, _)| *name == column.name).map(|(_, expression)| expression.as_str());
            harvest.column(ColumnRow {
                schema: self.schema,
                table: &self.table.name,
                name: &column.name,
                ordinal: column.place as i32 + 1,
                data_type: &to_arrow(pg_type),
                pg_type,
                native_type: &column.declared_type,
                nullable: !column.not_null && !self.is_rowid(column),
                default: column.default.as_deref().or(expression),
                generated: match column.hidden {
                    2 => Some(Generated::Virtual),
                    3 => Some(Generated::Stored),
                    _ => None,
                },
                // The text of the table has it, the lists of columns do not.
                collation: None,
                comment: None,
            })?;
        }
        Ok(())
    }

    /// Whether the column is another name of the row's number, which is never null. Other columns of a primary key may be null
    /// in SQLite; such a key is the only one that needs no index.
    fn is_rowid(&self, column: &Column) -> bool {
        column.primary_key_place > 0 && !self.table.without_rowid && !self.index_columns.iter().any(|index| index.origin == "pk")
    }

    fn push_options(&self, harvest: &mut Harvest) -> Result<()> {
        for (name, set) in [("strict", self.table.strict), ("without_rowid", self.table.without_rowid)] {
            if set {
                harvest.table_option(TableOptionRow { schema: self.schema, table: &self.table.name, name, value: "true" })?;
            }
        }
        Ok(())
    }

    fn push_constraints(&self, definition: &TableDefinition, harvest: &mut Harvest) -> Result<()> {
        let mut names = ConstraintNames { table: &self.table.name, taken: HashSet::new() };
        let mut primary_key: Vec<&Column> = self.columns.iter().filter(|column| column.primary_key_place > 0).collect();
        primary_key.sort_by_key(|column| column.primary_key_place);
        let primary_key: Vec<&str> = primary_key.iter().map(|column| column.name.as_str()).collect();
        if !primary_key.is_empty() {
            let name = names.name(definition.primary_key.as_deref(), &[], "pkey");
            harvest.constraint(self.constraint(&name, ConstraintKind::PrimaryKey, &primary_key))?;
        }
        for index in self.indexes().filter(|index| index[0].origin == "u") {
            let columns: Vec<&str> = index.iter().filter_map(|column| column.name.as_deref()).collect();
            let same =
                |given: &[String]| given.len() == columns.len() && given.iter().zip(&columns).all(|(a, b)| a.eq_ignore_ascii_case(b));
            let given = definition.uniques.iter().find(|unique| same(&unique.columns)).map(|unique| unique.name.as_str());
            let name = names.name(given, &columns, "key");
            harvest.constraint(self.constraint(&name, ConstraintKind::Unique, &columns))?;
        }
        for key in self.foreign_key_columns.chunk_by(|one, next| one.key == next.key) {
            // Without referenced columns it is a key that SQLite itself refuses to enforce.
            let Some(referenced) = key.iter().map(|column| column.referenced_column.as_deref()).collect::<Option<Vec<_>>>() else {
                continue;
            };
            let words = definition.foreign_keys.iter().rev().nth(key[0].key as usize);
            let columns: Vec<&str> = key.iter().map(|column| column.name.as_str()).collect();
            let kind = ConstraintKind::ForeignKey {
                referenced_schema: self.schema,
                referenced_table: &key[0].referenced_table,
                referenced_columns: &referenced,
                on_update: action(&key[0].on_update),
                on_delete: action(&key[0].on_delete),
            };
            let name = names.name(words.and_then(|words| words.name.as_deref()), &columns, "fkey");
            let deferrable = words.is_some_and(|words| words.deferrable);
            let initially_deferred = words.is_some_and(|words| words.initially_deferred);
            harvest.constraint(ConstraintRow { deferrable, initially_deferred, ..self.constraint(&name, kind, &columns) })?;
        }
        for check in &definition.checks {
            let columns: Vec<&str> = check.column.as_deref().into_iter().collect();
            let name = names.name(check.name.as_deref(), &columns, "check");
            harvest.constraint(self.constraint(&name, ConstraintKind::Check { expression: &check.expression }, &columns))?;
        }
        Ok(())
    }

    /// A constraint that is checked at once, as all but some foreign keys are.
    fn constraint<'r>(&'r self, name: &'r str, kind: ConstraintKind<'r>, columns: &'r [&'r str]) -> ConstraintRow<'r> {
        let (schema, table) = (self.schema, self.table.name.as_str());
        ConstraintRow { schema, table, name, kind, columns, deferrable: false, initially_deferred: false, comment: None }
    }

    fn push_indexes(&self, harvest: &mut Harvest) -> Result<()> {
        for index in self.indexes() {
            let sql = index[0].sql.as_deref();
            let definition = sql.map(definition::index).unwrap_or_default();
            let text = |place: usize| definition.items.get(place).map_or("", String::as_str);
            let columns = index.iter().enumerate().map(|(place, column)| column.name.as_deref().unwrap_or_else(|| text(place)));
            harvest.index(IndexRow {
                schema: self.schema,
                table: &self.table.name,
                name: &index[0].index,
                unique: index[0].unique,
                primary: index[0].origin == "pk",
                method: INDEX_METHOD,
                columns: &columns.collect::<Vec<_>>(),
                predicate: definition.predicate.as_deref(),
                definition: sql,
                comment: None,
            })?;
        }
        Ok(())
    }

    /// The columns of each index.
    fn indexes(&self) -> impl Iterator<Item = &[IndexColumn]> {
        self.index_columns.chunk_by(|one, next| one.index == next.index)
    }
}

/// SQLite's words for what happens to referencing rows.
fn action(words: &str) -> ReferentialAction {
    match words {
        "RESTRICT" => ReferentialAction::Restrict,
        "CASCADE" => ReferentialAction::Cascade,
        "SET NULL" => ReferentialAction::SetNull,
        "SET DEFAULT" => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}

/// Names for the constraints of a table: their own, or those that PostgreSQL would give.
struct ConstraintNames<'a> {
    table: &'a str,
    taken: HashSet<String>,
}

impl ConstraintNames<'_> {
    fn name(&mut self, given: Option<&str>, columns: &[&str], suffix: &str) -> String {
        let made = || std::iter::once(self.table).chain(columns.iter().copied()).chain([suffix]).collect::<Vec<_>>().join("_");
        let base = given.map_or_else(made, str::to_owned);
        let numbered = (1..).map(|number| format!("{base}{number}"));
        let name = std::iter::once(base.clone()).chain(numbered).find(|name| !self.taken.contains(name)).unwrap_or(base.clone());
        self.taken.insert(name.clone());
        name
    }
}
