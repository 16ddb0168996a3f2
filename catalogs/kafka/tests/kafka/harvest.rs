//! Topics as metadata.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::json;
use spi::metadata::Relation;

use crate::fixture::{relation, source, source_with};
use crate::server::{Sent, Server, value};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "harvest::columns_are_those_of_json", columns_are_those_of_json),
        trial(shared, "harvest::formats_are_found", formats_are_found),
        trial(shared, "harvest::columns_of_csv_are_inferred", columns_of_csv_are_inferred),
        trial(shared, "harvest::partitions_and_configuration_are_known", partitions_and_configuration_are_known),
        trial(shared, "harvest::calls_do_not_grow_with_topics", calls_do_not_grow_with_topics),
        trial(shared, "harvest::a_fingerprint_notices_messages", a_fingerprint_notices_messages),
    ]
}

/// Names and native types of a table's columns.
async fn columns(server: &Server, options: serde_json::Value, table: &str) -> Vec<String> {
    let schema = source_with(server, options).await.schema().await;
    let table = schema.table(table).expect("the table");
    let column = |column| format!("{} {}", schema.column_name(column), schema.column_type(column).pg.format());
    schema.columns_of(table).map(column).collect()
}

const OWN: [&str; 5] = ["_partition integer", "_offset bigint", "_timestamp timestamp with time zone", "_key text", "_headers jsonb"];

async fn columns_are_those_of_json(server: &Server) {
    server.create("orders", 2, &[]).await;
    server.send("orders", &[value(r#"{"id": 1, "who": {"name": "ann"}, "_key": true}"#), value(r#"{"id": 2.5, "tags": ["a"]}"#)]);
    let expected = ["_value text", "id double precision", "who jsonb", "_key_field boolean", "tags text[]", "_error text", "_doc jsonb"];
    assert_eq!(columns(server, json!({}), "orders").await, [&OWN[..], &expected].concat());
    let flat = columns(server, json!({"flatten": true}), "orders").await;
    assert!(flat.contains(&"who.name text".to_owned()), "{flat:?}");
}

async fn formats_are_found(server: &Server) {
    server.create("lines", 1, &[]).await;
    server.send("lines", &[value("some text"), value("{"), Sent { key: Some(vec![0xff]), ..Sent::default() }]);
    server.create("blobs", 1, &[]).await;
    server.send("blobs", &[value([0xff, 0])]);
    let lines = columns(server, json!({}), "lines").await;
    assert!(lines.contains(&"_value text".to_owned()) && lines.contains(&"_key bytea".to_owned()), "{lines:?}");
    assert!(!lines.iter().any(|column| column.starts_with("_doc")), "{lines:?}");
    let blobs = columns(server, json!({}), "blobs").await;
    assert!(blobs.contains(&"_value bytea".to_owned()), "{blobs:?}");
}

async fn columns_of_csv_are_inferred(server: &Server) {
    server.create("csv", 1, &[]).await;
    server.send("csv", &[value("1,1.5,true,2024-02-29,007,\n"), value("9,2,false,2024-03-01 08:00:00,x,")]);
    let expected = [
        "_value text",
        "column_1 bigint",
        "column_2 double precision",
        "column_3 boolean",
        "column_4 timestamp without time zone",
        "column_5 text",
        "column_6 text",
        "_error text",
        "_doc jsonb",
    ];
    assert_eq!(columns(server, json!({"format": "csv"}), "csv").await, [&OWN[..], &expected].concat());
    let rows = source_with(server, json!({"format": "csv"})).await.rows_of("csv", &["column_1", "column_2", "column_4", "column_5"]).await;
    assert_eq!(rows, ["1|1.5|2024-02-29T00:00:00|007", "9|2.0|2024-03-01T08:00:00|x"]);
}

async fn partitions_and_configuration_are_known(server: &Server) {
    server.create("parted", 3, &[("retention.ms", "12345678")]).await;
    let sent: Vec<Sent> = (0..30).map(|number| Sent { partition: number % 3, ..value("0123456789") }).collect();
    server.send("parted", &sent);
    let schema = source(server).await.schema().await;
    let partitions = relation(&schema, Relation::Partitions, &["name", "description", "location", "row_estimate", "size_bytes"]);
    for number in 0..3 {
        let expected = format!("{number}|leader 1, replicas 1, in-sync replicas 1, offsets 0 to 10|127.0.0.1:{}|10|100", server.port);
        assert!(partitions.contains(&expected), "{expected} in {partitions:?}");
    }
    let options = relation(&schema, Relation::TableOptions, &["name", "value"]);
    assert!(options.contains(&"retention.ms|12345678".to_owned()), "{options:?}");
    assert!(schema.table("metagate_groups").is_some());
    assert!(schema.table("__consumer_offsets").is_none());
}

async fn calls_do_not_grow_with_topics(server: &Server) {
    let source = source(server).await;
    let cost = async || {
        let before = source.remote_calls.total();
        source.harvest().await.expect("a harvest");
        source.remote_calls.total() - before
    };
    server.create("first", 1, &[]).await;
    server.send("first", &[value("{}")]);
    let few = cost().await;
    for number in 0..20 {
        server.create(&format!("more{number}"), 1, &[]).await;
    }
    assert_eq!(cost().await, few);
    assert!(few <= 7, "{few}");
}

async fn a_fingerprint_notices_messages(server: &Server) {
    server.create("printed", 1, &[]).await;
    let source = source(server).await;
    // Others change their topics meanwhile: what stays the same is not asserted here, but what must not.
    let before = source.connector.fingerprint().await.expect("a fingerprint");
    server.send("printed", &[value("{}")]);
    assert_ne!(source.connector.fingerprint().await.expect("a fingerprint"), before);
}
