//! Questions whose answers come on a queue of their own.

use std::ffi::{CString, c_void};
use std::ptr::{self, NonNull};
use std::time::{Duration, Instant};

use rdkafka::bindings::{self, rd_kafka_admin_op_t};
use rdkafka::consumer::Consumer as _;
use rdkafka::error::RDKafkaErrorCode;

use super::{Consumer, Event, Queue, outcome, outcome_of, text};
use crate::native::messages::Place;

/// What a topic is besides its name: one that is deleted and created again is another one. Old brokers say zero of all.
pub(crate) type Identity = (i64, i64);

/// What a topic is.
pub(crate) fn identity(consumer: &Consumer, topic: &str, timeout: Duration) -> Result<Identity, RDKafkaErrorCode> {
    let queue = Queue::of_answers(consumer).ok_or(RDKafkaErrorCode::Fail)?;
    let name = CString::new(topic).map_err(|_| RDKafkaErrorCode::InvalidTopic)?;
    let mut names = [name.as_ptr()];
    // SAFETY: the one name is there for the call, which copies it.
    let topics = unsafe { bindings::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len()) };
    // SAFETY: client, topics and queue are there; no options means those of the client. The topics are ours, and copied by the question.
    unsafe {
        bindings::rd_kafka_DescribeTopics(consumer.client().native_ptr(), topics, ptr::null(), queue.queue.as_ptr());
        bindings::rd_kafka_TopicCollection_destroy(topics);
    }
    let event = queue.next(timeout).ok_or(RDKafkaErrorCode::OperationTimedOut)?;
    event.outcome()?;
    // SAFETY: the event is there, and what it gives belongs to it.
    let result = unsafe { bindings::rd_kafka_event_DescribeTopics_result(event.as_ptr()) };
    let mut count = 0;
    // SAFETY: null means no such answer; else it is there with the event, and so is the place for the number.
    let described = (!result.is_null()).then(|| unsafe { bindings::rd_kafka_DescribeTopics_result_topics(result, &mut count) });
    let described = described.filter(|described| !described.is_null() && count > 0).ok_or(RDKafkaErrorCode::Fail)?;
    // SAFETY: there is at least one, which belongs to the event, and so do its error and its identity; every topic has one.
    unsafe {
        let described = *described;
        outcome_of(bindings::rd_kafka_TopicDescription_error(described))?;
        let identity = bindings::rd_kafka_TopicDescription_topic_id(described);
        Ok((bindings::rd_kafka_Uuid_most_significant_bits(identity), bindings::rd_kafka_Uuid_least_significant_bits(identity)))
    }
}

/// What each of some groups has committed, or why that is not known. All are asked at once; the answers are in their order.
pub(crate) fn committed(consumer: &Consumer, groups: &[&str], timeout: Duration) -> Vec<Result<Vec<Place>, RDKafkaErrorCode>> {
    let deadline = Instant::now() + timeout;
    let mut answers = vec![Err(RDKafkaErrorCode::OperationTimedOut); groups.len()];
    let Some(queue) = Queue::of_answers(consumer) else { return answers };
    let mut open = 0;
    for (number, group) in groups.iter().enumerate() {
        match ask_committed(&queue, group, number) {
            Ok(()) => open += 1,
            Err(code) => answers[number] = Err(code),
        }
    }
    while open > 0 {
        let Some(event) = queue.next(deadline.saturating_duration_since(Instant::now())) else { break };
        // SAFETY: the event is there until it is dropped.
        let number = unsafe { bindings::rd_kafka_event_opaque(event.as_ptr()) } as usize;
        if let Some(answer) = answers.get_mut(number) {
            *answer = event.outcome().and_then(|()| committed_of(&event));
        }
        open -= 1;
    }
    answers
}

/// Asks what a group has committed. The answer comes on the queue, with the number.
fn ask_committed(queue: &Queue<'_>, group: &str, number: usize) -> Result<(), RDKafkaErrorCode> {
    let client = queue.consumer.client().native_ptr();
    let group = CString::new(group).map_err(|_| RDKafkaErrorCode::InvalidGroupId)?;
    // SAFETY: the name is there for the call, which copies it; no partitions means all.
    let question = unsafe { bindings::rd_kafka_ListConsumerGroupOffsets_new(group.as_ptr(), ptr::null()) };
    let kind = rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS;
    // SAFETY: the client is there.
    let options = unsafe { bindings::rd_kafka_AdminOptions_new(client, kind) };
    let mut questions = [question];
    // SAFETY: everything is there; the number is no address, and librdkafka only hands it back. Question and options are ours, and are
    // copied before they are given up.
    unsafe {
        bindings::rd_kafka_AdminOptions_set_opaque(options, number as *mut c_void);
        bindings::rd_kafka_ListConsumerGroupOffsets(client, questions.as_mut_ptr(), 1, options, queue.queue.as_ptr());
        bindings::rd_kafka_AdminOptions_destroy(options);
        bindings::rd_kafka_ListConsumerGroupOffsets_destroy(question);
    }
    Ok(())
}

fn committed_of(event: &Event<'_>) -> Result<Vec<Place>, RDKafkaErrorCode> {
    // SAFETY: the event is there, and what it gives belongs to it.
    let result = unsafe { bindings::rd_kafka_event_ListConsumerGroupOffsets_result(event.as_ptr()) };
    let mut count = 0;
    // SAFETY: null means no such answer; else it is there with the event, and so is the place for the number.
    let groups = (!result.is_null()).then(|| unsafe { bindings::rd_kafka_ListConsumerGroupOffsets_result_groups(result, &mut count) });
    let groups = groups.filter(|groups| !groups.is_null() && count > 0).ok_or(RDKafkaErrorCode::Fail)?;
    // SAFETY: there is at least one, which belongs to the event, and so do its error and its partitions.
    let partitions = unsafe {
        outcome_of(bindings::rd_kafka_group_result_error(*groups))?;
        bindings::rd_kafka_group_result_partitions(*groups)
    };
    let Some(partitions) = NonNull::new(partitions.cast_mut()) else { return Ok(Vec::new()) };
    // SAFETY: the list is there with the event.
    let partitions = unsafe { partitions.as_ref() };
    let mut places = Vec::new();
    for number in 0..usize::try_from(partitions.cnt).unwrap_or_default() {
        // SAFETY: the list has more elements than this number.
        let partition = unsafe { &*partitions.elems.add(number) };
        // Where nothing is committed, the offset is negative.
        if outcome(partition.err).is_ok() && partition.offset >= 0 {
            // SAFETY: a partition has a topic, which is a text.
            let topic = unsafe { text(partition.topic) };
            places.push(Place { topic, partition: partition.partition, offset: partition.offset });
        }
    }
    Ok(places)
}
