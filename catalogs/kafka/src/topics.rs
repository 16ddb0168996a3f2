//! The topics of a cluster, with what the brokers know of them.

use std::collections::HashMap;

use rdkafka::Offset;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::MetadataTopic;
use spi::Result;

use crate::client::{Client, Configuration, Led};
use crate::failure;
use crate::sample::Seen;

/// What the names of internal topics begin with.
const INTERNAL: &str = "__";

/// A topic.
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) partitions: Vec<Partition>,
    pub(crate) configuration: Configuration,
    /// What its sampled messages tell.
    pub(crate) seen: Seen,
}

/// A partition.
#[derive(Clone, Debug)]
pub(crate) struct Partition {
    pub(crate) id: i32,
    /// The broker that leads it, as `host:port`, with its number; none if there is none at the moment.
    pub(crate) leader: Option<(i32, String)>,
    pub(crate) replicas: Vec<i32>,
    pub(crate) in_sync: Vec<i32>,
    /// Its first offset, and the one that its next message will have. Unknown without a leader that tells them.
    pub(crate) offsets: Option<(i64, i64)>,
}

impl Topic {
    /// Its partitions that have a leader.
    pub(crate) fn led(&self) -> impl Iterator<Item = Led<'_>> {
        let led = |partition: &Partition| Some(Led { topic: &self.name, partition: partition.id, leader: partition.leader.as_ref()?.0 });
        self.partitions.iter().filter_map(led)
    }
}

impl Partition {
    /// How many messages there are at most: deleted and compacted ones have left holes.
    pub(crate) fn messages(&self) -> Option<i64> {
        self.offsets.map(|(earliest, latest)| (latest - earliest).max(0))
    }
}

/// Lists the topics that the source shows, or one of them, in the order of their names. As a rule it takes a request to one broker, and two
/// to each. Of a topic that cannot be described at the moment, all others are listed; asked for alone, it is an error.
pub(crate) fn list(client: &Client, only: Option<&str>, what: &str) -> Result<Vec<Topic>> {
    let shows_internal = client.cluster.options.internal_topics;
    let metadata = client.metadata(only, what)?;
    let brokers: HashMap<i32, String> =
        metadata.brokers().iter().map(|broker| (broker.id(), format!("{}:{}", broker.host(), broker.port()))).collect();
    let mut topics = Vec::new();
    for topic in metadata.topics() {
        let is_shown = shows_internal || !topic.name().starts_with(INTERNAL);
        if !is_shown || !is_there(client, topic, only.is_some(), what)? {
            continue;
        }
        let leader = |number| brokers.get(&number).filter(|_| topic.error().is_none()).map(|address| (number, address.clone()));
        let mut partitions: Vec<Partition> = topic
            .partitions()
            .iter()
            .map(|partition| Partition {
                id: partition.id(),
                leader: leader(partition.leader()),
                replicas: partition.replicas().to_vec(),
                in_sync: partition.isr().to_vec(),
                offsets: None,
            })
            .collect();
        partitions.sort_by_key(|partition| partition.id);
        let seen = Seen::new(client.cluster.options.flatten);
        topics.push(Topic { name: topic.name().to_owned(), partitions, configuration: Configuration::new(), seen });
    }
    topics.sort_by(|one, other| one.name.cmp(&other.name));
    let led: Vec<Led<'_>> = topics.iter().flat_map(Topic::led).collect();
    let earliest = client.offsets(&led, Offset::Beginning, what)?;
    let latest = client.offsets(&led, Offset::End, what)?;
    for topic in &mut topics {
        for partition in &mut topic.partitions {
            let place = (topic.name.clone(), partition.id);
            partition.offsets = earliest.get(&place).copied().zip(latest.get(&place).copied());
        }
    }
    Ok(topics)
}

/// Whether a topic is there for this user, among all or alone.
fn is_there(client: &Client, topic: &MetadataTopic, is_alone: bool, what: &str) -> Result<bool> {
    let trouble = match topic.error() {
        Some(error) => Some(RDKafkaErrorCode::from(error)),
        None => topic.partitions().is_empty().then_some(RDKafkaErrorCode::LeaderNotAvailable),
    };
    match trouble {
        None => Ok(true),
        Some(code) if failure::is_absence(code) => Ok(false),
        Some(code) if is_alone => Err(client.failed(what, &KafkaError::MetadataFetch(code))),
        // What was known of it stays known. Who may not describe a topic does not see it among others.
        Some(code) => Ok(code != RDKafkaErrorCode::TopicAuthorizationFailed),
    }
}
