//! The key of a table, as its data source declares it.

use arrow::array::{Array, AsArray};
use spi::metadata::Relation::Constraints;
use spi::metadata::SchemaMetadata;

/// The columns of the primary key, if the table has one.
pub(super) fn primary_key(schema: &SchemaMetadata, table: usize) -> Option<Vec<String>> {
    let kinds = schema.words(Constraints, "kind");
    let known = kinds.values().as_string::<i32>();
    let is_primary = |item: &usize| known.value(kinds.keys().value(*item) as usize) == "PRIMARY KEY";
    let key = schema.rows_of(Constraints, table).find(is_primary)?;
    let columns = schema.lists(Constraints, "columns");
    columns.is_valid(key).then(|| columns.value(key).as_string::<i32>().iter().flatten().map(str::to_owned).collect())
}
