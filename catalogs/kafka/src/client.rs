//! What is asked of a cluster. Calls block, and none waits for an answer without a deadline. Those are counted that ask brokers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::admin::{AdminClient, AdminOptions, ConfigEntry, OwnedResourceSpecifier, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::Consumer as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::groups::GroupList;
use rdkafka::metadata::Metadata;
use rdkafka::{Offset, TopicPartitionList};
use spi::{Error, Result};

use crate::cluster::Cluster;
use crate::failure;
use crate::job::Cancelled;
use crate::native::admin::{self, Identity};
use crate::native::messages::{Place, Polled};
use crate::native::{Consumer, Queue};
use crate::observer::{Observer, Trouble};

/// Between two looks at whether a broker has let us in, or has refused to.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Between two looks at whether anybody still wants messages.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// What a broker is asked for so that a connection is made: a topic that every cluster has or could have, and no list of all.
const ANY_TOPIC: &str = "__consumer_offsets";

/// Partitions whose offsets are asked for at once. librdkafka looks each up in a list of them all.
const PARTITIONS_AT_ONCE: usize = 2000;

/// Topics whose configuration is asked for at once.
const CONFIGURATIONS_AT_ONCE: usize = 500;

/// The names and values of a topic's configuration.
pub(crate) type Configuration = Vec<(String, String)>;

/// Offsets by topic and partition.
pub(crate) type Offsets = HashMap<(String, i32), i64>;

/// A partition, and the number of the broker that leads it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Led<'t> {
    pub(crate) topic: &'t str,
    pub(crate) partition: i32,
    pub(crate) leader: i32,
}

/// A client whose cluster has answered.
pub(crate) struct Client {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) cancelled: Cancelled,
    consumer: Consumer,
}

impl Client {
    /// Opens a client. It joins no group.
    pub(crate) fn connect(cluster: &Arc<Cluster>, cancelled: Cancelled) -> Result<Self> {
        let consumer = cluster.config().create_with_context(Observer::default());
        let consumer: Consumer = consumer.map_err(|error| failure::misconfigured(&cluster.source, &error))?;
        let client = Self { cluster: Arc::clone(cluster), cancelled, consumer };
        cluster.remote_calls.count();
        let started = Instant::now();
        loop {
            client.connect_any();
            if client.consumer.client().fetch_cluster_id(LOOK_INTERVAL).is_some() {
                break;
            }
            let trouble = client.trouble()?;
            let is_late = started.elapsed() >= cluster.connect_timeout();
            if is_late || trouble.is_final() || client.cancelled.is_set() {
                return Err(failure::unopened(cluster, &trouble));
            }
        }
        client.consumer.context().forget();
        Ok(client)
    }

    /// Begins to connect to a broker, if it has not begun yet. librdkafka would do so only within a second, unless a question waits for it.
    fn connect_any(&self) {
        // It has no time to be answered.
        let _ = self.consumer.fetch_metadata(Some(ANY_TOPIC), Duration::from_millis(1));
    }

    /// What is known of why brokers do not answer. Nothing is assigned yet, so that there are no messages to lose.
    fn trouble(&self) -> Result<Trouble> {
        let queue = self.queue()?;
        while !matches!(queue.poll(Duration::ZERO), Polled::Nothing) {}
        Ok(self.consumer.context().trouble())
    }

    /// Where the messages that are fetched arrive.
    pub(crate) fn queue(&self) -> Result<Queue<'_>> {
        Queue::of_messages(&self.consumer).ok_or_else(|| Error::internal("Kafka's client has no queue of messages"))
    }

    /// The topics with their partitions, and the brokers; or one topic.
    pub(crate) fn metadata(&self, topic: Option<&str>, what: &str) -> Result<Metadata> {
        self.cluster.remote_calls.count();
        self.consumer.fetch_metadata(topic, self.cluster.request_timeout()).map_err(|error| self.failed(what, &error))
    }

    /// What a topic is besides its name: another one if it was deleted and created again.
    pub(crate) fn identity(&self, topic: &str) -> Result<Identity, RDKafkaErrorCode> {
        self.cluster.remote_calls.count();
        admin::identity(&self.consumer, topic, self.cluster.request_timeout())
    }

    /// Where partitions begin ([`Offset::Beginning`]), end ([`Offset::End`]), or have a first message that is not older than a time in
    /// milliseconds. In the last case there may be none, which is the end too. It is a request to each broker, or more of them where there
    /// are very many partitions, or some that cannot answer. Those are left out; it is an error if none can.
    pub(crate) fn offsets(&self, partitions: &[Led<'_>], at: Offset, what: &str) -> Result<Offsets> {
        let deadline = Instant::now() + self.cluster.request_timeout();
        let mut partitions = partitions.to_vec();
        partitions.sort_by_key(|partition| partition.leader);
        let of_leaders = partitions.chunk_by(|one, other| one.leader == other.leader);
        let mut open: Vec<&[Led<'_>]> = of_leaders.flat_map(|some| some.chunks(PARTITIONS_AT_ONCE)).collect();
        let (mut known, mut refusal) = (Offsets::new(), None);
        while let Some(some) = open.pop() {
            // A broker that is gone leaves time for the others.
            let left = deadline.saturating_duration_since(Instant::now()) / (open.len() as u32 + 1);
            match self.offsets_of(some, at, left) {
                Ok(found) => known.extend(found),
                Err(error) => {
                    // One partition that cannot answer spoils the answer of all; halves are asked until it is alone.
                    if some.len() > 1 && !failure::is_silence(&error) && Instant::now() < deadline {
                        let (one, other) = some.split_at(some.len() / 2);
                        open.extend([one, other]);
                    }
                    refusal.get_or_insert(error);
                }
            }
        }
        match refusal {
            Some(error) if known.is_empty() => Err(self.failed(what, &error)),
            _ => Ok(known),
        }
    }

    fn offsets_of(&self, partitions: &[Led<'_>], at: Offset, timeout: Duration) -> Result<Offsets, KafkaError> {
        let mut asked = TopicPartitionList::with_capacity(partitions.len());
        for partition in partitions {
            asked.add_partition(partition.topic, partition.partition).set_offset(at)?;
        }
        self.cluster.remote_calls.count();
        let answer = self.consumer.offsets_for_times(asked, timeout)?;
        let known = answer.elements().into_iter().filter(|element| element.error().is_ok()).filter_map(|element| match element.offset() {
            Offset::Offset(offset) => Some(((element.topic().to_owned(), element.partition()), offset)),
            Offset::End => Some(((element.topic().to_owned(), element.partition()), i64::MAX)),
            _ => None,
        });
        Ok(known.collect())
    }

    /// The configuration of topics, without what is secret. A topic whose configuration may not be seen is left out; all are where the
    /// brokers do not tell it to anybody.
    pub(crate) fn configurations(&self, topics: &[&str], what: &str) -> Result<HashMap<String, Configuration>> {
        let config = self.cluster.config();
        // A client of its own, with a connection of its own.
        self.cluster.remote_calls.count();
        let admin: AdminClient<DefaultClientContext> =
            config.create().map_err(|error| failure::misconfigured(&self.cluster.source, &error))?;
        let options = AdminOptions::new().request_timeout(Some(self.cluster.request_timeout()));
        let mut found = HashMap::new();
        for some in topics.chunks(CONFIGURATIONS_AT_ONCE) {
            self.cluster.remote_calls.count();
            let resources: Vec<ResourceSpecifier<'_>> = some.iter().map(|topic| ResourceSpecifier::Topic(topic)).collect();
            let described = futures::executor::block_on(admin.describe_configs(&resources, &options));
            let described = match described {
                Err(error) if failure::is_silence(&error) => return Err(self.failed(what, &error)),
                described => described.unwrap_or_default(),
            };
            for resource in described.into_iter().flatten() {
                if let OwnedResourceSpecifier::Topic(topic) = resource.specifier {
                    found.insert(topic, resource.entries.into_iter().filter_map(shown).collect());
                }
            }
        }
        Ok(found)
    }

    /// All consumer groups, with their members.
    pub(crate) fn groups(&self, what: &str) -> Result<GroupList> {
        self.cluster.remote_calls.count();
        self.consumer.fetch_group_list(None, self.cluster.request_timeout()).map_err(|error| self.failed(what, &error))
    }

    /// What each of some groups has committed, in their order; or why that cannot be told.
    pub(crate) fn committed(&self, groups: &[&str]) -> Vec<Result<Vec<Place>, RDKafkaErrorCode>> {
        groups.iter().for_each(|_| self.cluster.remote_calls.count());
        admin::committed(&self.consumer, groups, self.cluster.request_timeout())
    }

    /// Begins to fetch messages of partitions from these offsets on, and of no others.
    pub(crate) fn fetch<'p>(&self, partitions: impl IntoIterator<Item = (&'p str, i32, i64)>, what: &str) -> Result<()> {
        let mut wanted = TopicPartitionList::new();
        for (topic, partition, offset) in partitions {
            let added = wanted.add_partition(topic, partition).set_offset(Offset::Offset(offset));
            added.map_err(|error| self.failed(what, &error))?;
        }
        self.cluster.remote_calls.count();
        self.consumer.assign(&wanted).map_err(|error| self.failed(what, &error))
    }

    /// Fetches no messages any more, until [`Client::fetch`] begins anew.
    pub(crate) fn stop(&self, what: &str) -> Result<()> {
        // A partition stays paused when it is assigned again.
        let resumed = self.consumer.assignment().and_then(|assigned| self.consumer.resume(&assigned));
        resumed.and_then(|()| self.consumer.unassign()).map_err(|error| self.failed(what, &error))
    }

    /// No more messages of these partitions are wanted.
    pub(crate) fn pause(&self, topic: &str, partitions: impl IntoIterator<Item = i32>, what: &str) -> Result<()> {
        let mut done = TopicPartitionList::new();
        for partition in partitions {
            done.add_partition(topic, partition);
        }
        self.consumer.pause(&done).map_err(|error| self.failed(what, &error))
    }

    /// The error that no message came for too long.
    pub(crate) fn stalled(&self, what: &str) -> Error {
        failure::stalled(&self.cluster, what, &self.consumer.context().trouble())
    }

    /// The error of a call.
    pub(crate) fn failed(&self, what: &str, error: &KafkaError) -> Error {
        failure::failed(&self.cluster, what, error, &self.consumer.context().trouble())
    }
}

fn shown(entry: ConfigEntry) -> Option<(String, String)> {
    entry.value.filter(|_| !entry.is_sensitive).map(|value| (entry.name, value))
}
