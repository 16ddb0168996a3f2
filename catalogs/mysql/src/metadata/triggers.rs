//! Triggers of the harvest. The family has them for rows only, and they cannot be switched off.

use spi::Result;
use spi::metadata::{Harvest, TriggerRow, TriggerTiming};
use sqlx::mysql::MySqlRow;

use super::{Known, text};

/// A trigger of [`views_and_triggers`](super::statements::Statements::views_and_triggers). It is there only for a login that has the
/// privilege TRIGGER on the table.
pub(super) fn push_trigger(row: &MySqlRow, known: &Known<'_>, harvest: &mut Harvest) -> Result<()> {
    let (Some(schema), Some(table), Some(name)) = (text(row, 1), text(row, 2), text(row, 4)) else { return Ok(()) };
    if !known.has(schema, table) {
        return Ok(());
    }
    let events: Vec<&str> = text(row, 6).unwrap_or_default().split(',').collect();
    harvest.trigger(TriggerRow {
        schema,
        table,
        name,
        timing: if text(row, 5) == Some("BEFORE") { TriggerTiming::Before } else { TriggerTiming::After },
        events: &events,
        columns: &[],
        for_each_row: true,
        condition: None,
        action: text(row, 3).unwrap_or_default(),
        enabled: true,
        comment: None,
    })
}
