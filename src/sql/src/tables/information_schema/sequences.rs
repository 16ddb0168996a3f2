//! `information_schema.sequences`: generators of numbers.

use spi::metadata::Relation::Sequences;

use super::types;
use crate::tables::snapshot_table::Kind::{Cardinal, Characters, Identifier, YesOrNo};
use crate::tables::snapshot_table::{Grain, Key, SnapshotColumn, SnapshotTable};

pub(super) static SEQUENCES: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "sequences",
    summary: "Every sequence of every data source that the role may see.",
    grain: Grain::OfSchema(Sequences),
    columns: &[
        SnapshotColumn::key("sequence_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("sequence_schema", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::new("sequence_name", Identifier, "The sequence.", |rows| rows.item_text(Sequences, "name")),
        SnapshotColumn::new("data_type", Characters, "The type of its numbers.", |rows| {
            rows.type_text(Sequences, |one| Some(types::data_type(one.pg)))
        }),
        SnapshotColumn::new("numeric_precision", Cardinal, "Digits of its numbers, to the base of the radix.", |rows| {
            rows.type_number(Sequences, |one| types::numeric_precision(one.pg))
        }),
        SnapshotColumn::new("numeric_precision_radix", Cardinal, "The base of the precision: 2 or 10.", |rows| {
            rows.type_number(Sequences, |one| types::numeric_precision_radix(one.pg))
        }),
        SnapshotColumn::new("numeric_scale", Cardinal, "Digits after the point.", |rows| {
            rows.type_number(Sequences, |one| types::numeric_scale(one.pg))
        }),
        SnapshotColumn::new("start_value", Characters, "Its first number.", |rows| rows.item_text(Sequences, "start")),
        SnapshotColumn::new("minimum_value", Characters, "Its least number.", |rows| rows.item_text(Sequences, "minimum")),
        SnapshotColumn::new("maximum_value", Characters, "Its greatest number.", |rows| rows.item_text(Sequences, "maximum")),
        SnapshotColumn::new("increment", Characters, "From one number to the next.", |rows| rows.item_text(Sequences, "increment")),
        SnapshotColumn::new("cycle_option", YesOrNo, "Whether it starts again after its last number.", |rows| {
            rows.item_yes_or_no(Sequences, "cycle")
        }),
        SnapshotColumn::new("comment", Characters, "The sequence's comment.", |rows| rows.item_text(Sequences, "comment")),
        SnapshotColumn::OBSERVED_AT,
    ],
};
