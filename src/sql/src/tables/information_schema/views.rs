//! `information_schema.views`: the queries of views.

use spi::metadata::Relation::Views;

use crate::tables::snapshot_table::Kind::{Characters, YesOrNo};
use crate::tables::snapshot_table::{Grain, Key, SnapshotColumn, SnapshotTable};

pub(super) static VIEWS: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "views",
    summary: "Every view of every data source that the role may see, with its query.",
    grain: Grain::OfTable(Views),
    columns: &[
        SnapshotColumn::key("table_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("table_schema", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::key("table_name", Key::Table, "The view.", |rows| rows.table_name()),
        SnapshotColumn::new(
            "view_definition",
            Characters,
            "Its query, as the source writes it; null where there is none to show.",
            |rows| {
                let definitions = rows.schema.text(Views, "definition");
                rows.made_text(|item| Some(definitions.value(item)).filter(|definition| !definition.is_empty()))
            },
        ),
        SnapshotColumn::new("check_option", Characters, "Always `NONE`.", |rows| rows.constant("NONE")),
        SnapshotColumn::new("is_updatable", YesOrNo, "Whether the source could change rows through it. The gateway does not.", |rows| {
            rows.item_yes_or_no(Views, "updatable")
        }),
        SnapshotColumn::new(
            "is_insertable_into",
            YesOrNo,
            "Always `NO`: `admin.data_source_types` and the source's option `read_only` say where INSERT works.",
            |rows| rows.yes_or_no(false),
        ),
        SnapshotColumn::new("is_trigger_updatable", YesOrNo, "Always `NO`.", |rows| rows.yes_or_no(false)),
        SnapshotColumn::new("is_trigger_deletable", YesOrNo, "Always `NO`.", |rows| rows.yes_or_no(false)),
        SnapshotColumn::new("is_trigger_insertable_into", YesOrNo, "Always `NO`.", |rows| rows.yes_or_no(false)),
        SnapshotColumn::OBSERVED_AT,
    ],
};
