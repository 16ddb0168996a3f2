//! The gateway's own relations: one file each, named as the relation.
//!
//! A new relation is its file, its `mod` line and its entry in the slice of its schema; its documentation, its place in
//! `information_schema` and its OID follow from it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;

use crate::own_database::FIRST_RELATION_OID;
use crate::plan_context::PlanContext;
use crate::row;

mod admin;
mod cluster;
mod extent;
mod information_schema;
mod metadata;
mod row_table;
pub(crate) mod snapshot_table;

use extent::Extent;

pub(crate) use crate::row::Column as TableColumn;

/// A relation of the gateway.
pub(crate) trait Table: Sync + 'static {
    fn schema(&self) -> &'static str;
    fn name(&self) -> &'static str;
    /// What one row is, for operators.
    fn summary(&self) -> String;
    /// Makes the columns. Everybody but [`Definition`] asks [`Table::columns`].
    fn make_columns(&self) -> Vec<TableColumn>;
    /// The relation as one statement sees it, as the database of the context has it.
    fn provider(&'static self, ctx: &Arc<PlanContext>) -> Arc<dyn TableProvider>;

    /// Whether the databases of data sources have it as well as `metagate`.
    fn in_every_database(&self) -> bool {
        self.schema() == "information_schema"
    }

    /// The relation as one over snapshots, if it is.
    #[cfg(test)]
    fn snapshot_table(&'static self) -> Option<&'static snapshot_table::SnapshotTable> {
        None
    }

    fn columns(&self) -> &'static [TableColumn] {
        &definition(self).columns
    }

    fn arrow_schema(&self) -> SchemaRef {
        Arc::clone(&definition(self).arrow)
    }

    fn oid(&self) -> u32 {
        definition(self).oid
    }
}

/// Every relation, by schema and name.
const ALL: [&[&dyn Table]; 4] = [admin::ALL, cluster::ALL, information_schema::ALL, metadata::ALL];

/// The schemas of the gateway's own database, and what each is for.
pub(crate) const SCHEMAS: [(&str, &str); 4] = [
    ("admin", "The administration of the gateway: data sources, roles, settings and the audit log."),
    ("cluster", "The change log that all nodes of the gateway follow."),
    ("information_schema", "The metadata of all data sources, as the SQL standard and PostgreSQL lay it out."),
    ("metadata", "The metadata snapshots of the data sources: what there is, how fresh it is, and how tables are partitioned."),
];

/// All relations, by schema and name.
pub(crate) fn all() -> impl Iterator<Item = &'static dyn Table> {
    ALL.iter().flat_map(|tables| tables.iter().copied())
}

/// The relation of a name.
pub(crate) fn find(schema: &str, name: &str) -> Option<&'static dyn Table> {
    all().find(|table| table.schema() == schema && table.name() == name)
}

/// What never changes about a relation, made once.
struct Definition {
    oid: u32,
    columns: Vec<TableColumn>,
    arrow: SchemaRef,
}

fn definition(table: &(impl Table + ?Sized)) -> &'static Definition {
    static DEFINITIONS: LazyLock<HashMap<(&str, &str), Definition>> = LazyLock::new(|| {
        let define = |(oid, table): (u32, &'static dyn Table)| {
            let columns = table.make_columns();
            let arrow = row::arrow_schema(&columns);
            ((table.schema(), table.name()), Definition { oid, columns, arrow })
        };
        (FIRST_RELATION_OID..).zip(all()).map(define).collect()
    });
    // Every table that there is stands in one of the slices of `ALL`: a test compares them with the folders.
    DEFINITIONS.get(&(table.schema(), table.name())).expect("a table of the list")
}

#[cfg(test)]
mod tests;
