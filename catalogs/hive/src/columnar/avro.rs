//! Avro files: their blocks one after the other, some of them at a time.
//!
//! `container.rs` cuts a file into its blocks. Rows are read with the table's schema if it has one, which may give columns that the file
//! lacks a default, as Avro's rules for two schemas say; else with the file's own. `schema.rs` finds it.

mod container;
mod schema;

use std::io::Read;

use arrow::array::{ArrayRef, RecordBatch};
use arrow_avro::reader::{Reader, ReaderBuilder};
use arrow_avro::schema::AvroSchema;
use chrono_tz::Tz;
use spi::Result;

use super::assembly::{Assembly, FileColumn};
use super::conversion::Writer;
use super::remote_file::RemoteFile;
use super::{ROWS_PER_BATCH, Wanted, count, rows_per_batch};
use container::{Blocks, Container};

pub(super) use schema::schema;

/// Sends the wanted rows of a file, which are read with the schema of the table if it has one. False where nobody wants more.
pub(super) async fn read(file: &RemoteFile<'_>, schema: Option<&str>, wanted: &mut Wanted<'_>) -> Result<bool> {
    let mut container = Container::open(file).await?;
    let header = container.header.clone();
    let whole = Decoding { header: &header, schema, projection: None };
    let (columns, writer) = {
        let reader = file.decode(|| whole.reader(&[], ROWS_PER_BATCH))?;
        (columns(&reader), writer(file, &reader)?)
    };
    let assembly = Assembly::new(file, &columns, false, &writer, wanted)?;
    let projected = Decoding { projection: Some(&assembly.needed), ..whole };
    // What a wanted column is may be defined at one that is not wanted: then all of them are decoded.
    let decoding = if projected.reader(&[], ROWS_PER_BATCH).is_ok() { projected } else { whole };
    while let Some(blocks) = container.next().await? {
        let is_wanted = match assembly.needed.is_empty() {
            true => count(file, &assembly, blocks.rows, wanted).await?,
            false => send(file, &assembly, &decoding, &blocks, wanted).await?,
        };
        if !is_wanted {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn send(
    file: &RemoteFile<'_>,
    assembly: &Assembly,
    decoding: &Decoding<'_>,
    blocks: &Blocks,
    wanted: &mut Wanted<'_>,
) -> Result<bool> {
    let rows_per_batch = rows_per_batch(blocks.bytes.len() as u64, blocks.rows);
    let mut reader = file.decode(|| decoding.reader(&blocks.bytes, rows_per_batch))?;
    while let Some(decoded) = file.decode(|| reader.next().transpose())? {
        let batch = file.decode(|| assembly.batch(&decoding.needed(&decoded, assembly), decoded.num_rows()))?;
        if !wanted.send(batch).await {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How the rows of a file are decoded.
#[derive(Clone, Copy)]
struct Decoding<'a> {
    /// The bytes before the first block.
    header: &'a [u8],
    /// The table's, in Avro's JSON.
    schema: Option<&'a str>,
    /// Which columns; without it all of them.
    projection: Option<&'a [usize]>,
}

impl<'a> Decoding<'a> {
    /// The rows of blocks. The library reads whole files, so that each time it is given the header too.
    fn reader<'b>(&self, blocks: &'b [u8], rows_per_batch: usize) -> std::result::Result<FileReader<'a, 'b>, arrow::error::ArrowError> {
        let mut builder = ReaderBuilder::new().with_batch_size(rows_per_batch);
        if let Some(schema) = self.schema {
            builder = builder.with_reader_schema(AvroSchema::new(schema.to_owned()));
        }
        if let Some(projection) = self.projection {
            builder = builder.with_projection(projection.to_vec());
        }
        builder.build(self.header.chain(blocks))
    }

    /// The columns that are needed, of those that were decoded.
    fn needed(&self, decoded: &RecordBatch, assembly: &Assembly) -> Vec<ArrayRef> {
        match self.projection {
            Some(_) => decoded.columns().to_vec(),
            None => assembly.needed.iter().map(|place| decoded.column(*place).clone()).collect(),
        }
    }
}

type FileReader<'a, 'b> = Reader<std::io::Chain<&'a [u8], &'b [u8]>>;

fn columns(reader: &FileReader<'_, '_>) -> Vec<FileColumn> {
    let schema = reader.schema();
    let column = |field: &arrow::datatypes::FieldRef| FileColumn {
        name: field.name().clone(),
        data_type: field.data_type().clone(),
        native_type: field.data_type().to_string().to_lowercase(),
    };
    schema.fields().iter().map(column).collect()
}

/// What the file says of its dates and times. Source of the names: Hive's `AvroSerDe`; of what holds without them: its
/// `hive.avro.proleptic.gregorian.default`, and `hive.avro.timestamp.skip.conversion`, without which the time zone of a server would count.
fn writer(file: &RemoteFile<'_>, reader: &FileReader<'_, '_>) -> Result<Writer> {
    let said = |name: &str| reader.avro_header().get(name).and_then(|value| std::str::from_utf8(value).ok());
    let zone = said("writer.time.zone").map(|zone| {
        let unknown = || file.unsupported(&format!("It was written in the time zone \"{zone}\", which is not known here."));
        zone.parse::<Tz>().map_err(|_| unknown())
    });
    let is_hybrid = !said("writer.proleptic").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    Ok(Writer { is_hybrid, zone: zone.transpose()?, has_logical_types: true })
}
