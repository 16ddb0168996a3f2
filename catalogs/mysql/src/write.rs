//! Adds rows to a table: one transaction, `INSERT` statements of many rows each, their values as parameters.
//!
//! Nothing is changed on its way: the session is strict, what the server would convert all the same is refused here or found in its
//! notes afterwards, and then nothing is added. What a type itself does remains: `char` loses trailing blanks, `binary` is filled with
//! zero bytes, `float(m,d)` rounds.
//!
//! The engine of the table must know transactions, because otherwise the rows before a failure would stay: MyISAM is refused. A view
//! is not looked through.
//!
//! Dropping the future ends the session, and with it the transaction.

mod parameter;
mod target;

use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use futures::TryStreamExt;
use spi::connector::{RowStream, WriteRequest};
use spi::{Code, Error, Result};
use sqlx::mysql::MySqlArguments;
use sqlx::{AssertSqlSafe, Executor};

use crate::dialect::quoted;
use crate::failure::{failure, in_doubt, is_changed_value, is_unknown_column, is_unknown_table, vanished};
use crate::metadata::{number, text};
use crate::pool::{Lease, Pool};
use crate::watch::Watch;
use target::Target;

/// The protocol counts parameters with 16 bits.
const PARAMETERS_MAX: usize = 65_535;

/// More rows in a statement make it no faster, and preparing it slower.
const STATEMENT_ROWS_MAX: usize = 1_024;

/// What one statement carries: little beside a packet of the server's, which is 16 MiB or more by default.
const STATEMENT_BYTES_MAX: usize = 1 << 20;

/// A session that has failed is told to give its locks back; one that does not answer is closed anyway.
const ROLLBACK_TIMEOUT: Duration = Duration::from_secs(5);

/// Adds all rows or none, and says how many there were.
pub(crate) async fn write(pool: &Arc<Pool>, request: &WriteRequest, rows: RowStream) -> Result<u64> {
    let mut writer =
        Writer { pool, request, lease: pool.acquire(format!("add rows to table \"{}.{}\"", request.schema, request.table)).await? };
    match Box::pin(writer.add(rows)).await {
        Ok(count) => {
            writer.lease.finish().await;
            Ok(count)
        }
        Err(error) => {
            if error.code != Code::ConnectionLost {
                // The server does it itself once the session has ended.
                let _ = tokio::time::timeout(ROLLBACK_TIMEOUT, writer.run("ROLLBACK".to_owned())).await;
            }
            Err(error)
        }
    }
}

struct Writer<'a> {
    pool: &'a Arc<Pool>,
    request: &'a WriteRequest,
    lease: Lease,
}

impl Writer<'_> {
    async fn add(&mut self, mut rows: RowStream) -> Result<u64> {
        let target = target::target(self.pool, &mut self.lease, self.request).await?;
        let words = if self.pool.endpoint().flavor.read_only_transactions { " READ WRITE" } else { "" };
        self.run(format!("START TRANSACTION{words}")).await?;
        let mut count = 0;
        while let Some(batch) = rows.try_next().await? {
            let mut start = 0;
            while start < batch.num_rows() {
                let length = self.chunk(&target, &batch, start)?;
                self.insert(&target, &batch.slice(start, length)).await?;
                start += length;
            }
            count += batch.num_rows() as u64;
        }
        self.run("COMMIT".to_owned()).await.map_err(in_doubt)?;
        Ok(count)
    }

    /// How many of the rows from `start` on the next statement takes. It is a power of two, so that few different statements are
    /// prepared.
    fn chunk(&self, target: &Target, batch: &RecordBatch, start: usize) -> Result<usize> {
        let width = target.columns.len().max(1);
        // A mark, its comma and their share of the brackets; at most half of a packet.
        let marks_max = (target.packet_bytes_max / 2 / 8).min(PARAMETERS_MAX);
        let rows_max = (batch.num_rows() - start).min(marks_max / width).clamp(1, STATEMENT_ROWS_MAX);
        let bytes_max = STATEMENT_BYTES_MAX.min(target.packet_bytes_max / 2);
        let (mut rows, mut bytes) = (0, 0);
        while rows < rows_max {
            bytes += parameter::bytes_of(batch, start + rows);
            if rows > 0 && bytes > bytes_max {
                break;
            }
            rows += 1;
        }
        if bytes >= target.packet_bytes_max && rows == 1 {
            return Err(self
                .error(Code::Limit)
                .detail(format!("A row has {bytes} bytes, and the server takes {}.", target.packet_bytes_max)));
        }
        // There is at least one row.
        Ok(1 << rows.ilog2())
    }

    async fn insert(&mut self, target: &Target, batch: &RecordBatch) -> Result<()> {
        let mut arguments = MySqlArguments::default();
        for row in 0..batch.num_rows() {
            for (column, values) in target.columns.iter().zip(batch.columns()) {
                parameter::add(&mut arguments, column, values, row).map_err(|unfit| self.unfit(&column.name, unfit))?;
            }
        }
        let sql = statement(self.request, batch.num_rows());
        self.pool.endpoint().context.remote_calls.count();
        let watch = Watch::new(self.pool, &self.lease);
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
        let inserted = watch.over(self.lease.mysql().execute(query)).await?;
        inserted.map_err(|error| self.failed(error))?;
        self.check_notes().await
    }

    /// Whether the server has kept every value as it was: even a strict session rounds some, and cuts blanks off, with a note.
    async fn check_notes(&mut self) -> Result<()> {
        self.pool.endpoint().context.remote_calls.count();
        let watch = Watch::new(self.pool, &self.lease);
        let notes = watch.over(self.lease.mysql().fetch_all(sqlx::raw_sql("SHOW WARNINGS"))).await?;
        let notes = notes.map_err(|error| self.failed(error))?;
        let Some(note) = notes.iter().find(|note| number(note, 1).is_some_and(is_changed_value)) else { return Ok(()) };
        Err(self.error(Code::BadData).detail(format!("The server would change a value: {}.", text(note, 2).unwrap_or_default())))
    }

    async fn run(&mut self, sql: String) -> Result<()> {
        self.pool.endpoint().context.remote_calls.count();
        let watch = Watch::new(self.pool, &self.lease);
        let done = watch.over(self.lease.mysql().execute(sqlx::raw_sql(AssertSqlSafe(sql)))).await?;
        done.map(drop).map_err(|error| self.failed(error))
    }

    fn error(&self, code: Code) -> Error {
        let source = &self.pool.endpoint().context.source;
        Error::source(code, source, message(source, self.request))
    }

    fn unfit(&self, column: &str, unfit: parameter::Unfit) -> Error {
        let mut error = self.error(unfit.code).detail(format!("Column \"{column}\" cannot hold it: {}.", unfit.reason));
        error.hint = unfit.hint.map(str::to_owned);
        error
    }

    fn failed(&self, error: sqlx::Error) -> Error {
        let source = &self.pool.endpoint().context.source;
        let WriteRequest { schema, table, .. } = self.request;
        if is_unknown_table(&error) {
            return vanished(source, Code::UndefinedTable, &format!("table \"{schema}.{table}\"")).cause(error);
        }
        if is_unknown_column(&error) {
            return vanished(source, Code::UndefinedColumn, &format!("a column of table \"{schema}.{table}\"")).cause(error);
        }
        failure(source, message(source, self.request), error)
    }
}

fn message(source: &str, request: &WriteRequest) -> String {
    format!("could not add rows to table \"{}.{}\" of data source \"{source}\"", request.schema, request.table)
}

fn statement(request: &WriteRequest, rows: usize) -> String {
    let columns: Vec<String> = request.columns.iter().map(|field| quoted(field.name())).collect();
    let row = format!("({})", vec!["?"; columns.len()].join(","));
    let values = vec![row.as_str(); rows].join(",");
    format!("INSERT INTO {}.{} ({}) VALUES {values}", quoted(&request.schema), quoted(&request.table), columns.join(", "))
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field};

    use super::*;

    #[test]
    fn statements_have_a_mark_for_every_value() {
        let columns = ["a", "b`"].map(|name| Arc::new(Field::new(name, DataType::Int32, true))).to_vec();
        let mut request = WriteRequest { schema: "s".to_owned(), table: "t".to_owned(), columns, user: "ann".to_owned() };
        assert_eq!(statement(&request, 2), "INSERT INTO `s`.`t` (`a`, `b```) VALUES (?,?),(?,?)");
        request.columns.clear();
        assert_eq!(statement(&request, 3), "INSERT INTO `s`.`t` () VALUES (),(),()");
    }
}
