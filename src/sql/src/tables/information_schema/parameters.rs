//! `information_schema.parameters`: the parameters of functions and procedures.

use spi::metadata::Relation::{Parameters, Routines};

use super::types;
use crate::tables::snapshot_table::Kind::{Cardinal, Characters, Identifier, YesOrNo};
use crate::tables::snapshot_table::{Grain, Key, SnapshotColumn, SnapshotTable};

pub(super) static PARAMETERS: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "parameters",
    summary: "Every parameter of every routine that the role may see.",
    grain: Grain::Parameter,
    columns: &[
        SnapshotColumn::key("specific_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("specific_schema", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::new("specific_name", Identifier, "The routine, as `routines.specific_name` has it.", |rows| {
            rows.text(Routines, "specific_name", &rows.tables)
        }),
        SnapshotColumn::new("ordinal_position", Cardinal, "Its place among the parameters, from 1.", |rows| {
            rows.item(Parameters, "ordinal")
        }),
        SnapshotColumn::new("parameter_mode", Characters, "`IN`, `OUT` or `INOUT`.", |rows| rows.item_text(Parameters, "mode")),
        SnapshotColumn::new("is_result", YesOrNo, "Always `NO`.", |rows| rows.yes_or_no(false)),
        SnapshotColumn::new("as_locator", YesOrNo, "Always `NO`.", |rows| rows.yes_or_no(false)),
        SnapshotColumn::new("parameter_name", Identifier, "The parameter, where it has a name.", |rows| rows.item_text(Parameters, "name")),
        SnapshotColumn::new("data_type", Characters, "The type that clients see, without its modifier.", |rows| {
            rows.type_text(Parameters, |one| Some(types::data_type(one.pg)))
        }),
        SnapshotColumn::absent("character_maximum_length", Cardinal),
        SnapshotColumn::absent("character_octet_length", Cardinal),
        SnapshotColumn::absent("character_set_catalog", Identifier),
        SnapshotColumn::absent("character_set_schema", Identifier),
        SnapshotColumn::absent("character_set_name", Identifier),
        SnapshotColumn::absent("collation_catalog", Identifier),
        SnapshotColumn::absent("collation_schema", Identifier),
        SnapshotColumn::absent("collation_name", Identifier),
        SnapshotColumn::absent("numeric_precision", Cardinal),
        SnapshotColumn::absent("numeric_precision_radix", Cardinal),
        SnapshotColumn::absent("numeric_scale", Cardinal),
        SnapshotColumn::absent("datetime_precision", Cardinal),
        SnapshotColumn::absent("interval_type", Characters),
        SnapshotColumn::absent("interval_precision", Cardinal),
        SnapshotColumn::key("udt_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::new("udt_schema", Identifier, "Always `pg_catalog`: clients see built-in types.", |rows| {
            rows.constant("pg_catalog")
        }),
        SnapshotColumn::new("udt_name", Identifier, "The name of the type that clients see, for example `int4`.", |rows| {
            rows.type_text(Parameters, |one| Some(one.pg.type_name()))
        }),
        SnapshotColumn::absent("scope_catalog", Identifier),
        SnapshotColumn::absent("scope_schema", Identifier),
        SnapshotColumn::absent("scope_name", Identifier),
        SnapshotColumn::absent("maximum_cardinality", Cardinal),
        SnapshotColumn::new("dtd_identifier", Identifier, "The parameter's place, as a name.", |rows| rows.ordinal_text(Parameters)),
        SnapshotColumn::new("parameter_default", Characters, "What holds where the call gives no value.", |rows| {
            rows.item_text(Parameters, "default")
        }),
        SnapshotColumn::new("native_type", Characters, "The type as the source writes it.", |rows| {
            rows.type_text(Parameters, |one| Some(one.native.clone()))
        }),
        SnapshotColumn::OBSERVED_AT,
    ],
};
