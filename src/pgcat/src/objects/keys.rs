//! Which indexes stand behind constraints, and which columns those name.

use spi::metadata::Relation;

use super::context::{At, Context, Used};
use super::layout::{Cells, columns, constraints, indexes};
use super::schema::Schema;

/// The table of a constraint.
pub(crate) fn table(schema: &Schema, constraint: usize) -> usize {
    schema.batch(Relation::Constraints).number(constraints::TABLE, constraint) as usize
}

/// The index by which a primary key, unique or exclusion constraint is kept: that of its name, or else a unique one of its columns.
pub(crate) fn backing_index(schema: &Schema, constraint: usize) -> Option<usize> {
    let (batch, candidates) = (schema.batch(Relation::Constraints), schema.batch(Relation::Indexes));
    let is_primary = match batch.word(constraints::KIND, constraint)? {
        "PRIMARY KEY" => true,
        "UNIQUE" | "EXCLUDE" => false,
        _ => return None,
    };
    let rows = schema.rows_of(Relation::Indexes, table(schema, constraint));
    let (name, columns) = (batch.text(constraints::NAME, constraint), batch.list(constraints::COLUMNS, constraint));
    let is_alike = |index: &usize| {
        candidates.truth(indexes::UNIQUE, *index)
            && (!is_primary || candidates.truth(indexes::PRIMARY, *index))
            && candidates.list(indexes::COLUMNS, *index) == columns
    };
    rows.clone().find(|index| candidates.text(indexes::NAME, *index) == name).or_else(|| rows.clone().find(is_alike))
}

/// The constraint that an index stands behind.
pub(crate) fn constraint_of(schema: &Schema, index: usize) -> Option<usize> {
    schema.rows_of(Relation::Constraints, schema.index_table(index)).find(|constraint| backing_index(schema, *constraint) == Some(index))
}

/// The table that a foreign key refers to: its schema and its row.
pub(crate) fn referenced_table(context: &Context, place: usize, constraint: usize) -> Option<(usize, usize)> {
    let batch = context.schemas[place].batch(Relation::Constraints);
    let schema = batch.name(constraints::REFERENCED_SCHEMA, constraint)?;
    context.table(place, schema, batch.name(constraints::REFERENCED_TABLE, constraint)?)
}

/// The index of the referenced columns: its schema and its row.
pub(crate) fn referenced_index(context: &Context, place: usize, constraint: usize) -> Option<(usize, usize)> {
    let (other, table) = referenced_table(context, place, constraint)?;
    let mut referenced = context.schemas[place].batch(Relation::Constraints).list(constraints::REFERENCED_COLUMNS, constraint);
    referenced.sort_unstable();
    let (schema, batch) = (&context.schemas[other], context.schemas[other].batch(Relation::Indexes));
    let is_key = |index: &usize| {
        let mut columns = batch.list(indexes::COLUMNS, *index);
        columns.sort_unstable();
        batch.truth(indexes::UNIQUE, *index) && columns == referenced
    };
    let mut keys: Vec<usize> = schema.rows_of(Relation::Indexes, table).filter(is_key).collect();
    // The primary key first, as where a statement names no columns.
    keys.sort_by_key(|index| !batch.truth(indexes::PRIMARY, *index));
    Some((other, *keys.first()?))
}

/// The numbers of columns of a table; those that are not there are left out.
pub(crate) fn numbers(schema: &Schema, table: usize, names: &[&str]) -> Vec<i16> {
    names.iter().filter_map(|name| schema.attribute_number(table, name)).collect()
}

/// The type of a table's column by its number.
pub(crate) fn type_of(at: &At, table: usize, number: i16) -> Option<&Used> {
    let schema = at.schema();
    let row = schema.attributes().column(schema, table, number)?;
    let place = schema.batch(Relation::Columns).integer(columns::TYPE, row) as usize;
    at.context.column_types(at.place).get(place)
}
