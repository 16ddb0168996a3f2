//! What a user may not see.

use std::sync::Arc;

use libtest_mimic::Trial;
use rdkafka::bindings::rd_kafka_AclOperation_t::{RD_KAFKA_ACL_OPERATION_ALL, RD_KAFKA_ACL_OPERATION_DESCRIBE};
use rdkafka::bindings::rd_kafka_ResourceType_t::{RD_KAFKA_RESOURCE_GROUP, RD_KAFKA_RESOURCE_TOPIC};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::json;
use spi::Code;

use crate::fixture::{Source, open, source};
use crate::server::{Server, value};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "permissions::a_hidden_topic_says_so", a_hidden_topic_says_so),
        trial(shared, "permissions::a_hidden_group_hides_no_other", a_hidden_group_hides_no_other),
    ]
}

/// As somebody to whom things can be denied.
async fn as_carol(server: &Server) -> Source {
    let options = json!({
        "bootstrap_servers": format!("127.0.0.1:{}", server.sasl_port), "security_protocol": "sasl_plaintext",
        "sasl_mechanism": "SCRAM-SHA-256", "sasl_username": "carol", "sasl_password": "carol-secret",
    });
    open(options).await.expect("a connector")
}

async fn a_hidden_topic_says_so(server: &Server) {
    server.create("hidden", 1, &[]).await;
    server.send("hidden", &[value("a")]);
    server.deny("carol", RD_KAFKA_RESOURCE_TOPIC, "hidden", RD_KAFKA_ACL_OPERATION_ALL);
    let request = source(server).await.request("hidden").await;
    let carol = as_carol(server).await;
    let error = carol.rows(request).await.expect_err("not for carol");
    assert_eq!((error.code, error.retryable), (Code::Privilege, false), "{error:?}");
    let error = carol.connector.infer("public", "hidden", None).await.expect_err("not for carol");
    assert_eq!(error.code, Code::Privilege, "{error:?}");
    assert!(carol.schema().await.table("hidden").is_none());
}

async fn a_hidden_group_hides_no_other(server: &Server) {
    server.create("done", 2, &[]).await;
    server.send("done", &vec![value("a"); 9]);
    // More than are asked at once.
    let groups: Vec<String> = (0..40).map(|number| format!("seen{number:02}")).chain(["unseen".to_owned()]).collect();
    for group in &groups {
        let consumer: BaseConsumer = server.config().set("group.id", group).create().expect("a consumer");
        let mut done = TopicPartitionList::new();
        done.add_partition_offset("done", 0, Offset::Offset(4)).expect("an offset");
        consumer.commit(&done, CommitMode::Sync).expect("a commit");
    }
    server.deny("carol", RD_KAFKA_RESOURCE_GROUP, "unseen", RD_KAFKA_ACL_OPERATION_DESCRIBE);
    let carol = as_carol(server).await;
    let before = carol.remote_calls.total();
    let request = carol.request_of("metagate_groups", &["group_id", "state", "topic", "partition", "committed_offset", "lag"]).await;
    let rows = carol.rows(request).await.expect("rows");
    let seen: Vec<&String> = rows.iter().filter(|row| row.starts_with("seen")).collect();
    assert_eq!(seen.len(), 40, "{rows:?}");
    assert!(seen.iter().all(|row| row.ends_with("|Empty|done|0|4|5")), "{rows:?}");
    assert!(rows.contains(&"unseen|NULL|NULL|NULL|NULL|NULL".to_owned()), "{rows:?}");
    // One for each group, and no client of its own for any.
    assert!(carol.remote_calls.total() - before < 2 * groups.len() as u64 + 20);
}
