//! The columns of the tables.

use spi::Result;
use spi::metadata::{ColumnRow, Generated, Harvest};
use tiberius::Row;

use super::statement::Statements;
use super::tables::Tables;
use super::{number, text, truth};
use crate::dialect::quoted;
use crate::types::Native;

/// A collation is said where it is not the database's. A class of the server's own has no base type, and its name is that of the type.
pub(super) const STATEMENT: &str = "SELECT c.object_id, c.name, c.column_id, COALESCE(b.name, y.name), c.max_length, c.precision, c.scale, \
     y.is_assembly_type, CASE WHEN y.is_user_defined = 1 THEN z.name END, y.name, c.is_nullable, COALESCE(d.definition, k.definition), \
     c.is_identity, c.is_computed, k.is_persisted, \
     NULLIF(c.collation_name, CONVERT(sysname, DATABASEPROPERTYEX(DB_NAME(), 'Collation'))), CONVERT(nvarchar(4000), e.value) \
     FROM sys.columns c JOIN sys.objects o ON o.object_id = c.object_id JOIN sys.schemas s ON s.schema_id = o.schema_id \
     JOIN sys.types y ON y.user_type_id = c.user_type_id JOIN sys.schemas z ON z.schema_id = y.schema_id \
     LEFT JOIN sys.types b ON b.user_type_id = c.system_type_id AND b.system_type_id = b.user_type_id \
     LEFT JOIN sys.default_constraints d ON d.object_id = c.default_object_id \
     LEFT JOIN sys.computed_columns k ON k.object_id = c.object_id AND k.column_id = c.column_id \
     LEFT JOIN sys.extended_properties e \
     ON e.class = 1 AND e.major_id = c.object_id AND e.minor_id = c.column_id AND e.name = N'MS_Description' \
     WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND (@P1 IS NULL OR s.name = @P1) AND (@P2 IS NULL OR o.name = @P2)";

/// Pushes the columns of the shown tables.
pub(super) async fn push(statements: &mut Statements<'_>, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    statements.each(STATEMENT, |row| push_column(row, tables, harvest)).await
}

fn push_column(row: &Row, tables: &Tables, harvest: &mut Harvest) -> Result<()> {
    let Some((schema, table)) = number(row, 0).and_then(|table| tables.get(&table)) else { return Ok(()) };
    let (Some(name), Some(native)) = (text(row, 1), native(row, 3)) else { return Ok(()) };
    harvest.column(ColumnRow {
        schema,
        table,
        name,
        ordinal: number(row, 2).and_then(|ordinal| i32::try_from(ordinal).ok()).unwrap_or_default(),
        data_type: &native.data_type(),
        pg_type: native.pg_type(),
        native_type: &named(&native, text(row, 8), text(row, 9)),
        nullable: truth(row, 10),
        default: text(row, 11),
        generated: generated(truth(row, 12), truth(row, 13), truth(row, 14)),
        collation: text(row, 15),
        comment: text(row, 16),
    })
}

/// The type that begins at a place of the row: name, length, precision, scale, and whether it is a class.
pub(super) fn native(row: &Row, place: usize) -> Option<Native> {
    let digits = |place| number(row, place).unwrap_or_default();
    Some(Native::of_catalog(text(row, place)?, digits(place + 1), digits(place + 2), digits(place + 3), truth(row, place + 4)))
}

/// The type as the server writes it; one that its users made by its schema and name.
pub(super) fn named(native: &Native, schema: Option<&str>, name: Option<&str>) -> String {
    match (schema, name) {
        (Some(schema), Some(name)) => format!("{}.{}", quoted(schema), quoted(name)),
        (None, Some("sysname")) => "sysname".to_owned(),
        _ => native.text(),
    }
}

/// An identity takes values of a statement only where the session says so first.
fn generated(identity: bool, computed: bool, persisted: bool) -> Option<Generated> {
    match (identity, computed, persisted) {
        (true, ..) => Some(Generated::IdentityAlways),
        (_, true, true) => Some(Generated::Stored),
        (_, true, false) => Some(Generated::Virtual),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_users_have_their_schema() {
        let native = Native::parse("nvarchar(20)").expect("a type");
        assert_eq!(named(&native, Some("dbo"), Some("Phone")), "[dbo].[Phone]");
        assert_eq!(named(&native, None, Some("nvarchar")), "nvarchar(20)");
        assert_eq!(named(&native, None, Some("sysname")), "sysname");
    }
}
