//! Streams the rows of a table: one statement, its rows gathered into batches.
//!
//! There is no task of its own behind a stream: polling it polls the statement, and what is not polled waits at the server. Dropping
//! the stream drops the lease of its connection, which stops the statement at the server. No deadline either: a scan takes as long
//! as its reader wants, and the statement's timeout drops the stream. But `watch.rs` notices when nobody is at the other end any more.

pub(crate) mod batch;

use std::sync::Arc;

use arrow::datatypes::Schema;
use futures::TryStreamExt;
use spi::connector::{ReadRequest, RowStream};
use spi::rows::BatchSender;
use spi::{Code, Error, Result};
use sqlx::AssertSqlSafe;

use crate::dialect::{Form, Sql, quoted};
use crate::failure::{failure, is_unknown_column, is_unknown_table, vanished};
use crate::metadata::{number, text};
use crate::pool::{Lease, Pool};
use crate::predicate::{self, Forms};
use crate::watch::Watch;
use batch::{BatchBuilder, Subject};

/// The rows that the request asks for. The connection is taken with the first poll.
pub(crate) fn rows(pool: Arc<Pool>, request: ReadRequest) -> RowStream {
    spi::rows::rows(|mut sender| async move { scan(&pool, &request, &mut sender).await })
}

async fn scan(pool: &Arc<Pool>, request: &ReadRequest, sender: &mut BatchSender) -> Result<()> {
    let context = &pool.endpoint().context;
    let schema = Arc::new(Schema::new(request.columns.clone()));
    let subject = Subject::Table(format!("{}.{}", request.schema, request.table));
    let mut batch = BatchBuilder::new(&context.source, subject, schema)?;
    let mut lease = pool.acquire(format!("read table \"{}.{}\"", request.schema, request.table)).await?;
    let forms = if request.predicates.iter().any(predicate::needs_forms) { forms(pool, &mut lease, request).await? } else { Forms::new() };
    let sql = statement(request, &forms)?;
    context.remote_calls.count();
    let watch = Watch::new(pool, &lease);
    let query = predicate::bind(sqlx::query(AssertSqlSafe(sql.text.as_str())), &sql.parameters);
    let mut rows = query.fetch(lease.mysql());
    while let Some(row) = watch.over(rows.try_next()).await?.map_err(|error| read_failure(&context.source, request, error))? {
        if request.columns.is_empty() {
            batch.append_counted(&row)
        } else {
            batch.append(&row)?
        }
        if batch.is_full() && !sender.send(batch.finish()?).await {
            return Ok(());
        }
    }
    drop(rows);
    lease.finish().await;
    if !batch.is_empty() {
        // A reader that has left needs no last batch.
        sender.send(batch.finish()?).await;
    }
    Ok(())
}

/// How the columns of the table compare, asked on the same connection right before they are.
async fn forms(pool: &Arc<Pool>, lease: &mut Lease, request: &ReadRequest) -> Result<Forms> {
    let context = &pool.endpoint().context;
    context.remote_calls.count();
    let query = sqlx::query(
        "SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_SET_NAME, TABLE_SCHEMA, TABLE_NAME, COALESCE(DATETIME_PRECISION, NUMERIC_SCALE) \
         FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
    );
    let rows = query.bind(&request.schema).bind(&request.table).fetch_all(lease.mysql()).await;
    let rows = rows.map_err(|error| read_failure(&context.source, request, error))?;
    // Names of other tables may be equal but for their case.
    let own = rows.iter().filter(|row| text(row, 3) == Some(&request.schema) && text(row, 4) == Some(&request.table));
    let digits = |row| number(row, 5).and_then(|digits| u32::try_from(digits).ok());
    Ok(own.filter_map(|row| Some((text(row, 0)?.to_owned(), Form::of(text(row, 1)?, text(row, 2), digits(row))))).collect())
}

fn statement(request: &ReadRequest, forms: &Forms) -> Result<Sql> {
    let columns: Vec<String> = request.columns.iter().map(|field| quoted(field.name())).collect();
    let columns = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
    let mut sql = Sql { text: format!("SELECT {columns} FROM {}.{}", quoted(&request.schema), quoted(&request.table)), ..Sql::default() };
    for (place, one) in request.predicates.iter().enumerate() {
        if !predicate::is_exact(one) {
            return Err(Error::internal("a connector was given a predicate that it does not apply"));
        }
        sql.push(if place == 0 { " WHERE " } else { " AND " });
        predicate::write(one, forms, &mut sql);
    }
    if let Some(limit) = request.limit {
        sql.push(&format!(" LIMIT {limit}"));
    }
    if request.columns.is_empty() {
        sql.text = format!("SELECT COUNT(*) FROM ({}) AS t", sql.text);
    }
    Ok(sql)
}

/// The error of the statement. What it names has been there when the metadata was read.
fn read_failure(source: &str, request: &ReadRequest, error: sqlx::Error) -> Error {
    let table = format!("{}.{}", request.schema, request.table);
    if is_unknown_table(&error) {
        return vanished(source, Code::UndefinedTable, &format!("table \"{table}\"")).cause(error);
    }
    if is_unknown_column(&error) {
        return vanished(source, Code::UndefinedColumn, &format!("a column of table \"{table}\"")).cause(error);
    }
    failure(source, format!("could not read table \"{table}\" of data source \"{source}\""), error)
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field};
    use spi::predicate::{Predicate, Value};

    use super::*;

    #[test]
    fn statements_count_where_no_column_is_wanted() {
        let mut request = ReadRequest {
            schema: "s`".to_owned(),
            table: "t".to_owned(),
            columns: vec![Arc::new(Field::new("a", DataType::Int32, true))],
            predicates: vec![Predicate::IsNotNull { column: "b".to_owned() }, Predicate::IsNull { column: "c".to_owned() }],
            limit: Some(5),
            user: "ann".to_owned(),
            ..ReadRequest::default()
        };
        let text = |request: &ReadRequest| statement(request, &Forms::new()).expect("a statement").text;
        assert_eq!(text(&request), "SELECT `a` FROM `s```.`t` WHERE `b` IS NOT NULL AND `c` IS NULL LIMIT 5");
        request.columns.clear();
        request.predicates.clear();
        assert_eq!(text(&request), "SELECT COUNT(*) FROM (SELECT 1 FROM `s```.`t` LIMIT 5) AS t");
    }

    #[test]
    fn an_inexact_predicate_is_a_defect() {
        let predicates = vec![Predicate::In { column: "a".to_owned(), values: vec![Value::Null] }];
        let request = ReadRequest {
            schema: "s".to_owned(),
            table: "t".to_owned(),
            columns: Vec::new(),
            predicates,
            user: "ann".to_owned(),
            ..ReadRequest::default()
        };
        assert_eq!(statement(&request, &Forms::new()).expect_err("refused").code, Code::Internal);
    }
}
