//! 5,000,000 messages of a topic of four partitions, beside a loop of librdkafka.

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Message, Offset, TopicPartitionList};
use serde_json::{Value, json};

use super::{Bench, order};
use crate::Result;
use crate::servers::kafka::{self, Sent, Server};

const MESSAGES: usize = 5_000_000;
const PARTITIONS: usize = 4;
/// What is made and sent at a time.
const CHUNK: usize = 100_000;
const TOPIC: &str = "orders";

pub async fn run() -> Result<()> {
    if let Some(missing) = kafka::missing() {
        return Err(format!("{missing} is not installed: run tests/services/kafka").into());
    }
    let source = Server::start();
    source.create(TOPIC, PARTITIONS as i32, &[]).await;
    for first in (0..MESSAGES).step_by(CHUNK) {
        let message = |number: usize| Sent { partition: (number % PARTITIONS) as i32, ..kafka::value(order(number).to_string()) };
        source.send(TOPIC, &(first..first + CHUNK).map(message).collect::<Vec<_>>());
    }
    let bench = Bench::start("kafka", &json!({"bootstrap_servers": source.address()}), MESSAGES).await?;
    let received = bench.peer(async || tokio::task::block_in_place(|| receive(&source, |_| Ok(())))).await?;
    let decoded = bench.peer(async || tokio::task::block_in_place(|| receive(&source, |value| decode(value).map(drop)))).await?;
    bench.report("5,000,000 messages counted", bench.count(TOPIC).await?, &[("librdkafka, without decoding", received)])?;
    let others = [("librdkafka, without decoding", received), ("librdkafka and serde_json", decoded)];
    bench.report("5,000,000 messages decoded from JSON", bench.decode(TOPIC).await?, &others)
}

fn decode(value: &[u8]) -> Result<Value> {
    Ok(serde_json::from_slice(value)?)
}

/// Receives all messages, in one loop.
fn receive(source: &Server, each: impl Fn(&[u8]) -> Result<()>) -> Result<usize> {
    let consumer: BaseConsumer = source.config().set("group.id", "benchmark").set("enable.auto.commit", "false").create()?;
    let mut partitions = TopicPartitionList::new();
    for partition in 0..PARTITIONS {
        partitions.add_partition_offset(TOPIC, partition as i32, Offset::Beginning)?;
    }
    consumer.assign(&partitions)?;
    for _ in 0..MESSAGES {
        let message = consumer.poll(None).ok_or("no message")??;
        each(message.payload().ok_or("no value")?)?;
    }
    Ok(MESSAGES)
}
