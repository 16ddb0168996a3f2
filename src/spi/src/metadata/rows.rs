//! What a connector says about a source: one plain row per object.

use arrow::datatypes::DataType;

use crate::types::PgType;

/// A namespace of tables.
#[derive(Clone, Copy, Debug, Default)]
pub struct SchemaRow<'a> {
    pub name: &'a str,
    pub owner: Option<&'a str>,
    pub comment: Option<&'a str>,
}

/// A table, view or anything else that has rows.
#[derive(Clone, Copy, Debug)]
pub struct TableRow<'a> {
    pub schema: &'a str,
    pub name: &'a str,
    pub kind: TableKind,
    pub owner: Option<&'a str>,
    pub comment: Option<&'a str>,
    /// Estimated number of rows.
    pub row_estimate: Option<i64>,
    /// Size in the source, in bytes.
    pub size_bytes: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    Table,
    PartitionedTable,
    View,
    MaterializedView,
}

/// The text of a view. Its name and columns are given as those of a table.
#[derive(Clone, Copy, Debug)]
pub struct ViewRow<'a> {
    pub schema: &'a str,
    pub name: &'a str,
    /// The query, in the source's own dialect.
    pub definition: &'a str,
    /// The query in PostgreSQL's SQL, which says all names of tables as `"schema"."table"`, where the gateway is to run it: reading the
    /// view reads what it names. `None` where the source runs it, or nobody does.
    pub query: Option<&'a str>,
    pub updatable: bool,
}

/// A column. The columns of a table are pushed in any order; `ordinal` says their place.
#[derive(Clone, Copy, Debug)]
pub struct ColumnRow<'a> {
    pub schema: &'a str,
    pub table: &'a str,
    pub name: &'a str,
    /// Place in the table, from 1. Places may be missing, as after a dropped column.
    pub ordinal: i32,
    /// The type in which `read` gives the values.
    pub data_type: &'a DataType,
    /// The type that clients see.
    pub pg_type: PgType,
    /// The type as the source itself writes it.
    pub native_type: &'a str,
    pub nullable: bool,
    /// The default as an expression in the source's own dialect; for a generated column, its expression.
    pub default: Option<&'a str>,
    pub generated: Option<Generated>,
    /// The collation by which the column's text is compared, as the source names it; `None` where it is the type's or database's own.
    pub collation: Option<&'a str>,
    pub comment: Option<&'a str>,
}

/// Who gives a column its values, where the statement that inserts does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generated {
    /// An expression, stored.
    Stored,
    /// An expression, computed when read.
    Virtual,
    /// A sequence, always.
    IdentityAlways,
    /// A sequence, unless the statement says a value.
    IdentityByDefault,
}

/// A constraint with its columns.
#[derive(Clone, Copy, Debug)]
pub struct ConstraintRow<'a> {
    pub schema: &'a str,
    pub table: &'a str,
    pub name: &'a str,
    pub kind: ConstraintKind<'a>,
    pub columns: &'a [&'a str],
    pub deferrable: bool,
    pub initially_deferred: bool,
    pub comment: Option<&'a str>,
}

#[derive(Clone, Copy, Debug)]
pub enum ConstraintKind<'a> {
    PrimaryKey,
    Unique,
    /// `referenced_columns` stand in the order of the constraint's own columns.
    ForeignKey {
        referenced_schema: &'a str,
        referenced_table: &'a str,
        referenced_columns: &'a [&'a str],
        on_update: ReferentialAction,
        on_delete: ReferentialAction,
    },
    /// The condition, in the source's own dialect.
    Check {
        expression: &'a str,
    },
    /// No two rows may be alike in the way that the definition says, in the source's own dialect.
    Exclusion {
        definition: &'a str,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferentialAction {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

/// An index.
#[derive(Clone, Copy, Debug)]
pub struct IndexRow<'a> {
    pub schema: &'a str,
    pub table: &'a str,
    pub name: &'a str,
    pub unique: bool,
    pub primary: bool,
    /// For example `btree`.
    pub method: &'a str,
    /// Column names, or expressions in the source's own dialect.
    pub columns: &'a [&'a str],
    /// The condition of a partial index.
    pub predicate: Option<&'a str>,
    /// The statement that made it, where the source keeps it.
    pub definition: Option<&'a str>,
    pub comment: Option<&'a str>,
}

/// What a table does by itself when its rows change.
#[derive(Clone, Copy, Debug)]
pub struct TriggerRow<'a> {
    pub schema: &'a str,
    pub table: &'a str,
    pub name: &'a str,
    pub timing: TriggerTiming,
    /// `INSERT`, `UPDATE`, `DELETE` or `TRUNCATE`.
    pub events: &'a [&'a str],
    /// The columns whose change alone is an update; empty where any is.
    pub columns: &'a [&'a str],
    /// Once for every row, else once for a statement.
    pub for_each_row: bool,
    /// The condition under which it acts, in the source's own dialect.
    pub condition: Option<&'a str>,
    /// What it does, in the source's own dialect.
    pub action: &'a str,
    pub enabled: bool,
    pub comment: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerTiming {
    Before,
    After,
    InsteadOf,
}

/// A generator of numbers. Numbers are given as text: some sources have wider ones than 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct SequenceRow<'a> {
    pub schema: &'a str,
    pub name: &'a str,
    pub owner: Option<&'a str>,
    pub comment: Option<&'a str>,
    /// The type of its numbers as the source writes it.
    pub native_type: &'a str,
    pub pg_type: PgType,
    pub start: &'a str,
    pub minimum: &'a str,
    pub maximum: &'a str,
    pub increment: &'a str,
    /// Starts again after its last number.
    pub cycle: bool,
    /// The table of the same schema with whose column it lives and dies, and the column.
    pub owned_by: Option<(&'a str, &'a str)>,
}

/// A function or procedure.
#[derive(Clone, Copy, Debug)]
pub struct RoutineRow<'a> {
    pub schema: &'a str,
    pub name: &'a str,
    /// Tells overloaded routines apart, for example `add(integer, integer)`.
    pub specific_name: &'a str,
    pub kind: RoutineKind,
    pub language: &'a str,
    /// `None` for a procedure.
    pub return_type: Option<&'a str>,
    pub definition: Option<&'a str>,
    pub comment: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoutineKind {
    Function,
    Procedure,
}

/// A parameter of a routine.
#[derive(Clone, Copy, Debug)]
pub struct ParameterRow<'a> {
    pub schema: &'a str,
    pub specific_name: &'a str,
    /// From 1.
    pub ordinal: i32,
    /// `IN`, `OUT` or `INOUT`.
    pub mode: &'a str,
    pub name: Option<&'a str>,
    pub native_type: &'a str,
    pub pg_type: PgType,
    pub default: Option<&'a str>,
}

/// A type that the source's users made.
#[derive(Clone, Copy, Debug)]
pub struct TypeRow<'a> {
    pub schema: &'a str,
    pub name: &'a str,
    pub kind: TypeKind,
    /// Labels of an enumeration; `name type` of each field of a composite; the base type of a domain.
    pub members: &'a [&'a str],
    pub comment: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeKind {
    Enum,
    Domain,
    Composite,
}

/// A partition of a table.
#[derive(Clone, Copy, Debug)]
pub struct PartitionRow<'a> {
    pub schema: &'a str,
    pub table: &'a str,
    /// As the source calls it, for example `country=DE`.
    pub name: &'a str,
    /// `range`, `list`, `hash` or `key`.
    pub method: &'a str,
    /// The expression or columns by which the table is partitioned.
    pub expression: &'a str,
    /// The bounds or values of this partition, as the source writes them.
    pub description: &'a str,
    pub location: Option<&'a str>,
    pub row_estimate: Option<i64>,
    pub size_bytes: Option<i64>,
}

/// A parameter of a table, for example its format.
#[derive(Clone, Copy, Debug)]
pub struct TableOptionRow<'a> {
    pub schema: &'a str,
    pub table: &'a str,
    pub name: &'a str,
    pub value: &'a str,
}

impl TableKind {
    /// The word under which snapshots keep it.
    pub fn name(self) -> &'static str {
        match self {
            TableKind::Table => "table",
            TableKind::PartitionedTable => "partitioned table",
            TableKind::View => "view",
            TableKind::MaterializedView => "materialized view",
        }
    }
}

impl Generated {
    /// The word under which snapshots keep it.
    pub fn name(self) -> &'static str {
        match self {
            Generated::Stored => "stored",
            Generated::Virtual => "virtual",
            Generated::IdentityAlways => "identity always",
            Generated::IdentityByDefault => "identity by default",
        }
    }
}

impl ConstraintKind<'_> {
    /// The word under which snapshots keep it, which is also the standard's or, for what that does not have, PostgreSQL's.
    pub fn name(self) -> &'static str {
        match self {
            ConstraintKind::PrimaryKey => "PRIMARY KEY",
            ConstraintKind::Unique => "UNIQUE",
            ConstraintKind::ForeignKey { .. } => "FOREIGN KEY",
            ConstraintKind::Check { .. } => "CHECK",
            ConstraintKind::Exclusion { .. } => "EXCLUDE",
        }
    }
}

impl ReferentialAction {
    /// The standard's word for it.
    pub fn name(self) -> &'static str {
        match self {
            ReferentialAction::NoAction => "NO ACTION",
            ReferentialAction::Restrict => "RESTRICT",
            ReferentialAction::Cascade => "CASCADE",
            ReferentialAction::SetNull => "SET NULL",
            ReferentialAction::SetDefault => "SET DEFAULT",
        }
    }
}

impl TriggerTiming {
    /// The standard's word for it.
    pub fn name(self) -> &'static str {
        match self {
            TriggerTiming::Before => "BEFORE",
            TriggerTiming::After => "AFTER",
            TriggerTiming::InsteadOf => "INSTEAD OF",
        }
    }
}

impl RoutineKind {
    /// The standard's word for it.
    pub fn name(self) -> &'static str {
        match self {
            RoutineKind::Function => "FUNCTION",
            RoutineKind::Procedure => "PROCEDURE",
        }
    }
}

impl TypeKind {
    /// The word under which snapshots keep it.
    pub fn name(self) -> &'static str {
        match self {
            TypeKind::Enum => "enum",
            TypeKind::Domain => "domain",
            TypeKind::Composite => "composite",
        }
    }
}
