//! The gateway's own relations: one file each, named as the relation.
//!
//! A new relation is its file, its `mod` line and its entry in [`ALL`]; documentation and `information_schema` follow from it.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;

use crate::plan_context::PlanContext;
use crate::row::{self, Column};

mod admin;
mod information_schema;
mod metadata;
mod row_table;
mod snapshot_table;

/// A relation of the gateway. In database `metagate` it shows everything that the role may see, in a source's database only that source.
pub(crate) trait Table: Sync {
    fn schema(&self) -> &'static str;
    fn name(&self) -> &'static str;
    /// What one row is, for operators.
    fn summary(&self) -> String;
    fn columns(&self) -> Vec<Column>;
    /// Whether it exists in the databases of data sources as well as in `metagate`.
    fn in_every_database(&self) -> bool {
        self.schema() == "information_schema"
    }
    /// The relation as one statement sees it.
    fn provider(&'static self, ctx: &Arc<PlanContext>) -> Arc<dyn TableProvider>;
}

/// Every relation, by schema and name.
pub(crate) const ALL: &[&[&dyn Table]] = &[information_schema::ALL, admin::ALL, metadata::ALL];

/// All relations.
pub(crate) fn all() -> impl Iterator<Item = &'static dyn Table> {
    ALL.iter().flat_map(|tables| tables.iter().copied())
}

/// The relation of a name.
pub(crate) fn find(schema: &str, name: &str) -> Option<&'static dyn Table> {
    all().find(|table| table.schema() == schema && table.name() == name)
}

/// The relation's columns as Arrow has them.
pub(crate) fn arrow_schema(table: &dyn Table) -> SchemaRef {
    row::arrow_schema(&table.columns())
}
