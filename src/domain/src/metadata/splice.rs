//! What a snapshot consists of after a harvest of a part of the source: that part anew, the rest as it was.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, RecordBatch, UInt32Array};
use arrow::compute::{cast, concat};
use arrow::datatypes::{DataType, Int32Type, UInt32Type};
use spi::Result;
use spi::connector::Scope;
use spi::metadata::{ColumnType, Relation, SchemaMetadata};

use super::identity::Candidate;

/// The schemas of the next snapshot, sorted by name. What was harvested beyond the scope is left out.
pub(super) fn candidates(previous: &[Arc<SchemaMetadata>], mut harvested: Vec<SchemaMetadata>, scope: &Scope) -> Result<Vec<Candidate>> {
    let Some(only) = scope.schema.as_deref() else {
        return Ok(harvested.into_iter().map(|schema| Candidate::Harvested(Box::new(schema))).collect());
    };
    harvested.retain(|schema| schema.name == only);
    let mut next = harvested.pop();
    if let Some(table) = scope.table.as_deref() {
        next = match (previous.iter().find(|schema| schema.name == only), next) {
            (Some(old), new) => Some(splice(old, new.as_ref(), table)?),
            (None, Some(new)) => Some(only_table(&new, table)?),
            (None, None) => None,
        };
    }
    let mut candidates: Vec<Candidate> =
        previous.iter().filter(|schema| schema.name != only).map(|schema| Candidate::Kept(Arc::clone(schema))).collect();
    if let Some(next) = next {
        let place = candidates.partition_point(|candidate| candidate.schema().name < next.name);
        candidates.insert(place, Candidate::Harvested(Box::new(next)));
    }
    Ok(candidates)
}

/// A schema of which nothing but one table is known.
fn only_table(new: &SchemaMetadata, table: &str) -> Result<SchemaMetadata> {
    let empty = SchemaMetadata {
        relations: Relation::ALL.map(|relation| RecordBatch::new_empty(relation.layout())),
        column_types: Vec::new(),
        ..new.clone()
    };
    splice(&empty, Some(new), table)
}

/// A schema with one table replaced, added or removed. Relations are sorted by table, so in each of them one range of rows
/// makes room for another.
fn splice(old: &SchemaMetadata, new: Option<&SchemaMetadata>, table: &str) -> Result<SchemaMetadata> {
    let nothing = SchemaMetadata {
        column_types: Vec::new(),
        relations: Relation::ALL.map(|one| RecordBatch::new_empty(one.layout())),
        ..old.clone()
    };
    let new = new.unwrap_or(&nothing);
    let (mut column_types, type_numbers) = merge_types(&old.column_types, &new.column_types);
    let place = Place::of(old, new, table);
    let mut relations = old.relations.clone();
    for relation in Relation::ALL {
        let Some(cut) = place.cut(old, new, relation) else { continue };
        let columns_cut = place.columns_cut(old, new);
        let layout = relation.layout();
        let columns = layout.fields().iter().enumerate().map(|(index, field)| {
            let column = exchange(old.relation(relation).column(index), new.relation(relation).column(index), &cut)?;
            let column = match field.name().as_str() {
                "table" => moved(&column, &cut, place.row as u32, place.tables_delta()),
                "first_column" => moved(&column, &cut, columns_cut.old.start as u32, columns_cut.delta()),
                "type" => renumbered(&column, &cut, &type_numbers),
                _ => column,
            };
            Ok(cast(&column, field.data_type())?)
        });
        let columns = columns.collect::<Result<_>>()?;
        relations[relation as usize] = RecordBatch::try_new(layout, columns)?;
    }
    drop_unused_types(&mut column_types, &mut relations)?;
    Ok(SchemaMetadata { column_types, relations, ..old.clone() })
}

/// Where the table stands.
struct Place<'a> {
    table: &'a str,
    /// Its row, or the one that it would have.
    row: usize,
    was: bool,
    is: bool,
}

/// Rows of the old relation, and those of the new one that take their place.
struct Cut {
    old: Range<usize>,
    new: Range<usize>,
}

impl Cut {
    fn delta(&self) -> i64 {
        self.new.len() as i64 - self.old.len() as i64
    }
}

impl<'a> Place<'a> {
    fn of(old: &SchemaMetadata, new: &SchemaMetadata, table: &'a str) -> Self {
        let names = old.table_names();
        let (mut row, mut high) = (0, names.len());
        while row < high {
            let middle = row + (high - row) / 2;
            if names.value(middle) < table { row = middle + 1 } else { high = middle }
        }
        Self { table, row, was: old.table(table).is_some(), is: new.table(table).is_some() }
    }

    /// By how many rows the tables behind it move.
    fn tables_delta(&self) -> i64 {
        i64::from(self.is) - i64::from(self.was)
    }

    /// What is exchanged in a relation; `None` where no row belongs to a table.
    fn cut(&self, old: &SchemaMetadata, new: &SchemaMetadata, relation: Relation) -> Option<Cut> {
        let new_row = new.table(self.table);
        match relation {
            Relation::Tables => {
                Some(Cut { old: self.row..self.row + usize::from(self.was), new: new_row.map_or(0..0, |row| row..row + 1) })
            }
            Relation::Columns => Some(self.columns_cut(old, new)),
            Relation::Routines | Relation::Parameters | Relation::Types | Relation::Sequences => None,
            Relation::Views
            | Relation::Constraints
            | Relation::Indexes
            | Relation::Partitions
            | Relation::TableOptions
            | Relation::Triggers
            | Relation::InferredColumns => {
                let rows = old.rows_of(relation, self.row);
                let old_rows = if self.was { rows } else { empty_at(rows.start) };
                Some(Cut { old: old_rows, new: new_row.map_or(0..0, |row| new.rows_of(relation, row)) })
            }
        }
    }

    fn columns_cut(&self, old: &SchemaMetadata, new: &SchemaMetadata) -> Cut {
        let old_columns = match self.was {
            true => old.columns_of(self.row),
            false if self.row < old.table_count() => empty_at(old.columns_of(self.row).start),
            false => empty_at(old.column_count()),
        };
        Cut { old: old_columns, new: new.table(self.table).map_or(0..0, |row| new.columns_of(row)) }
    }
}

fn empty_at(row: usize) -> Range<usize> {
    row..row
}

/// A column with the rows of the cut exchanged, its text unpacked: each snapshot packs its text in its own order.
fn exchange(old: &ArrayRef, new: &ArrayRef, cut: &Cut) -> Result<ArrayRef> {
    let before = old.slice(0, cut.old.start);
    let between = new.slice(cut.new.start, cut.new.len());
    let after = old.slice(cut.old.end, old.len() - cut.old.end);
    let parts = [before, between, after].map(|part| match part.data_type() {
        DataType::Dictionary(_, value) => cast(&part, value),
        _ => Ok(part),
    });
    let [before, between, after] = parts;
    Ok(concat(&[&before?, &between?, &after?])?)
}

/// Row numbers after the exchange: those of the exchanged rows are given, those behind it move.
fn moved(column: &ArrayRef, cut: &Cut, exchanged: u32, delta: i64) -> ArrayRef {
    let exchanged_rows = cut.old.start..cut.old.start + cut.new.len();
    let values = column.as_primitive::<UInt32Type>().values().iter().enumerate().map(|(row, value)| match row {
        _ if row < exchanged_rows.start => *value,
        _ if row < exchanged_rows.end => exchanged,
        _ => (i64::from(*value) + delta) as u32,
    });
    Arc::new(UInt32Array::from_iter_values(values))
}

/// Type numbers after the exchange: those of the exchanged rows are translated.
fn renumbered(column: &ArrayRef, cut: &Cut, numbers: &[i32]) -> ArrayRef {
    let exchanged_rows = cut.old.start..cut.old.start + cut.new.len();
    let values = column.as_primitive::<Int32Type>().values().iter().enumerate();
    let values = values.map(|(row, value)| if exchanged_rows.contains(&row) { numbers[*value as usize] } else { *value });
    Arc::new(Int32Array::from_iter_values(values))
}

/// The types of both, and for each type of the new list its number among them.
fn merge_types(old: &[ColumnType], new: &[ColumnType]) -> (Vec<ColumnType>, Vec<i32>) {
    let mut all = old.to_vec();
    let known: HashMap<&ColumnType, i32> = old.iter().zip(0..).collect();
    let numbers = new.iter().map(|column_type| match known.get(column_type) {
        Some(number) => *number,
        None => {
            all.push(column_type.clone());
            all.len() as i32 - 1
        }
    });
    let numbers = numbers.collect();
    (all, numbers)
}

/// Numbers the types in the order in which the rows meet them, as a harvest does, so that the same metadata has the same form
/// whichever way it came about.
fn drop_unused_types(column_types: &mut Vec<ColumnType>, relations: &mut [RecordBatch; Relation::COUNT]) -> Result<()> {
    let mut numbers: Vec<Option<i32>> = vec![None; column_types.len()];
    let mut used = Vec::with_capacity(column_types.len());
    for relation in [Relation::Columns, Relation::Parameters, Relation::Sequences] {
        let batch = &mut relations[relation as usize];
        let layout = batch.schema();
        let index = layout.index_of("type")?;
        let renumbered = batch.column(index).as_primitive::<Int32Type>().values().iter().map(|number| {
            *numbers[*number as usize].get_or_insert_with(|| {
                used.push(column_types[*number as usize].clone());
                used.len() as i32 - 1
            })
        });
        let mut columns = batch.columns().to_vec();
        columns[index] = Arc::new(Int32Array::from_iter_values(renumbered));
        *batch = RecordBatch::try_new(layout, columns)?;
    }
    *column_types = used;
    Ok(())
}
