//! The schemas, with their owners.

use std::collections::HashMap;

use spi::Result;
use spi::metadata::{Harvest, SchemaRow};

use super::statement::Statements;
use super::{number, text};

/// Schemas from 16384 on are those of the fixed roles of every database.
pub(super) const STATEMENT: &str = "SELECT s.schema_id, s.name, p.name, CONVERT(nvarchar(4000), e.value) FROM sys.schemas s \
     LEFT JOIN sys.database_principals p ON p.principal_id = s.principal_id \
     LEFT JOIN sys.extended_properties e ON e.class = 3 AND e.major_id = s.schema_id AND e.minor_id = 0 AND e.name = N'MS_Description' \
     WHERE s.schema_id < 16384 AND s.name NOT IN (N'sys', N'INFORMATION_SCHEMA', N'guest') AND (@P1 IS NULL OR s.name = @P1) \
     AND (@P2 IS NULL OR @P2 = @P2)";

/// The names of the shown schemas by their numbers.
pub(super) type Schemas = HashMap<i64, String>;

/// Pushes the schemas that the source shows and the scope covers.
pub(super) async fn push(statements: &mut Statements<'_>, harvest: &mut Harvest) -> Result<Schemas> {
    let (endpoint, scope) = (statements.endpoint, statements.scope);
    let mut schemas = Schemas::new();
    let take = |row: &tiberius::Row| {
        let (Some(id), Some(name)) = (number(row, 0), text(row, 1)) else { return Ok(()) };
        // The server may take names for equal that differ in case.
        if endpoint.shows(name) && scope.covers_schema(name) {
            harvest.schema(SchemaRow { name, owner: text(row, 2), comment: text(row, 3) });
            schemas.insert(id, name.to_owned());
        }
        Ok(())
    };
    statements.each(STATEMENT, take).await?;
    Ok(schemas)
}
