//! What happens to reads when the server, or the way to it, fails.

use std::sync::Arc;

use catalog_elasticsearch::{Elasticsearch, OpenSearch};
use futures::StreamExt;
use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;
use spi::connector::{ConnectorFactory, Scope};
use spi::metadata::Harvest;

use crate::fixture::{error_of, open_as, source, source_with};
use crate::proxy::{Manners, Proxy};
use crate::server::Server;
use crate::{Shared, trial, trial_alone};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial_alone(shared, "a_server_killed_in_mid_read_ends_it_and_is_spared", a_server_killed_in_mid_read_ends_it_and_is_spared),
        trial(shared, "a_silent_connection_ends_at_the_deadline", a_silent_connection_ends_at_the_deadline),
        trial(shared, "an_answer_that_is_lost_is_asked_for_elsewhere", an_answer_that_is_lost_is_asked_for_elsewhere),
        trial(shared, "a_busy_node_is_asked_again", a_busy_node_is_asked_again),
        trial(shared, "an_index_that_was_deleted_is_named", an_index_that_was_deleted_is_named),
        trial(shared, "reads_are_forgotten_by_the_server", reads_are_forgotten_by_the_server),
    ]
}

/// More than the first pages hold.
const DOCUMENTS: usize = 30_000;

async fn a_server_killed_in_mid_read_ends_it_and_is_spared(server: &mut Server) {
    let documents: Vec<String> = (0..DOCUMENTS).map(|number| json!({"n": number}).to_string()).collect();
    server.create("big", json!({"settings": {"number_of_replicas": 0}, "mappings": {"properties": {"n": {"type": "long"}}}})).await;
    server.add("big", &documents).await;
    let source = source(server, "*").await;
    let request = source.request("big").await;
    let mut rows = source.stream(request.clone()).await;
    assert!(rows.next().await.expect("a batch").expect("rows").num_rows() > 0);
    server.kill();
    let error = error_of(rows).await;
    assert!(matches!(error.code, Code::Unreachable | Code::ConnectionLost), "{error:?}");
    assert!(error.retryable, "{error:?}");
    // After some failures in a row nobody asks any more, for a while.
    let before = loop {
        let before = source.remote_calls.total();
        let error = error_of(source.stream(request.clone()).await).await;
        assert_eq!(error.code, Code::Unreachable, "{error:?}");
        if error.hint.as_deref().is_some_and(|hint| hint.contains("tries again every")) {
            break before;
        }
    };
    assert_eq!(source.remote_calls.total(), before);
    server.restart();
    // The patience ends by itself.
    let count = loop {
        match source.count(request.clone()).await {
            Ok(count) => break count,
            Err(error) => assert!(error.retryable, "{error:?}"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(count, DOCUMENTS);
}

async fn a_silent_connection_ends_at_the_deadline(server: &Server) {
    let documents: Vec<String> = (0..2000).map(|number| json!({"n": number}).to_string()).collect();
    server.create("silent", json!({"mappings": {"properties": {"n": {"type": "long"}}}})).await;
    server.add("silent", &documents).await;
    let proxy = Proxy::start(server.port, Manners::default()).await;
    let options = json!({"hosts": [format!("http://127.0.0.1:{}", proxy.port)], "indices": ["silent"]});
    let request = source_with(server, options.clone(), json!({})).await.request("silent").await;
    let source = source_with(server, options, json!({"slices": 1, "request_timeout": 3000})).await;
    let mut rows = source.stream(request).await;
    assert!(rows.next().await.expect("a batch").is_ok());
    proxy.fall_silent();
    let error = error_of(rows).await;
    assert_eq!(error.code, Code::ConnectionLost, "{error:?}");
    assert!(error.detail.expect("a detail").contains("had not answered after 3000 ms"));
}

/// A page of a point in time can be asked for again; a scroll has moved on, and its rows would be missed.
async fn an_answer_that_is_lost_is_asked_for_elsewhere(server: &Server) {
    let documents: Vec<String> = (0..9000).map(|number| json!({"n": number}).to_string()).collect();
    server.create("elsewhere", json!({"mappings": {"properties": {"n": {"type": "long"}}}})).await;
    server.add("elsewhere", &documents).await;
    let kinds: [&dyn ConnectorFactory; 2] = [&Elasticsearch, &OpenSearch];
    for kind in kinds {
        let proxy = Proxy::start(server.port, Manners::default()).await;
        let hosts = [format!("http://127.0.0.1:{}", proxy.port), server.address()];
        let source = open_as(kind, json!({"hosts": hosts, "indices": ["elsewhere"], "slices": 1})).await.expect("a connector");
        let mut rows = source.stream(source.request("elsewhere").await).await;
        let mut count = rows.next().await.expect("a batch").expect("rows").num_rows();
        proxy.hang_up();
        if kind.kind() == "opensearch" {
            let error = error_of(rows).await;
            assert_eq!((error.code, error.retryable), (Code::ConnectionLost, true), "{error:?}");
            continue;
        }
        while let Some(batch) = rows.next().await {
            count += batch.expect("rows").num_rows();
        }
        assert_eq!(count, 9000);
    }
}

async fn a_busy_node_is_asked_again(server: &Server) {
    server.create("busy", json!({})).await;
    server.add("busy", &(0..100).map(|number| json!({"n": number}).to_string()).collect::<Vec<_>>()).await;
    let request = source(server, "busy").await.request("busy").await;
    let through = async |busy| {
        let proxy = Proxy::start(server.port, Manners { busy, ..Manners::default() }).await;
        let options = json!({"hosts": [format!("http://127.0.0.1:{}", proxy.port)], "indices": ["busy"], "slices": 1});
        (source_with(server, options, json!({})).await, proxy)
    };
    let (source, _proxy) = through(3).await;
    assert_eq!(source.count(request.clone()).await.expect("rows"), 100);
    // Not for ever.
    let (source, _proxy) = through(1000).await;
    let error = error_of(source.stream(request).await).await;
    assert_eq!((error.code, error.retryable), (Code::TooManyConnections, true), "{error:?}");
    assert_eq!(source.remote_calls.total(), 6);
}

async fn an_index_that_was_deleted_is_named(server: &Server) {
    server.create("gone", json!({"mappings": {"properties": {"n": {"type": "long"}, "m": {"type": "long"}}}})).await;
    let source = source(server, "gone").await;
    let request = source.request("gone").await;
    server.request("DELETE", "/gone", "").await;
    let error = error_of(source.stream(request.clone()).await).await;
    assert_eq!((error.code, error.message.as_str()), (Code::UndefinedTable, "could not read table \"gone\" of data source \"shop\""));
    let mut counted = request.clone();
    counted.columns.clear();
    assert_eq!(error_of(source.stream(counted).await).await.code, Code::UndefinedTable);
    server.create("gone", json!({"mappings": {"properties": {"n": {"type": "keyword"}}}})).await;
    let error = error_of(source.stream(request).await).await;
    assert_eq!(error.code, Code::UndefinedColumn, "{error:?}");
    server.request("DELETE", "/gone", "").await;
    let mut harvest = Harvest::new();
    source.connector.harvest(&Scope { schema: None, table: Some("gone".to_owned()) }, &mut harvest).await.expect("an empty harvest");
    assert_eq!(harvest.finish().expect("schemas")[0].table("gone"), None);
}

async fn reads_are_forgotten_by_the_server(server: &Server) {
    let documents: Vec<String> = (0..3000).map(|number| json!({"n": number}).to_string()).collect();
    server.create("forgotten", json!({"mappings": {"properties": {"n": {"type": "long"}}}})).await;
    server.add("forgotten", &documents).await;
    let source = source(server, "forgotten").await;
    let request = source.request("forgotten").await;
    let open = async || {
        let stats = server.request("GET", "/_cat/indices/forgotten?h=search.open_contexts&format=json", "").await;
        stats[0]["search.open_contexts"].as_str().and_then(|count| count.parse::<u32>().ok()).expect("a number")
    };
    let mut rows = source.stream(request.clone()).await;
    assert!(rows.next().await.expect("a batch").is_ok());
    assert!(open().await > 0);
    drop(rows);
    while open().await > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(source.count(request).await.expect("rows"), 3000);
    while open().await > 0 {
        tokio::task::yield_now().await;
    }
}
