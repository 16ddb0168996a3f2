//! Schemas, tables, columns, views and partitions of the harvest.

use spi::Result;
use spi::metadata::{ColumnRow, Generated, Harvest, PartitionRow, SchemaRow, TableKind, TableOptionRow, TableRow, ViewRow};
use spi::types::{PgType, oid, to_arrow};
use sqlx::mysql::MySqlRow;

use super::constraints::Constraints;
use super::{Known, number, text};
use crate::types;

/// A row of [`tables`](super::statements::Statements::tables).
pub(super) fn push_table(row: &MySqlRow, known: &mut Known<'_>, harvest: &mut Harvest) -> Result<()> {
    let Some(schema) = text(row, 0).filter(|schema| known.scope.covers_schema(schema)) else { return Ok(()) };
    let comment = text(row, 9).filter(|comment| !comment.is_empty());
    let Some(name) = text(row, 1) else {
        known.schemas.entry(schema.to_owned()).or_default().collation = text(row, 7).map(str::to_owned);
        harvest.schema(SchemaRow { name: schema, owner: None, comment });
        return Ok(());
    };
    let (options, view) = (text(row, 8).unwrap_or_default(), text(row, 2) == Some("VIEW"));
    let kind = match text(row, 2).unwrap_or_default() {
        "VIEW" => TableKind::View,
        "BASE TABLE" | "SYSTEM VERSIONED" if options.contains("partitioned") => TableKind::PartitionedTable,
        "BASE TABLE" | "SYSTEM VERSIONED" => TableKind::Table,
        // Whatever has no rows of its own.
        _ => return Ok(()),
    };
    // A table may be made between its row and the same row again; names that differ in case are two tables.
    let new = known.scope.covers_table(schema, name) && known.schemas.entry(schema.to_owned()).or_default().tables.insert(name.to_owned());
    if !new {
        return Ok(());
    }
    // What a view has for a comment is the word VIEW, or why it is invalid.
    let comment = comment.filter(|_| !view);
    harvest.table(TableRow { schema, name, kind, owner: None, comment, row_estimate: estimate(row, 5), size_bytes: estimate(row, 6) })?;
    for (option, place) in [("engine", 3), ("row_format", 4), ("collation", 7), ("create_options", 8)] {
        if let Some(value) = text(row, place).filter(|value| !value.is_empty()) {
            harvest.table_option(TableOptionRow { schema, table: name, name: option, value })?;
        }
    }
    Ok(())
}

/// A row of [`columns`](super::statements::Statements::columns).
pub(super) fn push_column(row: &MySqlRow, known: &Known<'_>, constraints: &Constraints, harvest: &mut Harvest) -> Result<()> {
    let (Some(schema), Some(table), Some(name), Some(native_type)) = (text(row, 0), text(row, 1), text(row, 2), text(row, 4)) else {
        return Ok(());
    };
    if !known.has(schema, table) {
        return Ok(());
    }
    let json = constraints.is_json(schema, table, name);
    let pg_type = if json { PgType::new(oid::JSONB) } else { types::of_native(native_type) };
    let extra = text(row, 7).unwrap_or_default().to_ascii_lowercase();
    let generated = generated(&extra);
    let written = text(row, 6).and_then(|default| written_default(default, native_type, &extra, constraints.quotes_defaults));
    let expression = text(row, 9).filter(|expression| !expression.is_empty());
    harvest.column(ColumnRow {
        schema,
        table,
        name,
        ordinal: number(row, 3).and_then(|ordinal| i32::try_from(ordinal).ok()).unwrap_or_default(),
        data_type: &to_arrow(pg_type),
        pg_type,
        native_type,
        nullable: text(row, 5) == Some("YES"),
        default: if matches!(generated, Some(Generated::Stored | Generated::Virtual)) { expression } else { written.as_deref() },
        generated,
        collation: text(row, 10).filter(|collation| !json && Some(*collation) != known.collation(schema)),
        comment: text(row, 8).filter(|comment| !comment.is_empty()),
    })
}

/// Who gives the column its values, by the words of `EXTRA` in lower case.
fn generated(extra: &str) -> Option<Generated> {
    if extra.contains("auto_increment") {
        Some(Generated::IdentityByDefault)
    } else if extra.contains("stored generated") || extra.contains("persistent") {
        Some(Generated::Stored)
    } else if extra.contains("virtual") {
        Some(Generated::Virtual)
    } else {
        None
    }
}

/// Beginnings of native types whose constants need no quotes.
const NUMERIC: &[&str] = &["tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "year"];

/// The default as an expression. MariaDB writes one; MySQL writes a constant without its quotes, and marks what is none.
fn written_default(default: &str, native_type: &str, extra: &str, quotes_defaults: bool) -> Option<String> {
    if quotes_defaults {
        return (default != "NULL").then(|| default.to_owned());
    }
    let numeric = NUMERIC.iter().any(|name| native_type.starts_with(name));
    // A bit's default is written b'1'; before MySQL 8.0 the moment of an insert was not marked.
    let plain =
        numeric || extra.contains("default_generated") || native_type.starts_with("bit") || default.starts_with("CURRENT_TIMESTAMP");
    Some(if plain { default.to_owned() } else { crate::dialect::literal(default) })
}

/// A view of [`views_and_triggers`](super::statements::Statements::views_and_triggers). The definition is
/// empty for a login that may not see it.
pub(super) fn push_view(row: &MySqlRow, known: &Known<'_>, harvest: &mut Harvest) -> Result<()> {
    match (text(row, 1), text(row, 2)) {
        (Some(schema), Some(name)) if known.has(schema, name) => {
            let definition = text(row, 3).unwrap_or_default();
            harvest.view(ViewRow { schema, name, definition, query: None, updatable: text(row, 4) == Some("YES") })
        }
        _ => Ok(()),
    }
}

/// A row of [`partitions`](super::statements::Statements::partitions).
pub(super) fn push_partition(row: &MySqlRow, known: &Known<'_>, harvest: &mut Harvest) -> Result<()> {
    let (Some(schema), Some(table), Some(partition)) = (text(row, 0), text(row, 1), text(row, 2)) else { return Ok(()) };
    if !known.has(schema, table) {
        return Ok(());
    }
    let name = match text(row, 3) {
        Some(part) => format!("{partition}/{part}"),
        None => partition.to_owned(),
    };
    harvest.partition(PartitionRow {
        schema,
        table,
        name: &name,
        method: &method(text(row, 4).unwrap_or_default()),
        expression: text(row, 5).unwrap_or_default(),
        description: text(row, 6).unwrap_or_default(),
        location: None,
        row_estimate: estimate(row, 7),
        size_bytes: estimate(row, 8),
    })
}

/// `RANGE COLUMNS` is a range, and `LINEAR HASH` a hash.
fn method(words: &str) -> String {
    let words = words.to_ascii_lowercase();
    words.trim_start_matches("linear ").trim_end_matches(" columns").to_owned()
}

fn estimate(row: &MySqlRow, place: usize) -> Option<i64> {
    number(row, place).and_then(|estimate| i64::try_from(estimate).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_expressions_in_both_families() {
        for (default, native_type, extra, quotes_defaults, expected) in [
            ("'it''s'", "varchar(9)", "", true, Some("'it''s'")),
            ("NULL", "int(11)", "", true, None),
            ("'NULL'", "varchar(9)", "", true, Some("'NULL'")),
            ("current_timestamp()", "timestamp", "", true, Some("current_timestamp()")),
            ("it's", "varchar(9)", "", false, Some("'it''s'")),
            ("NULL", "varchar(9)", "", false, Some("'NULL'")),
            ("5", "int unsigned", "", false, Some("5")),
            ("b'101'", "bit(3)", "", false, Some("b'101'")),
            ("uuid()", "char(36)", "default_generated", false, Some("uuid()")),
            ("CURRENT_TIMESTAMP", "datetime", "on update current_timestamp", false, Some("CURRENT_TIMESTAMP")),
            ("2020-01-01", "date", "", false, Some("'2020-01-01'")),
        ] {
            assert_eq!(written_default(default, native_type, extra, quotes_defaults).as_deref(), expected, "{default}");
        }
    }

    #[test]
    fn words_of_the_server_are_understood() {
        assert_eq!(generated("auto_increment"), Some(Generated::IdentityByDefault));
        assert_eq!(generated("stored generated"), Some(Generated::Stored));
        assert_eq!(generated("virtual generated invisible"), Some(Generated::Virtual));
        assert_eq!(generated("default_generated on update current_timestamp"), None);
        for (words, expected) in [("RANGE COLUMNS", "range"), ("LINEAR KEY", "key"), ("HASH", "hash"), ("SYSTEM_TIME", "system_time")] {
            assert_eq!(method(words), expected);
        }
    }
}
