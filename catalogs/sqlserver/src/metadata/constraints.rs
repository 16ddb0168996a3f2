//! Foreign keys and checks. The other constraints are indexes.

use spi::Result;
use spi::metadata::{ConstraintKind, ConstraintRow, Harvest, ReferentialAction};
use tiberius::Row;

use super::statement::Statements;
use super::tables::Tables;
use super::{number, text};

/// One row for each pair of columns, in their order.
pub(super) const FOREIGN_KEYS: &str = "SELECT k.parent_object_id, k.object_id, k.name, c.name, z.name, r.name, d.name, \
     k.update_referential_action, k.delete_referential_action, CONVERT(nvarchar(4000), e.value) \
     FROM sys.foreign_keys k JOIN sys.objects o ON o.object_id = k.parent_object_id JOIN sys.schemas s ON s.schema_id = o.schema_id \
     JOIN sys.foreign_key_columns x ON x.constraint_object_id = k.object_id \
     JOIN sys.columns c ON c.object_id = x.parent_object_id AND c.column_id = x.parent_column_id \
     JOIN sys.objects r ON r.object_id = k.referenced_object_id JOIN sys.schemas z ON z.schema_id = r.schema_id \
     JOIN sys.columns d ON d.object_id = x.referenced_object_id AND d.column_id = x.referenced_column_id \
     LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = k.object_id AND e.minor_id = 0 AND e.name = N'MS_Description' \
     WHERE (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR o.name = @P2) ORDER BY k.object_id, x.constraint_column_id";

/// A check names its column where it was written beside one.
pub(super) const CHECKS: &str = "SELECT k.parent_object_id, k.name, c.name, k.definition, CONVERT(nvarchar(4000), e.value) \
     FROM sys.check_constraints k JOIN sys.objects o ON o.object_id = k.parent_object_id JOIN sys.schemas s ON s.schema_id = o.schema_id \
     LEFT JOIN sys.columns c ON c.object_id = k.parent_object_id AND c.column_id = k.parent_column_id \
     LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = k.object_id AND e.minor_id = 0 AND e.name = N'MS_Description' \
     WHERE (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR o.name = @P2)";

#[derive(Default)]
struct ForeignKey {
    id: i64,
    table: i64,
    name: String,
    columns: Vec<String>,
    referenced_schema: String,
    referenced_table: String,
    referenced_columns: Vec<String>,
    on_update: i64,
    on_delete: i64,
    comment: Option<String>,
}

/// Pushes the foreign keys of the shown tables.
pub(super) async fn push_foreign_keys(statements: &mut Statements<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let mut key = ForeignKey::default();
    let take = |row: &Row| {
        let id = number(row, 1).unwrap_or_default();
        let owned = |place| text(row, place).map(str::to_owned);
        if id != key.id {
            push_foreign_key(&key, tables, harvest)?;
            key = ForeignKey {
                id,
                table: number(row, 0).unwrap_or_default(),
                name: owned(2).unwrap_or_default(),
                referenced_schema: owned(4).unwrap_or_default(),
                referenced_table: owned(5).unwrap_or_default(),
                on_update: number(row, 7).unwrap_or_default(),
                on_delete: number(row, 8).unwrap_or_default(),
                comment: owned(9),
                ..ForeignKey::default()
            };
        }
        key.columns.extend(owned(3));
        key.referenced_columns.extend(owned(6));
        Ok(())
    };
    statements.each(FOREIGN_KEYS, take).await?;
    push_foreign_key(&key, tables, harvest)
}

fn push_foreign_key(key: &ForeignKey, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let Some((schema, table)) = tables.get(&key.table) else { return Ok(()) };
    let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
    let referenced_columns: Vec<&str> = key.referenced_columns.iter().map(String::as_str).collect();
    let kind = ConstraintKind::ForeignKey {
        referenced_schema: &key.referenced_schema,
        referenced_table: &key.referenced_table,
        referenced_columns: &referenced_columns,
        on_update: action(key.on_update),
        on_delete: action(key.on_delete),
    };
    let (name, comment) = (key.name.as_str(), key.comment.as_deref());
    let (deferrable, initially_deferred) = (false, false);
    harvest.constraint(ConstraintRow { schema, table, name, kind, columns: &columns, deferrable, initially_deferred, comment })
}

/// Pushes the checks of the shown tables.
pub(super) async fn push_checks(statements: &mut Statements<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let take = |row: &Row| {
        let Some((schema, table)) = number(row, 0).and_then(|table| tables.get(&table)) else { return Ok(()) };
        let kind = ConstraintKind::Check { expression: text(row, 3).unwrap_or_default() };
        let (name, columns, comment): (_, Vec<&str>, _) =
            (text(row, 1).unwrap_or_default(), text(row, 2).into_iter().collect(), text(row, 4));
        let (deferrable, initially_deferred) = (false, false);
        harvest.constraint(ConstraintRow { schema, table, name, kind, columns: &columns, deferrable, initially_deferred, comment })
    };
    statements.each(CHECKS, take).await
}

/// `sys.foreign_keys.update_referential_action` and `delete_referential_action`.
fn action(number: i64) -> ReferentialAction {
    match number {
        1 => ReferentialAction::Cascade,
        2 => ReferentialAction::SetNull,
        3 => ReferentialAction::SetDefault,
        _ => ReferentialAction::NoAction,
    }
}
