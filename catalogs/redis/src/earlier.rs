//! The tables of a logical database as an earlier harvest found them. What a bounded sample does not meet is still there.

use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use spi::Result;
use spi::documents::FieldType;
use spi::metadata::{Harvest, Relation, SchemaMetadata};

use crate::kind::field_type;
use crate::layout::Table;
use crate::members::Members;
use crate::recipe;

/// The tables that the schema has in the metadata. Those of keys that were taken apart at another delimiter are forgotten.
pub(crate) fn tables(harvest: &Harvest, schema: &str, delimiter: &str) -> Result<Vec<Table>> {
    let earlier = harvest.earlier();
    let Some(earlier) = earlier.iter().find(|earlier| earlier.name == schema) else { return Ok(Vec::new()) };
    let mut tables = Vec::with_capacity(earlier.table_count());
    for row in 0..earlier.table_count() {
        let name = earlier.table_names().value(row);
        // A recipe of another release may say what nobody understands any more.
        let Some(Ok(written)) = earlier.recipe(row).map(|recipe| recipe::read(name, recipe)) else { continue };
        if !matches!(&written.members, Members::Found { delimiter: other, .. } if other != delimiter) {
            let inferred = harvest.known(schema, name)?;
            let number = |column| number(earlier, column, row);
            let (rows, bytes) = (number("row_estimate").unwrap_or_default(), number("size_bytes"));
            tables.push(Table { value: value(earlier, row, &written), inferred, rows, bytes, ..written });
        }
    }
    Ok(tables)
}

/// The type of the values. One that somebody has declared says nothing about them.
fn value(earlier: &SchemaMetadata, row: usize, table: &Table) -> FieldType {
    let name = table.kind.value().filter(|name| !table.columns.iter().any(|column| column.name == *name));
    let fields = earlier.arrow_fields(row);
    let column = name.and_then(|name| fields.iter().find(|field| field.name() == name));
    column.map_or(FieldType::TEXT, |column| field_type(column.data_type()))
}

fn number(earlier: &SchemaMetadata, column: &str, row: usize) -> Option<i64> {
    let numbers = earlier.column(Relation::Tables, column).as_primitive::<Int64Type>();
    numbers.is_valid(row).then(|| numbers.value(row))
}
