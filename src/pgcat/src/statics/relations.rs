//! The system catalogs, and the tables of `information_schema`, as relations.

use std::sync::{Arc, LazyLock, OnceLock};

use super::file::section;
use super::hash_index::HashIndex;
use super::indexes;
use super::rows::StaticRows;
use super::values::Form;
use crate::relation::{Column, Index, Relation, Row, Rows};
use crate::types::{Type, oid as type_oid};
use crate::value::Value;

/// A table that every database has, with its rows in a database in which nobody has made anything, in the order of their key.
pub struct StaticRelation {
    pub oid: u32,
    pub schema: &'static str,
    pub name: &'static str,
    /// Whether it is one for all databases of the server.
    pub shared: bool,
    /// In the order of their attribute numbers, which begin with 1 and have no gaps.
    pub columns: Vec<Column>,
    /// What the values of each column look like.
    forms: Vec<Form>,
    /// The values of each column, made when one of them is first asked for: they are asked for far more often than there are of them.
    values: Vec<OnceLock<Box<[Value]>>>,
    rows: OnceLock<&'static StaticRows>,
    indexes: OnceLock<Indexes>,
    /// The rows sorted by the first column of names that an index begins with.
    by_name: OnceLock<Vec<Row>>,
}

struct Indexes {
    described: Vec<Index>,
    /// Each is made when something is first looked up in it.
    made: Vec<OnceLock<HashIndex>>,
}

impl StaticRelation {
    /// Its rows as PostgreSQL writes them.
    pub fn rows(&self) -> &'static StaticRows {
        self.rows.get_or_init(|| section(&self.oid.to_string()))
    }

    /// The place of a column, from 0.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| &*column.name == name)
    }

    /// Whether a row has an OID.
    pub(super) fn has_object(&self, oid: u32) -> bool {
        let index = self.column("oid").and_then(|column| self.indexes().iter().position(|index| index.columns == [column]));
        index.is_some_and(|index| !self.lookup(index, &[Value::oid(oid)]).is_empty())
    }

    fn all_indexes(&self) -> &Indexes {
        self.indexes.get_or_init(|| {
            let described = indexes::of(self);
            let made = described.iter().map(|_| OnceLock::new()).collect();
            Indexes { described, made }
        })
    }
}

impl Relation for StaticRelation {
    fn oid(&self) -> u32 {
        self.oid
    }

    fn name(&self) -> &str {
        self.name
    }

    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn count(&self) -> u64 {
        self.rows().len() as u64
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let made = || {
            let (rows, form) = (self.rows(), self.forms[column]);
            (0..rows.len()).map(|row| rows.get(row, column).map_or(Value::Null, |text| form.value(text))).collect()
        };
        self.values[column].get_or_init(made)[row as usize].clone()
    }

    /// Those that PostgreSQL has; each also for the first of its columns alone, as a B-tree is; and some more.
    fn indexes(&self) -> &[Index] {
        &self.all_indexes().described
    }

    fn columns_by_beginning(&self) -> &[usize] {
        let mut first = self.indexes().iter().filter_map(|index| index.columns.get(..1));
        first.find(|column| self.columns[column[0]].type_.oid == type_oid::NAME).unwrap_or_default()
    }

    fn begin_with(&self, column: usize, beginning: &str) -> Rows {
        let is_before = |row: &Row| self.value(*row, column).as_str() < Some(beginning);
        let begins = |row: &Row| self.value(*row, column).as_str().is_some_and(|name| name.starts_with(beginning));
        let sorted = self.by_name.get_or_init(|| {
            let mut rows: Vec<Row> = (0..self.count()).collect();
            rows.sort_by_cached_key(|row| self.value(*row, column).as_str().map(str::to_owned));
            rows
        });
        let mut rows: Vec<Row> = sorted[sorted.partition_point(is_before)..].iter().copied().take_while(begins).collect();
        rows.sort_unstable();
        Rows::List(rows)
    }

    fn lookup(&self, index: usize, key: &[Value]) -> Rows {
        let indexes = self.all_indexes();
        let columns = &indexes.described[index].columns;
        indexes.made[index].get_or_init(|| HashIndex::new(self, columns)).lookup(self, columns, key)
    }
}

/// All of them, by OID.
pub fn relations() -> &'static [Arc<StaticRelation>] {
    &RELATIONS
}

/// The relation of this OID.
pub fn relation(oid: u32) -> Option<&'static Arc<StaticRelation>> {
    let at = RELATIONS.binary_search_by_key(&oid, |relation| relation.oid).ok()?;
    RELATIONS.get(at)
}

/// The relation of this schema and name.
pub fn relation_named(schema: &str, name: &str) -> Option<&'static Arc<StaticRelation>> {
    RELATIONS.iter().find(|relation| relation.name == name && relation.schema == schema)
}

static RELATIONS: LazyLock<Vec<Arc<StaticRelation>>> = LazyLock::new(|| {
    let (relations, columns) = (section("relations"), section("columns"));
    // Both are sorted by the relation's OID.
    let mut next = 0;
    let mut columns_of = |oid: u32| {
        let first = next;
        while next < columns.len() && columns.number::<u32>(next, 0) == oid {
            next += 1;
        }
        (first..next).map(|row| (column(columns, row), form(columns, row))).unzip()
    };
    let relation = |row| {
        let oid = relations.number(row, 0);
        let (schema, name, shared) = (relations.text(row, 1), relations.text(row, 2), relations.truth(row, 3));
        let (columns, forms): (Vec<Column>, Vec<Form>) = columns_of(oid);
        Arc::new(StaticRelation {
            oid,
            schema,
            name,
            shared,
            columns,
            values: forms.iter().map(|_| OnceLock::new()).collect(),
            forms,
            rows: OnceLock::new(),
            indexes: OnceLock::new(),
            by_name: OnceLock::new(),
        })
    };
    (0..relations.len()).map(relation).collect()
});

fn column(columns: &'static StaticRows, row: usize) -> Column {
    let type_ = Type { oid: columns.number(row, 2), typmod: columns.number(row, 3), collation: columns.number(row, 4) };
    Column { name: columns.text(row, 1).into(), type_, not_null: columns.truth(row, 5) }
}

/// The form is that of a domain's base type.
fn form(columns: &'static StaticRows, row: usize) -> Form {
    Form::of(columns.number(row, 6), columns.number(row, 7))
}
