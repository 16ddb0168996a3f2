//! What a harvest finds, and with how many requests.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::json;
use spi::connector::Scope;
use spi::metadata::Relation;

use crate::fixture::{columns_of, relation, source, source_with};
use crate::server::Server;
use crate::{Shared, trial, trial_alone};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "an_index_is_a_table", an_index_is_a_table),
        trial(shared, "an_alias_is_a_view", an_alias_is_a_view),
        trial(shared, "the_number_of_requests_does_not_grow_with_the_tables", the_number_of_requests_does_not_grow_with_the_tables),
        trial(shared, "hidden_and_closed_indices", hidden_and_closed_indices),
        trial_alone(shared, "the_fingerprint_changes_with_the_mapping", the_fingerprint_changes_with_the_mapping),
    ]
}

async fn an_index_is_a_table(server: &Server) {
    let text = json!({"type": "text", "analyzer": "whitespace", "meta": {"unit": "words"}, "fields": {"raw": {"type": "keyword"}}});
    let properties = json!({
        "title": text, "n": {"type": "long"}, "when": {"type": "date", "format": "epoch_second"}, "other": {"type": "alias", "path": "n"},
        "where": {"type": "geo_point"}, "range": {"type": "integer_range"}, "small": {"type": "short"}, "half": {"type": "half_float"},
    });
    let settings = json!({"number_of_shards": 2, "number_of_replicas": 1});
    server.create("table", json!({"settings": settings, "mappings": {"properties": properties}})).await;
    server.add("table", &["{\"n\": 1}".to_owned(), "{\"n\": 2}".to_owned(), "{}".to_owned()]).await;
    let source = source(server, "table").await;
    let schema = source.harvest().await;
    assert_eq!(
        columns_of(&schema, "table"),
        [
            "_id text _id",
            "half real half_float",
            "n bigint long",
            "range jsonb integer_range",
            "small smallint short",
            "title text text",
            "when timestamp with time zone date",
            "where jsonb geo_point",
            "other bigint long",
            "_error text text",
            "_doc jsonb _source",
        ]
    );
    let comments: Vec<String> =
        crate::fixture::lines(schema.relation(Relation::Columns)).into_iter().filter(|line| line.contains("analysed")).collect();
    assert!(comments[0].contains("analysed text (whitespace); also indexed as title.raw (keyword); unit: words"), "{comments:?}");
    let partitions = relation(&schema, Relation::Partitions, "table");
    assert_eq!(partitions.len(), 2, "{partitions:?}");
    assert!(partitions[0].contains("|0|hash|_routing|shard 0 of index table, started|n1|"), "{partitions:?}");
    let options = relation(&schema, Relation::TableOptions, "table");
    for expected in ["|type|index", "|index.number_of_shards|2", "|index.number_of_replicas|1"] {
        assert!(options.iter().any(|option| option.contains(expected)), "{expected} is not in {options:?}");
    }
    let constraints = relation(&schema, Relation::Constraints, "table");
    assert!(constraints.len() == 1 && constraints[0].contains("table_pkey|PRIMARY KEY|[_id]"), "{constraints:?}");
    assert_eq!(relation(&schema, Relation::Indexes, "table").len(), 1);
}

async fn an_alias_is_a_view(server: &Server) {
    let filter = json!({"term": {"k": "a"}});
    let one =
        json!({"aliases": {"view": {"filter": filter}}, "mappings": {"properties": {"k": {"type": "keyword"}, "n": {"type": "long"}}}});
    server.create("viewed-1", one).await;
    server.create("viewed-2", json!({"aliases": {"view": {}}, "mappings": {"properties": {"n": {"type": "integer"}}}})).await;
    let source = source(server, "viewed-*").await;
    let schema = source.harvest().await;
    let expected =
        ["_id text _id", "_index text _index", "k text keyword", "n bigint long, integer", "_error text text", "_doc jsonb _source"];
    assert_eq!(columns_of(&schema, "view"), expected);
    let views = relation(&schema, Relation::Views, "view");
    assert!(
        views[0].contains(r#"{"alias":"view","indices":[{"index":"viewed-1","filter":{"term":{"k":"a"}}},{"index":"viewed-2"}]}"#),
        "{views:?}"
    );
    assert!(relation(&schema, Relation::Constraints, "view").is_empty());
    let only = source.harvest_of(Scope { schema: None, table: Some("view".to_owned()) }).await;
    assert_eq!((only.table_count(), columns_of(&only, "view").len()), (1, expected.len()));
    let other = Scope { schema: Some("elsewhere".to_owned()), table: None };
    let mut harvest = spi::metadata::Harvest::new();
    source.connector.harvest(&other, &mut harvest).await.expect("an empty harvest");
    assert!(harvest.finish().expect("schemas").is_empty());
}

async fn the_number_of_requests_does_not_grow_with_the_tables(server: &Server) {
    for place in 0..60 {
        let settings = json!({"number_of_shards": 1, "number_of_replicas": 0});
        server.create(&format!("many-{place}"), json!({"settings": settings})).await;
    }
    let source = source(server, "many-*").await;
    let schema = source.harvest().await;
    assert_eq!(schema.table_count(), 60);
    assert_eq!(source.remote_calls.total(), 4, "indices, shards, and a look into documents for every 50 tables");
    server.request("DELETE", "/many-1,many-2,many-3,many-4,many-5,many-6,many-7,many-8,many-9", "").await;
    assert_eq!(source.harvest().await.table_count(), 51);
}

async fn hidden_and_closed_indices(server: &Server) {
    server.create("seen-hidden", json!({"settings": {"index.hidden": true}})).await;
    server.create("seen-closed", json!({})).await;
    server.create("seen-open", json!({})).await;
    server.request("POST", "/seen-closed/_close", "").await;
    let options = json!({"hosts": [server.address()], "indices": ["seen-*"]});
    for (show_hidden, expected) in [(false, &["seen-open"][..]), (true, &["seen-hidden", "seen-open"])] {
        let source = source_with(server, options.clone(), json!({"show_hidden": show_hidden})).await;
        let schema = source.harvest().await;
        assert_eq!(schema.table_names().iter().flatten().collect::<Vec<_>>(), expected, "show_hidden {show_hidden}");
        // Nor does a refresh of one table show what the options do not.
        for (table, is_shown) in [("seen-hidden", show_hidden), ("table", false), ("seen-open", true)] {
            let only = source.harvest_of(Scope { schema: None, table: Some(table.to_owned()) }).await;
            assert_eq!(only.table_count() == 1, is_shown, "{table}, show_hidden {show_hidden}");
        }
    }
}

async fn the_fingerprint_changes_with_the_mapping(server: &mut Server) {
    server.create("print", json!({"settings": {"number_of_replicas": 0}})).await;
    server.request("GET", "/_cluster/health?wait_for_status=green&wait_for_no_initializing_shards=true", "").await;
    let source = source(server, "*").await;
    let fingerprint = async || source.connector.fingerprint().await.expect("an answer").expect("a fingerprint");
    let first = fingerprint().await;
    assert_eq!(fingerprint().await, first);
    server.request("PUT", "/print/_mapping", r#"{"properties": {"new": {"type": "long"}}}"#).await;
    assert_ne!(fingerprint().await, first);
}
