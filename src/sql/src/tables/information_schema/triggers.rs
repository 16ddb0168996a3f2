//! `information_schema.triggers`: what tables do by themselves, one row for each event.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int32Array};
use spi::metadata::Relation::Triggers;

use crate::tables::snapshot_table::Kind::{Cardinal, Characters, Identifier, TimestampTz};
use crate::tables::snapshot_table::{Grain, Key, Rows, SnapshotColumn, SnapshotTable};

pub(super) static TRIGGERS: SnapshotTable = SnapshotTable {
    schema: "information_schema",
    name: "triggers",
    summary: "Every event at which a trigger of a table acts that the role may see.",
    grain: Grain::TriggerEvent,
    columns: &[
        SnapshotColumn::key("trigger_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("trigger_schema", Key::Schema, "The schema in it, which is that of the table.", |rows| rows.schema_name()),
        SnapshotColumn::new("trigger_name", Identifier, "The trigger.", |rows| rows.item_text(Triggers, "name")),
        SnapshotColumn::new("event_manipulation", Characters, "`INSERT`, `UPDATE`, `DELETE` or `TRUNCATE`.", |rows| {
            rows.listed_name(Triggers, "events")
        }),
        SnapshotColumn::key("event_object_catalog", Key::Catalog, "The data source.", |rows| rows.catalog()),
        SnapshotColumn::key("event_object_schema", Key::Schema, "The schema in it.", |rows| rows.schema_name()),
        SnapshotColumn::key("event_object_table", Key::Table, "The table.", |rows| rows.table_name()),
        SnapshotColumn::new(
            "action_order",
            Cardinal,
            "Its place among the triggers of the table that act at the same event and time, by name, from 1.",
            action_order,
        ),
        SnapshotColumn::new("action_condition", Characters, "The condition under which it acts, as the source writes it.", |rows| {
            rows.item_text(Triggers, "condition")
        }),
        SnapshotColumn::new("action_statement", Characters, "What it does, as the source writes it.", |rows| {
            rows.item_text(Triggers, "action")
        }),
        SnapshotColumn::new("action_orientation", Characters, "`ROW` or `STATEMENT`: how often it acts.", |rows| {
            let for_each_row = rows.schema.column(Triggers, "for_each_row").as_boolean();
            rows.made_text(|item| Some(if for_each_row.value(item) { "ROW" } else { "STATEMENT" }))
        }),
        SnapshotColumn::new("action_timing", Characters, "`BEFORE`, `AFTER` or `INSTEAD OF`.", |rows| rows.item_text(Triggers, "timing")),
        SnapshotColumn::unknown("action_reference_old_table", Identifier),
        SnapshotColumn::unknown("action_reference_new_table", Identifier),
        SnapshotColumn::absent("action_reference_old_row", Identifier),
        SnapshotColumn::absent("action_reference_new_row", Identifier),
        SnapshotColumn::unknown("created", TimestampTz),
        SnapshotColumn::new("comment", Characters, "The trigger's comment.", |rows| rows.item_text(Triggers, "comment")),
        SnapshotColumn::OBSERVED_AT,
    ],
};

/// The triggers of a table follow each other, ordered by name.
fn action_order(rows: &Rows<'_>) -> ArrayRef {
    let timings = rows.schema.words(Triggers, "timing").keys();
    let for_each_row = rows.schema.column(Triggers, "for_each_row").as_boolean();
    let events = rows.schema.lists(Triggers, "events");
    let acts = |trigger: usize, event: &str| events.value(trigger).as_string::<i32>().iter().any(|other| other == Some(event));
    let place = |table: u32, item: usize, position: u32| {
        let own = events.value(item);
        let event = own.as_string::<i32>().value(position as usize);
        let before = rows.schema.rows_of(Triggers, table as usize).take_while(|other| *other < item).filter(|other| {
            timings.value(*other) == timings.value(item) && for_each_row.value(*other) == for_each_row.value(item) && acts(*other, event)
        });
        before.count() as i32 + 1
    };
    let places = rows.tables.values().iter().zip(rows.items.values()).zip(rows.positions.values());
    Arc::new(Int32Array::from_iter_values(places.map(|((table, item), position)| place(*table, *item as usize, *position))))
}
