//! Statements in the server's own language: described, run and executed.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use spi::Code;
use spi::connector::RunRequest;
use spi::query::{Parameter, Statement};
use spi::types::PgType;

use crate::fixture::{open, options, rows};
use crate::imitation::{Answer, Behavior, Imitation, Type, bit, int, text};

fn described(columns: &[(&str, Option<&str>, bool, Option<&str>)]) -> (&'static str, Answer) {
    let types = vec![Type::Text, Type::Text, Type::Bit, Type::Text, Type::Bit];
    let row = |(name, native, hidden, error): &(&str, Option<&str>, bool, Option<&str>)| {
        vec![text(name), native.and_then(text), bit(*hidden), error.and_then(text), bit(error.is_some())]
    };
    ("dm_exec_describe_first_result_set", Answer::Rows(types, columns.iter().map(row).collect()))
}

async fn server(answers: Vec<(&'static str, Answer)>) -> Imitation {
    Imitation::start(Behavior { answers, ..Behavior::default() }).await
}

#[tokio::test]
async fn a_query_is_described_as_the_server_does() {
    let columns = [("a", Some("int"), false, None), ("a", Some("varchar(9)"), false, None), ("key", Some("int"), true, None)];
    let server = server(vec![described(&columns)]).await;
    let connector = open(options(&server)).await.expect("a connector");
    let found = connector.describe("SELECT a, b AS a FROM t", "ana").await.expect("columns");
    let found: Vec<_> = found.iter().map(|column| (column.name.as_str(), &column.data_type, column.pg_type)).collect();
    assert_eq!(found, [("a", &DataType::Int32, PgType::from_arrow(&DataType::Int32)), ("a", &DataType::Utf8, PgType::varchar(9))]);
}

#[tokio::test]
async fn what_cannot_be_run_as_a_query_is_refused() {
    let broken = [("", None, false, Some("Invalid object name 'nowhere'."))];
    let opaque = [("price", Some("money"), false, None)];
    for (columns, query, code, detail) in [
        (&broken, "SELECT * FROM nowhere", Code::Syntax, "Invalid object name 'nowhere'"),
        (&opaque, "SELECT price FROM t", Code::Unsupported, "Its type is money"),
        (&opaque, "DELETE FROM t", Code::Unsupported, "It does not begin with SELECT"),
        (&opaque, "SELECT 1; DROP TABLE t", Code::Unsupported, "Something follows a semicolon"),
    ] {
        let server = server(vec![described(columns)]).await;
        let connector = open(options(&server)).await.expect("a connector");
        let error = connector.describe(query, "ana").await.expect_err("refused");
        assert_eq!(error.code, code, "{error}");
        assert!(error.detail.as_deref().is_some_and(|text| text.contains(detail)), "{error}");
        assert_eq!(server.asked("DROP TABLE"), 0);
    }
}

#[tokio::test]
async fn a_query_answers_with_the_columns_of_its_plan() {
    let answer = Answer::Rows(vec![Type::Integer(4)], vec![vec![int(1)], vec![None]]);
    let server = server(vec![("FROM [t]", answer)]).await;
    let connector = open(options(&server)).await.expect("a connector");
    let run = |text: &str, names: &[&str]| {
        let fields: Vec<Field> = names.iter().map(|name| Field::new(*name, DataType::Int32, true)).collect();
        let parameters = vec![Parameter { value: spi::predicate::Value::Int(5), data_type: DataType::Int32 }];
        let statement = Statement { text: text.to_owned(), parameters };
        connector.run(RunRequest { statement, native: false, columns: Arc::new(Schema::new(fields)), user: "ana".to_owned() })
    };
    let query = "SELECT a AS [c0] FROM [t] WHERE a < CONVERT(int, @P1)";
    assert_eq!(rows(run(query, &["c0"])).await.expect("rows"), ["1", "NULL"]);
    assert_eq!(rows(run(query, &["c0", "c1"])).await.expect_err("other columns").code, Code::DatatypeMismatch);
    assert_eq!(rows(run("DROP TABLE [t]", &["c0"])).await.expect_err("no query").code, Code::Unsupported);
    assert_eq!((server.asked("@P1 bigint"), server.asked("DROP")), (2, 0));
}

#[tokio::test]
async fn what_nobody_converted_is_read_as_it_comes() {
    // The bytes of the first three groups are turned over.
    let id = Some(vec![0xff, 0x19, 0x96, 0x6f, 0x86, 0x8b, 0x11, 0xd0, 0xb4, 0x2d, 0, 0xc0, 0x4f, 0xc9, 0x64, 0xff]);
    // Days since 1900, and thirds of hundredths of a second.
    let at = Some([25_567_i32.to_le_bytes(), 1_u32.to_le_bytes()].concat());
    let answer = Answer::Rows(vec![Type::Guid, Type::DateTime], vec![vec![id, at], vec![None, None]]);
    let server = server(vec![("SELECT id", answer)]).await;
    let connector = open(options(&server)).await.expect("a connector");
    let timestamp = DataType::Timestamp(TimeUnit::Microsecond, None);
    let columns = Arc::new(Schema::new(vec![Field::new("id", DataType::Utf8, true), Field::new("at", timestamp, true)]));
    let statement = Statement { text: "SELECT id, at FROM t".to_owned(), parameters: Vec::new() };
    let found = rows(connector.run(RunRequest { statement, native: true, columns, user: "ana".to_owned() })).await.expect("rows");
    assert_eq!(found, ["6f9619ff-8b86-d011-b42d-00c04fc964ff|1970-01-01T00:00:00.003", "NULL|NULL"]);
}

#[tokio::test]
async fn a_statement_says_how_many_rows_it_concerned() {
    let server = server(vec![("UPDATE t", Answer::Done(7)), ("UPDATE u", Answer::Error(547, "The UPDATE statement conflicted."))]).await;
    let connector = open(options(&server)).await.expect("a connector");
    assert_eq!(connector.execute("UPDATE t SET a = 1", "ana").await.expect("a count"), 7);
    let error = connector.execute("UPDATE u SET a = 1", "ana").await.expect_err("a failure");
    assert_eq!((error.code, error.code.sqlstate()), (Code::IntegrityViolation, "23000"));
    // Whatever it has made of its session, nobody else gets that.
    assert_eq!(server.logins().len(), 2);
    assert!(connector.is_read_only());
}

#[tokio::test]
async fn a_session_that_somebody_wrote_for_serves_nobody_else() {
    let answer = Answer::Rows(vec![Type::Integer(4)], vec![vec![int(1)]]);
    let server = server(vec![("SELECT a", answer)]).await;
    let connector = open(options(&server)).await.expect("a connector");
    for (native, logins) in [(false, 1), (true, 1), (false, 2), (false, 2)] {
        let columns = Arc::new(Schema::new(vec![Field::new("a", DataType::Int32, true)]));
        let statement = Statement { text: "SELECT a FROM t".to_owned(), parameters: Vec::new() };
        let found = rows(connector.run(RunRequest { statement, native, columns, user: "ana".to_owned() })).await.expect("rows");
        assert_eq!((found.as_slice(), server.logins().len()), (&["1".to_owned()][..], logins));
    }
}

#[tokio::test]
async fn a_statement_whose_answer_is_lost_is_in_doubt() {
    let server = server(vec![("UPDATE t", Answer::Cut(Vec::new(), Vec::new()))]).await;
    let connector = open(options(&server)).await.expect("a connector");
    let error = connector.execute("UPDATE t SET a = a + 1", "ana").await.expect_err("no answer");
    assert_eq!((error.code, error.retryable), (Code::ConnectionLost, false), "{error}");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("not known")), "{error:?}");
}
