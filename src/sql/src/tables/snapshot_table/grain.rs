//! What one row of a relation is, and which rows a schema has for it.

use arrow::array::{Array, BooleanArray};
use spi::metadata::{Relation, SchemaMetadata};

/// The kind of object that one row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grain {
    Schema,
    Table,
    Column,
    /// One row of a relation that belongs to tables: views, constraints, partitions, options.
    OfTable(Relation),
    /// One row per column of a constraint.
    ConstraintColumn,
    /// One row of a relation that belongs to the schema: routines, types.
    OfSchema(Relation),
    /// One row per parameter of a routine.
    Parameter,
}

/// Where one row comes from: rows of the schema's relations.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Source {
    /// The row in `Tables`; of a parameter, the row in `Routines`.
    pub table: u32,
    /// The row in the grain's own relation.
    pub item: u32,
    /// The place in the item's list of columns, from 0.
    pub position: u32,
}

impl Grain {
    /// Whether the names of tables can decide about its rows.
    pub(super) fn has_tables(self) -> bool {
        matches!(self, Grain::Table | Grain::Column | Grain::OfTable(_) | Grain::ConstraintColumn)
    }

    /// How many rows the schema has in all, where counting them is cheap.
    pub(super) fn row_count(self, schema: &SchemaMetadata) -> Option<usize> {
        match self {
            Grain::Schema => Some(1),
            Grain::Table => Some(schema.table_count()),
            Grain::Column => Some(schema.column_count()),
            Grain::OfTable(relation) | Grain::OfSchema(relation) => Some(schema.relation(relation).num_rows()),
            Grain::Parameter => Some(schema.relation(Relation::Parameters).num_rows()),
            Grain::ConstraintColumn => None,
        }
    }

    /// The rows of a schema that belong to some tables. `columns` says for each column of the schema whether its name qualifies.
    pub(super) fn rows(self, schema: &SchemaMetadata, tables: &[u32], columns: Option<&ColumnMask>, into: &mut Vec<Source>) {
        let one = |table: u32, item: usize| Source { table, item: item as u32, position: 0 };
        match self {
            Grain::Schema => into.push(Source::default()),
            Grain::Table => into.extend(tables.iter().map(|table| one(*table, *table as usize))),
            Grain::Column => {
                for table in tables {
                    let range = schema.columns_of(*table as usize);
                    into.extend(range.filter(|column| columns.is_none_or(|mask| mask.has(*column))).map(|column| one(*table, column)));
                }
            }
            Grain::OfTable(relation) => {
                for table in tables {
                    into.extend(schema.rows_of(relation, *table as usize).map(|item| one(*table, item)));
                }
            }
            Grain::ConstraintColumn => {
                let lists = schema.lists(Relation::Constraints, "columns");
                for table in tables {
                    for item in schema.rows_of(Relation::Constraints, *table as usize) {
                        into.extend((0..lists.value_length(item) as u32).map(|position| Source { table: *table, item: item as u32, position }));
                    }
                }
            }
            Grain::OfSchema(relation) => into.extend((0..schema.relation(relation).num_rows()).map(|item| one(item as u32, item))),
            Grain::Parameter => {
                let routines = schema.numbers(Relation::Parameters, "routine").values();
                into.extend(routines.iter().enumerate().map(|(item, routine)| one(*routine, item)));
            }
        }
    }
}

/// Which columns of a schema qualify by their name: the verdict on each distinct name, looked up by the column's key.
pub(super) struct ColumnMask<'a> {
    keys: &'a [i32],
    verdicts: &'a BooleanArray,
}

impl<'a> ColumnMask<'a> {
    pub(super) fn new(schema: &'a SchemaMetadata, verdicts: &'a BooleanArray) -> Self {
        Self { keys: schema.names(Relation::Columns, "name").keys().values(), verdicts }
    }

    fn has(&self, column: usize) -> bool {
        let name = self.keys[column] as usize;
        self.verdicts.is_valid(name) && self.verdicts.value(name)
    }
}
