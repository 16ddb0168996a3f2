//! What a harvest finds.

use std::sync::Arc;

use bson::oid::ObjectId;
use bson::{DateTime, Document, doc};
use libtest_mimic::Trial;
use mongodb::IndexModel;
use mongodb::options::IndexOptions;
use serde_json::json;
use spi::connector::Scope;
use spi::metadata::{Harvest, Relation};

use crate::fixture::{columns, harvest, open, options, relation, source, source_with};
use crate::server::{Product, Server};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(Product::Java, shared, "collections_are_tables_with_the_types_of_their_documents", collections_are_tables),
        trial(Product::Java, shared, "nested_objects_can_be_flattened", nested_objects),
        trial(Product::Java, shared, "indexes_and_keys_are_found", indexes_and_keys),
        trial(Product::Java, shared, "a_column_stays_and_widens", a_column_stays_and_widens),
        trial(Product::Java, shared, "each_collection_costs_as_many_calls", calls_are_few),
        trial(Product::Java, shared, "a_scope_is_one_table", a_scope_is_one_table),
        trial(Product::FerretDb, shared, "a_server_without_samples_is_harvested", without_samples),
    ]
}

async fn collections_are_tables(server: &Server) {
    let source = source(server, "types").await;
    let id = ObjectId::parse_str("65f000000000000000000001").expect("an id");
    let decimal: bson::Decimal128 = "12.50".parse().expect("a number");
    let first = doc! {
        "_id": id, "n": 1, "l": 5i64, "d": 1.5, "c": decimal, "s": "x", "b": true, "t": DateTime::from_millis(0),
        "list": [1, 2], "o": { "x": 1, "y": { "z": "deep" } }, "mixed": 1, "_doc": "mine",
    };
    source.insert("c", [first, doc! { "n": 2i64, "mixed": "one", "o": { "w": true } }]).await;
    source.insert("empty", [doc! { "_id": 1 }]).await;
    let schema = source.harvest().await;
    assert_eq!(relation(&schema, Relation::Tables, &["name", "kind", "row_estimate"]), ["c|table|2", "empty|table|1"]);
    let found = columns(&schema, "c");
    let expected = [
        "_id text (objectId)",
        "n bigint (int|long)",
        "l bigint (long)",
        "d double precision (double)",
        "c numeric(38,1) (decimal)",
        "s text (string)",
        "b boolean (bool)",
        "t timestamp with time zone (date)",
        "list bigint[] (list)",
        "o jsonb (object)",
        "mixed text (int|string)",
        "_doc_field text (string)",
        "_error text (error)",
        "_doc jsonb (object)",
    ];
    let mut sorted = (found.clone(), expected.map(str::to_owned).to_vec());
    // The sample has no order: which of two documents showed a field or a type first is not known.
    sorted.0.iter_mut().for_each(|column| *column = column.replace("(string|int)", "(int|string)").replace("(long|int)", "(int|long)"));
    sorted.0.sort();
    sorted.1.sort();
    assert_eq!(sorted.0, sorted.1);
    assert_eq!(found[found.len() - 2..], ["_error text (error)", "_doc jsonb (object)"]);
    let evidence = relation(&schema, Relation::InferredColumns, &["column", "path", "sampled", "present"]);
    assert!(evidence.contains(&"o|o.y.z|2|1".to_owned()), "{evidence:?}");
}

async fn nested_objects(server: &Server) {
    let source = source_with(server, "flat", json!({"flatten": true})).await;
    source.insert("c", [doc! { "_id": 1, "o": { "x": 1, "y": { "z": "deep" } }, "a.b": 7, "": 8 }]).await;
    let schema = source.harvest().await;
    let request = source.request_of(&schema, "c", &["o.x", "o.y.z", "a.b", "_empty"]);
    assert_eq!(source.rows(request).await.expect("rows"), ["1|deep|7|8"]);
}

async fn indexes_and_keys(server: &Server) {
    let source = source(server, "indexes").await;
    source.insert("c", [doc! { "_id": 1, "a": 1, "b": 2 }]).await;
    let collection = source.database.collection::<Document>("c");
    let unique = IndexOptions::builder().unique(true).name("u".to_owned()).build();
    let model = IndexModel::builder().keys(doc! { "a": 1, "b": -1 }).options(unique).build();
    collection.create_index(model).await.expect("an index");
    let schema = source.harvest().await;
    let found = relation(&schema, Relation::Indexes, &["name", "unique", "primary", "method", "columns"]);
    assert_eq!(found, ["_id_|true|true|btree|[_id]", "u|true|false|btree|[a, b DESC]"]);
    let found = relation(&schema, Relation::Constraints, &["name", "kind", "columns"]);
    assert_eq!(found, ["_id_|PRIMARY KEY|[_id]", "u|UNIQUE|[a, b]"]);
}

async fn a_column_stays_and_widens(server: &Server) {
    let source = source(server, "widening").await;
    source.insert("c", [doc! { "_id": 1, "a": 1, "gone": true }]).await;
    let first = source.harvest().await;
    assert_eq!(columns(&first, "c")[1..3], ["a bigint (int)", "gone boolean (bool)"]);
    source.database.collection::<Document>("c").replace_one(doc! { "_id": 1 }, doc! { "a": 1.5, "new": "x" }).await.expect("a change");
    let mut next = Harvest::after(vec![Arc::new(first)], Arc::default());
    source.connector.harvest(&Scope::default(), &mut next).await.expect("a harvest");
    let next = next.finish().expect("schemas").remove(0);
    let expected = ["a double precision (double)", "gone boolean (bool)", "new text (string)"];
    assert_eq!(columns(&next, "c")[1..4], expected);
    let confirmed = relation(&next, Relation::InferredColumns, &["column", "confirmed"]);
    assert!(confirmed.contains(&"gone|false".to_owned()) && confirmed.contains(&"a|true".to_owned()), "{confirmed:?}");
}

async fn calls_are_few(server: &Server) {
    let source = source(server, "calls").await;
    for number in 0..10 {
        source.insert(&format!("c{number}"), [doc! { "_id": 1 }]).await;
    }
    source.harvest().await;
    let before = source.remote_calls.total();
    assert_eq!(source.harvest().await.table_count(), 10);
    // One list of collections; and of each a sample, its indexes and its size.
    assert_eq!(source.remote_calls.total() - before, 1 + 3 * 10);
}

async fn a_scope_is_one_table(server: &Server) {
    let source = source(server, "scoped").await;
    source.insert("a", [doc! { "_id": 1 }]).await;
    source.insert("b", [doc! { "_id": 1 }]).await;
    let scope = Scope { schema: Some("scoped".to_owned()), table: Some("b".to_owned()) };
    let schemas = harvest(&*source.connector, &scope).await.expect("a harvest");
    assert_eq!(relation(&schemas[0], Relation::Tables, &["name"]), ["b"]);
    // Without the option all databases but the server's own.
    let (connector, _) = open(server.product, options(server)).await.expect("a connector");
    let scope = Scope { schema: Some("scoped".to_owned()), table: None };
    let schemas = harvest(&*connector, &scope).await.expect("a harvest");
    assert_eq!(schemas.iter().map(|schema| schema.name.as_str()).collect::<Vec<_>>(), ["scoped"]);
    assert_eq!(schemas[0].table_count(), 2);
}

async fn without_samples(server: &Server) {
    let source = source_with(server, "ends", json!({"sample_size": 3})).await;
    let documents = (0..10).map(|number| doc! { "_id": number, format!("f{number}"): number });
    source.insert("c", documents).await;
    let schema = source.harvest().await;
    let expected =
        ["_id bigint (int)", "f0 bigint (int)", "f1 bigint (int)", "f9 bigint (int)", "_error text (error)", "_doc jsonb (object)"];
    assert_eq!(columns(&schema, "c"), expected);
}
