//! The relations of a schema's metadata as they are read here: by the places of their columns, not by their names.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{ArrowDictionaryKeyType, Int8Type, Int32Type, Int64Type, UInt32Type};

use super::columns::places;

pub(crate) mod tables {
    super::places!(OID NAME KIND FIRST_COLUMN OWNER COMMENT ROW_ESTIMATE SIZE_BYTES RECIPE);
}

pub(crate) mod columns {
    super::places!(NAME ORDINAL TYPE NULLABLE DEFAULT GENERATED COLLATION COMMENT);
}

pub(crate) mod views {
    super::places!(TABLE DEFINITION QUERY UPDATABLE);
}

pub(crate) mod constraints {
    super::places!(
        OID TABLE NAME KIND COLUMNS REFERENCED_SCHEMA REFERENCED_TABLE REFERENCED_COLUMNS ON_UPDATE ON_DELETE EXPRESSION DEFERRABLE
        INITIALLY_DEFERRED COMMENT
    );
}

pub(crate) mod indexes {
    super::places!(OID TABLE NAME UNIQUE PRIMARY METHOD COLUMNS PREDICATE DEFINITION COMMENT);
}

pub(crate) mod routines {
    super::places!(OID NAME SPECIFIC_NAME KIND LANGUAGE RETURN_TYPE DEFINITION COMMENT);
}

pub(crate) mod parameters {
    super::places!(ROUTINE ORDINAL MODE NAME TYPE DEFAULT);
}

pub(crate) mod types {
    super::places!(OID NAME KIND MEMBERS COMMENT);
}

pub(crate) mod partitions {
    super::places!(TABLE NAME METHOD EXPRESSION DESCRIPTION LOCATION ROW_ESTIMATE SIZE_BYTES);
}

pub(crate) mod table_options {
    super::places!(TABLE NAME VALUE);
}

pub(crate) mod triggers {
    super::places!(OID TABLE NAME TIMING EVENTS COLUMNS FOR_EACH_ROW CONDITION ACTION ENABLED COMMENT);
}

pub(crate) mod sequences {
    super::places!(OID NAME OWNER COMMENT TYPE START MINIMUM MAXIMUM INCREMENT CYCLE OWNER_TABLE OWNER_COLUMN);
}

/// Reads single values of a relation's batch. The layout is fixed, so a column of another type is a defect.
pub(crate) trait Cells {
    /// Of a column of text.
    fn text(&self, column: usize, row: usize) -> Option<&str>;

    /// Of a dictionary of names.
    fn name(&self, column: usize, row: usize) -> Option<&str>;

    /// Of a dictionary of a few words.
    fn word(&self, column: usize, row: usize) -> Option<&str>;

    /// An id, or the row of an owner.
    fn number(&self, column: usize, row: usize) -> u32;

    fn integer(&self, column: usize, row: usize) -> i32;

    fn long(&self, column: usize, row: usize) -> Option<i64>;

    fn truth(&self, column: usize, row: usize) -> bool;

    /// Of a column of lists of names; empty where there is none.
    fn list(&self, column: usize, row: usize) -> Vec<&str>;

    /// How many names a list has.
    fn list_len(&self, column: usize, row: usize) -> usize;
}

impl Cells for RecordBatch {
    fn text(&self, column: usize, row: usize) -> Option<&str> {
        let texts = self.column(column).as_string::<i32>();
        texts.is_valid(row).then(|| texts.value(row))
    }

    fn name(&self, column: usize, row: usize) -> Option<&str> {
        dictionary::<Int32Type>(self.column(column), row)
    }

    fn word(&self, column: usize, row: usize) -> Option<&str> {
        dictionary::<Int8Type>(self.column(column), row)
    }

    fn number(&self, column: usize, row: usize) -> u32 {
        self.column(column).as_primitive::<UInt32Type>().value(row)
    }

    fn integer(&self, column: usize, row: usize) -> i32 {
        self.column(column).as_primitive::<Int32Type>().value(row)
    }

    fn long(&self, column: usize, row: usize) -> Option<i64> {
        let numbers = self.column(column).as_primitive::<Int64Type>();
        numbers.is_valid(row).then(|| numbers.value(row))
    }

    fn truth(&self, column: usize, row: usize) -> bool {
        self.column(column).as_boolean().value(row)
    }

    fn list(&self, column: usize, row: usize) -> Vec<&str> {
        let lists = self.column(column).as_list::<i32>();
        let names = lists.values().as_string::<i32>();
        let (from, to) = (lists.value_offsets()[row] as usize, lists.value_offsets()[row + 1] as usize);
        (from..to).map(|place| names.value(place)).collect()
    }

    fn list_len(&self, column: usize, row: usize) -> usize {
        self.column(column).as_list::<i32>().value_length(row) as usize
    }
}

fn dictionary<K: ArrowDictionaryKeyType>(column: &dyn Array, row: usize) -> Option<&str>
where
    K::Native: TryInto<usize>,
{
    let dictionary = column.as_dictionary::<K>();
    if dictionary.is_null(row) {
        return None;
    }
    let key = dictionary.keys().value(row).try_into().ok()?;
    Some(dictionary.values().as_string::<i32>().value(key))
}

#[cfg(test)]
mod tests {
    use spi::metadata::Relation;

    #[test]
    fn places_are_those_of_the_layout() {
        for (relation, places) in [
            (Relation::Tables, super::tables::NAMES),
            (Relation::Columns, super::columns::NAMES),
            (Relation::Views, super::views::NAMES),
            (Relation::Constraints, super::constraints::NAMES),
            (Relation::Indexes, super::indexes::NAMES),
            (Relation::Routines, super::routines::NAMES),
            (Relation::Parameters, super::parameters::NAMES),
            (Relation::Types, super::types::NAMES),
            (Relation::Partitions, super::partitions::NAMES),
            (Relation::TableOptions, super::table_options::NAMES),
            (Relation::Triggers, super::triggers::NAMES),
            (Relation::Sequences, super::sequences::NAMES),
        ] {
            let layout = relation.layout();
            let columns: Vec<String> = layout.fields().iter().map(|field| field.name().to_uppercase()).collect();
            assert_eq!(columns, places, "{relation:?}");
        }
    }
}
