//! Indexes, and the primary keys and unique constraints that they are.

use spi::Result;
use spi::metadata::{ConstraintKind, ConstraintRow, Harvest, IndexRow};

use super::statement::Statements;
use super::tables::Tables;
use super::{number, text, truth};

/// One row for each column, those of an index in the order in which it is searched. A columnstore includes all of its columns.
pub(super) const STATEMENT: &str = "SELECT i.object_id, i.index_id, i.name, i.type_desc, i.is_unique, i.is_primary_key, \
     i.is_unique_constraint, i.filter_definition, c.name, CONVERT(nvarchar(4000), e.value), CONVERT(nvarchar(4000), f.value) \
     FROM sys.indexes i JOIN sys.objects o ON o.object_id = i.object_id JOIN sys.schemas s ON s.schema_id = o.schema_id \
     JOIN sys.index_columns x ON x.object_id = i.object_id AND x.index_id = i.index_id AND (x.key_ordinal > 0 OR i.type IN (5, 6)) \
     JOIN sys.columns c ON c.object_id = x.object_id AND c.column_id = x.column_id \
     LEFT JOIN sys.key_constraints k ON k.parent_object_id = i.object_id AND k.unique_index_id = i.index_id \
     LEFT JOIN sys.extended_properties e \
     ON e.class = 7 AND e.major_id = i.object_id AND e.minor_id = i.index_id AND e.name = N'MS_Description' \
     LEFT JOIN sys.extended_properties f ON f.class = 1 AND f.major_id = k.object_id AND f.minor_id = 0 AND f.name = N'MS_Description' \
     WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND i.type > 0 AND i.is_hypothetical = 0 \
     AND (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR o.name = @P2) \
     ORDER BY i.object_id, i.index_id, x.key_ordinal, x.index_column_id";

#[derive(Default)]
struct Index {
    /// Of the table and of the index.
    id: (i64, i64),
    name: String,
    method: String,
    unique: bool,
    primary: bool,
    constraint: bool,
    predicate: Option<String>,
    columns: Vec<String>,
    comment: Option<String>,
    constraint_comment: Option<String>,
}

/// Pushes the indexes of the shown tables.
pub(super) async fn push(statements: &mut Statements<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let mut index = Index::default();
    let take = |row: &tiberius::Row| {
        let id = (number(row, 0).unwrap_or_default(), number(row, 1).unwrap_or_default());
        let owned = |place| text(row, place).map(str::to_owned);
        if id != index.id {
            push_index(&index, tables, harvest)?;
            index = Index {
                id,
                name: owned(2).unwrap_or_default(),
                method: owned(3).unwrap_or_default().to_lowercase(),
                unique: truth(row, 4),
                primary: truth(row, 5),
                constraint: truth(row, 6),
                predicate: owned(7),
                columns: Vec::new(),
                comment: owned(9),
                constraint_comment: owned(10),
            };
        }
        index.columns.extend(owned(8));
        Ok(())
    };
    statements.each(STATEMENT, take).await?;
    push_index(&index, tables, harvest)
}

fn push_index(index: &Index, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let Some((schema, table)) = tables.get(&index.id.0) else { return Ok(()) };
    let columns: Vec<&str> = index.columns.iter().map(String::as_str).collect();
    let Index { name, method, unique, primary, constraint, predicate, comment, constraint_comment, .. } = index;
    harvest.index(IndexRow {
        schema,
        table,
        name,
        unique: *unique,
        primary: *primary,
        method,
        columns: &columns,
        predicate: predicate.as_deref(),
        definition: None,
        comment: comment.as_deref(),
    })?;
    let kind = match (primary, constraint) {
        (true, _) => ConstraintKind::PrimaryKey,
        (_, true) => ConstraintKind::Unique,
        _ => return Ok(()),
    };
    let comment = constraint_comment.as_deref();
    let (deferrable, initially_deferred) = (false, false);
    harvest.constraint(ConstraintRow { schema, table, name, kind, columns: &columns, deferrable, initially_deferred, comment })
}
