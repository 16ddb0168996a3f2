//! librdkafka's own interface, for what its Rust library does not show. All unsafe code of the connector is here and below.
//!
//! - `messages.rs` takes messages one by one: with the offsets at which partitions end, and with headers whatever their keys are.
//! - `admin.rs` asks what a topic is besides its name, and what consumer groups have committed, many at a time.

pub(crate) mod admin;
pub(crate) mod messages;

use std::ffi::{CStr, c_char};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::time::Duration;

use rdkafka::bindings::{self, rd_kafka_event_t, rd_kafka_queue_t};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::RDKafkaRespErr;

use crate::observer::Observer;

/// A client of librdkafka's.
pub(crate) type Consumer = BaseConsumer<Observer>;

/// A queue of a client.
pub(crate) struct Queue<'c> {
    queue: NonNull<rd_kafka_queue_t>,
    consumer: &'c Consumer,
}

impl<'c> Queue<'c> {
    /// The queue that messages and errors arrive on; none if the client is being closed.
    pub(crate) fn of_messages(consumer: &'c Consumer) -> Option<Self> {
        // SAFETY: the client is there for as long as it is borrowed.
        let queue = unsafe { bindings::rd_kafka_queue_get_consumer(consumer.client().native_ptr()) };
        NonNull::new(queue).map(|queue| Self { queue, consumer })
    }

    /// A queue of its own for answers.
    fn of_answers(consumer: &'c Consumer) -> Option<Self> {
        // SAFETY: the client is there for as long as it is borrowed.
        let queue = unsafe { bindings::rd_kafka_queue_new(consumer.client().native_ptr()) };
        NonNull::new(queue).map(|queue| Self { queue, consumer })
    }

    /// The next thing on the queue, if it comes in time.
    fn next(&self, timeout: Duration) -> Option<Event<'c>> {
        let millis = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the queue is there until it is dropped.
        let event = unsafe { bindings::rd_kafka_queue_poll(self.queue.as_ptr(), millis) };
        NonNull::new(event).map(|event| Event { event, client: PhantomData })
    }
}

impl Drop for Queue<'_> {
    fn drop(&mut self) {
        // SAFETY: it is ours, the client is still there, and nobody uses it after this.
        unsafe { bindings::rd_kafka_queue_destroy(self.queue.as_ptr()) }
    }
}

/// Something that was on a queue.
struct Event<'c> {
    event: NonNull<rd_kafka_event_t>,
    client: PhantomData<&'c Consumer>,
}

impl Event<'_> {
    fn as_ptr(&self) -> *mut rd_kafka_event_t {
        self.event.as_ptr()
    }

    /// The error that the event is, or that an answer has as a whole.
    fn outcome(&self) -> Result<(), RDKafkaErrorCode> {
        // SAFETY: the event is there until it is dropped.
        outcome(unsafe { bindings::rd_kafka_event_error(self.as_ptr()) })
    }
}

impl Drop for Event<'_> {
    fn drop(&mut self) {
        // SAFETY: it is ours, the client is still there, and nobody uses it after this.
        unsafe { bindings::rd_kafka_event_destroy(self.as_ptr()) }
    }
}

fn outcome(code: RDKafkaRespErr) -> Result<(), RDKafkaErrorCode> {
    match code {
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        code => Err(code.into()),
    }
}

/// The outcome that an error of librdkafka's means; without one all is well.
///
/// # Safety
///
/// The pointer is null or to an error.
unsafe fn outcome_of(error: *const bindings::rd_kafka_error_t) -> Result<(), RDKafkaErrorCode> {
    // SAFETY: as the caller says; null means no error to librdkafka.
    outcome(unsafe { bindings::rd_kafka_error_code(error) })
}

/// The text at a place; nothing at none.
///
/// # Safety
///
/// The pointer is null or to a text that ends with a NUL.
unsafe fn text(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: as the caller says, and it is not null.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}
