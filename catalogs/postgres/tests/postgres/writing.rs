//! Rows are added to a table all or none, and what the server refuses keeps its state.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray, StringViewArray};
use arrow::datatypes::FieldRef;
use futures::StreamExt;
use serde_json::json;
use spi::connector::{RowStream, WriteRequest};
use spi::{Code, Error, Result};

use crate::fixture::{Fixture, database, open, options, with};

fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, array)| (*name, Arc::clone(array), true))).expect("a batch")
}

fn numbers(range: std::ops::Range<i32>) -> RecordBatch {
    batch(&[("n", Arc::new(Int32Array::from_iter_values(range)))])
}

fn stream(items: impl IntoIterator<Item = Result<RecordBatch>, IntoIter: Send + 'static>) -> RowStream {
    futures::stream::iter(items).boxed()
}

fn request(table: &str, columns: &[FieldRef]) -> WriteRequest {
    WriteRequest { schema: "public".to_owned(), table: table.to_owned(), columns: columns.to_vec(), user: "ana".to_owned() }
}

/// Writes batches, which have the columns that are written.
async fn write(fixture: &Fixture, table: &str, batches: Vec<RecordBatch>) -> Result<u64> {
    let request = request(table, batches[0].schema().fields());
    fixture.connector.write(request, stream(batches.into_iter().map(Ok))).await
}

async fn count(fixture: &Fixture, table: &str) -> Vec<String> {
    fixture.answer(&format!("SELECT ARRAY[count(*)::text] FROM {table}")).await
}

#[tokio::test]
async fn texts_of_any_characters_and_defaults_arrive() {
    let Some(fixture) = database("CREATE TABLE \"T\" (n serial, \"the s\" text, d int DEFAULT 7)").await else { return };
    let values = ["", "\\N", "\\.", "a\tb\nc\rd\\e", "NULL", "ä€😀", "'\"$$", "\u{8}\u{b}\u{c}\u{1}"];
    let texts = StringViewArray::from_iter(values.into_iter().map(Some).chain([None]));
    assert_eq!(write(&fixture, "T", vec![batch(&[("the s", Arc::new(texts))])]).await.expect("rows"), 9);
    let mut expected: Vec<String> = values.iter().map(|value| format!("{value}|7")).chain(["NULL|7".to_owned()]).collect();
    expected.sort();
    assert_eq!(fixture.answer("SELECT ARRAY[\"the s\", d::text] FROM \"T\"").await, expected);
}

#[tokio::test]
async fn many_rows_go_in_several_copies_of_one_transaction() {
    let Some(fixture) = database("CREATE TABLE t (n int PRIMARY KEY, s text)").await else { return };
    let wide = |from: i32| {
        let texts = StringArray::from_iter_values((0..2_000).map(|_| "x".repeat(1_000)));
        batch(&[("n", Arc::new(Int32Array::from_iter_values(from..from + 2_000))), ("s", Arc::new(texts))])
    };
    let state = "SELECT ARRAY[count(*)::text, count(DISTINCT xmin::text)::text, sum(length(s))::text] FROM t";
    assert_eq!(write(&fixture, "t", (0..20).map(|part| wide(2_000 * part)).collect()).await.expect("rows"), 40_000);
    assert_eq!(fixture.answer(state).await, ["40000|1|40000000"]);
    // The last row is there already: nothing of what came before it stays.
    let error = write(&fixture, "t", (20..40).map(|part| wide(2_000 * (part % 39))).collect()).await.expect_err("a duplicate");
    assert_eq!((error.code, error.code.sqlstate()), (Code::UniqueViolation, "23505"));
    assert_eq!(fixture.answer(state).await, ["40000|1|40000000"]);
}

#[tokio::test]
async fn what_the_server_refuses_keeps_its_state() {
    let sql = "CREATE TABLE p (n int PRIMARY KEY); INSERT INTO p VALUES (1); CREATE TYPE mood AS ENUM ('sad'); \
         CREATE TABLE t (n int NOT NULL UNIQUE CHECK (n < 100), s varchar(3), m mood, p int REFERENCES p, i inet, \
         g int GENERATED ALWAYS AS IDENTITY, EXCLUDE USING gist (int4range(n, n + 2) WITH &&)); INSERT INTO t VALUES (1); \
         CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
         CREATE TABLE d (n int, UNIQUE (n) DEFERRABLE INITIALLY DEFERRED); CREATE MATERIALIZED VIEW m AS SELECT 1 AS n";
    let Some(fixture) = database(sql).await else { return };
    let int = |values: &[Option<i32>]| -> ArrayRef { Arc::new(Int32Array::from(values.to_vec())) };
    let text = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value])) };
    for (table, columns, code, sqlstate) in [
        ("t", vec![("n", int(&[Some(1)]))], Code::UniqueViolation, "23505"),
        ("t", vec![("n", int(&[None]))], Code::NotNullViolation, "23502"),
        ("t", vec![("n", int(&[Some(100)]))], Code::CheckViolation, "23514"),
        ("t", vec![("n", int(&[Some(2)]))], Code::IntegrityViolation, "23000"),
        ("t", vec![("n", int(&[Some(9)])), ("p", int(&[Some(2)]))], Code::ForeignKeyViolation, "23503"),
        ("t", vec![("n", int(&[Some(9)])), ("s", text("long"))], Code::TooLong, "22001"),
        ("t", vec![("n", int(&[Some(9)])), ("m", text("ok"))], Code::InvalidText, "22P02"),
        ("t", vec![("n", int(&[Some(9)])), ("i", text("x"))], Code::InvalidText, "22P02"),
        ("t", vec![("n", int(&[Some(9)])), ("s", text("\0"))], Code::InvalidEncoding, "22021"),
        ("t", vec![("n", int(&[Some(9)])), ("g", int(&[Some(9)]))], Code::WrongObject, "42809"),
        ("t", vec![("x", int(&[Some(9)]))], Code::UndefinedColumn, "42703"),
        ("nowhere", vec![("n", int(&[Some(9)]))], Code::UndefinedTable, "42P01"),
        ("m", vec![("n", int(&[Some(9)]))], Code::WrongObject, "42809"),
        // A deferred constraint is checked by COMMIT.
        ("d", vec![("n", int(&[Some(9), Some(9)]))], Code::UniqueViolation, "23505"),
    ] {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let error = write(&fixture, table, vec![batch(&columns)]).await.expect_err(table);
        assert_eq!((error.code, error.code.sqlstate()), (code, sqlstate), "{table} {names:?}: {error}");
        assert!(error.message.contains(&format!("table \"public.{table}\"")), "{error}");
    }
    assert_eq!(count(&fixture, "t").await, ["1"]);
    assert_eq!(count(&fixture, "d").await, ["0"]);
}

#[tokio::test]
async fn a_role_without_the_privilege_is_refused() {
    let Some(fixture) = database("CREATE TABLE t (n int)").await else { return };
    fixture.execute(&format!("CREATE ROLE {0} LOGIN PASSWORD 'secret'; GRANT SELECT ON t TO {0}", fixture.name)).await;
    let login = with(options(fixture.server, &fixture.name), json!({"user": fixture.name, "password": "secret"}));
    let fixture = Fixture { connector: open(login).await.expect("a connector"), ..fixture };
    let error = write(&fixture, "t", vec![numbers(0..1)]).await.expect_err("a refusal");
    assert_eq!((error.code, error.code.sqlstate()), (Code::Privilege, "42501"));
}

#[tokio::test]
async fn an_error_of_the_rows_leaves_none() {
    let Some(fixture) = database("CREATE TABLE t (n int)").await else { return };
    let batches = [Ok(numbers(0..50_000)), Err(Error::new(Code::DivisionByZero, "division by zero"))];
    let error = fixture.connector.write(request("t", numbers(0..1).schema().fields()), stream(batches)).await.expect_err("the error");
    assert_eq!((error.code, error.message.as_str()), (Code::DivisionByZero, "division by zero"));
    assert_eq!(count(&fixture, "t").await, ["0"]);
    assert_eq!(write(&fixture, "t", vec![numbers(0..3)]).await.expect("rows"), 3);
}

#[tokio::test]
async fn a_write_that_is_given_up_leaves_nothing() {
    let Some(fixture) = database("CREATE TABLE t (n int)").await else { return };
    let options = with(options(fixture.server, &fixture.name), json!({"connections_max": 1}));
    let fixture = Fixture { connector: open(options).await.expect("a connector"), ..fixture };
    let (reached, reach) = tokio::sync::oneshot::channel();
    let rows = stream([Ok(numbers(0..50_000))]).chain(
        futures::stream::once(async move {
            reached.send(()).expect("a listener");
            futures::future::pending().await
        })
        .boxed(),
    );
    let columns = numbers(0..1);
    tokio::select! {
        _ = fixture.connector.write(request("t", columns.schema().fields()), rows.boxed()) => panic!("the rows never end"),
        _ = reach => {}
    }
    // The only connection is free again once the transaction has ended; a lock of it would be in the way here.
    assert_eq!(write(&fixture, "t", vec![numbers(0..3)]).await.expect("rows"), 3);
    fixture.execute("SET lock_timeout = '5s'; LOCK TABLE t IN ACCESS EXCLUSIVE MODE").await;
    assert_eq!(count(&fixture, "t").await, ["3"]);
}

#[tokio::test]
async fn views_and_tables_with_row_security_take_rows_too() {
    let sql = "CREATE TABLE t (n int DEFAULT 5, o name DEFAULT current_user); CREATE VIEW v AS SELECT n FROM t WHERE n < 10 WITH CHECK OPTION; \
         CREATE TABLE r (n int); ALTER TABLE r ENABLE ROW LEVEL SECURITY; CREATE POLICY small ON r USING (n < 10)";
    let Some(fixture) = database(sql).await else { return };
    fixture.execute(&format!("CREATE ROLE {0} LOGIN PASSWORD 'secret'; GRANT ALL ON t, v, r TO {0}", fixture.name)).await;
    let login = with(options(fixture.server, &fixture.name), json!({"user": fixture.name, "password": "secret"}));
    let fixture = Fixture { connector: open(login).await.expect("a connector"), ..fixture };
    for table in ["v", "r"] {
        assert_eq!(write(&fixture, table, vec![numbers(0..5), numbers(5..10)]).await.expect("rows"), 10);
        assert!(write(&fixture, table, vec![numbers(9..11)]).await.is_err(), "{table}");
        assert_eq!(count(&fixture, table).await, ["10"]);
    }
    // Rows without columns are those of defaults.
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(3));
    let bare = RecordBatch::try_new_with_options(Arc::new(arrow::datatypes::Schema::empty()), Vec::new(), &options).expect("a batch");
    assert_eq!(write(&fixture, "t", vec![bare]).await.expect("rows"), 3);
    assert_eq!(count(&fixture, "t WHERE n = 5").await, ["4"]);
}

#[tokio::test]
async fn rules_of_a_table_rewrite_what_is_added() {
    let sql = "CREATE TABLE t (n int); CREATE TABLE large (n int); CREATE TABLE log (n int); \
         CREATE RULE large AS ON INSERT TO t WHERE new.n >= 5 DO INSTEAD INSERT INTO large VALUES (new.n); \
         CREATE RULE logged AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (new.n)";
    let Some(fixture) = database(sql).await else { return };
    write(&fixture, "t", vec![numbers(0..8)]).await.expect("rows");
    for (table, rows) in [("t", "5"), ("large", "3"), ("log", "8")] {
        assert_eq!(count(&fixture, table).await, [rows], "{table}");
    }
}

#[tokio::test]
async fn rows_of_the_table_itself_can_be_added() {
    let Some(fixture) = database("CREATE TABLE t AS SELECT n FROM generate_series(1, 20000) n").await else { return };
    let read = fixture.request("public", "t").await;
    let rows = fixture.stream(read.clone()).await;
    assert_eq!(fixture.connector.write(request("t", &read.columns), rows).await.expect("rows"), 20_000);
    assert_eq!(count(&fixture, "t").await, ["40000"]);
}
