//! The key that a foreign key references: the source names the referenced table and columns, the standard wants the constraint.

use arrow::array::{Array, AsArray, DictionaryArray};
use arrow::datatypes::Int32Type;
use spi::metadata::Relation::Constraints;
use spi::metadata::SchemaMetadata;

use crate::tables::snapshot_table::Rows;

/// A primary or unique key, as a row of the constraints of its schema.
pub(super) struct ReferencedKey<'a> {
    pub schema: &'a SchemaMetadata,
    pub item: usize,
}

/// The key that the constraint of a row references: of the referenced table the primary key if it has exactly the referenced
/// columns, in any order, else a unique key that has. `None` for what is no foreign key, and for one whose key the source does
/// not declare, or that is in a schema which is not there.
pub(super) fn referenced_key<'a>(rows: &Rows<'a>, item: usize) -> Option<ReferencedKey<'a>> {
    let referenced_schema = text_at(rows.schema.names(Constraints, "referenced_schema"), item)?;
    let referenced_table = text_at(rows.schema.names(Constraints, "referenced_table"), item)?;
    let mut wanted = names_at(rows.schema, "referenced_columns", item);
    wanted.sort_unstable();
    let schema: &'a SchemaMetadata = rows.database.snapshot.schema(referenced_schema)?;
    let table = schema.table(referenced_table)?;
    let kinds = schema.words(Constraints, "kind");
    let known = kinds.values().as_string::<i32>();
    let rank = |item: usize| match known.value(kinds.keys().value(item) as usize) {
        "PRIMARY KEY" => Some(0),
        "UNIQUE" => Some(1),
        _ => None,
    };
    let fits = |item: &usize| {
        let mut columns = names_at(schema, "columns", *item);
        columns.sort_unstable();
        columns == wanted
    };
    let keys = schema.rows_of(Constraints, table).filter_map(|item| Some((rank(item)?, item))).filter(|(_, item)| fits(item));
    keys.min().map(|(_, item)| ReferencedKey { schema, item })
}

/// The place, from 1, that the column referenced at a position of a foreign key has in the key that it references.
pub(super) fn position_in_referenced_key(schema: &SchemaMetadata, item: usize, position: usize, key: &ReferencedKey<'_>) -> Option<i32> {
    let referenced = *names_at(schema, "referenced_columns", item).get(position)?;
    let place = names_at(key.schema, "columns", key.item).into_iter().position(|column| column == referenced)?;
    Some(place as i32 + 1)
}

fn text_at(texts: &DictionaryArray<Int32Type>, item: usize) -> Option<&str> {
    texts.is_valid(item).then(|| texts.values().as_string::<i32>().value(texts.keys().value(item) as usize))
}

/// The names in a list column of a constraint.
fn names_at<'a>(schema: &'a SchemaMetadata, list: &str, item: usize) -> Vec<&'a str> {
    let lists = schema.lists(Constraints, list);
    if lists.is_null(item) {
        return Vec::new();
    }
    let names = lists.values().as_string::<i32>();
    let offsets = lists.value_offsets();
    (offsets[item] as usize..offsets[item + 1] as usize).map(|name| names.value(name)).collect()
}
