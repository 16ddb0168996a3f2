//! The sequences. Those of identities belong to their columns, and are none.

use spi::Result;
use spi::metadata::{Harvest, SequenceRow};
use tiberius::Row;

use super::columns::native;
use super::schemas::Schemas;
use super::statement::Statements;
use super::{number, text, truth};

/// The numbers are of the sequence's type, in a `sql_variant`.
pub(super) const STATEMENT: &str = "SELECT q.schema_id, q.name, p.name, CONVERT(nvarchar(4000), e.value), COALESCE(b.name, y.name), \
     CONVERT(smallint, 0), q.precision, q.scale, CONVERT(bit, 0), CONVERT(nvarchar(60), q.start_value), \
     CONVERT(nvarchar(60), q.minimum_value), CONVERT(nvarchar(60), q.maximum_value), CONVERT(nvarchar(60), q.increment), q.is_cycling \
     FROM sys.sequences q JOIN sys.schemas s ON s.schema_id = q.schema_id JOIN sys.types y ON y.user_type_id = q.user_type_id \
     LEFT JOIN sys.types b ON b.user_type_id = q.system_type_id AND b.system_type_id = b.user_type_id \
     LEFT JOIN sys.database_principals p ON p.principal_id = COALESCE(q.principal_id, s.principal_id) \
     LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = q.object_id AND e.minor_id = 0 AND e.name = N'MS_Description' \
     WHERE (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR @P2 = @P2)";

/// Pushes the sequences of the shown schemas.
pub(super) async fn push(statements: &mut Statements<'_>, schemas: &Schemas, harvest: &mut Harvest) -> Result<()> {
    let take = |row: &Row| {
        let Some(schema) = number(row, 0).and_then(|schema| schemas.get(&schema)) else { return Ok(()) };
        let (Some(name), Some(native)) = (text(row, 1), native(row, 4)) else { return Ok(()) };
        let digits = |place| text(row, place).unwrap_or_default();
        harvest.sequence(SequenceRow {
            schema,
            name,
            owner: text(row, 2),
            comment: text(row, 3),
            native_type: &native.text(),
            pg_type: native.pg_type(),
            start: digits(9),
            minimum: digits(10),
            maximum: digits(11),
            increment: digits(12),
            cycle: truth(row, 13),
            owned_by: None,
        });
        Ok(())
    };
    statements.each(STATEMENT, take).await
}
