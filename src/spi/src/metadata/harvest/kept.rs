//! What is taken over from an earlier harvest: rows that belong to a table.

use std::iter::repeat_n;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, UInt32Array};
use arrow::compute::{cast, concat, take_record_batch};
use arrow::datatypes::{Int32Type, Int64Type};

use super::{Harvest, SchemaBuilder, TableCells, check_limit, orphan};
use crate::error::{Error, Result};
use crate::metadata::{Relation, SchemaMetadata};

/// The relations whose rows belong to a table.
const OF_TABLES: [Relation; 8] = [
    Relation::Columns,
    Relation::Views,
    Relation::Constraints,
    Relation::Indexes,
    Relation::Partitions,
    Relation::TableOptions,
    Relation::Triggers,
    Relation::InferredColumns,
];

/// Rows of one relation, in the order of its layout but without ids, and the place at which the table of each was pushed.
pub(super) struct Kept {
    relation: Relation,
    tables: UInt32Array,
    arrays: Vec<ArrayRef>,
}

impl Harvest {
    /// The earlier schemas are those of a harvest with this [fingerprint](crate::connector::Connector::fingerprint): what the source
    /// knows to be unchanged since may be taken over.
    pub fn since(self, fingerprint: String) -> Self {
        Self { since: Some(fingerprint), ..self }
    }

    /// The fingerprint of the harvest that the earlier schemas come from; `None` where everything is to be looked at anew.
    pub fn earlier_fingerprint(&self) -> Option<&str> {
        self.since.as_deref()
    }

    /// The schemas as an earlier harvest saw them.
    pub fn earlier(&self) -> Vec<Arc<SchemaMetadata>> {
        self.earlier.clone()
    }

    /// Takes over tables of a schema as an earlier harvest saw them, with all that belongs to them.
    pub fn keep_tables(&mut self, schema: &str, tables: &[&str]) -> Result<()> {
        self.keeps_tables |= !tables.is_empty();
        let earlier = self.earlier.iter().find(|earlier| earlier.name == schema).cloned();
        let earlier = earlier.ok_or_else(|| Error::internal(format!("schema \"{schema}\" was kept and is not known")))?;
        let mut places = Vec::with_capacity(tables.len());
        for table in tables {
            let row = earlier.table(table).ok_or_else(|| orphan("table", schema, table))?;
            places.push((row, self.keep_table(&earlier, row)?));
        }
        keep(self.schema_of(schema), &earlier, &OF_TABLES, &places)
    }

    /// Takes over the partitions of a table that was pushed, as an earlier harvest saw them.
    pub fn keep_partitions(&mut self, schema: &str, table: &str) -> Result<()> {
        let earlier = self.earlier.iter().find(|earlier| earlier.name == schema).cloned();
        let builder = self.schema_of(schema);
        let place = builder.table_row(schema, table)?;
        match earlier.as_deref().and_then(|earlier| Some((earlier, earlier.table(table)?))) {
            Some((earlier, row)) => keep(builder, earlier, &[Relation::Partitions], &[(row, place)]),
            None => Ok(()),
        }
    }

    /// Whether any tables were taken over unseen.
    pub fn keeps_tables(&self) -> bool {
        self.keeps_tables
    }

    /// The row of the table itself.
    fn keep_table(&mut self, earlier: &SchemaMetadata, row: usize) -> Result<u32> {
        let text = |column: &str| earlier.text(Relation::Tables, column);
        let number = |column: &str| earlier.column(Relation::Tables, column).as_primitive::<Int64Type>();
        let (kinds, owners) = (earlier.words(Relation::Tables, "kind"), earlier.names(Relation::Tables, "owner"));
        let kind = kinds.values().as_string::<i32>().value(kinds.keys().value(row) as usize);
        let owner = owners.is_valid(row).then(|| owners.values().as_string::<i32>().value(owners.keys().value(row) as usize));
        let (name, comments, recipe) = (text("name").value(row), text("comment"), earlier.recipe(row));
        let (rows, sizes) = (number("row_estimate"), number("size_bytes"));
        let place = self.push_table(TableCells {
            schema: &earlier.name,
            name,
            kind,
            owner,
            comment: comments.is_valid(row).then(|| comments.value(row)),
            row_estimate: rows.is_valid(row).then(|| rows.value(row)),
            size_bytes: sizes.is_valid(row).then(|| sizes.value(row)),
        })?;
        if let Some(recipe) = recipe {
            self.schema_of(&earlier.name).recipes.insert(place, recipe.to_owned());
        }
        Ok(place)
    }
}

/// Takes over the rows of relations that belong to tables, each by its row in the earlier schema and the place at which it was pushed.
fn keep(schema: &mut SchemaBuilder, earlier: &SchemaMetadata, relations: &[Relation], tables: &[(usize, u32)]) -> Result<()> {
    for relation in relations.iter().copied() {
        let rows_of = |row: usize| match relation {
            Relation::Columns => earlier.columns_of(row),
            other => earlier.rows_of(other, row),
        };
        let rows: UInt32Array = tables.iter().flat_map(|(row, _)| rows_of(*row)).map(|row| row as u32).collect();
        let owners: UInt32Array = tables.iter().flat_map(|(row, place)| repeat_n(*place, rows_of(*row).len())).collect();
        if rows.is_empty() {
            continue;
        }
        check_limit(rows.len(), &earlier.name)?;
        let taken = take_record_batch(earlier.relation(relation), &rows)?;
        let fields = taken.schema();
        let array = |(field, array): (&str, &ArrayRef)| -> ArrayRef {
            match field {
                "oid" => Arc::new(UInt32Array::from(vec![0; array.len()])),
                "table" => Arc::new(owners.clone()),
                "type" => Arc::new(types(schema, earlier, array)),
                _ => Arc::clone(array),
            }
        };
        let arrays = fields.fields().iter().map(|field| field.name().as_str()).zip(taken.columns()).map(array).collect();
        schema.kept.push(Kept { relation, tables: owners.clone(), arrays });
    }
    Ok(())
}

/// Places of types in the earlier schema, as places in the new one.
fn types(schema: &mut SchemaBuilder, earlier: &SchemaMetadata, places: &ArrayRef) -> Int32Array {
    let places = places.as_primitive::<Int32Type>();
    let place = |place: &i32| {
        let column_type = &earlier.column_types[*place as usize];
        schema.type_row(&column_type.arrow, column_type.pg, &column_type.native)
    };
    places.values().iter().map(place).collect()
}

/// The rows of a relation that were pushed, followed by those that were taken over.
pub(super) fn with_kept(kept: &[Kept], relation: Relation, pushed: Vec<ArrayRef>) -> Result<Vec<ArrayRef>> {
    let kept: Vec<&Kept> = kept.iter().filter(|kept| kept.relation == relation).collect();
    let all = |(place, pushed): (usize, ArrayRef)| {
        let kept = kept.iter().map(|kept| cast(&kept.arrays[place], pushed.data_type()));
        joined(pushed.clone(), kept.collect::<Result<_, _>>()?)
    };
    pushed.into_iter().enumerate().map(all).collect()
}

/// The tables of the columns that were pushed, followed by those of the columns that were taken over.
pub(super) fn with_kept_tables(kept: &[Kept], pushed: ArrayRef) -> Result<ArrayRef> {
    let kept = kept.iter().filter(|kept| kept.relation == Relation::Columns).map(|kept| Arc::new(kept.tables.clone()) as ArrayRef);
    joined(pushed, kept.collect())
}

fn joined(pushed: ArrayRef, kept: Vec<ArrayRef>) -> Result<ArrayRef> {
    if kept.is_empty() {
        return Ok(pushed);
    }
    let parts: Vec<&dyn Array> = std::iter::once(&pushed).chain(&kept).map(AsRef::as_ref).collect();
    Ok(concat(&parts)?)
}
