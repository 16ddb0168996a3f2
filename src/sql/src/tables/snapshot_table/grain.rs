//! What one row of a relation is, and which rows a schema has for it.

use arrow::array::{Array, AsArray};
use spi::metadata::{Relation, SchemaMetadata};

/// The kind of object that one row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grain {
    Schema,
    Table,
    /// A table of one of these kinds, by their words in the snapshot.
    TableOf(&'static [&'static str]),
    Column,
    /// One row of a relation that belongs to tables: views, constraints, partitions, options, triggers.
    OfTable(Relation),
    /// A constraint of one of these kinds.
    ConstraintOf(&'static [&'static str]),
    /// A column in the list of a constraint of one of these kinds.
    ConstraintColumn(&'static [&'static str]),
    /// A column that a constraint is about: of a foreign key the referenced ones, else its own.
    ConstraintUsage,
    /// An event at which a trigger acts.
    TriggerEvent,
    /// One row of a relation that belongs to the schema: routines, types, sequences.
    OfSchema(Relation),
    /// A parameter of a routine.
    Parameter,
}

/// Where one row comes from: rows of the schema's relations.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Source {
    /// The row in `Tables`; of a parameter, the row in `Routines`.
    pub table: u32,
    /// The row in the grain's own relation.
    pub item: u32,
    /// The place in the item's list of columns or events, from 0.
    pub position: u32,
}

impl Grain {
    /// Whether the names of tables can decide about its rows.
    pub(super) fn has_tables(self) -> bool {
        !matches!(self, Grain::Schema | Grain::OfSchema(_) | Grain::Parameter)
    }

    /// How many rows the schema has in all, where counting them is cheap.
    pub(super) fn row_count(self, schema: &SchemaMetadata) -> Option<usize> {
        match self {
            Grain::Schema => Some(1),
            Grain::Table => Some(schema.table_count()),
            Grain::Column => Some(schema.column_count()),
            Grain::OfTable(relation) | Grain::OfSchema(relation) => Some(schema.relation(relation).num_rows()),
            Grain::Parameter => Some(schema.relation(Relation::Parameters).num_rows()),
            Grain::TableOf(_) | Grain::ConstraintOf(_) | Grain::ConstraintColumn(_) | Grain::ConstraintUsage | Grain::TriggerEvent => None,
        }
    }

    /// The rows of a schema that belong to some tables, whose numbers ascend. `columns` says which columns of the schema qualify.
    pub(super) fn rows(self, schema: &SchemaMetadata, tables: &[u32], columns: Option<&ColumnMask>, into: &mut Vec<Source>) {
        let one = |table: u32, item: usize| Source { table, item: item as u32, position: 0 };
        match self {
            Grain::Schema => into.push(Source::default()),
            Grain::Table => into.extend(tables.iter().map(|table| one(*table, *table as usize))),
            Grain::TableOf(kinds) => {
                let kinds = WordMask::new(schema, Relation::Tables, kinds);
                into.extend(tables.iter().filter(|table| kinds.has(**table as usize)).map(|table| one(*table, *table as usize)));
            }
            Grain::Column => {
                // What `SchemaMetadata::columns_of` says, without finding the relation anew for each table.
                let first = schema.numbers(Relation::Tables, "first_column").values();
                let end = |table: usize| first.get(table + 1).map_or(schema.column_count(), |first| *first as usize);
                for table in tables {
                    let range = first[*table as usize] as usize..end(*table as usize);
                    into.extend(range.filter(|column| columns.is_none_or(|mask| mask.has(*column))).map(|column| one(*table, column)));
                }
            }
            Grain::OfTable(relation) => each_of_tables(schema, relation, tables, |table, item| into.push(one(table, item))),
            Grain::ConstraintOf(kinds) => {
                let kinds = WordMask::new(schema, Relation::Constraints, kinds);
                each_of_tables(schema, Relation::Constraints, tables, |table, item| {
                    if kinds.has(item) {
                        into.push(one(table, item));
                    }
                });
            }
            Grain::ConstraintColumn(kinds) => {
                let kinds = WordMask::new(schema, Relation::Constraints, kinds);
                let listed = |item| if kinds.has(item) { list_length(schema, Relation::Constraints, "columns", item) } else { 0 };
                each_listed(schema, Relation::Constraints, tables, listed, into);
            }
            Grain::ConstraintUsage => {
                let foreign_keys = WordMask::new(schema, Relation::Constraints, &["FOREIGN KEY"]);
                let exclusions = WordMask::new(schema, Relation::Constraints, &["EXCLUDE"]);
                let listed = |item| match exclusions.has(item) {
                    // The standard does not know them.
                    true => 0,
                    false => {
                        let list = if foreign_keys.has(item) { "referenced_columns" } else { "columns" };
                        list_length(schema, Relation::Constraints, list, item)
                    }
                };
                each_listed(schema, Relation::Constraints, tables, listed, into);
            }
            Grain::TriggerEvent => {
                let listed = |item| list_length(schema, Relation::Triggers, "events", item);
                each_listed(schema, Relation::Triggers, tables, listed, into);
            }
            Grain::OfSchema(relation) => into.extend((0..schema.relation(relation).num_rows()).map(|item| one(item as u32, item))),
            Grain::Parameter => {
                let routines = schema.numbers(Relation::Parameters, "routine").values();
                into.extend(routines.iter().enumerate().map(|(item, routine)| one(*routine, item)));
            }
        }
    }
}

/// Calls `each` for the rows of a relation that belong to some tables. Both ascend by table, so that a scan of all tables searches
/// hardly ever and a lookup of one skips all others.
fn each_of_tables(schema: &SchemaMetadata, relation: Relation, tables: &[u32], mut each: impl FnMut(u32, usize)) {
    let owners = schema.numbers(relation, "table").values();
    let mut item = 0;
    for table in tables {
        if owners.get(item).is_some_and(|owner| owner < table) {
            item += owners[item..].partition_point(|owner| owner < table);
        }
        while owners.get(item) == Some(table) {
            each(*table, item);
            item += 1;
        }
    }
}

/// A row for each name in a list of each row of a relation; `listed` says how many names are in it.
fn each_listed(schema: &SchemaMetadata, relation: Relation, tables: &[u32], listed: impl Fn(usize) -> u32, into: &mut Vec<Source>) {
    each_of_tables(schema, relation, tables, |table, item| {
        into.extend((0..listed(item)).map(|position| Source { table, item: item as u32, position }));
    });
}

fn list_length(schema: &SchemaMetadata, relation: Relation, list: &str, item: usize) -> u32 {
    let lists = schema.lists(relation, list);
    if lists.is_valid(item) { lists.value_length(item) as u32 } else { 0 }
}

/// Which rows of a relation are of some kinds: the verdict on each word, looked up by the row's key.
struct WordMask<'a> {
    keys: &'a [i8],
    verdicts: Vec<bool>,
}

impl<'a> WordMask<'a> {
    fn new(schema: &'a SchemaMetadata, relation: Relation, kinds: &[&str]) -> Self {
        let words = schema.words(relation, "kind");
        let known = words.values().as_string::<i32>().iter();
        Self { keys: words.keys().values(), verdicts: known.map(|word| word.is_some_and(|word| kinds.contains(&word))).collect() }
    }

    fn has(&self, row: usize) -> bool {
        self.verdicts[self.keys[row] as usize]
    }
}

/// Which columns of a schema qualify by their name: the verdict on each distinct name, looked up by the column's key.
pub(super) struct ColumnMask<'a> {
    keys: &'a [i32],
    verdicts: &'a [bool],
}

impl<'a> ColumnMask<'a> {
    pub(super) fn new(schema: &'a SchemaMetadata, verdicts: &'a [bool]) -> Self {
        Self { keys: schema.names(Relation::Columns, "name").keys().values(), verdicts }
    }

    fn has(&self, column: usize) -> bool {
        self.verdicts[self.keys[column] as usize]
    }
}
