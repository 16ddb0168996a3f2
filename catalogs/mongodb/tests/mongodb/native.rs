//! Commands of MongoDB's own, passed through.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema};
use bson::doc;
use futures::{StreamExt, TryStreamExt};
use libtest_mimic::Trial;
use spi::Code;
use spi::connector::{RowStream, RunRequest};
use spi::query::Statement;

use crate::fixture::{Source, source, texts};
use crate::server::{Product, Server};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(Product::Java, shared, "pipelines_are_passed_through", pipelines),
        trial(Product::Java, shared, "a_query_that_is_not_read_to_its_end_stops", left_early),
        trial(Product::FerretDb, shared, "finds_are_passed_through", finds),
    ]
}

/// The rows of a command, with the columns that it is described to have.
async fn run(source: &Source, text: &str) -> RowStream {
    let described = source.connector.describe(text, "ann").await.expect("columns");
    let columns = described.iter().map(|column| Field::new(&column.name, column.data_type.clone(), true)).collect::<Vec<_>>();
    let statement = Statement { text: text.to_owned(), parameters: Vec::new() };
    source.connector.run(RunRequest { statement, native: true, columns: Arc::new(Schema::new(columns)), user: "ann".to_owned() })
}

async fn rows(source: &Source, text: &str) -> spi::Result<Vec<String>> {
    let batches: Vec<_> = run(source, text).await.try_collect().await?;
    Ok(batches.iter().flat_map(texts).collect())
}

async fn pipelines(server: &Server) {
    let source = source(server, "pipelines").await;
    source.insert("c", (0..10).map(|id| doc! { "_id": id, "g": if id < 7 { "a" } else { "b" }, "n": id })).await;
    let text = r#"{"aggregate": "c", "pipeline": [{"$group": {"_id": "$g", "n": {"$sum": "$n"}}}, {"$sort": {"n": -1, "_id": 1}}]}"#;
    assert_eq!(rows(&source, text).await.expect("rows"), [r#"NULL|{"n": 24, "_id": "b"}"#, r#"NULL|{"n": 21, "_id": "a"}"#]);
    let other = r#"{"aggregate": "c", "$db": "elsewhere", "pipeline": []}"#;
    assert!(rows(&source, other).await.expect("no rows").is_empty());
    let error = rows(&source, r#"{"aggregate": "c", "pipeline": [{"$noSuchStage": {}}]}"#).await.expect_err("no such stage");
    assert_eq!(error.message, "could not run a query at data source \"shop\"");
    assert!(error.detail.as_deref().is_some_and(|detail| detail.contains("$noSuchStage")), "{error:?}");
    let write = r#"{"aggregate": "c", "pipeline": [{"$out": "d"}]}"#;
    assert_eq!(source.connector.describe(write, "ann").await.expect_err("refused").code, Code::ReadOnly);
    assert!(source.database.list_collection_names().await.expect("names").iter().all(|name| name != "d"));
}

async fn left_early(server: &Server) {
    let source = source(server, "left").await;
    for start in [0, 10_000, 20_000] {
        source.insert("c", (start..start + 10_000).map(|id| doc! { "_id": id })).await;
    }
    let before = source.remote_calls.total();
    let mut stream = run(&source, r#"{"find": "c"}"#).await;
    assert_eq!(source.remote_calls.total(), before, "describing asks nothing");
    assert!(stream.next().await.expect("a batch").is_ok());
    drop(stream);
    // One batch, and the word that no more is wanted.
    assert_eq!(source.remote_calls.total() - before, 2);
    assert_eq!(rows(&source, r#"{"find": "c"}"#).await.expect("rows").len(), 30_000);
}

async fn finds(server: &Server) {
    let source = source(server, "finds").await;
    source.insert("c", (0..5).map(|id| doc! { "_id": id, "s": "x\0" })).await;
    let text = r#"{"find": "c", "filter": {"_id": {"$gte": {"$numberLong": "3"}}}, "projection": {"_id": 1}, "sort": {"_id": -1}}"#;
    assert_eq!(rows(&source, text).await.expect("rows"), [r#"NULL|{"_id": 4}"#, r#"NULL|{"_id": 3}"#]);
    // What jsonb cannot have is said.
    let found = rows(&source, r#"{"find": "c", "limit": 1}"#).await.expect("a row");
    assert!(found[0].starts_with("field _doc: ") && found[0].ends_with("|NULL"), "{found:?}");
}
