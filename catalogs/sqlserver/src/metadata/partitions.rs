//! The partitions of partitioned tables. All of them are ranges.

use spi::Result;
use spi::metadata::{Harvest, PartitionRow};
use tiberius::Row;

use super::statement::Statements;
use super::tables::Tables;
use super::{number, text, truth};

/// A boundary is a `sql_variant`; moments are written as the standard has them.
pub(super) const STATEMENT: &str = "SELECT o.object_id, p.partition_number, c.name, f.boundary_value_on_right, \
     CASE WHEN CONVERT(nvarchar(128), SQL_VARIANT_PROPERTY(l.value, 'BaseType')) IN (N'date', N'datetime', N'datetime2', N'smalldatetime') \
     THEN CONVERT(nvarchar(60), CONVERT(datetime2(7), l.value), 121) ELSE CONVERT(nvarchar(4000), l.value) END, \
     CASE WHEN CONVERT(nvarchar(128), SQL_VARIANT_PROPERTY(h.value, 'BaseType')) IN (N'date', N'datetime', N'datetime2', N'smalldatetime') \
     THEN CONVERT(nvarchar(60), CONVERT(datetime2(7), h.value), 121) ELSE CONVERT(nvarchar(4000), h.value) END, p.rows, a.n \
     FROM sys.objects o JOIN sys.schemas s ON s.schema_id = o.schema_id \
     JOIN sys.indexes i ON i.object_id = o.object_id AND i.index_id IN (0, 1) \
     JOIN sys.partition_schemes d ON d.data_space_id = i.data_space_id JOIN sys.partition_functions f ON f.function_id = d.function_id \
     JOIN sys.partitions p ON p.object_id = i.object_id AND p.index_id = i.index_id \
     JOIN sys.index_columns x ON x.object_id = i.object_id AND x.index_id = i.index_id AND x.partition_ordinal = 1 \
     JOIN sys.columns c ON c.object_id = x.object_id AND c.column_id = x.column_id \
     LEFT JOIN sys.partition_range_values l ON l.function_id = f.function_id AND l.boundary_id = p.partition_number - 1 \
     LEFT JOIN sys.partition_range_values h ON h.function_id = f.function_id AND h.boundary_id = p.partition_number \
     LEFT JOIN (SELECT u.container_id, SUM(u.total_pages) * 8192 AS n FROM sys.allocation_units u GROUP BY u.container_id) a \
     ON a.container_id = p.partition_id \
     WHERE o.type = 'U' AND (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR o.name = @P2)";

/// Pushes the partitions of the shown tables.
pub(super) async fn push(statements: &mut Statements<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    statements.each(STATEMENT, |row| push_partition(row, tables, harvest)).await
}

fn push_partition(row: &Row, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let Some((schema, table)) = number(row, 0).and_then(|table| tables.get(&table)) else { return Ok(()) };
    let (Some(number_of), Some(column)) = (number(row, 1), text(row, 2)) else { return Ok(()) };
    harvest.partition(PartitionRow {
        schema,
        table,
        name: &number_of.to_string(),
        method: "range",
        expression: column,
        description: &bounds(truth(row, 3), text(row, 4), text(row, 5)),
        location: None,
        row_estimate: number(row, 6),
        size_bytes: number(row, 7),
    })
}

/// The values between two boundaries. Each belongs to the partition on its left, unless the function says right.
fn bounds(right: bool, low: Option<&str>, high: Option<&str>) -> String {
    let (from, to) = if right { (">=", "<") } else { (">", "<=") };
    let low = low.map(|low| format!("{from} {low}"));
    let high = high.map(|high| format!("{to} {high}"));
    low.into_iter().chain(high).collect::<Vec<_>>().join(" AND ")
}

#[cfg(test)]
mod tests {
    use super::bounds;

    #[test]
    fn a_boundary_belongs_to_one_side() {
        assert_eq!(bounds(true, Some("10"), Some("20")), ">= 10 AND < 20");
        assert_eq!(bounds(false, Some("10"), Some("20")), "> 10 AND <= 20");
        assert_eq!((bounds(true, None, Some("1")), bounds(false, None, None)), ("< 1".to_owned(), String::new()));
    }
}
