//! One schema of a data source as a database shows it, with what is derived from its metadata alone.
//!
//! It lives as long as the metadata stays the same, from one generation of the catalog to the next.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::UInt32Type;
use spi::metadata::{Relation, SchemaMetadata};

use super::attributes::Attributes;
use super::ids::{self, Dependent, Ids, dependent};
use super::layout::{Cells, columns, indexes, partitions, tables, types};
use super::lookup::{CatalogLookups, Lookups};
use super::names;
use super::numbers::place_of;
use super::pg_attribute::has_default;
use super::pg_description::COMMENTED;

pub(crate) struct Schema {
    /// The OID of the source.
    pub(crate) source: u32,
    /// As the database shows it.
    pub(crate) name: Arc<str>,
    pub(crate) metadata: Arc<SchemaMetadata>,
    pub(crate) ids: Ids,
    lookups: CatalogLookups,
    composites: OnceLock<Vec<u32>>,
    labels: OnceLock<Vec<(u32, u32)>>,
    views: OnceLock<Vec<u32>>,
    partitioned: OnceLock<Vec<u32>>,
    defaults: OnceLock<Vec<u32>>,
    comments: OnceLock<Vec<(u8, u32)>>,
    column_comments: OnceLock<Vec<u32>>,
    index_names: OnceLock<Vec<u32>>,
    /// Of each relation the rows by their OIDs, where they are not so sorted.
    by_oid: [OnceLock<Option<Vec<u32>>>; Relation::COUNT],
    attributes: OnceLock<Attributes>,
}

/// A row of `pg_class`, as the row of what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Table(usize),
    Index(usize),
    Sequence(usize),
    /// A row of the types.
    Composite(usize),
}

impl Schema {
    pub(crate) fn new(source: u32, name: Arc<str>, metadata: Arc<SchemaMetadata>, ids: Ids) -> Self {
        Self {
            source,
            name,
            metadata,
            ids,
            lookups: CatalogLookups::default(),
            composites: OnceLock::new(),
            labels: OnceLock::new(),
            views: OnceLock::new(),
            partitioned: OnceLock::new(),
            defaults: OnceLock::new(),
            comments: OnceLock::new(),
            column_comments: OnceLock::new(),
            index_names: OnceLock::new(),
            by_oid: Default::default(),
            attributes: OnceLock::new(),
        }
    }

    /// What finds rows of a catalog's part.
    pub(crate) fn lookups(&self, catalog: u32) -> &Lookups {
        self.lookups.of(catalog)
    }

    pub(crate) fn batch(&self, relation: Relation) -> &RecordBatch {
        self.metadata.relation(relation)
    }

    pub(crate) fn len(&self, relation: Relation) -> usize {
        self.batch(relation).num_rows()
    }

    /// The OID of the namespace.
    pub(crate) fn oid(&self) -> u32 {
        self.ids.object(self.metadata.oid)
    }

    /// The OID of an object of one of the relations whose first column is one.
    pub(crate) fn object(&self, relation: Relation, row: usize) -> u32 {
        self.ids.object(self.batch(relation).number(0, row))
    }

    pub(crate) fn table_oid(&self, table: usize) -> u32 {
        self.object(Relation::Tables, table)
    }

    pub(crate) fn table_kind(&self, table: usize) -> &str {
        self.batch(Relation::Tables).word(tables::KIND, table).unwrap_or_default()
    }

    pub(crate) fn is_view(&self, table: usize) -> bool {
        self.table_kind(table) == "view"
    }

    /// The rows of a relation that belong to a table. Those of the views are sorted by nothing else, so that works for them as well.
    pub(crate) fn rows_of(&self, relation: Relation, table: usize) -> Range<usize> {
        let place = match relation {
            Relation::Constraints | Relation::Indexes | Relation::Triggers => 1,
            _ => 0,
        };
        let owners = self.batch(relation).column(place).as_primitive::<UInt32Type>().values();
        let table = table as u32;
        owners.partition_point(|other| *other < table)..owners.partition_point(|other| *other <= table)
    }

    /// The row of a user's type.
    pub(crate) fn user_type(&self, name: &str) -> Option<usize> {
        names::place(self.names(Relation::Types), name)
    }

    /// `enum`, `domain` or `composite`.
    pub(crate) fn type_kind(&self, row: usize) -> &str {
        self.batch(Relation::Types).word(types::KIND, row).unwrap_or_default()
    }

    /// The rows of the composite types.
    pub(crate) fn composites(&self) -> &[u32] {
        self.composites.get_or_init(|| self.types_of("composite").collect())
    }

    /// The labels of the enumerations: the row of the type, and the label's place.
    pub(crate) fn labels(&self) -> &[(u32, u32)] {
        self.labels.get_or_init(|| {
            let count = |row: u32| self.batch(Relation::Types).list_len(types::MEMBERS, row as usize) as u32;
            self.types_of("enum").flat_map(|row| (0..count(row)).map(move |place| (row, place))).collect()
        })
    }

    fn types_of(&self, kind: &str) -> impl Iterator<Item = u32> {
        (0..self.len(Relation::Types) as u32).filter(move |row| self.type_kind(*row as usize) == kind)
    }

    /// The rows of the views, materialised ones as well.
    pub(crate) fn views(&self) -> &[u32] {
        let is_view = |table: &u32| matches!(self.table_kind(*table as usize), "view" | "materialized view");
        self.views.get_or_init(|| (0..self.len(Relation::Tables) as u32).filter(is_view).collect())
    }

    /// Of each partitioned table the row of its first partition.
    pub(crate) fn partitioned(&self) -> &[u32] {
        self.partitioned.get_or_init(|| {
            let batch = self.batch(Relation::Partitions);
            let table = |row: u32| batch.number(partitions::TABLE, row as usize);
            (0..batch.num_rows() as u32).filter(|row| *row == 0 || table(*row) != table(row - 1)).collect()
        })
    }

    /// The rows of the columns that have a row in `pg_attrdef`.
    pub(crate) fn defaults(&self) -> &[u32] {
        self.defaults.get_or_init(|| (0..self.len(Relation::Columns) as u32).filter(|row| has_default(self, *row as usize)).collect())
    }

    /// Objects with comments, by their place in [`COMMENTED`] and their row.
    pub(crate) fn comments(&self) -> &[(u8, u32)] {
        self.comments.get_or_init(|| {
            let of = |(kind, (relation, place, _)): (u8, (Relation, usize, u32))| {
                let comments = self.batch(relation).column(place);
                (0..comments.len() as u32).filter(|row| comments.is_valid(*row as usize)).map(move |row| (kind, row))
            };
            (0..).zip(COMMENTED).flat_map(of).collect()
        })
    }

    /// The rows of the columns that have comments.
    pub(crate) fn column_comments(&self) -> &[u32] {
        let comments = self.batch(Relation::Columns).column(columns::COMMENT);
        self.column_comments.get_or_init(|| (0..comments.len() as u32).filter(|row| comments.is_valid(*row as usize)).collect())
    }

    /// The table of a column.
    pub(crate) fn table_of(&self, cell: usize) -> usize {
        let firsts = self.batch(Relation::Tables).column(tables::FIRST_COLUMN).as_primitive::<UInt32Type>().values();
        firsts.partition_point(|first| *first as usize <= cell) - 1
    }

    /// The table of an OID.
    pub(crate) fn table_of_oid(&self, oid: u32) -> Option<usize> {
        match self.class(self.class_row_of(oid)?) {
            Class::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The row of an object of one of the relations whose first column is an OID.
    pub(crate) fn row_of(&self, relation: Relation, oid: u32) -> Option<usize> {
        let Some(in_snapshot) = self.ids.in_snapshot(oid) else {
            // Only a source with more objects than there is room for has one under a hash.
            let rows = if self.ids.is_crowded() { self.len(relation) } else { 0 };
            return (0..rows).find(|row| self.object(relation, *row) == oid);
        };
        let oids = self.batch(relation).column(0).as_primitive::<UInt32Type>().values();
        // The rows are as sorted as their OIDs are new: at first, both are in the order of the names.
        let by_oid = self.by_oid[relation as usize].get_or_init(|| {
            (!oids.is_sorted()).then(|| {
                let mut rows: Vec<u32> = (0..oids.len() as u32).collect();
                rows.sort_unstable_by_key(|row| oids[*row as usize]);
                rows
            })
        });
        match by_oid {
            None => place_of(oids, in_snapshot),
            Some(rows) => {
                let place = rows.binary_search_by_key(&in_snapshot, |row| oids[*row as usize]).ok()?;
                Some(rows[place] as usize)
            }
        }
    }

    /// The number of rows that the schema has in `pg_class`, not counting partitions that are no tables.
    pub(crate) fn class_count(&self) -> usize {
        self.class_starts()[3] + self.composites().len()
    }

    /// Where in `pg_class` tables, indexes, sequences and composite types begin.
    fn class_starts(&self) -> [usize; 4] {
        let indexes = self.len(Relation::Tables);
        let sequences = indexes + self.len(Relation::Indexes);
        [0, indexes, sequences, sequences + self.len(Relation::Sequences)]
    }

    pub(crate) fn class(&self, row: usize) -> Class {
        let [_, indexes, sequences, composites] = self.class_starts();
        match row {
            _ if row < indexes => Class::Table(row),
            _ if row < sequences => Class::Index(row - indexes),
            _ if row < composites => Class::Sequence(row - sequences),
            _ => Class::Composite(self.composites()[row - composites] as usize),
        }
    }

    /// The row in `pg_class`.
    pub(crate) fn class_row(&self, class: Class) -> Option<usize> {
        let [_, indexes, sequences, composites] = self.class_starts();
        Some(match class {
            Class::Table(row) => row,
            Class::Index(row) => indexes + row,
            Class::Sequence(row) => sequences + row,
            Class::Composite(row) => composites + self.composites().binary_search(&(row as u32)).ok()?,
        })
    }

    pub(crate) fn class_oid(&self, class: Class) -> u32 {
        match class {
            Class::Table(row) => self.table_oid(row),
            Class::Index(row) => self.object(Relation::Indexes, row),
            Class::Sequence(row) => self.object(Relation::Sequences, row),
            Class::Composite(row) => dependent(self.object(Relation::Types, row), Dependent::Relation),
        }
    }

    /// The row in `pg_class` of an OID.
    pub(crate) fn class_row_of(&self, oid: u32) -> Option<usize> {
        let class = match ids::owner(oid) {
            (of, Some(Dependent::Relation)) => Class::Composite(self.row_of(Relation::Types, of)?),
            (_, Some(_)) => return None,
            (_, None) => {
                let table = self.row_of(Relation::Tables, oid).map(Class::Table);
                let index = || self.row_of(Relation::Indexes, oid).map(Class::Index);
                table.or_else(index).or_else(|| self.row_of(Relation::Sequences, oid).map(Class::Sequence))?
            }
        };
        self.class_row(class)
    }

    /// The rows of the indexes of a name: there may be one for each table.
    pub(crate) fn indexes_named(&self, name: &str) -> Vec<usize> {
        let (names, sorted) = self.sorted_indexes();
        let first = sorted.partition_point(|row| names.value(*row as usize) < name);
        sorted[first..].iter().map(|row| *row as usize).take_while(|row| names.value(*row) == name).collect()
    }

    /// The rows of the indexes whose names begin so, in their order.
    pub(crate) fn indexes_beginning(&self, beginning: &str) -> Vec<usize> {
        let (names, sorted) = self.sorted_indexes();
        let found = names::beginning_of(sorted.len(), |place| names.value(sorted[place] as usize), beginning);
        let mut rows: Vec<usize> = sorted[found].iter().map(|row| *row as usize).collect();
        rows.sort_unstable();
        rows
    }

    /// The names of the indexes, and the rows in their order.
    fn sorted_indexes(&self) -> (&StringArray, &[u32]) {
        let names = self.batch(Relation::Indexes).column(indexes::NAME).as_string::<i32>();
        let sorted = self.index_names.get_or_init(|| {
            let mut sorted: Vec<u32> = (0..names.len() as u32).collect();
            sorted.sort_unstable_by(|one, other| names.value(*one as usize).cmp(names.value(*other as usize)).then(one.cmp(other)));
            sorted
        });
        (names, sorted)
    }

    /// The row of a sequence.
    pub(crate) fn sequence(&self, name: &str) -> Option<usize> {
        names::place(self.names(Relation::Sequences), name)
    }

    /// The rows of the routines of a name, which may have different parameters.
    pub(crate) fn routines(&self, name: &str) -> Range<usize> {
        names::places(self.names(Relation::Routines), name)
    }

    /// The names in a relation that is sorted by them: tables, routines, types, sequences.
    pub(crate) fn names(&self, relation: Relation) -> &StringArray {
        self.batch(relation).column(1).as_string::<i32>()
    }

    /// The columns of a table.
    pub(crate) fn columns_of(&self, table: usize) -> Range<usize> {
        let firsts = self.batch(Relation::Tables).column(tables::FIRST_COLUMN).as_primitive::<UInt32Type>().values();
        firsts[table] as usize..firsts.get(table + 1).map_or(self.len(Relation::Columns), |end| *end as usize)
    }

    /// How the columns of the schema's relations are numbered.
    pub(crate) fn attributes(&self) -> &Attributes {
        self.attributes.get_or_init(|| Attributes::new(self))
    }

    /// The number of a table's column.
    pub(crate) fn attribute_number(&self, table: usize, column: &str) -> Option<i16> {
        let batch = self.batch(Relation::Columns);
        let place = self.columns_of(table).position(|row| batch.name(columns::NAME, row) == Some(column))?;
        self.attributes().number(self, table, place)
    }

    /// The table of an index.
    pub(crate) fn index_table(&self, index: usize) -> usize {
        self.batch(Relation::Indexes).number(indexes::TABLE, index) as usize
    }
}
