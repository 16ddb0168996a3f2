//! Messages as they come, and what comes instead of them.

use std::ffi::{CStr, c_void};
use std::ptr::{self, NonNull};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::bindings::{self, rd_kafka_message_t, rd_kafka_timestamp_type_t};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::{Consumer, Event, Queue, outcome, text};

/// What a look at a client's messages has found.
pub(crate) enum Polled<'c> {
    Message(Message<'c>),
    /// A partition has nothing from this offset on, as of now.
    End(Place),
    /// Something went wrong: with a partition at an offset, or with the client.
    Failed(RDKafkaErrorCode, Option<Place>),
    Nothing,
}

/// An offset of a partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

impl<'c> Queue<'c> {
    /// Waits for a message, or for what comes instead. The client's observer is told of errors.
    pub(crate) fn poll(&self, timeout: Duration) -> Polled<'c> {
        let Some(event) = self.next(timeout) else { return Polled::Nothing };
        // SAFETY: the event is there until it is dropped.
        match unsafe { bindings::rd_kafka_event_type(event.as_ptr()) } {
            bindings::RD_KAFKA_EVENT_FETCH => Message::of(event),
            bindings::RD_KAFKA_EVENT_ERROR => failed(&event, self.consumer),
            // Nothing else was asked for.
            _ => Polled::Nothing,
        }
    }
}

fn failed<'c>(event: &Event<'_>, consumer: &Consumer) -> Polled<'c> {
    let Err(code) = event.outcome() else { return Polled::Nothing };
    match (code, place(event)) {
        (RDKafkaErrorCode::PartitionEOF, Some(place)) => Polled::End(place),
        (code, place) => {
            // SAFETY: the event is there, and so is its text.
            let reason = unsafe { text(bindings::rd_kafka_event_error_string(event.as_ptr())) };
            rdkafka::consumer::Consumer::context(consumer).error(KafkaError::Global(code), reason.trim());
            Polled::Failed(code, place)
        }
    }
}

/// What an error is about.
fn place(event: &Event<'_>) -> Option<Place> {
    // SAFETY: the event is there until it is dropped. What it gives is ours.
    let given = NonNull::new(unsafe { bindings::rd_kafka_event_topic_partition(event.as_ptr()) })?;
    // SAFETY: it is there until the next line, and its topic is a text.
    let place = unsafe { Place { topic: text(given.as_ref().topic), partition: given.as_ref().partition, offset: given.as_ref().offset } };
    // SAFETY: it is ours, and nobody uses it after this.
    unsafe { bindings::rd_kafka_topic_partition_destroy(given.as_ptr()) };
    Some(place)
}

/// A message. Its bytes are in the client's memory until it is dropped.
pub(crate) struct Message<'c> {
    message: NonNull<rd_kafka_message_t>,
    /// It owns the message.
    _event: Event<'c>,
}

impl<'c> Message<'c> {
    fn of(event: Event<'c>) -> Polled<'c> {
        // SAFETY: the event is there. Its message belongs to it, and nobody else looks at it.
        let message = unsafe { bindings::rd_kafka_event_message_next(event.as_ptr()) };
        let Some(message) = NonNull::new(message.cast_mut()) else { return Polled::Nothing };
        let message = Self { message, _event: event };
        match outcome(message.fields().err) {
            Ok(()) => Polled::Message(message),
            Err(code) => Polled::Failed(code, None),
        }
    }

    fn fields(&self) -> &rd_kafka_message_t {
        // SAFETY: the event that owns the message is kept for as long.
        unsafe { self.message.as_ref() }
    }

    /// The name of its topic.
    pub(crate) fn topic(&self) -> &str {
        // SAFETY: a message has a topic, whose name is a text that stays where it is while the message is there.
        let name = unsafe { CStr::from_ptr(bindings::rd_kafka_topic_name(self.fields().rkt)) };
        // Names of topics are ASCII.
        name.to_str().unwrap_or_default()
    }

    pub(crate) fn partition(&self) -> i32 {
        self.fields().partition
    }

    pub(crate) fn offset(&self) -> i64 {
        self.fields().offset
    }

    /// When it was made or appended, in milliseconds since 1970, if that is known.
    pub(crate) fn timestamp_ms(&self) -> Option<i64> {
        let mut kind = rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is there, and so is the place for the answer.
        let millis = unsafe { bindings::rd_kafka_message_timestamp(self.message.as_ptr(), &mut kind) };
        (kind != rd_kafka_timestamp_type_t::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && millis != -1).then_some(millis)
    }

    pub(crate) fn key(&self) -> Option<&[u8]> {
        // SAFETY: the key belongs to the message, and is as long as it says.
        unsafe { bytes(self.fields().key, self.fields().key_len) }
    }

    /// Its value; none for a tombstone.
    pub(crate) fn value(&self) -> Option<&[u8]> {
        // SAFETY: the value belongs to the message, and is as long as it says.
        unsafe { bytes(self.fields().payload, self.fields().len) }
    }

    /// Bytes of its key and value.
    pub(crate) fn bytes(&self) -> usize {
        self.fields().key_len + self.fields().len
    }

    /// The keys and values of its headers. A key is whatever its producer has sent, up to a NUL.
    pub(crate) fn headers(&self) -> Vec<(&[u8], Option<&[u8]>)> {
        let mut headers = ptr::null_mut();
        // SAFETY: the message is there, and so is the place for the answer, which belongs to the message.
        if outcome(unsafe { bindings::rd_kafka_message_headers(self.message.as_ptr(), &mut headers) }).is_err() {
            return Vec::new();
        }
        // SAFETY: the headers are there for as long as the message.
        let count = unsafe { bindings::rd_kafka_header_cnt(headers) };
        let header = |number| {
            let (mut key, mut value, mut length) = (ptr::null(), ptr::null(), 0);
            // SAFETY: the headers are there, there are more than this number, and so are the places for the answer.
            outcome(unsafe { bindings::rd_kafka_header_get_all(headers, number, &mut key, &mut value, &mut length) }).ok()?;
            // SAFETY: a header has a key, which ends with a NUL, and a value that is as long as it says. Both belong to the message.
            Some(unsafe { (CStr::from_ptr(key).to_bytes(), bytes(value, length)) })
        };
        (0..count).map_while(header).collect()
    }
}

/// The bytes at a place; none at none.
///
/// # Safety
///
/// The pointer is null, or so many bytes are there, which nobody changes during the lifetime.
unsafe fn bytes<'b>(pointer: *const c_void, length: usize) -> Option<&'b [u8]> {
    // SAFETY: as the caller says, and it is not null.
    (!pointer.is_null()).then(|| unsafe { std::slice::from_raw_parts(pointer.cast(), length) })
}
