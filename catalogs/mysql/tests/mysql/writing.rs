//! Rows are added exactly, all of them or none.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{
    ArrayRef, Float64Array, Int16Array, Int32Array, IntervalMonthDayNanoArray, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, IntervalMonthDayNano, Schema};
use futures::StreamExt;
use libtest_mimic::Trial;
use serde_json::json;
use spi::{Code, Error};

use crate::fixture::{Source, source, source_of};
use crate::server::{Product, Server};
use crate::values::{Example, TYPES, table_of};
use crate::{Shared, trial, trial_alone, trial_on};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    let mut trials = vec![
        trial(shared, "writing::every_type_is_added_exactly", async |server: &Server| every_type_is_added_exactly(server, TYPES).await),
        trial_on(Product::MySql, shared, "writing::every_type_is_added_exactly", async |server: &Server| {
            every_type_is_added_exactly(server, MYSQL_TYPES).await;
        }),
        trial(shared, "writing::a_login_needs_the_privilege", a_login_needs_the_privilege),
        trial(shared, "writing::notes_are_taken_and_kept", notes_are_taken_and_kept),
        trial_alone(Product::MySql, "writing::notes_are_taken_and_kept", notes_are_taken_and_kept),
        trial(shared, "writing::sources_are_read_only_unless_told", sources_are_read_only_unless_told),
    ];
    for product in [Product::MariaDb, Product::MySql] {
        trials.push(trial_on(product, shared, "writing::what_is_refused_adds_nothing", what_is_refused_adds_nothing));
        trials.push(trial_on(product, shared, "writing::many_rows_are_added_at_once", many_rows_are_added_at_once));
        trials.push(trial_on(product, shared, "writing::what_is_given_up_adds_nothing", what_is_given_up_adds_nothing));
    }
    trials
}

/// What MySQL has otherwise than MariaDB.
const MYSQL_TYPES: &[Example] = &[
    ("tinyint(1)", "smallint", &[("-128", ""), ("127", "")]),
    ("bigint unsigned", "numeric(20,0)", &[("18446744073709551615", ""), ("0", "")]),
    ("decimal(65,30)", "numeric(65,30)", &[("-99999999999999999999999999999999999.999999999999999999999999999999", "")]),
    ("float", "real", &[("0.1", ""), ("-3.4028234e38", "")]),
    ("double", "double precision", &[("5e-324", ""), ("1.7976931348623157e308", "")]),
    ("bit(1)", "boolean", &[("b'1'", ""), ("b'0'", "")]),
    ("bit(10)", "bytea", &[("b'1000000001'", "")]),
    ("varchar(5)", "character varying(5)", &[("'a  '", ""), ("'é😀\\\\'", "")]),
    ("varchar(5) character set latin1", "character varying(5)", &[("'é'", "")]),
    ("longtext", "text", &[("repeat('x', 70000)", "")]),
    ("varbinary(3)", "bytea", &[("x'ff00'", ""), ("''", "")]),
    ("enum('a','it''s','b\\\\c')", "text", &[("'it''s'", ""), ("'b\\\\c'", "")]),
    ("set('a','b')", "text", &[("'a,b'", ""), ("''", "")]),
    ("json", "jsonb", &[("'{\"a\": [1, 2.50, null]}'", "")]),
    ("date", "date", &[("'1000-01-01'", ""), ("'9999-12-31'", "")]),
    ("datetime(6)", "timestamp without time zone", &[("'9999-12-31 23:59:59.999999'", "")]),
    ("timestamp(3)", "timestamp with time zone", &[("'1970-01-01 00:00:01.5'", "")]),
    ("time(6)", "interval", &[("'-838:59:59'", ""), ("'00:00:00.000001'", "")]),
    ("year", "smallint", &[("1901", ""), ("'0000'", "")]),
    ("point", "bytea", &[("ST_GeomFromText('POINT(1 2)')", "")]),
    ("point srid 4326", "bytea", &[("ST_GeomFromText('POINT(1 2)', 4326)", "")]),
];

async fn every_type_is_added_exactly(server: &Server, types: &[Example]) {
    let source = source(server, "added", &format!("{}; CREATE TABLE u LIKE t;", table_of(types).trim_end_matches(';'))).await;
    let batches = source.batches(source.request("t").await).await.expect("rows");
    let expected = source.rows(source.request("t").await).await.expect("rows");
    assert!(expected.len() > types.len());
    assert_eq!(source.write("u", batches).await.expect("added"), expected.len() as u64);
    assert_eq!(source.rows(source.request("u").await).await.expect("rows"), expected);
}

/// A batch of one column.
fn batch(name: &str, values: ArrayRef) -> RecordBatch {
    let schema = Schema::new(vec![Field::new(name, values.data_type().clone(), true)]);
    RecordBatch::try_new(Arc::new(schema), vec![values]).expect("a batch")
}

fn integers(values: &[Option<i32>]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

fn text(value: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![value]))
}

fn moment(micros: i64) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(vec![micros]))
}

async fn count(source: &Source, table: &str) -> usize {
    source.rows(source.request(table).await).await.expect("rows").len()
}

async fn what_is_refused_adds_nothing(server: &Server) {
    let small = |value: i16| -> ArrayRef { Arc::new(Int16Array::from(vec![value])) };
    let month: ArrayRef = Arc::new(IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(1, 0, 0)]));
    let zoned: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![i64::from(u32::MAX) * 1_000_000]).with_timezone("UTC"));
    let json = if server.product == Product::MySql { Code::InvalidText } else { Code::CheckViolation };
    let cases: Vec<(&str, ArrayRef, Code, &str)> = vec![
        ("(a int PRIMARY KEY)", integers(&[Some(1), Some(1)]), Code::UniqueViolation, "Duplicate entry '1'"),
        ("(a int NOT NULL)", integers(&[Some(1), None]), Code::NotNullViolation, "Column \"a\" cannot hold it: it must have a value."),
        ("(a int NOT NULL AUTO_INCREMENT PRIMARY KEY)", integers(&[None]), Code::NotNullViolation, "it must have a value"),
        ("(a int, b int NOT NULL)", integers(&[Some(1)]), Code::NotNullViolation, "'b' doesn't have a default value"),
        ("(a int, FOREIGN KEY (a) REFERENCES parent (id))", integers(&[Some(5)]), Code::ForeignKeyViolation, "foreign key constraint"),
        ("(a int, CHECK (a < 5))", integers(&[Some(1), Some(5)]), Code::CheckViolation, ""),
        ("(b int, a int AS (b))", integers(&[Some(1)]), Code::WrongObject, "generated column"),
        ("(a tinyint)", small(300), Code::OutOfRange, "Out of range value"),
        ("(a tinyint unsigned)", small(-1), Code::OutOfRange, "Out of range value"),
        ("(a year)", small(70), Code::OutOfRange, "70 is no year from 1901 to 2155"),
        ("(a double)", Arc::new(Float64Array::from(vec![f64::NAN])), Code::OutOfRange, "NaN is no number"),
        ("(a varchar(3))", text("abcd"), Code::TooLong, "Data too long"),
        ("(a varchar(3))", text("ab      "), Code::BadData, "The server would change a value"),
        ("(a varchar(3) CHARACTER SET latin1)", text("日"), Code::InvalidText, ""),
        ("(a enum('a','b'))", text("A"), Code::InvalidText, "'A' is none of its labels"),
        ("(a enum('a','b'))", text("1"), Code::InvalidText, "'1' is none of its labels"),
        ("(a set('a','b'))", text("a,3"), Code::InvalidText, "'a,3' is none of its labels"),
        ("(a json)", text("{"), json, ""),
        ("(a datetime)", moment(1_500_000), Code::DatetimeRange, "keeps 0 digits of a second"),
        ("(a datetime(3))", moment(1), Code::DatetimeRange, "keeps 3 digits of a second"),
        ("(a datetime)", moment(i64::MAX), Code::DatetimeRange, "its years are 1 to 9999"),
        ("(a timestamp NULL)", zoned, Code::DatetimeFormat, "Incorrect datetime value"),
        ("(a time)", month, Code::DatetimeRange, "a time is a span"),
        ("(a int) ENGINE = MyISAM", integers(&[Some(1)]), Code::Unsupported, "Its engine MyISAM has no transactions"),
        ("(a bigint)", integers(&[Some(1)]), Code::DatatypeMismatch, "It is bigint"),
        ("(b int)", integers(&[Some(1)]), Code::UndefinedColumn, ""),
    ];
    let source = source(server, "refused_rows", "CREATE TABLE parent (id int PRIMARY KEY);").await;
    for (declared, values, code, detail) in cases {
        server.execute(&format!("DROP TABLE IF EXISTS refused_rows.t; CREATE TABLE refused_rows.t {declared}")).await;
        let error = source.write("t", vec![batch("a", values)]).await.expect_err(declared);
        assert_eq!(error.code, code, "{declared}: {error:?}");
        let told = error.detail.as_deref().unwrap_or_default().contains(detail) && error.message.contains("refused_rows.t");
        assert!(told && !error.retryable || code == Code::DatatypeMismatch, "{declared}: {error:?}");
        assert_eq!(count(&source, "t").await, 0, "{declared}");
    }
    let error = source.write("gone", vec![batch("a", integers(&[Some(1)]))]).await.expect_err("no such table");
    assert_eq!(error.code, Code::UndefinedTable);
    server.execute("CREATE TABLE refused_rows.zero (a int AUTO_INCREMENT PRIMARY KEY)").await;
    source.write("zero", vec![batch("a", integers(&[Some(0)]))]).await.expect("a zero is no request for the next number");
    assert_eq!(source.rows(source.request("zero").await).await.expect("rows"), ["0"]);
    let large = "x".repeat(20 << 20);
    server.execute("CREATE TABLE refused_rows.large (a longtext); SET GLOBAL max_allowed_packet = 16777216").await;
    let error = source_of(server, "refused_rows", json!({})).await.write("large", vec![batch("a", text(&large))]).await;
    assert_eq!(error.map_err(|error| error.code), Err(Code::Limit));
    // The sessions that failed are gone, and their locks with them.
    assert_eq!(source.write("large", vec![batch("a", text("small"))]).await.expect("added"), 1);
}

async fn many_rows_are_added_at_once(server: &Server) {
    let source = source(server, "many_rows", "CREATE TABLE t (a int, b varchar(40)); CREATE TABLE defaults (a int DEFAULT 7);").await;
    let schema = Arc::new(Schema::new(vec![Field::new("b", DataType::Utf8, true), Field::new("a", DataType::Int32, true)]));
    let batches = [8192, 8192, 1, 3616].map(|rows| {
        let texts: ArrayRef = Arc::new((0..rows).map(|row| (row % 3 > 0).then(|| format!("row {row}"))).collect::<StringArray>());
        let numbers: ArrayRef = Arc::new((0..rows).collect::<Int32Array>());
        RecordBatch::try_new(Arc::clone(&schema), vec![texts, numbers]).expect("a batch")
    });
    let before = source.remote_calls.total();
    assert_eq!(source.write("t", batches.to_vec()).await.expect("added"), 20_001);
    assert!(source.remote_calls.total() - before < 80, "{} calls", source.remote_calls.total() - before);
    let mut rows = source.rows(source.request("t").await).await.expect("rows");
    rows.sort_unstable();
    let mut expected: Vec<String> = batches.iter().flat_map(crate::fixture::texts).collect();
    // The columns of the table stand the other way round.
    expected.iter_mut().for_each(|row| *row = row.split('|').rev().collect::<Vec<_>>().join("|"));
    expected.sort_unstable();
    assert_eq!(rows, expected);
    // No column at all, and rows that are larger than a statement.
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(3));
    let none = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options).expect("a batch");
    assert_eq!(source.write("defaults", vec![none]).await.expect("added"), 3);
    assert_eq!(source.rows(source.request("defaults").await).await.expect("rows"), ["7", "7", "7"]);
    server.execute("CREATE TABLE many_rows.wide (a longtext)").await;
    let wide: ArrayRef = Arc::new((0..7).map(|_| Some("y".repeat(900_000))).collect::<StringArray>());
    assert_eq!(source.write("wide", vec![batch("a", wide)]).await.expect("added"), 7);
    assert_eq!(count(&source, "wide").await, 7);
}

async fn what_is_given_up_adds_nothing(server: &Server) {
    let source = source(server, "given_up", "CREATE TABLE t (a int PRIMARY KEY)").await;
    let one = batch("a", integers(&[Some(1)]));
    let columns = one.schema().fields().to_vec();
    let broken = futures::stream::iter([Ok(one.clone()), Err(Error::internal("broken"))]).boxed();
    let error = source.write_stream("t", columns.clone(), broken).await.expect_err("the rows break off");
    assert_eq!(error.message, "broken");
    assert_eq!(count(&source, "t").await, 0);
    // The row was sent, and the next one never comes.
    let (sent, was_sent) = tokio::sync::oneshot::channel();
    let mut sent = Some(sent);
    let endless = futures::stream::iter([Ok(one.clone())]).chain(futures::stream::poll_fn(move |_| {
        sent.take().map(|sent| sent.send(()));
        std::task::Poll::Pending
    }));
    {
        let writing = source.write_stream("t", columns, endless.boxed());
        let mut writing = std::pin::pin!(writing);
        tokio::select! {
            result = &mut writing => panic!("{result:?}"),
            sent = was_sent => sent.expect("the row was taken"),
        }
    }
    // Its lock on the key would hold the same row up.
    let again = tokio::time::timeout(Duration::from_secs(10), source.write("t", vec![one])).await;
    assert_eq!(again.expect("no lock").expect("added"), 1);
    assert_eq!(count(&source, "t").await, 1);
}

/// A write looks at them. MariaDB keeps 64 by default; of MySQL an administrator says how many it keeps.
async fn notes_are_taken_and_kept(server: &Server) {
    let noted = source(server, "noted", "CREATE TABLE t (a int); SET GLOBAL sql_notes = 0").await;
    assert_eq!(noted.query("SELECT @@sql_notes, @@max_error_count").await.expect("rows").1, ["1|1024"]);
    server.execute("SET GLOBAL sql_notes = 1, max_error_count = 1023").await;
    let noted = source_of(server, "noted", json!({})).await;
    let written = noted.write("t", vec![batch("a", integers(&[Some(1)]))]).await;
    match server.product {
        Product::MariaDb => assert_eq!(written.expect("added"), 1),
        Product::MySql => assert_eq!(written.expect_err("refused").code, Code::WrongState),
    }
}

async fn a_login_needs_the_privilege(server: &Server) {
    source(server, "unprivileged", "CREATE TABLE t (a int)").await;
    server.execute("CREATE USER reader@'%' IDENTIFIED BY 'pw'; GRANT SELECT ON unprivileged.* TO reader@'%'").await;
    let source = source_of(server, "unprivileged", json!({"user": "reader", "password": "pw", "read_only": false})).await;
    let error = source.write("t", vec![batch("a", integers(&[Some(1)]))]).await.expect_err("refused");
    assert_eq!((error.code, error.retryable), (Code::Privilege, false), "{error:?}");
    assert!(error.message.contains("table \"unprivileged.t\" of data source \"shop\""), "{error}");
}

async fn sources_are_read_only_unless_told(server: &Server) {
    let source = source(server, "permitted", "CREATE TABLE t (a int)").await;
    assert!(source.connector.is_read_only());
    assert!(!source_of(server, "permitted", json!({"read_only": false})).await.connector.is_read_only());
    // Sessions are read-only again after a row was added.
    source.write("t", vec![batch("a", integers(&[Some(1)]))]).await.expect("added");
    server.execute("CREATE FUNCTION permitted.emptied() RETURNS int BEGIN DELETE FROM permitted.t; RETURN 1; END").await;
    let error = source.query("SELECT permitted.emptied()").await.expect_err("refused");
    // MariaDB finds it out before it is run.
    assert!([Code::ReadOnly, Code::InvalidArgument].contains(&error.code), "{error:?}");
    assert_eq!(count(&source, "t").await, 1);
}
