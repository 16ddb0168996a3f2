//! The columns of a table as they are at the moment of a read, and whether they are still those of the snapshot.

use std::time::Duration;

use arrow::datatypes::Field;
use spi::{Code, Error, Result};

use crate::batch::refresh;
use crate::dialect::{quoted, text_parameter};
use crate::metadata::{number, text, truth};
use crate::pool::{Lease, Pool};
use crate::predicate::in_table;
use crate::types::Native;

/// The catalogs are read, which waits for nothing but a change of this very table.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Asks for base types. A class of the server's own has no base, and its name is that of the type.
pub(crate) const STATEMENT: &str = "SELECT c.name, COALESCE(b.name, y.name), c.max_length, c.precision, c.scale, y.is_assembly_type, \
     c.collation_name \
     FROM sys.columns c JOIN sys.types y ON y.user_type_id = c.user_type_id \
     LEFT JOIN sys.types b ON b.user_type_id = c.system_type_id AND b.system_type_id = b.user_type_id \
     WHERE c.object_id = OBJECT_ID(@P1)";

/// A table's columns.
pub(crate) struct Table {
    source: String,
    /// With its schema.
    pub(crate) name: String,
    columns: Vec<Column>,
}

/// A column as it is now, alias types resolved.
pub(crate) struct Column {
    name: String,
    pub(crate) native: Native,
    pub(crate) collation: Option<String>,
}

impl Table {
    /// Looks the table up.
    pub(crate) async fn look_up(pool: &Pool, lease: &mut Lease, schema: &str, table: &str) -> Result<Self> {
        let (endpoint, name) = (pool.endpoint(), format!("{schema}.{table}"));
        endpoint.context.remote_calls.count();
        let path = text_parameter(&format!("{}.{}", quoted(schema), quoted(table)));
        let asked = async {
            let rows = async { lease.client().query(STATEMENT, &[&path]).await?.into_first_result().await };
            rows.await.map_err(|error| endpoint.unqueried(error))
        };
        let rows = endpoint.within(TIMEOUT, "query", asked).await?;
        let columns = rows.iter().filter_map(|row| {
            let number = |place| number(row, place).unwrap_or_default();
            let native = Native::of_catalog(text(row, 1)?, number(2), number(3), number(4), truth(row, 5));
            Some(Column { name: text(row, 0)?.to_owned(), native, collation: text(row, 6).map(str::to_owned) })
        });
        Ok(Self { source: endpoint.source().to_owned(), name, columns: columns.collect() })
    }

    /// How a wanted column is asked for.
    pub(crate) fn wanted(&self, field: &Field) -> Result<String> {
        let native = self.native(field.name())?;
        if native.data_type() != *field.data_type() {
            let Self { source, name, .. } = self;
            let message = format!("column \"{}\" of table \"{name}\" of data source \"{source}\" has another type now", field.name());
            return Err(Error::source(Code::DatatypeMismatch, source, message)
                .detail(format!("It is {}, which is read as {}, not as {}.", native.text(), native.data_type(), field.data_type()))
                .hint(refresh(source)));
        }
        Ok(native.value_of(&in_table(field.name())))
    }

    pub(crate) fn native(&self, column: &str) -> Result<&Native> {
        Ok(&self.column(column)?.native)
    }

    pub(crate) fn column(&self, name: &str) -> Result<&Column> {
        let Self { source, name: table, columns } = self;
        if columns.is_empty() {
            return Err(vanished(source, Code::UndefinedTable, format!("table \"{table}\"")));
        }
        let found = columns.iter().find(|column| column.name == name);
        found.ok_or_else(|| vanished(source, Code::UndefinedColumn, format!("column \"{name}\" of table \"{table}\"")))
    }

    /// Gives all columns a collation.
    #[cfg(test)]
    pub(crate) fn collate(&mut self, collation: &str) {
        self.columns.iter_mut().for_each(|column| column.collation = Some(collation.to_owned()));
    }

    #[cfg(test)]
    pub(crate) fn of(name: &str, columns: &[(&str, &str)]) -> Self {
        let column = |(name, native): &(&str, &str)| {
            let native = Native::parse(native).expect("a type");
            Column { name: (*name).to_owned(), native, collation: None }
        };
        Self { source: "shop".to_owned(), name: name.to_owned(), columns: columns.iter().map(column).collect() }
    }
}

/// The error of something that was there when the metadata was read.
pub(crate) fn vanished(source: &str, code: Code, object: String) -> Error {
    Error::source(code, source, format!("{object} of data source \"{source}\" does not exist any more"))
        .detail("The metadata of the source is older than the source itself.")
        .hint(refresh(source))
}
