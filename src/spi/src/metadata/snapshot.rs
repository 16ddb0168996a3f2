//! The immutable metadata of a data source at one moment.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, AsArray, DictionaryArray, Int32Array, ListArray, RecordBatch, StringArray, UInt32Array};
use arrow::datatypes::{DataType, Field, FieldRef, Int8Type, Int32Type, UInt32Type};

use super::layout::Relation;
use crate::types::PgType;

/// All metadata of one data source as one harvest saw it. Schemas that did not change are shared with earlier snapshots.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Counts the snapshots of the source from 1; 0 before the first harvest.
    pub number: u64,
    /// When the source was last seen to be like this, in microseconds since 1970 UTC. Newer than the snapshot where later harvests found no change.
    pub observed_at: Option<i64>,
    /// Sorted by name.
    pub schemas: Vec<Arc<SchemaMetadata>>,
}

impl Snapshot {
    /// What a source has before its first harvest.
    pub fn empty() -> Self {
        Self { number: 0, observed_at: None, schemas: Vec::new() }
    }

    pub fn schema(&self, name: &str) -> Option<&Arc<SchemaMetadata>> {
        self.schemas.binary_search_by(|schema| schema.name.as_str().cmp(name)).ok().map(|index| &self.schemas[index])
    }

    /// The number of objects: schemas and what is in them.
    pub fn objects(&self) -> usize {
        self.schemas.iter().map(|schema| schema.objects()).sum()
    }
}

/// A type of columns, in the three languages that know it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ColumnType {
    /// The type in which `read` gives values.
    pub arrow: DataType,
    /// The type that clients see.
    pub pg: PgType,
    /// The type as the source writes it.
    pub native: String,
}

/// The metadata of one schema, columnar. Rows of every relation are laid out as [`Relation::layout`] says.
#[derive(Clone, Debug, PartialEq)]
pub struct SchemaMetadata {
    pub name: String,
    /// Persistent id; 0 in a harvest that has not met a snapshot yet.
    pub oid: u32,
    pub owner: Option<String>,
    pub comment: Option<String>,
    /// The distinct types of the schema's columns, parameters and sequences.
    pub column_types: Vec<ColumnType>,
    /// One batch per [`Relation`], in the order of [`Relation::ALL`].
    pub relations: [RecordBatch; Relation::COUNT],
}

impl SchemaMetadata {
    pub fn relation(&self, relation: Relation) -> &RecordBatch {
        &self.relations[relation as usize]
    }

    /// The schema itself, its tables, routines, types and sequences.
    pub fn objects(&self) -> usize {
        let inside = [Relation::Tables, Relation::Routines, Relation::Types, Relation::Sequences];
        1 + inside.map(|relation| self.relation(relation).num_rows()).into_iter().sum::<usize>()
    }

    pub fn table_count(&self) -> usize {
        self.relation(Relation::Tables).num_rows()
    }

    pub fn column_count(&self) -> usize {
        self.relation(Relation::Columns).num_rows()
    }

    /// The names of all tables, sorted by their bytes.
    pub fn table_names(&self) -> &StringArray {
        self.text(Relation::Tables, "name")
    }

    /// The row of a table, found by its name in logarithmic time.
    pub fn table(&self, name: &str) -> Option<usize> {
        let names = self.table_names();
        let (mut low, mut high) = (0, names.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match names.value(middle).cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(middle),
            }
        }
        None
    }

    pub fn table_oid(&self, table: usize) -> u32 {
        self.numbers(Relation::Tables, "oid").value(table)
    }

    /// How the rows of a table are read, where its connector has written that down.
    pub fn recipe(&self, table: usize) -> Option<&str> {
        let recipes = self.text(Relation::Tables, "recipe");
        recipes.is_valid(table).then(|| recipes.value(table))
    }

    /// The query of a view that the gateway is to run, in PostgreSQL's SQL.
    pub fn view_query(&self, table: usize) -> Option<&str> {
        let queries = self.text(Relation::Views, "query");
        self.rows_of(Relation::Views, table).next().filter(|row| queries.is_valid(*row)).map(|row| queries.value(row))
    }

    /// The rows of a table's columns, in the order of their places.
    pub fn columns_of(&self, table: usize) -> Range<usize> {
        let first = self.numbers(Relation::Tables, "first_column");
        let end = if table + 1 < first.len() { first.value(table + 1) as usize } else { self.column_count() };
        first.value(table) as usize..end
    }

    /// The rows of a relation that belong to a table; the relation is sorted by its column `table`.
    pub fn rows_of(&self, relation: Relation, table: usize) -> Range<usize> {
        let tables = self.numbers(relation, "table").values();
        let table = table as u32;
        tables.partition_point(|other| *other < table)..tables.partition_point(|other| *other <= table)
    }

    pub fn column_name(&self, column: usize) -> &str {
        let names = self.names(Relation::Columns, "name");
        names.values().as_string::<i32>().value(names.keys().value(column) as usize)
    }

    /// The collation of a column, where it is not the one that it has by default.
    pub fn column_collation(&self, column: usize) -> Option<&str> {
        let names = self.names(Relation::Columns, "collation");
        (!names.is_null(column)).then(|| names.values().as_string::<i32>().value(names.keys().value(column) as usize))
    }

    pub fn column_type(&self, column: usize) -> &ColumnType {
        &self.column_types[self.relation(Relation::Columns).column(2).as_primitive::<Int32Type>().value(column) as usize]
    }

    /// The columns of a table as Arrow fields, with the types in which `read` gives them. All are nullable: what a source
    /// declares about nulls is metadata, and no reason for a wrong plan when it does not keep its word.
    pub fn arrow_fields(&self, table: usize) -> Vec<FieldRef> {
        self.columns_of(table)
            .map(|column| Arc::new(Field::new(self.column_name(column), self.column_type(column).arrow.clone(), true)))
            .collect()
    }

    /// A text column of a relation.
    pub fn text(&self, relation: Relation, column: &str) -> &StringArray {
        self.column(relation, column).as_string::<i32>()
    }

    /// A column of ids or rows of a relation.
    pub fn numbers(&self, relation: Relation, column: &str) -> &UInt32Array {
        self.column(relation, column).as_primitive::<UInt32Type>()
    }

    /// A column of 32-bit integers of a relation.
    pub fn integers(&self, relation: Relation, column: &str) -> &Int32Array {
        self.column(relation, column).as_primitive::<Int32Type>()
    }

    /// A dictionary column of a relation, for text that repeats.
    pub fn names(&self, relation: Relation, column: &str) -> &DictionaryArray<Int32Type> {
        self.column(relation, column).as_dictionary::<Int32Type>()
    }

    /// A dictionary column of a relation, for one of a few words.
    pub fn words(&self, relation: Relation, column: &str) -> &DictionaryArray<Int8Type> {
        self.column(relation, column).as_dictionary::<Int8Type>()
    }

    /// A column of lists of names of a relation.
    pub fn lists(&self, relation: Relation, column: &str) -> &ListArray {
        self.column(relation, column).as_list::<i32>()
    }

    /// Any column of a relation. The names are those of [`Relation::layout`], so a missing one is a defect of the caller.
    pub fn column(&self, relation: Relation, column: &str) -> &dyn Array {
        match self.relation(relation).column_by_name(column) {
            Some(array) => array.as_ref(),
            None => panic!("relation {relation:?} has no column {column}"),
        }
    }
}
