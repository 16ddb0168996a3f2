//! `information_schema.columns`: every column of every table and view of every visible data source.

use spi::metadata::Relation::{self, Columns};

use super::types;
use crate::tables::snapshot_table::Kind::{Cardinal, Characters, Identifier, YesOrNo};
use crate::tables::snapshot_table::{Grain, Key, Rows, SnapshotColumn, SnapshotTable};

pub(super) static COLUMNS: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "columns",
    summary: "Every column of every table and view of every data source that the role may see.",
    grain: Grain::Column,
    columns: &[
        SnapshotColumn::key("table_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("table_schema", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::key("table_name", Key::Table, "The table.", |rows| rows.table_name()),
        SnapshotColumn::key("column_name", Key::Column, "The column.", |rows| rows.item_text(Columns, "name")),
        SnapshotColumn::new("ordinal_position", Cardinal, "Its place in the table, from 1.", |rows| rows.item(Columns, "ordinal")),
        SnapshotColumn::new("column_default", Characters, "Its default, as the source writes it.", |rows| {
            rows.item_text_where(Columns, "default", "generated", |generated| !is_expression(generated))
        }),
        SnapshotColumn::new("is_nullable", YesOrNo, "Whether the source allows nulls.", |rows| rows.item_yes_or_no(Columns, "nullable")),
        SnapshotColumn::new("data_type", Characters, "The type that clients see, without its modifier.", |rows| {
            rows.type_text(Columns, |one| Some(types::data_type(one.pg)))
        }),
        SnapshotColumn::new("character_maximum_length", Cardinal, "The declared length in characters.", |rows| {
            rows.type_number(Columns, |one| one.pg.character_maximum_length())
        }),
        SnapshotColumn::new("character_octet_length", Cardinal, "The greatest length in bytes.", |rows| {
            rows.type_number(Columns, |one| types::character_octet_length(one.pg))
        }),
        SnapshotColumn::new("numeric_precision", Cardinal, "Digits of a number, to the base of the radix.", |rows| {
            rows.type_number(Columns, |one| types::numeric_precision(one.pg))
        }),
        SnapshotColumn::new("numeric_precision_radix", Cardinal, "The base of the precision: 2 or 10.", |rows| {
            rows.type_number(Columns, |one| types::numeric_precision_radix(one.pg))
        }),
        SnapshotColumn::new("numeric_scale", Cardinal, "Digits after the point.", |rows| {
            rows.type_number(Columns, |one| types::numeric_scale(one.pg))
        }),
        SnapshotColumn::new("datetime_precision", Cardinal, "Digits of a second.", |rows| {
            rows.type_number(Columns, |one| types::datetime_precision(one.pg))
        }),
        SnapshotColumn::absent("interval_type", Characters),
        SnapshotColumn::absent("interval_precision", Cardinal),
        SnapshotColumn::absent("character_set_catalog", Identifier),
        SnapshotColumn::absent("character_set_schema", Identifier),
        SnapshotColumn::absent("character_set_name", Identifier),
        SnapshotColumn::absent("collation_catalog", Identifier),
        SnapshotColumn::absent("collation_schema", Identifier),
        SnapshotColumn::new("collation_name", Identifier, "The collation of text, where it is not the usual one.", |rows| {
            rows.item_text(Columns, "collation")
        }),
        SnapshotColumn::absent("domain_catalog", Identifier),
        SnapshotColumn::absent("domain_schema", Identifier),
        SnapshotColumn::absent("domain_name", Identifier),
        SnapshotColumn::new("udt_catalog", Identifier, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::new("udt_schema", Identifier, "Always `pg_catalog`: clients see built-in types.", |rows| {
            rows.constant("pg_catalog")
        }),
        SnapshotColumn::new("udt_name", Identifier, "The name of the type that clients see, for example `int4`.", |rows| {
            rows.type_text(Columns, |one| Some(one.pg.type_name()))
        }),
        SnapshotColumn::absent("scope_catalog", Identifier),
        SnapshotColumn::absent("scope_schema", Identifier),
        SnapshotColumn::absent("scope_name", Identifier),
        SnapshotColumn::absent("maximum_cardinality", Cardinal),
        SnapshotColumn::new("dtd_identifier", Identifier, "The column's place, as a name.", |rows| rows.ordinal_text(Columns)),
        SnapshotColumn::new("is_self_referencing", YesOrNo, "Always `NO`.", |rows| rows.yes_or_no(false)),
        SnapshotColumn::new("is_identity", YesOrNo, "Whether a sequence gives the values.", |rows| {
            rows.generated(|generated| Some(if identity_generation(generated).is_some() { "YES" } else { "NO" }))
        }),
        SnapshotColumn::new("identity_generation", Characters, "`ALWAYS` or `BY DEFAULT`, of an identity column.", |rows| {
            rows.generated(identity_generation)
        }),
        SnapshotColumn::absent("identity_start", Characters),
        SnapshotColumn::absent("identity_increment", Characters),
        SnapshotColumn::absent("identity_maximum", Characters),
        SnapshotColumn::absent("identity_minimum", Characters),
        SnapshotColumn::new("identity_cycle", YesOrNo, "Always `NO`.", |rows| rows.yes_or_no(false)),
        SnapshotColumn::new("is_generated", Characters, "`ALWAYS` where an expression gives the values, else `NEVER`.", |rows| {
            rows.generated(|generated| Some(if is_expression(generated) { "ALWAYS" } else { "NEVER" }))
        }),
        SnapshotColumn::new("generation_expression", Characters, "That expression, as the source writes it.", |rows| {
            rows.item_text_where(Columns, "default", "generated", is_expression)
        }),
        SnapshotColumn::new("is_updatable", YesOrNo, "Always `NO`: the gateway adds rows, and changes none.", |rows| rows.yes_or_no(false)),
        SnapshotColumn::new("native_type", Characters, "The type as the source writes it.", |rows| {
            rows.type_text(Columns, |one| Some(one.native.clone()))
        }),
        SnapshotColumn::new("comment", Characters, "The column's comment.", |rows| rows.item_text(Columns, "comment")),
        SnapshotColumn::OBSERVED_AT,
    ],
};

/// Whether a column's values come from an expression; the word is that of the snapshot.
fn is_expression(generated: Option<&str>) -> bool {
    matches!(generated, Some("stored" | "virtual"))
}

fn identity_generation(generated: Option<&str>) -> Option<&'static str> {
    match generated {
        Some("identity always") => Some("ALWAYS"),
        Some("identity by default") => Some("BY DEFAULT"),
        _ => None,
    }
}

impl Rows<'_> {
    /// A word for each column, chosen by how its values are generated.
    fn generated(&self, word: impl Fn(Option<&str>) -> Option<&'static str>) -> arrow::array::ArrayRef {
        self.optional_word(Relation::Columns, "generated", word)
    }
}
