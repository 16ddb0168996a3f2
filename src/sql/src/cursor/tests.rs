//! Cursors over rows 1 to 7, which come in batches of three.

use arrow::array::{AsArray, Int32Array, RecordBatch};
use arrow::datatypes::Int32Type;
use futures::TryStreamExt;
use spi::types::{PgType, oid};

use super::*;
use crate::parse::{self, Command};

fn rows() -> BatchStream {
    let batches = [&[1, 2, 3][..], &[], &[4, 5, 6], &[7]].map(|rows| {
        let column = Arc::new(Int32Array::from(rows.to_vec())) as arrow::array::ArrayRef;
        Ok(RecordBatch::try_from_iter([("n", column)]).expect("a batch").into())
    });
    stream::iter(batches).boxed()
}

fn declare(cursors: &mut Cursors, text: &str) {
    let statements = parse::script(text).expect("a statement");
    let Command::Declare(declare) = statements[0].command.as_ref() else { panic!("{text}") };
    cursors.check_new(declare).expect("a new cursor");
    cursors.declare(declare, text, [Column::new("n", PgType::new(oid::INT4))].into(), rows());
}

async fn run(cursors: &Cursors, text: &str) -> Result<Vec<i32>> {
    let statements = parse::script(text).expect("a statement");
    let Command::Fetch(command) = statements[0].command.as_ref() else { panic!("{text}") };
    match fetch(cursors, command).await? {
        Answer::Rows { batches, .. } => {
            let batches: Vec<Batch> = batches.try_collect().await?;
            let numbers = |batch: &Batch| match batch {
                Batch::Arrow(batch) => batch.column(0).as_primitive::<Int32Type>().values().to_vec(),
                Batch::Tuples(_) => panic!("{text}"),
            };
            Ok(batches.iter().flat_map(numbers).collect())
        }
        Answer::Command { tag } => Ok(vec![-tag.strip_prefix("MOVE ").expect("a move").parse::<i32>().expect("a number")]),
        _ => panic!("{text}"),
    }
}

#[tokio::test]
async fn goes_forward_across_batches() {
    let mut cursors = Cursors::default();
    declare(&mut cursors, "DECLARE c CURSOR FOR SELECT 1");
    for (text, expected) in [
        ("FETCH 0 FROM c", &[][..]),
        ("FETCH 2 FROM c", &[1, 2]),
        ("FETCH 0 FROM c", &[2]),
        ("FETCH 3 FROM c", &[3, 4, 5]),
        ("FETCH ABSOLUTE 5 FROM c", &[5]),
        ("MOVE 1 IN c", &[-1]),
        ("FETCH ALL FROM c", &[7]),
        ("FETCH NEXT FROM c", &[]),
        ("FETCH 0 FROM c", &[]),
        ("MOVE ALL IN c", &[0]),
    ] {
        assert_eq!(run(&cursors, text).await.expect("rows"), expected, "{text}");
    }
}

#[tokio::test]
async fn skips_to_a_row_but_never_back() {
    let mut cursors = Cursors::default();
    declare(&mut cursors, "DECLARE c CURSOR FOR SELECT 1");
    assert_eq!(run(&cursors, "FETCH ABSOLUTE 4 FROM c").await.expect("a row"), [4]);
    assert_eq!(run(&cursors, "FETCH RELATIVE 2 FROM c").await.expect("a row"), [6]);
    for text in ["FETCH PRIOR FROM c", "FETCH FIRST FROM c", "FETCH LAST FROM c", "FETCH BACKWARD ALL FROM c", "FETCH ABSOLUTE 0 FROM c"] {
        assert_eq!(run(&cursors, text).await.expect_err("back").code, Code::WrongState, "{text}");
    }
}

#[tokio::test]
async fn a_fetch_that_is_not_read_locks_only_its_cursor() {
    let mut cursors = Cursors::default();
    declare(&mut cursors, "DECLARE c CURSOR FOR SELECT 1");
    declare(&mut cursors, "DECLARE d CURSOR FOR SELECT 1");
    let all = parse::script("FETCH ALL FROM c").expect("a statement");
    let Command::Fetch(command) = all[0].command.as_ref() else { panic!("a fetch") };
    let unread = fetch(&cursors, command).await.expect("rows");
    assert_eq!(run(&cursors, "FETCH c").await.expect_err("in use").code, Code::InUse);
    assert_eq!(run(&cursors, "FETCH d").await.expect("a row"), [1]);
    drop(unread);
    assert_eq!(run(&cursors, "FETCH c").await.expect("a row"), [1]);
}

#[tokio::test]
async fn transactions_close_what_they_opened() {
    let mut cursors = Cursors::default();
    declare(&mut cursors, "DECLARE held CURSOR WITH HOLD FOR SELECT 1");
    declare(&mut cursors, "DECLARE a CURSOR FOR SELECT 1");
    cursors.transaction_ended(true);
    assert!(cursors.columns("held").is_ok() && cursors.columns("a").is_err());
    let savepoint = cursors.next_number();
    declare(&mut cursors, "DECLARE b CURSOR WITH HOLD FOR SELECT 1");
    cursors.close_from(savepoint);
    assert_eq!(cursors.columns("b").expect_err("closed").message, "cursor \"b\" does not exist");
    declare(&mut cursors, "DECLARE b CURSOR WITH HOLD FOR SELECT 1");
    cursors.transaction_ended(false);
    assert!(cursors.columns("held").is_ok() && cursors.columns("b").is_err());
}
