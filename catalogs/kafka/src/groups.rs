//! The consumer groups of the cluster, as the table `metagate_groups`: what each has committed, and how far behind that is.
//!
//! They are asked for when the table is read. Nothing of it is metadata.

use std::collections::HashMap;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::groups::GroupInfo;
use spi::Result;
use spi::connector::ReadRequest;
use spi::documents::{Column, Decoder, DecoderOptions, Document, FieldType, Path};
use spi::metadata::{Harvest, TableKind, TableRow};
use spi::types::{PgType, oid};

use crate::SCHEMA;
use crate::client::Client;
use crate::metadata::push_column;
use crate::native::messages::Place;
use crate::read::Batches;
use crate::topics;

/// Groups that are asked for what they have committed at a time.
const GROUPS_AT_ONCE: usize = 32;

/// The name of the table.
pub(crate) const TABLE: &str = "metagate_groups";

const INT4: FieldType = FieldType::Scalar(PgType::new(oid::INT4));

/// Name, type and comment of its columns.
const COLUMNS: [(&str, FieldType, &str); 10] = [
    ("group_id", FieldType::TEXT, "The consumer group."),
    ("state", FieldType::TEXT, "What the group is doing, for example Stable or Empty."),
    ("protocol_type", FieldType::TEXT, "What the members are, consumer as a rule."),
    ("protocol", FieldType::TEXT, "How partitions are assigned to members."),
    ("members", INT4, "How many members the group has."),
    ("topic", FieldType::TEXT, "A topic of which the group has committed an offset; NULL if there is none, or if that may not be seen."),
    ("partition", INT4, "Its partition."),
    ("committed_offset", FieldType::INT8, "The offset of the next message that the group will read."),
    ("end_offset", FieldType::INT8, "The offset of the next message of the partition."),
    ("lag", FieldType::INT8, "How many offsets the group is behind."),
];

/// Pushes the table.
pub(crate) fn push(harvest: &mut Harvest) -> Result<()> {
    harvest.table(TableRow {
        schema: SCHEMA,
        name: TABLE,
        kind: TableKind::Table,
        owner: None,
        comment: Some("Consumer groups, with a row for each partition of which an offset is committed."),
        row_estimate: None,
        size_bytes: None,
    })?;
    for (ordinal, (name, field_type, comment)) in (1..).zip(COLUMNS) {
        let column = Column {
            name: name.to_owned(),
            path: Path::field(name),
            native_type: field_type.pg_type().format(),
            field_type,
            nullable: name != "group_id",
            comment: Some(comment.to_owned()),
            declared: false,
        };
        push_column(TABLE, ordinal, &column, harvest)?;
    }
    Ok(())
}

/// Reads the table: one request to each broker for the groups, and one for what each group has committed, some at a time.
pub(crate) fn read(client: &Client, request: &ReadRequest, what: &str, batches: &Batches) -> Result<()> {
    let given = COLUMNS.map(|(name, field_type, _)| (name, field_type));
    let mut decoder = Decoder::new(&request.columns, &[], &given, DecoderOptions::new(&client.cluster.source, false))?;
    let mut left = request.limit.unwrap_or(usize::MAX);
    let ends = ends(client, what)?;
    for groups in client.groups(what)?.groups().chunks(GROUPS_AT_ONCE) {
        if left == 0 || client.cancelled.is_set() {
            break;
        }
        let names: Vec<&str> = groups.iter().map(GroupInfo::name).collect();
        for (group, committed) in groups.iter().zip(client.committed(&names)) {
            let mut committed = match committed {
                Err(code) if is_hidden(code) => Vec::new(),
                committed => committed.map_err(|code| client.failed(what, &KafkaError::OffsetFetch(code)))?,
            };
            committed.sort_by(|one, other| (&one.topic, one.partition).cmp(&(&other.topic, other.partition)));
            for row in rows(group, &committed, &ends).into_iter().take(left) {
                left -= 1;
                decoder.append(&Document::Null, &row, format_args!("consumer group \"{}\"", group.name()))?;
                if decoder.is_full() && !batches.send(decoder.finish()?) {
                    return Ok(());
                }
            }
        }
    }
    if decoder.rows() > 0 {
        batches.send(decoder.finish()?);
    }
    Ok(())
}

/// Where the partitions of all topics end, as far as that is known.
fn ends(client: &Client, what: &str) -> Result<HashMap<(String, i32), i64>> {
    let mut ends = HashMap::new();
    for topic in topics::list(client, None, what)? {
        let known = topic.partitions.iter().filter_map(|partition| Some(((topic.name.clone(), partition.id), partition.offsets?.1)));
        ends.extend(known);
    }
    Ok(ends)
}

/// Whether what a group has committed is not for this user, or nothing any more as the group is gone. That it was there is a row.
fn is_hidden(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode::{GroupAuthorizationFailed, GroupIdNotFound, TopicAuthorizationFailed};
    matches!(code, GroupAuthorizationFailed | GroupIdNotFound | TopicAuthorizationFailed)
}

/// The rows of a group: one for each partition of which it has committed an offset, or one.
fn rows<'d>(group: &'d GroupInfo, committed: &'d [Place], ends: &HashMap<(String, i32), i64>) -> Vec<[Document<'d>; 10]> {
    // Of a group that may not be described, brokers tell the name.
    let known = |text: &'d str| if text.is_empty() { Document::Null } else { Document::text(text) };
    let number = |value: Option<i64>| value.map_or(Document::Null, Document::Int);
    let members = (!group.state().is_empty()).then(|| group.members().len() as i64);
    let row = |place: Option<&'d Place>| {
        let end = place.and_then(|place| ends.get(&(place.topic.clone(), place.partition)).copied());
        [
            Document::text(group.name()),
            known(group.state()),
            known(group.protocol_type()),
            known(group.protocol()),
            number(members),
            place.map_or(Document::Null, |place| Document::text(place.topic.as_str())),
            number(place.map(|place| place.partition.into())),
            number(place.map(|place| place.offset)),
            number(end),
            number(place.zip(end).map(|(place, end)| (end - place.offset).max(0))),
        ]
    };
    match committed {
        [] => vec![row(None)],
        committed => committed.iter().map(|place| row(Some(place))).collect(),
    }
}
