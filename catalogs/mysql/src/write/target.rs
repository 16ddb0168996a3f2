//! What the server says of the table that rows are added to, right before they are.

use std::sync::Arc;
use std::time::Duration;

use spi::connector::WriteRequest;
use spi::types::to_arrow;
use spi::{Code, Error, Result};
use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, Executor};

use crate::dialect::literal;
use crate::endpoint::NOTES_MAX;
use crate::failure::{failure, vanished};
use crate::metadata::{number, text};
use crate::pool::{Lease, Pool};
use crate::types;

/// One table's definition. One that is being altered may hold it up.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(60);

/// The least that a server may be told to take.
const PACKET_BYTES_MIN: usize = 1_024;

/// Since when MySQL says which reference system a column of geometries insists on.
const REFERENCE_SYSTEMS_SINCE: (u32, u32, u32) = (8, 0, 3);

pub(super) struct Target {
    /// Those of the request, in its order.
    pub(super) columns: Vec<TargetColumn>,
    /// What the server takes in one message.
    pub(super) packet_bytes_max: usize,
}

pub(super) struct TargetColumn {
    pub(super) name: String,
    /// For example `bigint(20) unsigned`.
    pub(super) native_type: String,
    /// The first word of that, in lower case.
    pub(super) type_name: String,
    /// Of an `enum` or `set`.
    pub(super) labels: Vec<String>,
    pub(super) nullable: bool,
    /// Digits of a second that it keeps.
    pub(super) second_digits: u32,
    /// The reference system of its geometries.
    pub(super) srid: u32,
}

/// The table, if rows of the request's columns can be added to it, all or none.
pub(super) async fn target(pool: &Arc<Pool>, lease: &mut Lease, request: &WriteRequest) -> Result<Target> {
    let endpoint = pool.endpoint();
    let source = &endpoint.context.source;
    let has_systems = !lease.server().mariadb && lease.server().version >= REFERENCE_SYSTEMS_SINCE && endpoint.flavor.original;
    let notes = if endpoint.flavor.original { "@@max_error_count" } else { "NULL" };
    let sql = statement(request, if has_systems { "c.SRS_ID" } else { "NULL" }, notes);
    endpoint.context.remote_calls.count();
    let asked = async {
        let rows = lease.mysql().fetch_all(sqlx::raw_sql(AssertSqlSafe(sql))).await;
        rows.map_err(|error| failure(source, super::message(source, request), error))
    };
    let mut rows = endpoint.within(STATEMENT_TIMEOUT, "write to", asked).await?;
    // Names of other tables may be equal but for their case.
    rows.retain(|row| text(row, 0) == Some(&request.schema) && text(row, 1) == Some(&request.table));
    let table = format!("table \"{}.{}\"", request.schema, request.table);
    let first = rows.first().ok_or_else(|| vanished(source, Code::UndefinedTable, &table))?;
    if text(first, 7) == Some("NO") {
        return Err(Error::source(Code::Unsupported, source, super::message(source, request))
            .detail(format!(
                "Its engine {} has no transactions: after a failure some of the rows would stay.",
                text(first, 8).unwrap_or_default()
            ))
            .hint("Give the table an engine that has them, such as InnoDB, or add the rows with execute_on."));
    }
    if number(first, 10).is_some_and(|notes| notes < NOTES_MAX as u64) {
        return Err(Error::source(Code::WrongState, source, super::message(source, request))
            .detail("The server keeps too few notes to say whether it has changed a value.")
            .hint(format!("SET GLOBAL max_error_count = {NOTES_MAX} on the server.")));
    }
    let packet_bytes_max = number(first, 9).and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(PACKET_BYTES_MIN);
    let mut columns = Vec::with_capacity(request.columns.len());
    for field in &request.columns {
        let object = format!("column \"{}\" of {table}", field.name());
        let row = rows.iter().find(|row| text(row, 2) == Some(field.name()));
        let column = TargetColumn::of(row.ok_or_else(|| vanished(source, Code::UndefinedColumn, &object))?);
        if to_arrow(types::of_native(&column.native_type)) != *field.data_type() {
            return Err(Error::source(
                Code::DatatypeMismatch,
                source,
                format!("{object} of data source \"{source}\" has another type now"),
            )
            .detail(format!("It is {}.", column.native_type))
            .hint(format!("CALL refresh_metadata('{source}') to see the source as it is now."))
            .retryable());
        }
        columns.push(column);
    }
    Ok(Target { columns, packet_bytes_max })
}

/// Schema, table, column, native type, nullable, digits of a second, reference system, transactions, engine, bytes of a packet,
/// notes.
fn statement(request: &WriteRequest, reference_system: &str, notes: &str) -> String {
    let (schema, table) = (literal(&request.schema), literal(&request.table));
    format!(
        "SELECT c.TABLE_SCHEMA, c.TABLE_NAME, c.COLUMN_NAME, c.COLUMN_TYPE, c.IS_NULLABLE, c.DATETIME_PRECISION, {reference_system}, \
         e.TRANSACTIONS, t.ENGINE, @@max_allowed_packet, {notes} FROM information_schema.COLUMNS AS c \
         JOIN information_schema.TABLES AS t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME \
         LEFT JOIN information_schema.ENGINES AS e ON e.ENGINE = t.ENGINE \
         WHERE c.TABLE_SCHEMA = {schema} AND c.TABLE_NAME = {table} AND t.TABLE_SCHEMA = {schema} AND t.TABLE_NAME = {table}"
    )
}

impl TargetColumn {
    fn of(row: &MySqlRow) -> Self {
        let small = |place| number(row, place).and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
        let owned = |place| text(row, place).unwrap_or_default().to_owned();
        let native_type = owned(3);
        let type_name = types::name_of(&native_type);
        let labels = if ["enum", "set"].contains(&type_name.as_str()) { types::labels(&native_type) } else { Vec::new() };
        let (second_digits, srid) = (small(5), small(6));
        Self { name: owned(2), native_type, type_name, labels, nullable: text(row, 4) != Some("NO"), second_digits, srid }
    }
}
