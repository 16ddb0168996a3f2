//! `pg_class`: tables, views, indexes, sequences and composite types; and partitions that are no tables.
//!
//! A source whose partitions are tables has those among its tables. Where partitions are parts of a table that cannot be read on their
//! own, they are relations of the kind `t` in the schema `pg_toast`, as is whatever else PostgreSQL stores in behalf of a table: what
//! shows the partitions of a table finds them, and no list of tables does.

use std::sync::OnceLock;

use spi::metadata::Relation;

use super::columns::pg_class as column;
use super::context::{At, BOOTSTRAP_ROLE};
use super::ids::{self, Dependent, dependent};
use super::index_method;
use super::layout::{Cells, constraints, indexes, partitions, sequences, table_options, tables, types};
use super::part::Part;
use super::schema::Class;
use crate::relation::{Row, Rows};
use crate::types::oid;
use crate::value::Value;

/// The access method `heap`.
const HEAP: u32 = 2;
/// The namespace `pg_toast`.
const PG_TOAST: u32 = 99;
/// PostgreSQL counts sizes in blocks of so many bytes.
const BLOCK_BYTES: i64 = 8192;

pub(crate) struct Classes(pub(crate) At);

impl Part for Classes {
    fn count(&self) -> Row {
        self.0.schema().class_count() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let row = row as usize;
        let schema = self.0.schema();
        let class = schema.class(row);
        match column {
            column::OID | column::RELFILENODE => match class {
                Class::Composite(_) if column == column::RELFILENODE => Value::Int(0),
                Class::Table(table) if column == column::RELFILENODE && !is_stored(schema.table_kind(table)) => Value::Int(0),
                _ => Value::oid(schema.class_oid(class)),
            },
            column::RELNAMESPACE => Value::oid(schema.oid()),
            column::RELNATTS => Value::Int(schema.attributes().last_number(schema, row)),
            _ => match class {
                Class::Table(table) => self.table(table, column),
                Class::Index(index) => self.index(index, column),
                Class::Sequence(sequence) => self.sequence(sequence, column),
                Class::Composite(row) => self.composite(row, column),
            },
        }
    }

    fn find(&self, columns: &[usize], key: &[Value]) -> Option<Rows> {
        let schema = self.0.schema();
        let is_own = |key: &Value| *key == Value::oid(schema.oid());
        match columns {
            [column::OID] => Some(schema.class_row_of(key[0].as_oid()?).map_or(Rows::NONE, |row| Rows::one(row as Row))),
            [column::RELNAMESPACE] => Some(if is_own(&key[0]) { Rows::Range(0..self.count()) } else { Rows::NONE }),
            [column::RELNAME] => Some(self.named(key[0].as_str()?)),
            [column::RELNAME, column::RELNAMESPACE] => Some(if is_own(&key[1]) { self.named(key[0].as_str()?) } else { Rows::NONE }),
            _ => None,
        }
    }
}

impl Classes {
    /// The relations of a name. Sources may have an index of the name of a table, or of another index.
    fn named(&self, name: &str) -> Rows {
        let schema = self.0.schema();
        let composite = schema.user_type(name).map(Class::Composite);
        let classes = schema.metadata.table(name).map(Class::Table).into_iter();
        let classes = classes.chain(schema.indexes_named(name).into_iter().map(Class::Index));
        let classes = classes.chain(schema.sequence(name).map(Class::Sequence)).chain(composite);
        Rows::List(classes.filter_map(|class| schema.class_row(class)).map(|row| row as Row).collect())
    }

    fn table(&self, table: usize, column: usize) -> Value {
        let schema = self.0.schema();
        let batch = schema.batch(Relation::Tables);
        let kind = schema.table_kind(table);
        let has_rows = |relation| !schema.rows_of(relation, table).is_empty();
        match column {
            column::RELNAME => batch.text(tables::NAME, table).into(),
            column::RELTYPE => Value::oid(dependent(schema.table_oid(table), Dependent::RowType)),
            column::RELOWNER => Value::oid(self.0.context.owner(batch.name(tables::OWNER, table))),
            column::RELAM => Value::oid(if is_stored(kind) { HEAP } else { 0 }),
            column::RELPAGES => Value::Int(pages(batch.long(tables::SIZE_BYTES, table))),
            column::RELTUPLES => Value::Float(batch.long(tables::ROW_ESTIMATE, table).map_or(-1.0, rows_estimated)),
            column::RELHASINDEX => has_rows(Relation::Indexes).into(),
            column::RELKIND => match kind {
                "partitioned table" => "p".into(),
                "view" => "v".into(),
                "materialized view" => "m".into(),
                _ => "r".into(),
            },
            column::RELCHECKS => Value::Int(self.checks(table)),
            column::RELHASRULES => matches!(kind, "view" | "materialized view").into(),
            column::RELHASTRIGGERS => {
                (has_rows(Relation::Triggers) || self.refers(table) || self.0.context.is_referenced(self.0.place, table)).into()
            }
            column::RELHASSUBCLASS => has_rows(Relation::Partitions).into(),
            column::RELREPLIDENT => if kind == "view" { "n" } else { "d" }.into(),
            column::RELISPARTITION => self.0.context.child(self.0.place, table).is_some().into(),
            column::RELOPTIONS => self.options(table),
            column::RELPARTBOUND => {
                let child = self.0.context.child(self.0.place, table);
                let bound = child.as_ref().and_then(|child| {
                    self.0.context.schemas[child.schema].batch(Relation::Partitions).text(partitions::DESCRIPTION, child.row)
                });
                bound.into()
            }
            column => other(column),
        }
    }

    fn index(&self, index: usize, column: usize) -> Value {
        let schema = self.0.schema();
        let batch = schema.batch(Relation::Indexes);
        let table = schema.index_table(index);
        match column {
            column::RELNAME => batch.text(indexes::NAME, index).into(),
            column::RELTYPE => Value::Int(0),
            column::RELOWNER => self.table(table, column::RELOWNER),
            column::RELAM => Value::oid(index_method::oid(batch.word(indexes::METHOD, index).unwrap_or_default())),
            column::RELKIND => if schema.table_kind(table) == "partitioned table" { "I" } else { "i" }.into(),
            column => other(column),
        }
    }

    fn sequence(&self, sequence: usize, column: usize) -> Value {
        let batch = self.0.schema().batch(Relation::Sequences);
        match column {
            column::RELNAME => batch.text(sequences::NAME, sequence).into(),
            column::RELTYPE => Value::Int(0),
            column::RELOWNER => Value::oid(self.0.context.owner(batch.name(sequences::OWNER, sequence))),
            column::RELPAGES => Value::Int(1),
            column::RELTUPLES => Value::Float(1.0),
            column::RELKIND => "S".into(),
            column => other(column),
        }
    }

    fn composite(&self, row: usize, column: usize) -> Value {
        let schema = self.0.schema();
        match column {
            column::RELNAME => schema.batch(Relation::Types).text(types::NAME, row).into(),
            column::RELTYPE => Value::oid(schema.object(Relation::Types, row)),
            column::RELKIND => "c".into(),
            column => other(column),
        }
    }

    fn checks(&self, table: usize) -> i64 {
        let schema = self.0.schema();
        let batch = schema.batch(Relation::Constraints);
        schema.rows_of(Relation::Constraints, table).filter(|row| batch.word(constraints::KIND, *row) == Some("CHECK")).count() as i64
    }

    /// Whether the table has a foreign key.
    fn refers(&self, table: usize) -> bool {
        let schema = self.0.schema();
        let batch = schema.batch(Relation::Constraints);
        schema.rows_of(Relation::Constraints, table).any(|row| batch.word(constraints::KIND, row) == Some("FOREIGN KEY"))
    }

    /// `name=value` of each option that the source says.
    fn options(&self, table: usize) -> Value {
        let schema = self.0.schema();
        let batch = schema.batch(Relation::TableOptions);
        let option = |row| {
            let (name, value) = (batch.name(table_options::NAME, row), batch.text(table_options::VALUE, row));
            Value::from(format!("{}={}", name.unwrap_or_default(), value.unwrap_or_default()))
        };
        let options: Vec<Value> = schema.rows_of(Relation::TableOptions, table).map(option).collect();
        if options.is_empty() { Value::Null } else { Value::array(oid::TEXT, options) }
    }
}

/// The partitions of a schema that are no tables.
pub(crate) struct PartitionClasses {
    at: At,
    rows: OnceLock<Vec<u32>>,
}

impl PartitionClasses {
    pub(crate) fn new(at: At) -> Self {
        Self { at, rows: OnceLock::new() }
    }

    /// Their rows among the partitions.
    fn rows(&self) -> &[u32] {
        self.rows.get_or_init(|| {
            let all = 0..self.at.schema().len(Relation::Partitions);
            all.filter(|row| self.at.context.partition_table(self.at.place, *row).is_none()).map(|row| row as u32).collect()
        })
    }
}

impl Part for PartitionClasses {
    fn count(&self) -> Row {
        self.rows().len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let (schema, row) = (self.at.schema(), self.rows()[row as usize] as usize);
        let batch = schema.batch(Relation::Partitions);
        let table = batch.number(partitions::TABLE, row) as usize;
        let name = || batch.text(partitions::NAME, row).unwrap_or_default();
        match column {
            column::OID => Value::oid(ids::partition(schema.table_oid(table), name())),
            column::RELNAME => {
                let table = schema.batch(Relation::Tables).text(tables::NAME, table).unwrap_or_default();
                format!("{}.{table}#{}", schema.name, name()).into()
            }
            column::RELNAMESPACE => Value::oid(PG_TOAST),
            column::RELOWNER => Value::oid(self.at.context.owner(schema.batch(Relation::Tables).name(tables::OWNER, table))),
            column::RELTYPE | column::RELNATTS | column::RELFILENODE => Value::Int(0),
            column::RELAM => Value::oid(HEAP),
            column::RELPAGES => Value::Int(pages(batch.long(partitions::SIZE_BYTES, row))),
            column::RELTUPLES => Value::Float(batch.long(partitions::ROW_ESTIMATE, row).map_or(-1.0, rows_estimated)),
            column::RELKIND => "t".into(),
            column::RELISPARTITION => true.into(),
            column::RELPARTBOUND => batch.text(partitions::DESCRIPTION, row).into(),
            column => other(column),
        }
    }

    /// Their names are in another namespace than the schema, so its lookups are none for them.
    fn looks_beyond_schema(&self, _column: usize) -> bool {
        true
    }
}

/// What is alike for all kinds, unless they say otherwise.
fn other(column: usize) -> Value {
    match column {
        column::RELOWNER => Value::oid(BOOTSTRAP_ROLE),
        column::RELTUPLES => Value::Float(-1.0),
        column::RELHASINDEX
        | column::RELISSHARED
        | column::RELHASRULES
        | column::RELHASTRIGGERS
        | column::RELHASSUBCLASS
        | column::RELROWSECURITY
        | column::RELFORCEROWSECURITY
        | column::RELISPARTITION => false.into(),
        column::RELPERSISTENCE => "p".into(),
        column::RELISPOPULATED => true.into(),
        column::RELREPLIDENT => "n".into(),
        column::RELACL | column::RELOPTIONS | column::RELPARTBOUND => Value::Null,
        _ => Value::Int(0),
    }
}

fn is_stored(kind: &str) -> bool {
    matches!(kind, "table" | "materialized view")
}

/// `relpages` is an `int4`.
fn pages(size_bytes: Option<i64>) -> i64 {
    size_bytes.map_or(0, |bytes| (bytes.max(0) as u64).div_ceil(BLOCK_BYTES as u64).min(i32::MAX as u64) as i64)
}

/// `reltuples` is a `float4`.
fn rows_estimated(rows: i64) -> f64 {
    f64::from(rows as f32)
}
