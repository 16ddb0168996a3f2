//! Rows are added in one transaction, in statements of as many as the protocol takes.

use std::sync::Arc;

use arrow::array::{Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use futures::{StreamExt, stream};
use spi::connector::{RowStream, WriteRequest};
use spi::{Code, Error};

use crate::fixture::{looked_up, open, options};
use crate::imitation::{Answer, Behavior, Imitation};

fn batch(rows: usize) -> RecordBatch {
    let fields = vec![Field::new("a", DataType::Int32, true), Field::new("b", DataType::Utf8, true)];
    let numbers = Int32Array::from_iter_values(0..rows as i32);
    let texts = StringArray::from_iter((0..rows).map(|row| (row % 2 == 0).then(|| format!("row {row}"))));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(numbers), Arc::new(texts)]).expect("a batch")
}

fn request(batch: &RecordBatch) -> WriteRequest {
    let columns = batch.schema().fields().iter().cloned().collect();
    WriteRequest { schema: "dbo".to_owned(), table: "t".to_owned(), columns, user: "ana".to_owned() }
}

fn rows(batches: Vec<Result<RecordBatch, Error>>) -> RowStream {
    stream::iter(batches).boxed()
}

async fn server(insert: Answer) -> Imitation {
    let columns = looked_up(&[("a", "int", 4), ("b", "nvarchar", 40), ("at", "datetime", 8)]);
    Imitation::start(Behavior { answers: vec![columns, ("INSERT INTO [dbo].[t]", insert)], ..Behavior::default() }).await
}

#[tokio::test]
async fn all_rows_are_added_in_one_transaction() {
    let server = server(Answer::Done(0)).await;
    let connector = open(options(&server)).await.expect("a connector");
    let added = connector.write(request(&batch(1)), rows(vec![Ok(batch(1_500)), Ok(batch(2))])).await.expect("a count");
    assert_eq!(added, 1_502);
    let statements = server.statements();
    let places: Vec<_> = ["BEGIN TRANSACTION", "INSERT INTO", "COMMIT TRANSACTION"]
        .map(|text| (0..statements.len()).filter(|place| statements[*place].contains(text)).collect::<Vec<_>>())
        .into();
    let [begin, inserts, commit] = &places[..] else { panic!("three kinds of statements") };
    assert_eq!((begin.len(), inserts.len(), commit.len()), (1, 3, 1));
    assert!(begin[0] < inserts[0] && inserts[2] < commit[0]);
    assert!(statements[inserts[2]].contains("INSERT INTO [dbo].[t] ([a], [b]) VALUES (@P1, @P2), (@P3, @P4)"));
}

#[tokio::test]
async fn an_error_leaves_nothing_behind() {
    for insert in [Answer::Error(2627, "Violation of PRIMARY KEY constraint 'pk'."), Answer::Done(0)] {
        let server = server(insert).await;
        let connector = open(options(&server)).await.expect("a connector");
        let broken = Error::new(Code::DivisionByZero, "division by zero");
        let error = connector.write(request(&batch(1)), rows(vec![Ok(batch(1)), Err(broken)])).await.expect_err("a failure");
        assert!(matches!(error.code, Code::UniqueViolation | Code::DivisionByZero), "{error}");
        assert_eq!((server.asked("BEGIN TRANSACTION"), server.asked("COMMIT TRANSACTION")), (1, 0));
        // The connection is gone, and its transaction with it.
        server.cancelled(1).await;
    }
}

#[tokio::test]
async fn only_a_lost_commit_is_in_doubt() {
    for (lost, in_doubt) in [("COMMIT TRANSACTION", true), ("INSERT INTO [dbo].[t]", false)] {
        let columns = looked_up(&[("a", "int", 4), ("b", "nvarchar", 40)]);
        let answers = vec![columns, (lost, Answer::Cut(Vec::new(), Vec::new()))];
        let server = Imitation::start(Behavior { answers, ..Behavior::default() }).await;
        let connector = open(options(&server)).await.expect("a connector");
        let error = connector.write(request(&batch(1)), rows(vec![Ok(batch(1))])).await.expect_err("no answer");
        assert_eq!((error.code, error.retryable), (Code::ConnectionLost, !in_doubt), "{lost}: {error}");
        assert_eq!(error.hint.is_some_and(|hint| hint.contains("not known")), in_doubt, "{lost}");
    }
}

#[tokio::test]
async fn what_the_column_would_round_is_refused() {
    let server = server(Answer::Done(0)).await;
    let connector = open(options(&server)).await.expect("a connector");
    let fields = vec![Field::new("at", DataType::Timestamp(TimeUnit::Microsecond, None), true)];
    let moments = TimestampMicrosecondArray::from(vec![3_000, 4_000]);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(moments)]).expect("a batch");
    let error = connector.write(request(&batch), rows(vec![Ok(batch)])).await.expect_err("a misfit");
    assert_eq!((error.code, server.asked("INSERT")), (Code::OutOfRange, 0));
    assert_eq!(error.detail.as_deref(), Some("1970-01-01 00:00:00.004 is not a value of datetime there."));
}
