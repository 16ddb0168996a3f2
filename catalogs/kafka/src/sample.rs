//! What the last messages of topics tell about their columns.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant, SystemTime};

use spi::Result;
use spi::documents::json::{self, Wanted};
use spi::documents::{Document, Inference, InferenceOptions, InferredColumn, Path, TableDefinition, rows};

use crate::client::{Client, POLL_INTERVAL};
use crate::csv::{self, Dialect};
use crate::declared::Declared;
use crate::definition::{self, Form};
use crate::failure;
use crate::layout::{Layout, Values};
use crate::message::is_text;
use crate::native::messages::{Message, Polled};
use crate::options::Format;
use crate::schema::frame;
use crate::topics::Topic;

/// Partitions whose messages are fetched at once.
const PARTITIONS_AT_ONCE: usize = 500;

/// Bytes of one topic's messages that are looked at; the last one may exceed it. No more are fetched then.
const TOPIC_BYTES: u64 = 4 << 20;

/// How long messages of all topics are looked at, together. Topics for which no time is left keep the columns that they are known to have.
const TIME_MAX: Duration = Duration::from_secs(60);

/// Of so many values of a topic one may be something else, and the topic is one of JSON, or of a schema, all the same.
pub(crate) const JSON_SHARE: u64 = 10;

/// Where nothing has come for so long after something has, nothing will: brokers answer within a tenth of it even if they have nothing,
/// unless what is left has lost its leader.
const QUIET: Duration = Duration::from_secs(1);

/// Schemas of one topic that are told apart.
const SCHEMAS_MAX: usize = 64;

/// What was seen of one topic.
pub(crate) struct Seen {
    fields: Inference,
    /// Values that are JSON objects, and those that are not; tombstones are neither.
    json: u64,
    not_json: u64,
    /// How many values name a schema of each number, if they name one at all.
    pub(crate) framed: BTreeMap<u32, u64>,
    /// The first of the messages of a file that values say they are, if they are any of Protobuf.
    pub(crate) message: Option<Vec<i32>>,
    binary_keys: bool,
    binary_values: bool,
    messages: u64,
    bytes: u64,
    /// How records are written, if values are CSV.
    csv: Option<Dialect>,
    /// Where in values of JSON their rows are.
    row_path: Path,
    /// The values that were looked at, where they are wanted.
    kept: Option<Vec<Vec<u8>>>,
}

impl Seen {
    pub(crate) fn new(flatten: bool) -> Self {
        let fields = Inference::new(inference_options(flatten));
        let (framed, message) = (BTreeMap::new(), None);
        Self {
            fields,
            json: 0,
            not_json: 0,
            framed,
            message,
            binary_keys: false,
            binary_values: false,
            messages: 0,
            bytes: 0,
            csv: None,
            row_path: Path::default(),
            kept: None,
        }
    }

    /// The same, and it keeps the values that it looks at.
    pub(crate) fn keeping(flatten: bool) -> Self {
        Self { kept: Some(Vec::new()), ..Self::new(flatten) }
    }

    /// The same, and what it looks at is as the form says.
    pub(crate) fn of_form(self, form: &Form) -> Self {
        Self { csv: (form.format == Format::Csv).then_some(form.dialect), row_path: form.row_path.clone(), ..self }
    }

    pub(crate) fn take_kept(&mut self) -> Vec<Vec<u8>> {
        self.kept.take().unwrap_or_default()
    }

    /// Looks at a message. Whether more are wanted.
    fn add(&mut self, message: &Message<'_>) -> bool {
        self.messages += 1;
        self.bytes += message.bytes() as u64;
        self.binary_keys |= message.key().is_some_and(|key| !is_text(key));
        if let Some(value) = message.value() {
            self.add_value(value);
        }
        self.bytes < TOPIC_BYTES
    }

    fn add_value(&mut self, value: &[u8]) {
        if let Some(kept) = &mut self.kept {
            kept.push(value.to_vec());
        }
        if let Some(dialect) = self.csv {
            self.not_json += 1;
            if let Ok(record) = dialect.read(value, &Wanted::All) {
                self.fields.add(&csv::typed(record));
            }
            return;
        }
        if let Some((id, payload)) = frame::split(value)
            && (self.framed.len() < SCHEMAS_MAX || self.framed.contains_key(&id))
        {
            *self.framed.entry(id).or_default() += 1;
            let message = frame::message_indexes(payload).map(|(message, _)| message);
            self.message = [self.message.take(), message].into_iter().flatten().min();
        }
        let document = json::read(value).ok();
        match document.as_ref().and_then(|document| rows(document, &self.row_path).ok()) {
            Some(rows) if rows.iter().all(|row| matches!(row, Document::Object(_))) => {
                self.json += 1;
                rows.iter().for_each(|row| self.fields.add(row));
            }
            _ => {
                self.not_json += 1;
                self.binary_values |= !is_text(value);
            }
        }
    }

    /// How many values were looked at.
    pub(crate) fn values(&self) -> u64 {
        self.json + self.not_json
    }

    /// Bytes of an average message.
    pub(crate) fn bytes_of_message(&self) -> Option<f64> {
        (self.messages > 0).then(|| self.bytes as f64 / self.messages as f64)
    }

    /// The layout of the topic, as far as the definition does not say otherwise, and the evidence for its columns, when these were known
    /// before. What the schema registry says of its values goes before what they look like.
    pub(crate) fn layout(
        self,
        form: &Form,
        definition: Option<&TableDefinition>,
        known: &[InferredColumn],
        declared: Option<&Declared>,
    ) -> Result<(Layout, Vec<InferredColumn>)> {
        let has_columns = definition.is_some_and(|definition| !definition.columns.is_empty());
        let kind = declared.and_then(|declared| declared.kind).or(form.format.kind());
        let looks_like_json = self.not_json * JSON_SHARE <= self.values();
        let values = match (form.format, kind) {
            (_, Some(kind)) => Values::Schema(kind),
            (Format::Csv, _) => Values::Csv(form.dialect),
            (Format::Text, _) => Values::Text,
            (Format::Raw, _) => Values::Raw,
            // What a topic was once seen to be, it is not talked out of by a sample.
            (Format::Auto, _) if !has_columns && known.is_empty() && !looks_like_json => {
                if self.binary_values {
                    Values::Raw
                } else {
                    Values::Text
                }
            }
            // A poisoned message among those of JSON has an error, and leaves the others text.
            _ => Values::Json,
        };
        let mut inferred = Vec::new();
        let columns = match &values {
            Values::Text | Values::Raw => Vec::new(),
            Values::Schema(_) => definition::columns_over(definition, declared.map_or(&[], |declared| &declared.columns))?,
            Values::Json => {
                inferred = self.fields.finish(known).columns;
                definition::columns(definition, &inferred)?
            }
            Values::Csv(_) => {
                inferred = self.fields.finish(known).columns;
                definition::columns_of_csv(definition, &inferred)?
            }
        };
        Ok((Layout { values, columns, row_path: form.row_path.clone(), binary_keys: self.binary_keys }, inferred))
    }
}

/// How columns are made of documents.
pub(crate) fn inference_options(flatten: bool) -> InferenceOptions {
    InferenceOptions { flatten, reserved: definition::reserved(), ..InferenceOptions::default() }
}

/// Looks at the last messages of each partition of the topics. What does not come in time, or may not be read, is not looked at.
pub(crate) fn look(client: &Client, topics: &mut [Topic], what: &str) -> Result<()> {
    let deadline = Instant::now() + TIME_MAX;
    let wanted = i64::from(client.cluster.options.sample_messages);
    let mut ranges = Vec::new();
    for (place, topic) in topics.iter().enumerate() {
        let of_partition = if wanted == 0 { 0 } else { (wanted / topic.partitions.len().max(1) as i64).max(1) };
        for partition in &topic.partitions {
            if let Some((earliest, latest)) = partition.offsets
                && of_partition.min(latest - earliest) > 0
            {
                ranges.push(Range { topic: place, partition: partition.id, next: earliest.max(latest - of_partition), end: latest });
            }
        }
    }
    // Where the time is too short for all, another harvest has it for others.
    let begin = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.subsec_micros() as usize);
    let begin = begin % ranges.len().max(1);
    ranges.rotate_left(begin);
    for some in ranges.chunks(PARTITIONS_AT_ONCE) {
        if Instant::now() >= deadline || client.cancelled.is_set() {
            break;
        }
        look_at(client, topics, some, deadline, what)?;
    }
    Ok(())
}

/// The offsets that are looked at.
#[derive(Clone, Copy)]
struct Range {
    topic: usize,
    partition: i32,
    next: i64,
    end: i64,
}

fn look_at(client: &Client, topics: &mut [Topic], ranges: &[Range], deadline: Instant, what: &str) -> Result<()> {
    client.fetch(ranges.iter().map(|range| (topics[range.topic].name.as_str(), range.partition, range.next)), what)?;
    let places: HashMap<String, usize> = ranges.iter().map(|range| (topics[range.topic].name.clone(), range.topic)).collect();
    let mut open: HashMap<(usize, i32), Range> = ranges.iter().map(|range| ((range.topic, range.partition), *range)).collect();
    let deadline = deadline.min(Instant::now() + client.cluster.request_timeout());
    let queue = client.queue()?;
    let mut heard: Option<Instant> = None;
    while !open.is_empty() && !client.cancelled.is_set() && Instant::now() < deadline {
        match queue.poll(POLL_INTERVAL) {
            Polled::Message(message) => {
                heard = Some(Instant::now());
                let Some(place) = places.get(message.topic()).copied() else { continue };
                let Some(range) = open.get(&(place, message.partition())).copied() else { continue };
                let is_wanted = (range.next..range.end).contains(&message.offset());
                if is_wanted && !topics[place].seen.add(&message) {
                    let partitions = open.extract_if(|(topic, _), _| *topic == place).map(|((_, partition), _)| partition);
                    client.pause(message.topic(), partitions, what)?;
                } else if message.offset() + 1 >= range.end {
                    client.pause(message.topic(), [message.partition()], what)?;
                    open.remove(&(place, message.partition()));
                }
            }
            Polled::End(end) => {
                heard = Some(Instant::now());
                places.get(&end.topic).and_then(|place| open.remove(&(*place, end.partition)));
            }
            // What may not be read, or is gone meanwhile, has no sample.
            Polled::Failed(code, Some(failed)) if !failure::is_passing(code) => {
                places.get(&failed.topic).and_then(|place| open.remove(&(*place, failed.partition)));
            }
            Polled::Failed(..) | Polled::Nothing if heard.is_some_and(|heard| heard.elapsed() >= QUIET) => break,
            Polled::Failed(..) | Polled::Nothing => {}
        }
    }
    client.stop(what)
}
