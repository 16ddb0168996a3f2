//! `information_schema.routines`: the functions and procedures of every visible data source, and those of the gateway itself.

use arrow::array::{ArrayRef, AsArray};
use spi::metadata::Relation::Routines;

use crate::tables::snapshot_table::Kind::{Cardinal, Characters, Identifier, TimestampTz, YesOrNo};
use crate::tables::snapshot_table::{Grain, Key, Rows, SnapshotColumn, SnapshotTable};

pub(super) static ROUTINES: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "routines",
    summary: "Every function and procedure that the role may see; those of schema `admin` in `metagate` administrate the gateway.",
    grain: Grain::OfSchema(Routines),
    columns: &[
        SnapshotColumn::key("specific_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("specific_schema", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::new("specific_name", Identifier, "Tells routines of one name apart.", |rows| {
            rows.item_text(Routines, "specific_name")
        }),
        SnapshotColumn::key("routine_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("routine_schema", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::new("routine_name", Identifier, "The routine.", |rows| rows.item_text(Routines, "name")),
        SnapshotColumn::new("routine_type", Characters, "`FUNCTION` or `PROCEDURE`.", |rows| rows.item_text(Routines, "kind")),
        SnapshotColumn::absent("module_catalog", Identifier),
        SnapshotColumn::absent("module_schema", Identifier),
        SnapshotColumn::absent("module_name", Identifier),
        SnapshotColumn::absent("udt_catalog", Identifier),
        SnapshotColumn::absent("udt_schema", Identifier),
        SnapshotColumn::absent("udt_name", Identifier),
        SnapshotColumn::new("data_type", Characters, "What a function returns, as the source writes it.", |rows| {
            rows.item_text(Routines, "return_type")
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
        SnapshotColumn::unknown("type_udt_catalog", Identifier),
        SnapshotColumn::unknown("type_udt_schema", Identifier),
        SnapshotColumn::unknown("type_udt_name", Identifier),
        SnapshotColumn::absent("scope_catalog", Identifier),
        SnapshotColumn::absent("scope_schema", Identifier),
        SnapshotColumn::absent("scope_name", Identifier),
        SnapshotColumn::absent("maximum_cardinality", Cardinal),
        SnapshotColumn::new("dtd_identifier", Identifier, "`0` for a function, null for a procedure.", |rows| {
            rows.optional_word(Routines, "kind", |kind| (kind == Some("FUNCTION")).then_some("0"))
        }),
        SnapshotColumn::new("routine_body", Characters, "`SQL` where it is written in SQL, else `EXTERNAL`.", |rows| {
            rows.language(|language| if language.eq_ignore_ascii_case("sql") { "SQL".to_owned() } else { "EXTERNAL".to_owned() })
        }),
        SnapshotColumn::new("routine_definition", Characters, "Its text, where the source shows it.", |rows| {
            rows.item_text(Routines, "definition")
        }),
        SnapshotColumn::absent("external_name", Characters),
        SnapshotColumn::new("external_language", Characters, "The language that it is written in.", |rows| {
            rows.language(str::to_uppercase)
        }),
        SnapshotColumn::new("parameter_style", Characters, "Always `GENERAL`.", |rows| rows.constant("GENERAL")),
        SnapshotColumn::new("is_deterministic", YesOrNo, "Always `NO`: nothing is known that would promise it.", |rows| {
            rows.yes_or_no(false)
        }),
        SnapshotColumn::new("sql_data_access", Characters, "Always `MODIFIES`: nothing is known that would exclude it.", |rows| {
            rows.constant("MODIFIES")
        }),
        SnapshotColumn::unknown("is_null_call", YesOrNo),
        SnapshotColumn::absent("sql_path", Characters),
        SnapshotColumn::new("schema_level_routine", YesOrNo, "Always `YES`.", |rows| rows.yes_or_no(true)),
        SnapshotColumn::new("max_dynamic_result_sets", Cardinal, "Always 0.", |rows| rows.constant_number(0)),
        SnapshotColumn::absent("is_user_defined_cast", YesOrNo),
        SnapshotColumn::absent("is_implicitly_invocable", YesOrNo),
        SnapshotColumn::unknown("security_type", Characters),
        SnapshotColumn::absent("to_sql_specific_catalog", Identifier),
        SnapshotColumn::absent("to_sql_specific_schema", Identifier),
        SnapshotColumn::absent("to_sql_specific_name", Identifier),
        SnapshotColumn::new("as_locator", YesOrNo, "Always `NO`.", |rows| rows.yes_or_no(false)),
        SnapshotColumn::unknown("created", TimestampTz),
        SnapshotColumn::unknown("last_altered", TimestampTz),
        SnapshotColumn::absent("new_savepoint_level", YesOrNo),
        SnapshotColumn::new("is_udt_dependent", YesOrNo, "Always `NO`.", |rows| rows.yes_or_no(false)),
        SnapshotColumn::absent("result_cast_from_data_type", Characters),
        SnapshotColumn::absent("result_cast_as_locator", YesOrNo),
        SnapshotColumn::absent("result_cast_char_max_length", Cardinal),
        SnapshotColumn::absent("result_cast_char_octet_length", Cardinal),
        SnapshotColumn::absent("result_cast_char_set_catalog", Identifier),
        SnapshotColumn::absent("result_cast_char_set_schema", Identifier),
        SnapshotColumn::absent("result_cast_char_set_name", Identifier),
        SnapshotColumn::absent("result_cast_collation_catalog", Identifier),
        SnapshotColumn::absent("result_cast_collation_schema", Identifier),
        SnapshotColumn::absent("result_cast_collation_name", Identifier),
        SnapshotColumn::absent("result_cast_numeric_precision", Cardinal),
        SnapshotColumn::absent("result_cast_numeric_precision_radix", Cardinal),
        SnapshotColumn::absent("result_cast_numeric_scale", Cardinal),
        SnapshotColumn::absent("result_cast_datetime_precision", Cardinal),
        SnapshotColumn::absent("result_cast_interval_type", Characters),
        SnapshotColumn::absent("result_cast_interval_precision", Cardinal),
        SnapshotColumn::absent("result_cast_type_udt_catalog", Identifier),
        SnapshotColumn::absent("result_cast_type_udt_schema", Identifier),
        SnapshotColumn::absent("result_cast_type_udt_name", Identifier),
        SnapshotColumn::absent("result_cast_scope_catalog", Identifier),
        SnapshotColumn::absent("result_cast_scope_schema", Identifier),
        SnapshotColumn::absent("result_cast_scope_name", Identifier),
        SnapshotColumn::absent("result_cast_maximum_cardinality", Cardinal),
        SnapshotColumn::absent("result_cast_dtd_identifier", Identifier),
        SnapshotColumn::new("comment", Characters, "The routine's comment.", |rows| rows.item_text(Routines, "comment")),
        SnapshotColumn::OBSERVED_AT,
    ],
};

impl Rows<'_> {
    /// A text for each routine, made of the language that it is written in.
    fn language(&self, text: impl Fn(&str) -> String) -> ArrayRef {
        let languages = self.schema.names(Routines, "language");
        let known = languages.values().as_string::<i32>();
        self.made_text(|item| Some(text(known.value(languages.keys().value(item) as usize))))
    }
}
