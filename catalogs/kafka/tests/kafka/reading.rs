//! Messages as rows, at their edges.

use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::json;
use spi::Code;

use crate::fixture::{source, source_with};
use crate::server::{Sent, Server, value};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "reading::messages_are_rows", messages_are_rows),
        trial(shared, "reading::a_poisoned_message_has_an_error", a_poisoned_message_has_an_error),
        trial(shared, "reading::headers_may_have_any_key", headers_may_have_any_key),
        trial(shared, "reading::texts_are_bytes_where_bytes_are", texts_are_bytes_where_bytes_are),
        trial(shared, "reading::limits_are_kept", limits_are_kept),
        trial(shared, "reading::large_messages_are_read", large_messages_are_read),
        trial(shared, "reading::what_comes_later_is_not_read", what_comes_later_is_not_read),
        trial(shared, "reading::values_are_exact_or_null", values_are_exact_or_null),
        trial(shared, "reading::only_committed_messages_are_rows", only_committed_messages_are_rows),
        trial(shared, "reading::a_deleted_beginning_is_passed_over", a_deleted_beginning_is_passed_over),
        trial(shared, "reading::a_table_is_read_before_a_harvest", a_table_is_read_before_a_harvest),
        trial(shared, "reading::who_leaves_makes_room", who_leaves_makes_room),
        trial(shared, "reading::groups_and_their_lag_are_rows", groups_and_their_lag_are_rows),
    ]
}

async fn messages_are_rows(server: &Server) {
    server.create("rows", 1, &[]).await;
    let headers = vec![("a", Some(b"1".to_vec())), ("b", None)];
    server.send(
        "rows",
        &[
            Sent { key: Some(b"k\xc3\xa9".to_vec()), headers, timestamp: Some(1_700_000_000_123), ..value(r#"{"n": 9007199254740993}"#) },
            Sent { key: Some(b"gone".to_vec()), timestamp: Some(1_700_000_000_124), ..Sent::default() },
        ],
    );
    let rows = source(server).await.rows_of("rows", &["_offset", "_key", "_headers", "_timestamp", "_value", "n", "_error"]).await;
    assert_eq!(
        rows,
        [
            concat!(
                r#"0|ké|[{"key": "a", "value": "1"}, {"key": "b", "value": null}]|2023-11-14T22:13:20.123Z"#,
                r#"|{"n": 9007199254740993}|9007199254740993|NULL"#
            ),
            "1|gone|NULL|2023-11-14T22:13:20.124Z|NULL|NULL|NULL",
        ]
    );
}

async fn headers_may_have_any_key(server: &Server) {
    server.create("headed", 1, &[]).await;
    server.send_with_header("headed", c"k\xff", b"v");
    server.send_with_header("headed", c"", b"\x00");
    let rows = source(server).await.rows_of("headed", &["_headers"]).await;
    assert_eq!(rows, [r#"[{"key": "", "value": "\\x00"}]"#, r#"[{"key": "\\x6bff", "value": "v"}]"#]);
}

async fn texts_are_bytes_where_bytes_are(server: &Server) {
    server.create("raw", 1, &[]).await;
    server.send("raw", &[value("abc"), value("\\x41"), value([0xff, 0])]);
    let raw = source_with(server, json!({"format": "raw"})).await;
    assert_eq!(raw.rows_of("raw", &["_value", "_error"]).await, ["5c783431|NULL", "616263|NULL", "ff00|NULL"]);
}

async fn a_poisoned_message_has_an_error(server: &Server) {
    server.create("poisoned", 1, &[]).await;
    let mut sent: Vec<Sent> = (0..20).map(|number| value(format!("{{\"n\": {number}}}"))).collect();
    sent[7] = value(b"\xff\0 no JSON");
    server.send("poisoned", &sent);
    let rows = source(server).await.rows_of("poisoned", &["_offset", "n", "_error"]).await;
    assert_eq!(rows.len(), 20);
    let poisoned: Vec<&String> = rows.iter().filter(|row| !row.ends_with("|NULL")).collect();
    assert!(matches!(poisoned[..], [row] if row.starts_with("7|NULL|")), "{poisoned:?}");
    let strict = source_with(server, json!({"strict": true})).await;
    let error = strict.rows(strict.request("poisoned").await).await.expect_err("strict");
    assert_eq!(error.code, Code::BadData);
    assert!(error.message.contains("message 7 of partition 0 of topic \"poisoned\""), "{error:?}");
}

async fn limits_are_kept(server: &Server) {
    server.create("many", 3, &[]).await;
    let sent: Vec<Sent> = (0..30_000).map(|number| Sent { partition: number % 3, ..value(format!("{{\"n\": {number}}}")) }).collect();
    server.send("many", &sent);
    let source = source(server).await;
    for columns in [&[][..], &["n"]] {
        for limit in [0, 1, 9_000, 40_000] {
            let mut request = source.request_of("many", columns).await;
            request.limit = Some(limit);
            assert_eq!(source.count(request).await, limit.min(30_000), "{columns:?} {limit}");
        }
    }
}

async fn large_messages_are_read(server: &Server) {
    server.create("large", 1, &[("max.message.bytes", "20000000")]).await;
    let text = "x".repeat(16 << 20);
    server.send("large", &[value(format!("{{\"text\": \"{text}\"}}")), value("{\"text\": \"short\"}")]);
    let rows = source(server).await.rows_of("large", &["text"]).await;
    assert_eq!(rows.iter().map(String::len).collect::<Vec<_>>(), ["short".len(), 16 << 20]);
}

async fn what_comes_later_is_not_read(server: &Server) {
    use futures::TryStreamExt;

    server.create("growing", 1, &[]).await;
    let sent = vec![value(format!("{{\"text\": \"{}\"}}", "x".repeat(1000))); 40_000];
    server.send("growing", &sent);
    let source = source(server).await;
    let request = source.request("growing").await;
    let mut stream = source.stream(request).await;
    let mut rows = stream.try_next().await.expect("a batch").expect("a batch").num_rows();
    server.send("growing", &sent[..1000]);
    while let Some(batch) = stream.try_next().await.expect("a batch") {
        rows += batch.num_rows();
    }
    assert_eq!(rows, 40_000);
}

async fn values_are_exact_or_null(server: &Server) {
    server.create("edges", 1, &[]).await;
    server.send(
        "edges",
        &[
            value(r#"{"n": 9223372036854775807, "t": "grüße 🦀", "b": true, "in": {"x": [1, null]}}"#),
            value(r#"{"n": -9223372036854775808, "t": "", "b": null}"#),
        ],
    );
    let source = source(server).await;
    let request = source.request_of("edges", &["_offset", "n", "t", "b", "_error"]).await;
    assert_eq!(
        source.rows(request.clone()).await.expect("rows"),
        ["0|9223372036854775807|grüße 🦀|true|NULL", "1|-9223372036854775808||NULL|NULL"]
    );
    // The columns of the request are those of an earlier look.
    server.send("edges", &[value(r#"{"n": 9223372036854775808, "t": 5, "b": "yes"}"#)]);
    let rows = source.rows(request).await.expect("rows");
    assert_eq!(rows[2], "2|NULL|5|NULL|field n: decimal 9223372036854775808 is not bigint; field b: text \"yes\" is not boolean");
}

async fn only_committed_messages_are_rows(server: &Server) {
    server.create("atomic", 1, &[]).await;
    server.send_in_transaction("atomic", &[value("kept")], true);
    server.send_in_transaction("atomic", &[value("dropped")], false);
    assert_eq!(source(server).await.rows_of("atomic", &["_value"]).await, ["kept"]);
    let all = source_with(server, json!({"isolation_level": "read_uncommitted"})).await;
    assert_eq!(all.rows_of("atomic", &["_value"]).await, ["dropped", "kept"]);
}

async fn a_deleted_beginning_is_passed_over(server: &Server) {
    server.create("trimmed", 1, &[]).await;
    server.send("trimmed", &[value("a"), value("b"), value("c")]);
    server.delete_before("trimmed", 2).await;
    let source = source(server).await;
    assert_eq!(source.rows_of("trimmed", &["_offset", "_value"]).await, ["2|c"]);
    server.delete_before("trimmed", 3).await;
    assert_eq!(source.rows_of("trimmed", &["_offset"]).await, [""; 0]);
}

async fn a_table_is_read_before_a_harvest(server: &Server) {
    server.create("early", 2, &[]).await;
    let sent: Vec<Sent> = (0..1000).map(|number| Sent { partition: number % 2, ..value(format!("{{\"n\": {number}}}")) }).collect();
    server.send("early", &sent);
    let request = source(server).await.request_of("early", &["n"]).await;
    // As after a restart of the gateway: it knows the columns, and the connector does not.
    assert_eq!(source(server).await.rows(request).await.expect("rows").len(), 1000);
}

async fn who_leaves_makes_room(server: &Server) {
    use futures::StreamExt;

    server.create("left", 1, &[]).await;
    server.send("left", &vec![value("x".repeat(1000)); 60_000]);
    let source = source_with(server, json!({"connections_max": 1})).await;
    let request = source.request_of("left", &["_value"]).await;
    for _ in 0..3 {
        let mut stream = source.stream(request.clone()).await;
        assert!(stream.next().await.is_some_and(|batch| batch.is_ok()));
    }
    // It would be waited for in vain for half a minute.
    assert_eq!(source.count(request).await, 60_000);
}

async fn groups_and_their_lag_are_rows(server: &Server) {
    use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
    use rdkafka::{Offset, TopicPartitionList};

    server.create("consumed", 1, &[]).await;
    server.send("consumed", &vec![value("{}"); 10]);
    let consumer: BaseConsumer = server.config().set("group.id", "workers").create().expect("a consumer");
    let mut done = TopicPartitionList::new();
    done.add_partition_offset("consumed", 0, Offset::Offset(4)).expect("an offset");
    consumer.commit(&done, CommitMode::Sync).expect("a commit");
    let source = source(server).await;
    // Reading neither joins a group nor commits.
    assert_eq!(source.rows_of("consumed", &["_offset"]).await.len(), 10);
    let rows = source.rows_of("metagate_groups", &["group_id", "topic", "partition", "committed_offset", "end_offset", "lag"]).await;
    // Other tests have groups of their own.
    let of_workers: Vec<&String> = rows.iter().filter(|row| row.starts_with("workers|")).collect();
    assert_eq!(of_workers, ["workers|consumed|0|4|10|6"]);
    assert!(rows.iter().all(|row| !row.contains("|consumed|") || row.starts_with("workers|")), "{rows:?}");
}
