//! Types that users made: alias types, which are domains here, and table types, which have fields. Those of the CLR are left out.

use spi::Result;
use spi::metadata::{Harvest, TypeKind, TypeRow};
use tiberius::Row;

use super::columns::native;
use super::schemas::Schemas;
use super::statement::Statements;
use super::{number, text};

/// One row for each field of a table type, and for each alias type.
pub(super) const STATEMENT: &str = "SELECT u.schema_id, u.user_type_id, u.name, CONVERT(nvarchar(4000), e.value), c.name, \
     COALESCE(b.name, y.name), COALESCE(c.max_length, u.max_length), COALESCE(c.precision, u.precision), COALESCE(c.scale, u.scale), \
     y.is_assembly_type \
     FROM sys.types u JOIN sys.schemas s ON s.schema_id = u.schema_id \
     LEFT JOIN sys.table_types k ON k.user_type_id = u.user_type_id LEFT JOIN sys.columns c ON c.object_id = k.type_table_object_id \
     JOIN sys.types y ON y.user_type_id = COALESCE(c.user_type_id, u.user_type_id) \
     LEFT JOIN sys.types b ON b.user_type_id = y.system_type_id AND b.system_type_id = b.user_type_id \
     LEFT JOIN sys.extended_properties e ON e.class = 6 AND e.major_id = u.user_type_id AND e.name = N'MS_Description' \
     WHERE u.is_user_defined = 1 AND u.is_assembly_type = 0 AND (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR @P2 = @P2) \
     ORDER BY u.user_type_id, c.column_id";

#[derive(Default)]
struct UserType {
    id: i64,
    schema: i64,
    name: String,
    comment: Option<String>,
    composite: bool,
    members: Vec<String>,
}

/// Pushes the types of the shown schemas.
pub(super) async fn push(statements: &mut Statements<'_>, schemas: &Schemas, harvest: &mut Harvest) -> Result<()> {
    let mut user_type = UserType::default();
    let take = |row: &Row| {
        let id = number(row, 1).unwrap_or_default();
        if id != user_type.id {
            push_type(&user_type, schemas, harvest);
            let (schema, name) = (number(row, 0).unwrap_or_default(), text(row, 2).unwrap_or_default().to_owned());
            let comment = text(row, 3).map(str::to_owned);
            user_type = UserType { id, schema, name, comment, composite: text(row, 4).is_some(), members: Vec::new() };
        }
        let base = native(row, 5).map_or_else(String::new, |native| native.text());
        user_type.members.push(text(row, 4).map_or_else(|| base.clone(), |field| format!("{field} {base}")));
        Ok(())
    };
    statements.each(STATEMENT, take).await?;
    push_type(&user_type, schemas, harvest);
    Ok(())
}

fn push_type(user_type: &UserType, schemas: &Schemas, harvest: &mut Harvest) {
    let Some(schema) = schemas.get(&user_type.schema) else { return };
    let kind = if user_type.composite { TypeKind::Composite } else { TypeKind::Domain };
    let members: Vec<&str> = user_type.members.iter().map(String::as_str).collect();
    harvest.user_type(TypeRow { schema, name: &user_type.name, kind, members: &members, comment: user_type.comment.as_deref() });
}
