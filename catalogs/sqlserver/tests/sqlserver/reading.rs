//! Rows become batches of their types, and what goes wrong on the way is told.

use arrow::datatypes::{DataType, TimeUnit};
use futures::StreamExt;
use spi::Code;
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::{looked_up, open, options, request, rows, stream};
use crate::imitation::{Answer, Behavior, Imitation, Type, bit, int, long, text};

/// What the statement has that reads the table.
const READ: &str = "FROM [dbo].[t] AS t";

async fn server(columns: &[(&str, &str, i32)], answer: Answer) -> Imitation {
    Imitation::start(Behavior { answers: vec![looked_up(columns), (READ, answer)], ..Behavior::default() }).await
}

fn days(days: u32) -> Vec<u8> {
    days.to_le_bytes()[..3].to_vec()
}

#[tokio::test]
async fn rows_of_every_type_are_read() {
    let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
    let nanos = |zone: Option<&str>| DataType::Timestamp(TimeUnit::Nanosecond, zone.map(Into::into));
    let columns = [
        ("flag", "bit", 1, DataType::Boolean, Type::Bit, bit(true)),
        ("tiny", "tinyint", 1, DataType::Int16, Type::Integer(1), Some(vec![200])),
        ("small", "smallint", 2, DataType::Int16, Type::Integer(2), Some((-2_i16).to_le_bytes().to_vec())),
        ("number", "int", 4, DataType::Int32, Type::Integer(4), int(-7)),
        ("large", "bigint", 8, DataType::Int64, Type::Integer(8), long(i64::MIN)),
        ("single", "real", 4, DataType::Float32, Type::Float(4), Some(0.5_f32.to_le_bytes().to_vec())),
        ("double", "float", 8, DataType::Float64, Type::Float(8), Some((-1.25_f64).to_le_bytes().to_vec())),
        // A sign and a magnitude of four bytes.
        ("price", "decimal", 9, DataType::Decimal128(12, 2), Type::Decimal(12, 2), Some(vec![0, 0xd2, 4, 0, 0])),
        ("money", "money", 8, DataType::Decimal128(19, 4), Type::Decimal(19, 4), Some(vec![1, 0xd2, 4, 0, 0])),
        ("name", "nvarchar", 40, DataType::Utf8, Type::Text, text("größe 😀 ")),
        ("page", "varchar", 20, DataType::Utf8, Type::Text, text("x")),
        ("bytes", "varbinary", 9, DataType::Binary, Type::Bytes, Some(vec![0, 0xff])),
        ("id", "uniqueidentifier", 16, DataType::Utf8, Type::Text, text("6f9619ff-8b86-d011-b42d-00c04fc964ff")),
        ("day", "date", 3, DataType::Date32, Type::Date, Some(days(719_163))),
        ("time", "time", 5, DataType::Time64(TimeUnit::Nanosecond), Type::Time(7), Some(vec![1, 0, 0, 0, 0])),
        // What a `datetime` is converted to.
        ("at", "datetime", 8, micros, Type::DateTime2(3), Some([vec![0xe8, 3, 0, 0], days(719_162)].concat())),
        ("fine", "datetime2", 8, nanos(None), Type::DateTime2(7), Some([vec![3, 0, 0, 0, 0], days(719_162)].concat())),
        (
            "zoned",
            "datetimeoffset",
            10,
            nanos(Some("UTC")),
            Type::DateTimeOffset(7),
            Some([vec![0; 5], days(719_163), vec![60, 0]].concat()),
        ),
    ];
    let native: Vec<_> = columns.iter().map(|(name, native, length, ..)| (*name, *native, *length)).collect();
    let wanted: Vec<_> = columns.iter().map(|(name, _, _, data_type, ..)| (*name, data_type.clone())).collect();
    let types: Vec<_> = columns.iter().map(|column| column.4).collect();
    let values: Vec<_> = columns.iter().map(|column| column.5.clone()).collect();
    let nulls = vec![None; columns.len()];
    let server = server(&native, Answer::Rows(types, vec![values, nulls])).await;
    let connector = open(options(&server)).await.expect("a connector");
    let found = rows(stream(&*connector, request(&wanted)).await).await.expect("rows");
    assert_eq!(
        found,
        [
            "true|200|-2|-7|-9223372036854775808|0.5|-1.25|-12.34|0.1234|größe 😀 |x|00ff|6f9619ff-8b86-d011-b42d-00c04fc964ff|1970-01-02|\
             00:00:00.000000100|1970-01-01T00:00:01|1970-01-01T00:00:00.000000300|1970-01-02T00:00:00Z"
                .to_owned(),
            vec!["NULL"; columns.len()].join("|")
        ]
    );
    let asked = server.statements().into_iter().find(|statement| statement.contains(READ)).expect("the statement");
    for form in [
        "CONVERT(decimal(19, 4), t.[money])",
        "CONVERT(nvarchar(20), t.[page])",
        "LOWER(CONVERT(nvarchar(36), t.[id]))",
        "CONVERT(datetime2(3), t.[at])",
    ] {
        assert!(asked.contains(form), "{asked}");
    }
    // The list of sessions shows who asks.
    assert!(server.logins()[0].contains("metagate/ana"));
}

#[tokio::test]
async fn many_rows_come_in_batches_and_on_one_connection() {
    let many: Vec<_> = (0..20_000).map(|number| vec![int(number)]).collect();
    let server = server(&[("a", "int", 4)], Answer::Rows(vec![Type::Integer(4)], many)).await;
    let connector = open(options(&server)).await.expect("a connector");
    for _ in 0..2 {
        let batches: Vec<_> = stream(&*connector, request(&[("a", DataType::Int32)])).await.collect().await;
        let counts: Vec<usize> = batches.iter().map(|batch| batch.as_ref().expect("a batch").num_rows()).collect();
        assert_eq!(counts, [8_192, 8_192, 3_616]);
    }
    assert_eq!((server.logins().len(), server.asked(READ)), (1, 2));
}

#[tokio::test]
async fn conditions_and_counts_are_the_servers() {
    let counted = Answer::Rows(vec![Type::Integer(8)], vec![vec![long(42)]]);
    let server = server(&[("a", "int", 4), ("b", "nvarchar", 8)], counted).await;
    let connector = open(options(&server)).await.expect("a connector");
    let mut wanted = request(&[]);
    wanted.limit = Some(50);
    wanted.predicates =
        vec![Predicate::Compare { column: "b".to_owned(), comparison: Comparison::Equal, value: Value::Text("x ".to_owned()) }];
    assert!(connector.applies(&wanted.predicates[0]));
    let batches: Vec<_> = stream(&*connector, wanted).await.collect().await;
    assert_eq!(batches.iter().map(|batch| batch.as_ref().expect("a batch").num_rows()).sum::<usize>(), 42);
    let statement = "SELECT COUNT_BIG(*) FROM (SELECT TOP (50) 1 AS one FROM [dbo].[t] AS t WHERE (t.[b] = @P1 AND \
                     t.[b] COLLATE Latin1_General_100_BIN2 = @P1 AND DATALENGTH(t.[b]) = DATALENGTH(@P1))) AS t";
    assert_eq!(server.asked(statement), 1, "{:?}", server.statements());
}

#[tokio::test]
async fn a_value_that_does_not_fit_is_named() {
    let fine = DataType::Timestamp(TimeUnit::Nanosecond, None);
    let last = Some([vec![0xff, 0xbf, 0x69, 0x2a, 0xc9], days(3_652_058)].concat());
    let server = server(&[("until", "datetime2", 8)], Answer::Rows(vec![Type::DateTime2(7)], vec![vec![last]])).await;
    let connector = open(options(&server)).await.expect("a connector");
    let error = rows(stream(&*connector, request(&[("until", fine)])).await).await.expect_err("a misfit");
    assert_eq!(error.code, Code::OutOfRange);
    assert_eq!(error.message, "column \"until\" of table \"dbo.t\" holds a value that cannot be represented");
    assert!(error.detail.expect("a detail").contains("'9999-12-31 23:59:59.999999900'"));
}

#[tokio::test]
async fn what_has_changed_meanwhile_is_told() {
    let none = Answer::Error(208, "Invalid object name 'dbo.t'.");
    let wanted = || request(&[("a", DataType::Int32)]);
    for (columns, code) in [
        (&[][..], Code::UndefinedTable),
        (&[("b", "int", 4)], Code::UndefinedColumn),
        (&[("a", "bigint", 8)], Code::DatatypeMismatch),
        (&[("a", "int", 4)], Code::UndefinedTable),
    ] {
        let server = server(columns, none.clone()).await;
        let connector = open(options(&server)).await.expect("a connector");
        let error = rows(stream(&*connector, wanted()).await).await.expect_err("a failure");
        assert_eq!(error.code, code, "{error}");
        assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("CALL refresh_metadata('shop')")), "{error:?}");
    }
}

#[tokio::test]
async fn errors_of_the_server_have_their_codes() {
    for (number, message, code, retryable) in [
        (229, "The SELECT permission was denied on the object 't'.", Code::Privilege, false),
        (1205, "Transaction was deadlocked on lock resources.", Code::Conflict, true),
        (1222, "Lock request time out period exceeded.", Code::Unavailable, true),
        (8134, "Divide by zero error encountered.", Code::DivisionByZero, false),
        (50_000, "raised by a view", Code::BadData, false),
    ] {
        let server = server(&[("a", "int", 4)], Answer::Error(number, message)).await;
        let connector = open(options(&server)).await.expect("a connector");
        let error = rows(stream(&*connector, request(&[("a", DataType::Int32)])).await).await.expect_err("a failure");
        assert_eq!((error.code, error.retryable), (code, retryable));
        assert_eq!(error.message, "could not read table \"dbo.t\" of data source \"shop\"");
        assert!(error.detail.expect("a detail").contains(message.trim_end_matches('.')));
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_is_told() {
    let some = vec![vec![int(1)], vec![int(2)]];
    let server = server(&[("a", "int", 4)], Answer::Cut(vec![Type::Integer(4)], some)).await;
    let connector = open(options(&server)).await.expect("a connector");
    let error = rows(stream(&*connector, request(&[("a", DataType::Int32)])).await).await.expect_err("the end");
    assert_eq!((error.code.sqlstate(), error.retryable), ("08006", true), "{error:?}");
}

#[tokio::test]
async fn a_dropped_stream_cancels_its_statement() {
    let first: Vec<_> = (0..8_192).map(|number| vec![int(number)]).collect();
    let server = server(&[("a", "int", 4)], Answer::Never(vec![Type::Integer(4)], first)).await;
    let connector = open(options(&server)).await.expect("a connector");
    let mut rows = stream(&*connector, request(&[("a", DataType::Int32)])).await;
    assert_eq!(rows.next().await.expect("a batch").expect("rows").num_rows(), 8_192);
    drop(rows);
    server.cancelled(1).await;
}
