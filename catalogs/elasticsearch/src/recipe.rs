//! What a harvest writes down of a table for whoever reads it: the columns as they were then, and what an operator says of the table.
//!
//! A read asks for the mapping anew, because what it may ask the server to compare depends on that. What the mapping does not tell comes
//! from here: which columns are arrays, and which of them somebody has defined. EXPLAIN asks nobody, and takes the columns as they were.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use spi::documents::{ColumnDefinition, TableDefinition};
use spi::{Error, Result};

use crate::catalog::{Column, Origin, TableKind};
use crate::definition;

/// How a table is read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Recipe {
    pub(crate) columns: Vec<Column>,
    /// Whether it is an alias, which may mean more than is shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) alias: bool,
    /// The columns that somebody has defined, and the query whose documents are rows; without it all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) definition: Option<TableDefinition>,
}

impl Recipe {
    pub(crate) fn new(columns: &[Column], kind: TableKind, definition: Option<&TableDefinition>) -> Self {
        let kept = |column: &ColumnDefinition| ColumnDefinition { comment: None, ..column.clone() };
        let definition = definition.map(|definition| TableDefinition {
            columns: definition.columns.iter().map(kept).collect(),
            only_these_columns: definition.only_these_columns,
            filter: definition.filter.clone(),
            ..TableDefinition::default()
        });
        let mut columns = columns.to_vec();
        for column in &mut columns {
            if let Origin::Field(field) = &mut column.origin {
                field.comment = None;
            }
        }
        Self { columns, alias: kind == TableKind::Alias, definition }
    }

    pub(crate) fn write(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::internal("the recipe of a table could not be written").cause(error))
    }

    /// What was written down; nothing without a recipe.
    pub(crate) fn read(recipe: Option<&str>) -> Result<Self> {
        let read =
            |recipe| serde_json::from_str(recipe).map_err(|error| Error::internal("the recipe of a table could not be read").cause(error));
        recipe.map_or(Ok(Self::default()), read)
    }

    /// The columns that a fresh mapping tells, with what it does not.
    pub(crate) fn columns_of(&self, mut mapped: Vec<Column>) -> Result<Vec<Column>> {
        let path = |column: &Column| column.field().map(|field| field.path.clone());
        let listed: HashSet<String> = self.columns.iter().filter(|column| column.listed).filter_map(path).collect();
        for column in &mut mapped {
            column.listed |= column.field().is_some_and(|field| field.kind.may_be_listed() && listed.contains(&field.path));
        }
        definition::columns(self.definition.as_ref(), mapped)
    }
}
