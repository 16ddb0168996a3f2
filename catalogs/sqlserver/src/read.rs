//! Streams the rows of a table: one statement, its rows gathered into batches.
//!
//! There is no task of its own behind a stream: polling it polls the statement, and what is not polled waits at the server. Dropping
//! the stream drops the lease of its connection, which cancels the statement. No deadline either: a scan takes as long as its reader
//! wants, and the statement's timeout drops the stream.

use std::sync::Arc;

use arrow::datatypes::Schema;
use futures::TryStreamExt;
use spi::connector::{ReadRequest, RowStream};
use spi::rows::BatchSender;
use spi::{Code, Error, Result};
use tiberius::{QueryItem, ToSql};

use crate::batch::BatchBuilder;
use crate::dialect::{Sql, quoted};
use crate::failure::{Remote, failure};
use crate::pool::{Lease, Pool};
use crate::predicate;
use crate::table::{Table, vanished};

/// The rows that the request asks for. The connection is taken with the first poll.
pub(crate) fn rows(pool: Arc<Pool>, request: ReadRequest) -> RowStream {
    spi::rows::rows(|mut sender| async move { scan(&pool, &request, &mut sender).await })
}

async fn scan(pool: &Arc<Pool>, request: &ReadRequest, sender: &mut BatchSender) -> Result<()> {
    let source = pool.endpoint().source();
    let schema = Arc::new(Schema::new(request.columns.clone()));
    let mut batch = BatchBuilder::new(source, format!("table \"{}.{}\"", request.schema, request.table), schema)?;
    let mut lease = pool.acquire(Some(&request.user), format!("read table \"{}.{}\"", request.schema, request.table)).await?;
    let table = Table::look_up(pool, &mut lease, &request.schema, &request.table).await?;
    let sql = match statement(&table, request) {
        Ok(sql) => sql,
        Err(error) => {
            // Nothing was asked of the connection since it last answered.
            lease.finish();
            return Err(error);
        }
    };
    pool.endpoint().context.remote_calls.count();
    match stream(&mut lease, &sql, &mut batch, request.columns.is_empty(), sender).await {
        Ok(true) => lease.finish(),
        // The reader has left: dropping the lease cancels the statement.
        Ok(false) => return Ok(()),
        Err(Failure::Value(error)) => return Err(error),
        Err(Failure::Server(error)) => {
            lease.close();
            return Err(read_failure(source, request, error));
        }
    }
    if !batch.is_empty() {
        // A reader that has left needs no last batch.
        sender.send(batch.finish()?).await;
    }
    Ok(())
}

/// Why a statement was not read to its end.
pub(crate) enum Failure {
    /// The server said so, or is gone.
    Server(Remote),
    /// A row could not be read, and others may follow.
    Value(Error),
}

/// Sends the rows of a statement, but for those of the last batch. Whether all of them were taken.
pub(crate) async fn stream(
    lease: &mut Lease,
    sql: &Sql,
    batch: &mut BatchBuilder<'_>,
    counted: bool,
    sender: &mut BatchSender,
) -> Result<bool, Failure> {
    let parameters: Vec<&dyn ToSql> = sql.parameters.iter().map(|parameter| parameter as &dyn ToSql).collect();
    let mut rows = lease.client().query(sql.text.as_str(), &parameters).await.map_err(Failure::Server)?;
    while let Some(item) = rows.try_next().await.map_err(Failure::Server)? {
        let QueryItem::Row(row) = item else { continue };
        if counted {
            batch.append_counted(&row);
        } else {
            batch.append(row).map_err(Failure::Value)?;
        }
        if batch.is_full() && !sender.send(batch.finish().map_err(Failure::Value)?).await {
            return Ok(false);
        }
    }
    Ok(true)
}

fn statement(table: &Table, request: &ReadRequest) -> Result<Sql> {
    let columns: Vec<String> = request.columns.iter().map(|field| table.wanted(field)).collect::<Result<_>>()?;
    let columns = if columns.is_empty() { "1 AS one".to_owned() } else { columns.join(", ") };
    let top = request.limit.map_or_else(String::new, |limit| format!("TOP ({limit}) "));
    let from = format!("{}.{}", quoted(&request.schema), quoted(&request.table));
    let mut sql = Sql { text: format!("SELECT {top}{columns} FROM {from} AS t"), ..Sql::default() };
    for (place, one) in request.predicates.iter().enumerate() {
        if !predicate::is_exact(one) {
            return Err(Error::internal("a connector was given a predicate that it does not apply"));
        }
        sql.push(if place == 0 { " WHERE " } else { " AND " });
        predicate::write(one, table, &mut sql)?;
    }
    if request.columns.is_empty() {
        sql.text = format!("SELECT COUNT_BIG(*) FROM ({}) AS t", sql.text);
    }
    Ok(sql)
}

/// The error of the statement. What it names has been there when the table was looked up.
fn read_failure(source: &str, request: &ReadRequest, error: Remote) -> Error {
    let table = format!("{}.{}", request.schema, request.table);
    let error = failure(source, format!("could not read table \"{table}\" of data source \"{source}\""), error);
    match error.code {
        Code::UndefinedTable | Code::UndefinedColumn => {
            let vanished = vanished(source, error.code, format!("table \"{table}\", or a part of it,"));
            Error { cause: error.cause, ..vanished }
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field};
    use spi::predicate::{Comparison, Predicate, Value};

    use super::*;

    fn request() -> ReadRequest {
        let field = |name: &str, data_type| Arc::new(Field::new(name, data_type, true));
        ReadRequest {
            schema: "s]".to_owned(),
            table: "t".to_owned(),
            columns: vec![field("a", DataType::Int32), field("m", DataType::Decimal128(19, 4)), field("h", DataType::Utf8)],
            predicates: vec![Predicate::IsNotNull { column: "b".to_owned() }, Predicate::IsNull { column: "a".to_owned() }],
            limit: Some(5),
            user: "ana".to_owned(),
            ..ReadRequest::default()
        }
    }

    fn table() -> Table {
        Table::of("s].t", &[("a", "int"), ("b", "nvarchar(9)"), ("m", "money"), ("h", "hierarchyid")])
    }

    #[test]
    fn statements_ask_for_values_in_the_form_in_which_they_are_read() {
        let mut request = request();
        assert_eq!(
            statement(&table(), &request).expect("a statement").text,
            "SELECT TOP (5) t.[a], CONVERT(decimal(19, 4), t.[m]), t.[h].ToString() FROM [s]]].[t] AS t \
             WHERE t.[b] IS NOT NULL AND t.[a] IS NULL"
        );
        request.columns.clear();
        request.predicates = vec![Predicate::Or(vec![
            Predicate::Compare { column: "a".to_owned(), comparison: Comparison::Less, value: Value::Int(3) },
            Predicate::In { column: "a".to_owned(), values: vec![Value::Int(4), Value::Int(5)] },
        ])];
        assert_eq!(
            statement(&table(), &request).expect("a statement").text,
            "SELECT COUNT_BIG(*) FROM (SELECT TOP (5) 1 AS one FROM [s]]].[t] AS t WHERE (t.[a] < @P1 OR t.[a] IN (@P2, @P3))) AS t"
        );
    }

    #[test]
    fn a_table_that_is_another_one_is_told() {
        let code = |table: Table| statement(&table, &request()).expect_err("refused").code;
        assert_eq!(code(Table::of("s].t", &[])), Code::UndefinedTable);
        assert_eq!(code(Table::of("s].t", &[("a", "int")])), Code::UndefinedColumn);
        assert_eq!(code(Table::of("s].t", &[("a", "bigint")])), Code::DatatypeMismatch);
        let mut inexact = request();
        inexact.predicates = vec![Predicate::In { column: "a".to_owned(), values: vec![Value::Null] }];
        assert_eq!(statement(&table(), &inexact).expect_err("refused").code, Code::Internal);
    }
}
