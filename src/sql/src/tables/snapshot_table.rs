//! Relations that are views over metadata snapshots: `information_schema` and much of `metadata`.
//!
//! Such a relation says which kind of object one of its rows is (its [`Grain`]), which of its columns are names that the snapshot
//! is ordered by (its [`Key`]s), and how each column is gathered from the columnar snapshot. Scanning it walks the schemas
//! that the statement can mean, finds the objects by their names, and gathers only the columns that are asked for.

mod exec;
mod filter;
mod grain;
mod lookup;
mod open_scan;
mod order;
mod provider;
mod rows;
#[cfg(test)]
mod tests;
mod views;

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use spi::types::{PgType, oid};

pub(crate) use grain::Grain;
pub(crate) use open_scan::{is_scan, with_values};
pub(crate) use rows::Rows;

use crate::plan_context::PlanContext;
use crate::tables::{Extent, Table, TableColumn};

/// A relation over metadata snapshots.
pub(crate) struct SnapshotTable {
    pub schema: &'static str,
    pub name: &'static str,
    pub summary: &'static str,
    /// What one row is.
    pub grain: Grain,
    pub columns: &'static [SnapshotColumn],
}

/// A column of such a relation.
pub(crate) struct SnapshotColumn {
    pub name: &'static str,
    pub kind: Kind,
    /// What the column says, for operators.
    pub description: &'static str,
    /// The name that the snapshot is ordered by, where this column is one.
    pub key: Option<Key>,
    /// Makes the values of some rows.
    pub gather: fn(&Rows<'_>) -> ArrayRef,
}

/// A name by which a snapshot finds objects. A condition on one alone is decided before rows are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Catalog,
    Schema,
    Table,
    Column,
}

/// The types of columns. The first four are `information_schema`'s domains, which travel as the types below them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `sql_identifier`, a name.
    Identifier,
    /// `character_data`.
    Characters,
    /// `yes_or_no`.
    YesOrNo,
    /// `cardinal_number`.
    Cardinal,
    Text,
    BigInt,
    Double,
    Boolean,
    Jsonb,
    TimestampTz,
}

impl Kind {
    pub(crate) fn pg_type(self) -> PgType {
        match self {
            Kind::Identifier => PgType::new(oid::NAME),
            Kind::Characters => PgType::new(oid::VARCHAR),
            Kind::YesOrNo => PgType::varchar(3),
            Kind::Cardinal => PgType::new(oid::INT4),
            Kind::Text => PgType::new(oid::TEXT),
            Kind::BigInt => PgType::new(oid::INT8),
            Kind::Double => PgType::new(oid::FLOAT8),
            Kind::Boolean => PgType::new(oid::BOOL),
            Kind::Jsonb => PgType::new(oid::JSONB),
            Kind::TimestampTz => PgType::new(oid::TIMESTAMPTZ),
        }
    }

    pub(crate) fn arrow(self) -> DataType {
        match self {
            Kind::Identifier | Kind::Characters | Kind::YesOrNo | Kind::Text | Kind::Jsonb => DataType::Utf8View,
            Kind::Cardinal => DataType::Int32,
            Kind::BigInt => DataType::Int64,
            Kind::Double => DataType::Float64,
            Kind::Boolean => DataType::Boolean,
            Kind::TimestampTz => spi::types::to_arrow(PgType::new(oid::TIMESTAMPTZ)),
        }
    }
}

impl SnapshotColumn {
    /// A column with values that are gathered.
    pub(crate) const fn new(name: &'static str, kind: Kind, description: &'static str, gather: fn(&Rows<'_>) -> ArrayRef) -> Self {
        Self { name, kind, description, key: None, gather }
    }

    /// A column that is one of the names by which objects are found.
    pub(crate) const fn key(name: &'static str, key: Key, description: &'static str, gather: fn(&Rows<'_>) -> ArrayRef) -> Self {
        Self { name, kind: Kind::Identifier, description, key: Some(key), gather }
    }

    /// When the data source was last seen to be as the row says.
    pub(crate) const OBSERVED_AT: SnapshotColumn =
        Self::new("observed_at", Kind::TimestampTz, "When the source was last seen to be like this.", |rows| rows.observed_at());

    /// A column of the standard for something that data sources do not tell: always null.
    pub(crate) const fn unknown(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, description: "Not known of any data source; always null.", key: None, gather: gather_null(kind) }
    }

    /// A column of the standard for something that no data source has: always null.
    pub(crate) const fn absent(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, description: "Applies to a feature that no data source has; always null.", key: None, gather: gather_null(kind) }
    }
}

const fn gather_null(kind: Kind) -> fn(&Rows<'_>) -> ArrayRef {
    match kind {
        Kind::Cardinal => |rows| rows.null_cardinal(),
        Kind::TimestampTz => |rows| rows.null_timestamp(),
        _ => |rows| rows.null_text(),
    }
}

impl Table for SnapshotTable {
    fn schema(&self) -> &'static str {
        self.schema
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn summary(&self) -> String {
        self.summary.to_owned()
    }

    fn make_columns(&self) -> Vec<TableColumn> {
        let column = |column: &SnapshotColumn| TableColumn {
            name: column.name.to_owned(),
            pg_type: column.kind.pg_type(),
            arrow: column.kind.arrow(),
            description: column.description.to_owned(),
        };
        self.columns.iter().map(column).collect()
    }

    #[cfg(test)]
    fn snapshot_table(&'static self) -> Option<&'static SnapshotTable> {
        Some(self)
    }

    fn provider(&'static self, ctx: &Arc<PlanContext>) -> Arc<dyn TableProvider> {
        Arc::new(provider::SnapshotProvider::new(self, Extent::new(ctx).databases()))
    }
}
