//! One schema's metadata as the bytes of a blob.
//!
//! A container of Arrow IPC streams: first a schema without rows, whose fields are the column types (so that any Arrow type
//! survives exactly) and whose own metadata are the properties of the schema; then one stream per relation. A relation
//! without rows takes no bytes. Equal metadata gives equal bytes, and with them an equal digest.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use spi::Result;
use spi::metadata::{ColumnType, Relation, SchemaMetadata};
use spi::types::PgType;

use super::ipc;

/// What a chunk begins with. The last byte is the version of the container.
const MAGIC: [u8; 8] = *b"mgschem\x01";
/// The column types, and the relations.
const SECTIONS: usize = 1 + Relation::ALL.len();
/// The magic, and the length of every section.
const HEADER_BYTES: usize = MAGIC.len() + SECTIONS * size_of::<u64>();

const NAME: &str = "name";
const OID: &str = "oid";
const OWNER: &str = "owner";
const COMMENT: &str = "comment";
const PG_OID: &str = "pg_oid";
const PG_TYPMOD: &str = "pg_typmod";
const NATIVE: &str = "native";

pub(super) fn encode(schema: &SchemaMetadata) -> Result<Vec<u8>> {
    let mut sections = vec![ipc::write_schema(&properties(schema))?];
    for relation in &schema.relations {
        sections.push(if relation.num_rows() == 0 { Vec::new() } else { ipc::write_batch(relation)? });
    }
    let mut bytes = Vec::with_capacity(HEADER_BYTES + sections.iter().map(Vec::len).sum::<usize>());
    bytes.extend_from_slice(&MAGIC);
    for section in &sections {
        bytes.extend_from_slice(&(section.len() as u64).to_le_bytes());
    }
    for section in &sections {
        bytes.extend_from_slice(section);
    }
    Ok(bytes)
}

pub(super) fn decode(bytes: &[u8]) -> Result<SchemaMetadata> {
    let sections = split(bytes)?;
    let properties = ipc::read_schema(sections[0])?;
    let property = |name: &str| properties.metadata.get(name).cloned();
    let mut relations = Vec::with_capacity(Relation::ALL.len());
    for (relation, section) in Relation::ALL.into_iter().zip(&sections[1..]) {
        relations.push(match section.is_empty() {
            true => RecordBatch::new_empty(relation.layout()),
            false => ipc::read_batch(section, relation.layout())?,
        });
    }
    Ok(SchemaMetadata {
        name: property(NAME).ok_or_else(|| ipc::damaged("The schema has no name."))?,
        oid: number(&properties.metadata, OID)?,
        owner: property(OWNER),
        comment: property(COMMENT),
        column_types: properties.fields().iter().map(|field| column_type(field)).collect::<Result<_>>()?,
        relations: relations.try_into().map_err(|_| ipc::damaged("A relation is missing."))?,
    })
}

fn split(bytes: &[u8]) -> Result<[&[u8]; SECTIONS]> {
    if bytes.len() < HEADER_BYTES || bytes[..MAGIC.len()] != MAGIC {
        return Err(ipc::damaged("It is no schema of this version of metagate."));
    }
    let (header, mut rest) = bytes.split_at(HEADER_BYTES);
    let mut sections = [&[][..]; SECTIONS];
    for (section, length) in sections.iter_mut().zip(header[MAGIC.len()..].chunks_exact(size_of::<u64>())) {
        let length = length.try_into().map(u64::from_le_bytes).unwrap_or(u64::MAX);
        let length = usize::try_from(length).ok().filter(|length| *length <= rest.len());
        (*section, rest) = rest.split_at(length.ok_or_else(|| ipc::damaged("It ends too early."))?);
    }
    match rest.is_empty() {
        true => Ok(sections),
        false => Err(ipc::damaged("It does not end where it should.")),
    }
}

/// The properties of the schema and its column types, in the form of an Arrow schema.
fn properties(schema: &SchemaMetadata) -> Schema {
    let fields: Vec<Field> = schema
        .column_types
        .iter()
        .map(|column_type| {
            let metadata = [
                (PG_OID, column_type.pg.oid.to_string()),
                (PG_TYPMOD, column_type.pg.typmod.to_string()),
                (NATIVE, column_type.native.clone()),
            ];
            // The field needs a name of its own only to be told apart in a dump.
            Field::new(&column_type.native, column_type.arrow.clone(), true)
                .with_metadata(metadata.map(|(name, value)| (name.to_owned(), value)).into())
        })
        .collect();
    let properties =
        [(NAME, Some(schema.name.clone())), (OID, Some(schema.oid.to_string())), (OWNER, schema.owner.clone()), (COMMENT, schema.comment.clone())];
    let properties = properties.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Schema::new_with_metadata(fields, properties.collect())
}

fn column_type(field: &Field) -> Result<ColumnType> {
    let metadata = field.metadata();
    let pg = PgType { oid: number(metadata, PG_OID)?, typmod: number(metadata, PG_TYPMOD)? };
    let native = metadata.get(NATIVE).cloned().ok_or_else(|| ipc::damaged("A column type has no native type."))?;
    Ok(ColumnType { arrow: field.data_type().clone(), pg, native })
}

fn number<T: std::str::FromStr>(metadata: &HashMap<String, String>, name: &str) -> Result<T> {
    let number = metadata.get(name).and_then(|text| text.parse().ok());
    number.ok_or_else(|| ipc::damaged(format!("Property \"{name}\" is missing or no number.")))
}
