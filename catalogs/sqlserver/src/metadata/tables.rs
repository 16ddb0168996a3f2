//! Tables and views.

use std::collections::HashMap;

use spi::Result;
use spi::metadata::{Harvest, TableKind, TableRow, ViewRow};

use super::schemas::Schemas;
use super::statement::Statements;
use super::{number, text, truth};

/// A view with a clustered index keeps its rows. The definition of an encrypted view, or of one that the login may not read, is NULL.
/// Pages have 8 KiB. Some belong to a partition and some to its heap or tree, which has the same number.
pub(super) const STATEMENT: &str = "SELECT o.object_id, o.schema_id, o.name, o.type, p.name, CONVERT(nvarchar(4000), e.value), r.n, b.n, \
     m.definition, CONVERT(bit, CASE WHEN i.type IN (1, 5) THEN 1 ELSE 0 END), CONVERT(bit, CASE WHEN d.type = 'PS' THEN 1 ELSE 0 END) \
     FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id \
     LEFT JOIN sys.database_principals p ON p.principal_id = COALESCE(o.principal_id, s.principal_id) \
     LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = o.object_id AND e.minor_id = 0 AND e.name = N'MS_Description' \
     LEFT JOIN sys.sql_modules m ON m.object_id = o.object_id \
     LEFT JOIN sys.indexes i ON i.object_id = o.object_id AND i.index_id IN (0, 1) \
     LEFT JOIN sys.data_spaces d ON d.data_space_id = i.data_space_id \
     LEFT JOIN (SELECT t.object_id, SUM(t.rows) AS n FROM sys.partitions t WHERE t.index_id IN (0, 1) GROUP BY t.object_id) r \
     ON r.object_id = o.object_id \
     LEFT JOIN (SELECT t.object_id, SUM(a.total_pages) * 8192 AS n FROM sys.partitions t \
     JOIN sys.allocation_units a ON a.container_id = t.partition_id GROUP BY t.object_id) b \
     ON b.object_id = o.object_id \
     WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR o.name = @P2)";

/// The tables that were pushed, by their numbers: schema and name.
pub(super) type Tables = HashMap<i64, (String, String)>;

/// Pushes the tables and views of the shown schemas.
pub(super) async fn push(statements: &mut Statements<'_>, schemas: &Schemas, harvest: &mut Harvest) -> Result<Tables> {
    let scope = statements.scope;
    let mut tables = Tables::new();
    let take = |row: &tiberius::Row| {
        let (Some(id), Some(name)) = (number(row, 0), text(row, 2)) else { return Ok(()) };
        let Some(schema) = number(row, 1).and_then(|schema| schemas.get(&schema)) else { return Ok(()) };
        if !scope.covers_table(schema, name) {
            return Ok(());
        }
        let kind = kind(text(row, 3).unwrap_or_default(), truth(row, 9), truth(row, 10));
        let (owner, comment) = (text(row, 4), text(row, 5));
        harvest.table(TableRow { schema, name, kind, owner, comment, row_estimate: number(row, 6), size_bytes: number(row, 7) })?;
        if matches!(kind, TableKind::View | TableKind::MaterializedView) {
            // Which views take rows, only an attempt tells.
            harvest.view(ViewRow { schema, name, definition: text(row, 8).unwrap_or_default(), query: None, updatable: false })?;
        }
        tables.insert(id, (schema.clone(), name.to_owned()));
        Ok(())
    };
    statements.each(STATEMENT, take).await?;
    Ok(tables)
}

/// `sys.objects.type` has two characters.
fn kind(letters: &str, clustered: bool, partitioned: bool) -> TableKind {
    match (letters.trim_end(), clustered, partitioned) {
        ("V", true, _) => TableKind::MaterializedView,
        ("V", ..) => TableKind::View,
        (_, _, true) => TableKind::PartitionedTable,
        _ => TableKind::Table,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_with_a_clustered_index_keeps_its_rows() {
        assert_eq!(kind("V ", true, false), TableKind::MaterializedView);
        assert_eq!(kind("V ", false, false), TableKind::View);
        assert_eq!(kind("U ", true, false), TableKind::Table);
        assert_eq!(kind("U ", true, true), TableKind::PartitionedTable);
    }
}
