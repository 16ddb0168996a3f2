//! Streams the messages of a topic, up to the offsets where its partitions ended when the query began. Where the last ones are enough, they
//! are read back from there.
//!
//! A thread of its own fetches, filters and decodes them, and waits while the reader does not want the next batch; librdkafka's buffers are
//! bounded meanwhile. Dropping the stream ends the thread at its next look. A broker that is gone for less than the option
//! `request_timeout` is waited for: the client goes on at the offset where it was. Where messages to be read are gone meanwhile, or
//! the topic is another one, the query fails; it may be asked again.

mod rows;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::RecordBatch;
use rdkafka::Offset;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use spi::connector::{ReadRequest, RowStream};
use spi::rows::BatchSender;
use spi::{Error, Result};
use tokio::sync::mpsc;

use crate::client::{Client, Led, POLL_INTERVAL};
use crate::cluster::Cluster;
use crate::failure;
use crate::groups;
use crate::job::{self, Cancelled};
use crate::layout::Layout;
use crate::native::admin::Identity;
use crate::native::messages::{Message, Place as End, Polled};
use crate::predicate::{self, Bounds};
use crate::top_n::Enough;
use crate::topics;
use rows::Rows;

/// Batches that wait for the reader. One is decoded while another one is used.
const BATCHES_WAITING: usize = 1;

/// The rows that the request asks for. The first poll asks for the first messages.
pub(crate) fn rows(cluster: Arc<Cluster>, request: ReadRequest) -> RowStream {
    spi::rows::rows(move |mut sender| async move { pass_on(cluster, request, &mut sender).await })
}

/// What a reading thread sends.
enum Sent {
    Batch(RecordBatch),
    /// There is no more, or what went wrong.
    End(Result<()>),
}

/// Where a reading thread sends its batches.
pub(crate) struct Batches(mpsc::Sender<Sent>);

impl Batches {
    /// Waits until the reader wants more. False where it has left.
    pub(crate) fn send(&self, batch: RecordBatch) -> bool {
        self.0.blocking_send(Sent::Batch(batch)).is_ok()
    }
}

/// Starts the thread, and passes on what it sends.
async fn pass_on(cluster: Arc<Cluster>, request: ReadRequest, sender: &mut BatchSender) -> Result<()> {
    let what = format!("read table \"{}.{}\"", request.schema, request.table);
    let turn = cluster.turn(what.clone()).await?;
    let cancelled = Cancelled::default();
    let _guard = cancelled.on_drop();
    let (batches, mut sent) = mpsc::channel(BATCHES_WAITING);
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let batches = Batches(batches);
        let end = |outcome| {
            // Nobody is left to be told when this fails.
            let _ = batches.0.blocking_send(Sent::End(outcome));
        };
        match cluster.open(cancelled) {
            // The client is closed after the answer.
            Ok(client) => end(read(&client, &request, &what, &batches)),
            Err(error) => end(Err(error)),
        }
    });
    while let Some(sent) = sent.recv().await {
        match sent {
            Sent::Batch(batch) => {
                if !sender.send(batch).await {
                    return Ok(());
                }
            }
            Sent::End(outcome) => return outcome,
        }
    }
    Err(job::lost())
}

fn read(client: &Client, request: &ReadRequest, what: &str, batches: &Batches) -> Result<()> {
    let topic = request.table.as_str();
    // A topic of that name has a recipe.
    if topic == groups::TABLE && request.recipe.is_none() {
        return groups::read(client, request, what, batches);
    }
    // It is asked for before the offsets are: they may be of a younger topic, but not of an older one. Who cannot be told goes without.
    let identity = client.identity(topic).ok();
    let found = topics::list(client, Some(topic), what)?.pop();
    let found = found.ok_or_else(|| failure::vanished(&client.cluster.source, &format!("topic \"{topic}\"")))?;
    if !request.predicates.iter().all(predicate::is_exact) {
        return Err(Error::internal("a connector was given a predicate that it does not apply"));
    }
    let recipe = request.recipe.as_deref().ok_or_else(|| Error::internal("a topic is read without the form of its messages"))?;
    let layout = Layout::of_recipe(recipe)?;
    let ranges = ranges(client, &found, &Bounds::of(&request.predicates), what)?;
    let mut rows = Rows::new(client, &layout, request, batches)?;
    if rows.left > 0 && !ranges.is_empty() {
        let mut scan = Scan { client, topic, what, identity, enough: Enough::of(request), open: HashMap::new(), given: HashMap::new() };
        scan.run(ranges, &mut rows)?;
        if scan.is_of_another() {
            return Err(scan.changed());
        }
    }
    rows.finish()
}

/// The offsets of a partition that are still to be read.
#[derive(Clone, Copy, Debug)]
struct Range {
    next: i64,
    end: i64,
}

impl Range {
    /// The last of them, not more than so many.
    fn last(self, offsets: i64) -> Self {
        Self { next: self.next.max(self.end.saturating_sub(offsets)), ..self }
    }
}

/// What has to be read of each partition; partitions of which that is nothing are left out.
fn ranges(client: &Client, topic: &topics::Topic, bounds: &Bounds, what: &str) -> Result<HashMap<i32, Range>> {
    let wanted: Vec<&topics::Partition> = topic.partitions.iter().filter(|partition| bounds.covers(partition.id)).collect();
    let since = match bounds.since_ms() {
        Some(millis) => {
            let places: Vec<Led<'_>> = topic.led().filter(|led| bounds.covers(led.partition)).collect();
            client.offsets(&places, Offset::Offset(millis), what)?
        }
        None => Default::default(),
    };
    let mut ranges = HashMap::new();
    for partition in wanted {
        let Some((earliest, latest)) = partition.offsets else {
            return Err(client.failed(what, &KafkaError::OffsetFetch(RDKafkaErrorCode::LeaderNotAvailable)));
        };
        let since = since.get(&(topic.name.clone(), partition.id)).copied().unwrap_or(i64::MIN);
        let range = Range { next: earliest.max(bounds.first).max(since), end: latest.min(bounds.end) };
        if range.next < range.end {
            ranges.insert(partition.id, range);
        }
    }
    Ok(ranges)
}

/// Partitions that are being read.
struct Scan<'s> {
    client: &'s Client,
    topic: &'s str,
    what: &'s str,
    /// What the topic was when the query began, if that could be told.
    identity: Option<Identity>,
    enough: Enough,
    /// What is being fetched.
    open: HashMap<i32, Range>,
    /// How many rows each partition has given, where not all are wanted.
    given: HashMap<i32, usize>,
}

impl Scan<'_> {
    /// Reads as much of the ranges as is enough. Where that is their last rows, they are read back from their ends, each message once:
    /// nobody knows how many of the offsets before a message have one, and how many of those are wanted.
    fn run(&mut self, mut ranges: HashMap<i32, Range>, rows: &mut Rows<'_>) -> Result<()> {
        let mut step = self.enough.first_step();
        loop {
            self.open = ranges.iter().map(|(partition, range)| (*partition, range.last(step))).collect();
            self.client.fetch(self.open.iter().map(|(partition, range)| (self.topic, *partition, range.next)), self.what)?;
            let goes_on = self.take_all(rows)?;
            ranges.retain(|partition, range| {
                range.end = range.last(step).next;
                range.next < range.end && !self.enough.is_reached(self.given.get(partition).copied().unwrap_or(0))
            });
            if !goes_on || ranges.is_empty() {
                return Ok(());
            }
            // What was fetched of this step, beyond its end too, and not taken does not arrive after that: librdkafka forgets it.
            self.client.stop(self.what)?;
            step = step.saturating_mul(2);
        }
    }

    /// Takes the messages of what is open. Whether more are wanted.
    fn take_all(&mut self, rows: &mut Rows<'_>) -> Result<bool> {
        let client = self.client;
        let queue = client.queue()?;
        // Since when nothing has come. Waiting for the reader does not count as waiting for the broker.
        let mut silent: Option<Instant> = None;
        while !self.open.is_empty() && !client.cancelled.is_set() {
            match queue.poll(POLL_INTERVAL) {
                Polled::Message(message) => {
                    silent = None;
                    if !self.take(&message, rows)? {
                        return Ok(false);
                    }
                }
                Polled::End(end) => {
                    silent = None;
                    self.reach(&end)?;
                }
                Polled::Failed(code, _) if code == RDKafkaErrorCode::AutoOffsetReset || failure::is_absence(code) => {
                    return Err(self.changed());
                }
                Polled::Failed(code, _) if !failure::is_passing(code) => {
                    return Err(client.failed(self.what, &KafkaError::MessageConsumption(code)));
                }
                Polled::Failed(..) | Polled::Nothing => {
                    if silent.get_or_insert_with(Instant::now).elapsed() >= client.cluster.request_timeout() {
                        return Err(if self.is_of_another() { self.changed() } else { client.stalled(self.what) });
                    }
                }
            }
        }
        Ok(!client.cancelled.is_set())
    }

    /// Takes a message. Whether more are wanted.
    fn take(&mut self, message: &Message<'_>, rows: &mut Rows<'_>) -> Result<bool> {
        let partition = message.partition();
        let Some(range) = self.open.get_mut(&partition) else { return Ok(true) };
        if message.offset() < range.next {
            return Err(self.changed());
        }
        let left = rows.left;
        let goes_on = message.offset() >= range.end || rows.add(message)?;
        range.next = message.offset() + 1;
        let mut is_done = range.next >= range.end;
        if self.enough != Enough::All {
            let given = self.given.entry(partition).or_default();
            *given += left - rows.left;
            is_done |= matches!(self.enough, Enough::First(_)) && self.enough.is_reached(*given);
        }
        if is_done {
            self.open.remove(&partition);
            self.client.pause(self.topic, [partition], self.what)?;
        }
        Ok(goes_on)
    }

    /// Notes that a partition has nothing from an offset on. Between the last message and the end there may be holes: compacted messages,
    /// and those that end transactions.
    fn reach(&mut self, end: &End) -> Result<()> {
        let Some(range) = self.open.get(&end.partition).copied() else { return Ok(()) };
        if end.offset >= range.end {
            self.open.remove(&end.partition);
            return Ok(());
        }
        // A new leader may not know for a moment how far the old one was. What follows is still to come then.
        let place = Led { topic: self.topic, partition: end.partition, leader: 0 };
        let ends = self.client.offsets(&[place], Offset::End, self.what)?;
        match ends.values().all(|now| *now >= range.end) {
            true => Ok(()),
            false => Err(self.changed()),
        }
    }

    /// Whether the topic was deleted since the query began, and perhaps created again, so that what was read may be of two topics.
    fn is_of_another(&self) -> bool {
        let Some(identity) = self.identity.filter(|_| !self.client.cancelled.is_set()) else { return false };
        match self.client.identity(self.topic) {
            Ok(found) => found != identity,
            Err(code) => failure::is_absence(code),
        }
    }

    fn changed(&self) -> Error {
        failure::changed(&self.client.cluster.source, self.what)
    }
}
