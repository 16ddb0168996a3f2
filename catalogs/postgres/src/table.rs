//! The columns of a table as they are at the moment of a read, and whether they are still those of the snapshot.

use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::{DataType, Field};
use spi::connector::ReadRequest;
use spi::types::to_arrow;
use spi::{Code, Error, Result};
use sqlx::Row;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgConnection, PgRow};

use crate::dialect::{self, Operand};
use crate::failure::failure;
use crate::server::Server;
use crate::types;
use crate::variant::Lineage;

/// Asks for base types, down any chain of domains, and whether each collation takes only identical texts for equal. The column
/// that says so is missing before version 12, where all of them do.
const STATEMENT: &str = "SELECT a.attname::text, b.oid, b.typmod, \
     coalesce((to_jsonb(o) ->> 'collisdeterministic')::boolean, true), getdatabaseencoding() = 'UTF8' \
     FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation \
     CROSS JOIN LATERAL (WITH RECURSIVE base(oid, typmod, kind, next, next_typmod) AS ( \
     SELECT t.oid, a.atttypmod, t.typtype, t.typbasetype, t.typtypmod FROM pg_catalog.pg_type t WHERE t.oid = a.atttypid \
     UNION ALL SELECT t.oid, base.next_typmod, t.typtype, t.typbasetype, t.typtypmod \
     FROM base JOIN pg_catalog.pg_type t ON t.oid = base.next WHERE base.kind = 'd') \
     SELECT base.oid, base.typmod FROM base WHERE base.kind <> 'd') b \
     WHERE n.nspname = $1 AND c.relname = $2";

/// The same where there is nothing newer than version 9.2. No condition is applied there, so that the last two do not matter.
const OLD_STATEMENT: &str = "SELECT a.attname::text, coalesce(nullif(t.typbasetype, 0), t.oid), \
     CASE t.typbasetype WHEN 0 THEN a.atttypmod ELSE t.typtypmod END, true, true \
     FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE n.nspname = $1 AND c.relname = $2";

/// The look-up reads a few rows of the catalogs by their indexes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A table's columns.
pub(crate) struct Table {
    pub(crate) source: String,
    /// With its schema.
    pub(crate) name: String,
    columns: Vec<Column>,
}

/// A column as it is now, domains resolved.
pub(crate) struct Column {
    name: String,
    native_oid: u32,
    typmod: i32,
    deterministic: bool,
    unicode: bool,
}

impl Table {
    /// Looks the table up.
    pub(crate) async fn look_up(server: &Server, postgres: &mut PgConnection, request: &ReadRequest) -> Result<Self> {
        let source = server.source();
        let name = format!("{}.{}", request.schema, request.table);
        let failed = |error| failure(source, format!("could not look up table \"{name}\" of data source \"{source}\""), error);
        server.context.remote_calls.count();
        let statement = match server.variant.lineage {
            Lineage::Recent => STATEMENT,
            Lineage::OpenGauss => OLD_STATEMENT,
        };
        let rows = async { sqlx::query(statement).bind(&request.schema).bind(&request.table).fetch_all(postgres).await.map_err(failed) };
        let rows = server.within(TIMEOUT, Code::Unavailable, "look up a table of", rows).await?;
        let columns = rows.iter().map(Column::of).collect::<Result<_, _>>().map_err(failed)?;
        Ok(Self { source: source.to_owned(), name, columns })
    }

    /// How a wanted column is asked for, and the type as which it is then sent.
    pub(crate) fn wanted(&self, field: &Arc<Field>) -> Result<(String, u32)> {
        let column = self.column(field.name())?;
        let found = to_arrow(types::pg_type(column.native_oid, column.typmod));
        if found != *field.data_type() {
            return Err(self.changed(field.name(), field.data_type(), &found));
        }
        let form = types::form(column.native_oid, column.typmod);
        Ok((dialect::selected(field.name(), column.native_oid, form), types::sent_oid(column.native_oid, form)))
    }

    /// A column on the left side of a comparison.
    pub(crate) fn operand(&self, name: &str) -> Result<Operand<'_>> {
        let Column { name, native_oid, deterministic, unicode, .. } = self.column(name)?;
        Ok(Operand { name, native_oid: *native_oid, deterministic: *deterministic, unicode: *unicode })
    }

    fn column(&self, name: &str) -> Result<&Column> {
        let Self { source, name: table, columns } = self;
        if columns.is_empty() {
            return Err(vanished(source, Code::UndefinedTable, format!("table \"{table}\"")));
        }
        let found = columns.iter().find(|column| column.name == name);
        found.ok_or_else(|| vanished(source, Code::UndefinedColumn, format!("column \"{name}\" of table \"{table}\"")))
    }

    /// Planned anew on fresh metadata, the same query is answered.
    fn changed(&self, column: &str, expected: &DataType, found: &DataType) -> Error {
        let Self { source, name, .. } = self;
        let message = format!("column \"{column}\" of table \"{name}\" of data source \"{source}\" has another type now");
        Error::source(Code::DatatypeMismatch, source, message)
            .detail(format!("The metadata of the source says {expected}, the source itself {found}."))
            .hint(refresh(source))
            .retryable()
    }

    /// The error of a read that met another type than the look-up did.
    pub(crate) fn changed_meanwhile(&self, column: &str) -> Error {
        let Self { source, name, .. } = self;
        let message = format!("column \"{column}\" of table \"{name}\" of data source \"{source}\" was given another type meanwhile");
        Error::source(Code::DatatypeMismatch, source, message).hint(refresh(source)).retryable()
    }
}

impl Column {
    fn of(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            name: row.try_get(0)?,
            native_oid: row.try_get::<Oid, _>(1)?.0,
            typmod: row.try_get(2)?,
            deterministic: row.try_get(3)?,
            unicode: row.try_get(4)?,
        })
    }
}

/// The error of something that was there when the metadata was read.
pub(crate) fn vanished(source: &str, code: Code, object: String) -> Error {
    Error::source(code, source, format!("{object} of data source \"{source}\" does not exist any more"))
        .detail("The metadata of the source is older than the source itself.")
        .hint(refresh(source))
}

fn refresh(source: &str) -> String {
    format!("CALL refresh_metadata('{source}') to see the source as it is now.")
}
