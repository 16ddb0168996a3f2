//! What operators say about collections.

use std::collections::BTreeMap;
use std::sync::Arc;

use bson::doc;
use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;
use spi::connector::Scope;
use spi::documents::{TableDefinition, TableDefinitions};
use spi::metadata::{Harvest, Relation};
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::{Source, columns, relation, source};
use crate::server::{Product, Server};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(Product::Java, shared, "a_definition_is_obeyed", a_definition),
        trial(Product::FerretDb, shared, "a_definition_is_obeyed_without_samples", a_definition),
        trial(Product::Java, shared, "what_a_definition_cannot_say_is_refused", refused),
    ]
}

fn definition(json: serde_json::Value) -> TableDefinition {
    serde_json::from_value(json).expect("a definition")
}

async fn a_definition(server: &Server) {
    let source = source(server, "defined").await;
    let document = |id: i64, price: &str| doc! { "_id": id, "kind": "order", "price": price, "o": { "at": "2024-01-31", "rank": "7" } };
    source.insert("c", [document(1, "1.50"), document(2, "20"), document(3, "n/a"), doc! { "_id": 4, "kind": "note", "text": "x" }]).await;
    let given = definition(json!({
        "columns": [{"name": "price", "type": "numeric(12,2)"}, {"name": "day", "type": "date", "path": "o.at", "comment": "when"},
            {"name": "rank", "type": "integer", "path": "o.rank"}],
        "key": ["price", "day"],
        "filter": "{\"kind\": \"order\"}",
        "comment": "orders",
    }));
    let sample = source.connector.infer("defined", "c", Some(&given)).await.expect("a sample");
    let checks: Vec<_> = sample.checks.iter().map(|check| (check.column.as_str(), check.present, check.misfits)).collect();
    assert_eq!(checks, [("_id", 3, 0), ("kind", 3, 0), ("price", 3, 1), ("o", 3, 0), ("day", 3, 0), ("rank", 3, 0)]);

    let definitions = BTreeMap::from([("defined".to_owned(), BTreeMap::from([("c".to_owned(), Arc::new(given))]))]);
    let mut harvest = Harvest::after(Vec::new(), Arc::new(TableDefinitions(definitions)));
    source.connector.harvest(&Scope::default(), &mut harvest).await.expect("a harvest");
    let schema = harvest.finish().expect("schemas").remove(0);
    assert_eq!(columns(&schema, "c")[2], "price numeric(12,2) (string)");
    assert_eq!(relation(&schema, Relation::Tables, &["name", "comment", "row_estimate"]), ["c|orders|NULL"]);
    let found = relation(&schema, Relation::Constraints, &["name", "kind", "columns"]);
    assert_eq!(found, ["_id_|UNIQUE|[_id]", "defined_key|PRIMARY KEY|[price, day]"]);

    let request = source.request_of(&schema, "c", &["_id", "price", "day"]);
    assert_eq!(source.rows(request.clone()).await.expect("rows"), ["1|1.50|2024-01-31", "2|20.00|2024-01-31", "3|NULL|2024-01-31"]);
    // The server does not compare what is converted, but it counts only what is a row.
    let more =
        Predicate::Compare { column: "price".to_owned(), comparison: Comparison::Greater, value: Value::Decimal { digits: 200, scale: 2 } };
    assert_eq!(source.matching(&request, more).await, ["2|20.00|2024-01-31"]);
    let seven = Predicate::In { column: "rank".to_owned(), values: vec![Value::Int(7), Value::Int(8)] };
    assert_eq!(source.matching(&source.request_of(&schema, "c", &["_id", "rank"]), seven).await, ["1|7", "2|7", "3|7"]);
    assert_eq!(count(&source, source.request_of(&schema, "c", &[])).await, 3);
    let orders = Predicate::Compare { column: "_id".to_owned(), comparison: Comparison::GreaterOrEqual, value: Value::Int(3) };
    assert_eq!(source.matching(&request, orders).await, ["3|NULL|2024-01-31"]);
}

async fn count(source: &Source, request: spi::connector::ReadRequest) -> usize {
    source.batches(request).await.expect("a count").iter().map(|batch| batch.num_rows()).sum()
}

async fn refused(server: &Server) {
    let source = source(server, "undefined").await;
    source.insert("c", [doc! { "_id": 1 }]).await;
    for (given, code) in [
        (json!({"format": "json"}), Code::InvalidArgument),
        (json!({"row_path": "items"}), Code::InvalidArgument),
        (json!({"filter": "kind = 1"}), Code::InvalidArgument),
        (json!({"key": ["none"]}), Code::InvalidArgument),
    ] {
        let error = source.connector.infer("undefined", "c", Some(&definition(given.clone()))).await.expect_err("refused");
        assert_eq!(error.code, code, "{given}");
    }
    for (schema, table) in [("undefined", "none"), ("admin", "c")] {
        let error = source.connector.infer(schema, table, None).await.expect_err("no such table");
        assert_eq!(error.code, Code::UndefinedTable, "{schema}.{table}");
    }
}
