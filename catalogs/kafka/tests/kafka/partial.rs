//! Clusters of which only a part answers. librdkafka's own broker plays them: it can be told what to refuse.

use libtest_mimic::Trial;
use rdkafka::bindings::rd_kafka_resp_err_t::*;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::RDKafkaApiKey;
use serde_json::json;
use spi::Code;
use spi::metadata::Relation;

use crate::fixture::{Source, open, relation};
use crate::run;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("partial::a_topic_that_is_not_shown_is_not_absent", a_topic_that_is_not_shown_is_not_absent),
        trial("partial::a_partition_that_cannot_answer_is_alone", a_partition_that_cannot_answer_is_alone),
    ]
}

type Cluster = MockCluster<'static, DefaultProducerContext>;

fn trial(name: &str, test: impl AsyncFnOnce(&Cluster, Source) + Send + 'static) -> Trial {
    Trial::test(name, move || {
        run(async {
            let cluster = MockCluster::new(1).expect("a cluster");
            let source = open(json!({"bootstrap_servers": cluster.bootstrap_servers(), "request_timeout": 3000})).await;
            test(&cluster, source.expect("a connector")).await;
        })
    })
}

async fn a_topic_that_is_not_shown_is_not_absent(cluster: &Cluster, source: Source) {
    for topic in ["moody", "calm"] {
        cluster.create_topic(topic, 1, 1).expect("a topic");
    }
    let request = source.request("moody").await;
    for (said, code, retryable, is_listed) in [
        (RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Code::Privilege, false, false),
        (RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, Code::Unavailable, true, true),
        (RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Code::UndefinedTable, false, false),
    ] {
        cluster.topic_error("moody", said).expect("an error");
        let error = source.rows(request.clone()).await.expect_err("it cannot be read");
        assert_eq!((error.code, error.retryable), (code, retryable), "{said:?}: {error:?}");
        let schema = source.schema().await;
        assert_eq!((schema.table("moody").is_some(), schema.table("calm").is_some()), (is_listed, true), "{said:?}");
    }
}

async fn a_partition_that_cannot_answer_is_alone(cluster: &Cluster, source: Source) {
    cluster.create_topic("parted", 4, 1).expect("a topic");
    // All four are asked for, then the last two, then the last one.
    cluster.request_errors(RDKafkaApiKey::ListOffsets, &[RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR; 3]);
    let known = async |message: &str| {
        let schema = source.schema().await;
        let partitions = relation(&schema, Relation::Partitions, &["name", "row_estimate"]);
        assert_eq!(partitions.len(), 4, "{message}");
        partitions.into_iter().filter(|partition| partition.ends_with("|NULL")).collect::<Vec<_>>()
    };
    assert_eq!(known("one has no answer").await, ["3|NULL"]);
    assert_eq!(known("all is well").await, [""; 0]);
    cluster.partition_leader("parted", 1, None).expect("a change");
    assert_eq!(known("one has no leader").await, ["1|NULL"]);
    assert!(source.connector.fingerprint().await.is_ok());
}
