//! Adds rows to a table, all of them or none, in one transaction of statements that each add some.
//!
//! A value is added exactly, or its row is an error: what the server would round or replace by a question mark is found out before.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Time64MicrosecondType, Time64NanosecondType,
    TimestampMicrosecondType, TimestampNanosecondType,
};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, TimeUnit};
use futures::TryStreamExt;
use spi::connector::{RowStream, WriteRequest};
use spi::{Code, Error, Result};
use tiberius::time::DateTimeOffset;
use tiberius::{ColumnData, ToSql};

use crate::dialect::{BINARY, decimal_text, quoted, text_parameter};
use crate::failure::{failure, in_doubt};
use crate::moment;
use crate::pool::{Lease, Pool};
use crate::table::{Column, Table};
use crate::value::shown;

/// The most rows of one `VALUES`.
const ROWS_MAX: usize = 1_000;

/// The protocol allows 2,100, among them the statement itself and the list of parameters.
const PARAMETERS_MAX: usize = 2_000;

/// Each statement adds at most a thousand rows; triggers may work for them.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(300);

/// Adds the rows, and says how many there were. Dropping it, as an error does, closes the connection, and the server takes all back.
pub(crate) async fn write(pool: &Arc<Pool>, request: WriteRequest, mut rows: RowStream) -> Result<u64> {
    if request.columns.is_empty() {
        return Err(Error::new(Code::Unsupported, "rows without columns cannot be added to a table of SQL Server"));
    }
    let mut lease = pool.acquire(Some(&request.user), format!("add rows to table \"{}.{}\"", request.schema, request.table)).await?;
    let table = Table::look_up(pool, &mut lease, &request.schema, &request.table).await?;
    let mut columns = Vec::with_capacity(request.columns.len());
    for field in &request.columns {
        columns.push((field.name().as_str(), table.column(field.name())?));
    }
    let target = Target { pool, request: &request, table: &table, columns };
    target.run(&mut lease, "BEGIN TRANSACTION", &[]).await?;
    let mut added = 0;
    while let Some(batch) = rows.try_next().await? {
        added += target.add(&mut lease, &batch).await?;
    }
    target.run(&mut lease, "COMMIT TRANSACTION", &[]).await.map_err(in_doubt)?;
    lease.finish();
    Ok(added)
}

/// Where the rows go.
struct Target<'a> {
    pool: &'a Pool,
    request: &'a WriteRequest,
    table: &'a Table,
    columns: Vec<(&'a str, &'a Column)>,
}

impl Target<'_> {
    async fn add(&self, lease: &mut Lease, batch: &RecordBatch) -> Result<u64> {
        let rows_max = (PARAMETERS_MAX / self.columns.len()).clamp(1, ROWS_MAX);
        for first in (0..batch.num_rows()).step_by(rows_max) {
            let (text, parameters) = self.statement(&batch.slice(first, rows_max.min(batch.num_rows() - first)))?;
            let parameters: Vec<&dyn ToSql> = parameters.iter().map(|parameter| parameter as &dyn ToSql).collect();
            self.run(lease, &text, &parameters).await?;
        }
        Ok(batch.num_rows() as u64)
    }

    fn statement(&self, batch: &RecordBatch) -> Result<(String, Vec<ColumnData<'static>>)> {
        let names: Vec<String> = self.columns.iter().map(|(name, _)| quoted(name)).collect();
        let (schema, table) = (quoted(&self.request.schema), quoted(&self.request.table));
        let mut text = format!("INSERT INTO {schema}.{table} ({}) VALUES ", names.join(", "));
        let mut parameters = Vec::with_capacity(batch.num_rows() * self.columns.len());
        for row in 0..batch.num_rows() {
            let mut written = Vec::with_capacity(self.columns.len());
            for ((name, column), array) in self.columns.iter().zip(batch.columns()) {
                let value = value(array, row, column).map_err(|value| self.misfit(name, column, &value))?;
                let expression = expression(column, &value, parameters.len() + 1);
                parameters.push(value);
                written.push(expression);
            }
            text += &format!("{}({})", if row == 0 { "" } else { ", " }, written.join(", "));
        }
        Ok((text, parameters))
    }

    async fn run(&self, lease: &mut Lease, text: &str, parameters: &[&dyn ToSql]) -> Result<()> {
        let endpoint = self.pool.endpoint();
        let (source, table) = (endpoint.source(), &self.table.name);
        endpoint.context.remote_calls.count();
        let executed = async {
            // A batch of its own begins and ends a transaction; one with parameters may not leave it open.
            let executed = match parameters {
                [] => async { lease.client().simple_query(text).await?.into_results().await.map(drop) }.await,
                parameters => lease.client().execute(text, parameters).await.map(drop),
            };
            let message = format!("could not add rows to table \"{table}\" of data source \"{source}\"");
            executed.map_err(|error| failure(source, message, error))
        };
        endpoint.within(STATEMENT_TIMEOUT, "add rows to", executed).await
    }

    fn misfit(&self, name: &str, column: &Column, value: &str) -> Error {
        let (source, table) = (self.pool.endpoint().source(), &self.table.name);
        let message = format!("column \"{name}\" of table \"{table}\" of data source \"{source}\" cannot hold a value");
        Error::source(Code::OutOfRange, source, message).detail(format!("{value} is not a value of {} there.", column.native.text()))
    }
}

/// How a parameter becomes the column's value. A text with other characters than those of ASCII is first tried in the column's code
/// page; what comes back as another text makes the statement fail.
fn expression(column: &Column, value: &ColumnData<'_>, place: usize) -> String {
    match (value, &column.collation) {
        (ColumnData::String(Some(text)), Some(collation)) if column.native.has_code_page() && !text.is_ascii() => format!(
            "CASE WHEN CONVERT(nvarchar(max), CONVERT(varchar(max), @P{place} COLLATE {collation})){BINARY} = @P{place} THEN @P{place} \
             ELSE CONVERT(nvarchar(9), CONVERT(int, N'The code page of the column lacks a character of ' + LEFT(@P{place}, 60))) END"
        ),
        _ => format!("@P{place}"),
    }
}

/// A value as a parameter; as an error shows it, where the column would hold another one.
fn value(array: &ArrayRef, row: usize, column: &Column) -> Result<ColumnData<'static>, String> {
    let native = &column.native;
    if !native.is_written() {
        return Err("A value of such a type".to_owned());
    }
    let null = array.is_null(row);
    let some = |present: bool| present && !null;
    Ok(match array.data_type() {
        DataType::Boolean => ColumnData::Bit(some(true).then(|| array.as_boolean().value(row))),
        DataType::Int16 => ColumnData::I16(some(true).then(|| array.as_primitive::<Int16Type>().value(row))),
        DataType::Int32 => ColumnData::I32(some(true).then(|| array.as_primitive::<Int32Type>().value(row))),
        DataType::Int64 => ColumnData::I64(some(true).then(|| array.as_primitive::<Int64Type>().value(row))),
        DataType::Null => ColumnData::String(None),
        _ if null => null_of(array.data_type())?,
        DataType::Float32 => {
            let number = array.as_primitive::<Float32Type>().value(row);
            number.is_finite().then_some(ColumnData::F32(Some(number))).ok_or_else(|| number.to_string())?
        }
        DataType::Float64 => {
            let number = array.as_primitive::<Float64Type>().value(row);
            number.is_finite().then_some(ColumnData::F64(Some(number))).ok_or_else(|| number.to_string())?
        }
        DataType::Decimal128(_, scale) => {
            let (digits, scale) = (array.as_primitive::<Decimal128Type>().value(row), u32::try_from(*scale).unwrap_or_default());
            let text = decimal_text(digits, scale);
            let decimals = native.pg_type().numeric_precision_scale().map_or(scale, |(_, scale)| scale.unsigned_abs());
            // What the column has no room for, the server refuses; what comes after its last digit it would round.
            let lost = 10_i128.checked_pow(scale.saturating_sub(decimals)).is_none_or(|factor| digits % factor != 0);
            if lost { Err(text)? } else { text_parameter(&text) }
        }
        DataType::Utf8 => text_parameter(array.as_string::<i32>().value(row)),
        DataType::Binary => ColumnData::Binary(Some(Cow::Owned(array.as_binary::<i32>().value(row).to_vec()))),
        DataType::Date32 => {
            let days = i64::from(array.as_primitive::<Date32Type>().value(row));
            ColumnData::Date(Some(moment::date(days).ok_or_else(|| moment::date_text(days))?))
        }
        DataType::Time64(unit) => {
            let nanos = match unit {
                TimeUnit::Nanosecond => array.as_primitive::<Time64NanosecondType>().value(row),
                _ => array.as_primitive::<Time64MicrosecondType>().value(row) * 1_000,
            };
            let time = moment::time(nanos).filter(|_| native.keeps(nanos));
            ColumnData::Time(Some(time.ok_or_else(|| format!("A time of {nanos} nanoseconds"))?))
        }
        DataType::Timestamp(unit, zone) => {
            let (moment, nanos, text) = match unit {
                TimeUnit::Nanosecond => {
                    let nanos = array.as_primitive::<TimestampNanosecondType>().value(row);
                    (moment::datetime2_of_nanos(nanos), nanos, moment::micros_text(nanos.div_euclid(1_000)))
                }
                _ => {
                    let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
                    // Only the part of a minute matters, and that has room.
                    (moment::datetime2(micros), micros.rem_euclid(60_000_000) * 1_000, moment::micros_text(micros))
                }
            };
            let moment = moment.filter(|_| native.keeps(nanos)).ok_or(text)?;
            match zone {
                Some(_) => ColumnData::DateTimeOffset(Some(DateTimeOffset::new(moment, 0))),
                None => ColumnData::DateTime2(Some(moment)),
            }
        }
        other => Err(format!("A value of type {other}"))?,
    })
    .and_then(|value| match &value {
        ColumnData::String(Some(text)) if text.contains('\0') => Err(shown(text)),
        _ => Ok(value),
    })
}

fn null_of(data_type: &DataType) -> Result<ColumnData<'static>, String> {
    Ok(match data_type {
        DataType::Float32 => ColumnData::F32(None),
        DataType::Float64 => ColumnData::F64(None),
        DataType::Decimal128(..) | DataType::Utf8 => ColumnData::String(None),
        DataType::Binary => ColumnData::Binary(None),
        DataType::Date32 => ColumnData::Date(None),
        DataType::Time64(_) => ColumnData::Time(None),
        DataType::Timestamp(_, None) => ColumnData::DateTime2(None),
        DataType::Timestamp(_, Some(_)) => ColumnData::DateTimeOffset(None),
        other => return Err(format!("A value of type {other}")),
    })
}

#[cfg(test)]
mod tests {
    use arrow::array::{Decimal128Array, Int32Array, StringArray, TimestampMicrosecondArray};

    use super::*;

    fn written(native: &str, array: ArrayRef) -> Result<String, String> {
        let table = Table::of("s.t", &[("c", native)]);
        let column = table.column("c").expect("the column");
        value(&array, 0, column).map(|value| format!("{value:?}"))
    }

    #[test]
    fn what_the_server_would_change_is_refused() {
        let timestamp = |micros| -> ArrayRef { Arc::new(TimestampMicrosecondArray::from(vec![micros])) };
        for (native, micros, holds) in [
            ("datetime2(7)", 1, true),
            ("datetime2(3)", 1_000, true),
            ("datetime2(3)", 1_001, false),
            ("datetime", 3_000, true),
            ("datetime", 7_000, true),
            ("datetime", 4_000, false),
            ("datetime", -4_000, false),
            ("datetime", -3_000, true),
            ("smalldatetime", 60_000_000, true),
            ("smalldatetime", 1_000_000, false),
        ] {
            assert_eq!(written(native, timestamp(micros)).is_ok(), holds, "{native} {micros}");
        }
        let price =
            |digits| -> ArrayRef { Arc::new(Decimal128Array::from(vec![digits]).with_precision_and_scale(9, 3).expect("a decimal")) };
        assert_eq!((written("money", price(1_234)).is_ok(), written("decimal(9,2)", price(1_234))), (true, Err("1.234".to_owned())));
        assert!(written("decimal(9,2)", price(1_230)).is_ok());
        let text: ArrayRef = Arc::new(StringArray::from(vec!["a\0"]));
        assert_eq!(written("nvarchar(9)", text), Err("'a\\0'".to_owned()));
        assert!(written("geometry", Arc::new(Int32Array::from(vec![1]))).is_err());
    }

    #[test]
    fn a_text_is_tried_in_its_code_page() {
        let mut table = Table::of("s.t", &[("c", "varchar(9)"), ("n", "nvarchar(9)")]);
        table.collate("Latin1_General_CI_AS");
        let text = |text: &str| text_parameter(text);
        let of = |name, value: ColumnData<'static>| expression(table.column(name).expect("the column"), &value, 3);
        assert_eq!((of("c", text("abc")), of("n", text("é"))), ("@P3".to_owned(), "@P3".to_owned()));
        assert!(
            of("c", text("é")).starts_with("CASE WHEN CONVERT(nvarchar(max), CONVERT(varchar(max), @P3 COLLATE Latin1_General_CI_AS))")
        );
    }
}
