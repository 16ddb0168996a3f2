//! `pg_class`: tables, views, indexes, sequences and composite types; and partitions that are no tables.
//!
//! A source whose partitions are tables has those among its tables. Where partitions are parts of a table that cannot be read on their
//! own, they are relations of the kind `t` in the schema `pg_toast`, as is whatever else PostgreSQL stores in behalf of a table: what
//! shows the partitions of a table finds them, and no list of tables does.

use spi::metadata::Relation;

use super::columns::pg_class as column;
use super::context::At;
use super::ids::{self, Dependent, dependent};
use super::index_definition::IndexDefinition;
use super::index_method;
use super::layout::{Cells, constraints, indexes, partitions, sequences, table_options, tables, types};
use super::names;
use super::part::{Part, found};
use super::roles::BOOTSTRAP_ROLE;
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
            [column::OID] => Some(found(schema.class_row_of(key[0].as_oid()?))),
            [column::RELTYPE] => {
                // 0 is what many have that have none, and a hash says nothing of what it stands for.
                let class = match ids::owner(key[0].as_oid().filter(|oid| *oid != 0 && !ids::is_hash(*oid))?) {
                    (table, Some(Dependent::RowType)) => schema.row_of(Relation::Tables, table).map(Class::Table),
                    (of, None) => schema.row_of(Relation::Types, of).map(Class::Composite),
                    _ => None,
                };
                Some(found(class.and_then(|class| schema.class_row(class))))
            }
            [column::RELNAMESPACE] => Some(if is_own(&key[0]) { Rows::Range(0..self.count()) } else { Rows::NONE }),
            [column::RELNAME] => Some(self.named(key[0].as_str()?)),
            [column::RELNAME, column::RELNAMESPACE] => Some(if is_own(&key[1]) { self.named(key[0].as_str()?) } else { Rows::NONE }),
            _ => None,
        }
    }

    fn home(&self, column: usize) -> Option<&At> {
        matches!(column, column::OID | column::RELNAMESPACE).then_some(&self.0)
    }

    fn begin_with(&self, _column: usize, beginning: &str) -> Option<Rows> {
        let schema = self.0.schema();
        let in_order = |relation| names::beginning(schema.names(relation), beginning);
        let tables = in_order(Relation::Tables).map(Class::Table);
        let indexes = schema.indexes_beginning(beginning).into_iter().map(Class::Index);
        let sequences = in_order(Relation::Sequences).map(Class::Sequence);
        let classes = tables.chain(indexes).chain(sequences).chain(in_order(Relation::Types).map(Class::Composite));
        Some(Rows::List(classes.filter_map(|class| schema.class_row(class)).map(|row| row as Row).collect()))
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
            column::RELOWNER => Value::oid(self.0.roles.owner(batch.name(tables::OWNER, table))),
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
            column::RELOPTIONS => {
                let definition = batch.text(indexes::DEFINITION, index).map(IndexDefinition::parse).unwrap_or_default();
                texts(definition.options().map(Value::from).collect())
            }
            column => other(column),
        }
    }

    fn sequence(&self, sequence: usize, column: usize) -> Value {
        let batch = self.0.schema().batch(Relation::Sequences);
        match column {
            column::RELNAME => batch.text(sequences::NAME, sequence).into(),
            column::RELTYPE => Value::Int(0),
            column::RELOWNER => Value::oid(self.0.roles.owner(batch.name(sequences::OWNER, sequence))),
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
        texts(schema.rows_of(Relation::TableOptions, table).map(option).collect())
    }
}

/// The partitions of a schema that are no tables.
pub(crate) struct PartitionClasses(pub(crate) At);

impl PartitionClasses {
    /// Their rows among the partitions.
    fn rows(&self) -> &[u32] {
        self.0.context.plain_partitions(self.0.place)
    }
}

impl Part for PartitionClasses {
    fn count(&self) -> Row {
        self.rows().len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let (schema, row) = (self.0.schema(), self.rows()[row as usize] as usize);
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
            column::RELOWNER => Value::oid(self.0.roles.owner(schema.batch(Relation::Tables).name(tables::OWNER, table))),
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

    /// Nothing is told by their OIDs, nor by that of their namespace, so no search for an object of a schema is for them.
    fn home(&self, column: usize) -> Option<&At> {
        matches!(column, column::OID | column::RELNAMESPACE).then_some(&self.0)
    }

    /// Their names begin with that of the schema.
    fn find(&self, columns: &[usize], key: &[Value]) -> Option<Rows> {
        let [column::RELNAME, ..] = columns else { return None };
        self.begin_with(column::RELNAME, key[0].as_str()?)
    }

    fn begin_with(&self, _column: usize, beginning: &str) -> Option<Rows> {
        let schema: &str = &self.0.schema().name;
        let is_none = !beginning.starts_with(schema) && !schema.starts_with(beginning);
        is_none.then_some(Rows::NONE)
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

/// An array of texts, or null where there are none.
fn texts(texts: Vec<Value>) -> Value {
    if texts.is_empty() { Value::Null } else { Value::array(oid::TEXT, texts) }
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
