//! The triggers of tables and views.

use spi::Result;
use spi::metadata::{Harvest, TriggerRow, TriggerTiming};

use super::statement::Statements;
use super::tables::Tables;
use super::{number, text, truth};

/// One row for each event. The text of an encrypted trigger, or of one that the login may not read, is NULL.
pub(super) const STATEMENT: &str = "SELECT g.parent_id, g.object_id, g.name, g.is_instead_of_trigger, g.is_disabled, x.type_desc, \
     m.definition, CONVERT(nvarchar(4000), e.value) \
     FROM sys.triggers g JOIN sys.objects o ON o.object_id = g.parent_id JOIN sys.schemas s ON s.schema_id = o.schema_id \
     JOIN sys.trigger_events x ON x.object_id = g.object_id LEFT JOIN sys.sql_modules m ON m.object_id = g.object_id \
     LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = g.object_id AND e.minor_id = 0 AND e.name = N'MS_Description' \
     WHERE g.parent_class = 1 AND g.is_ms_shipped = 0 AND (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR o.name = @P2) \
     ORDER BY g.object_id, x.type";

#[derive(Default)]
struct Trigger {
    id: i64,
    table: i64,
    name: String,
    instead: bool,
    disabled: bool,
    events: Vec<String>,
    action: String,
    comment: Option<String>,
}

/// Pushes the triggers of the shown tables.
pub(super) async fn push(statements: &mut Statements<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let mut trigger = Trigger::default();
    let take = |row: &tiberius::Row| {
        let id = number(row, 1).unwrap_or_default();
        let owned = |place| text(row, place).map(str::to_owned);
        if id != trigger.id {
            push_trigger(&trigger, tables, harvest)?;
            trigger = Trigger {
                id,
                table: number(row, 0).unwrap_or_default(),
                name: owned(2).unwrap_or_default(),
                instead: truth(row, 3),
                disabled: truth(row, 4),
                events: Vec::new(),
                action: owned(6).unwrap_or_default(),
                comment: owned(7),
            };
        }
        trigger.events.extend(owned(5));
        Ok(())
    };
    statements.each(STATEMENT, take).await?;
    push_trigger(&trigger, tables, harvest)
}

fn push_trigger(trigger: &Trigger, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let Some((schema, table)) = tables.get(&trigger.table) else { return Ok(()) };
    harvest.trigger(TriggerRow {
        schema,
        table,
        name: &trigger.name,
        timing: if trigger.instead { TriggerTiming::InsteadOf } else { TriggerTiming::After },
        events: &trigger.events.iter().map(String::as_str).collect::<Vec<_>>(),
        columns: &[],
        for_each_row: false,
        condition: None,
        action: &trigger.action,
        enabled: !trigger.disabled,
        comment: trigger.comment.as_deref(),
    })
}
