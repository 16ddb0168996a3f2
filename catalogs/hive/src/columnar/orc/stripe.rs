//! One stripe of an ORC file: some thousands of rows, of which each column is by itself.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use chrono_tz::Tz;
use orc_rust::array_decoder::NaiveStripeDecoder;
use orc_rust::compression::Decompressor;
use orc_rust::proto::StripeFooter;
use orc_rust::proto::stream::Kind;
use orc_rust::reader::ChunkReader;
use orc_rust::schema::RootDataType;
use orc_rust::stripe::{Stripe, StripeMetadata};
use prost::Message;
use spi::Result;

use super::super::remote_file::RemoteFile;
use super::super::rows_per_batch;
use super::arrow_schema;
use super::tail::Tail;

/// Writers make stripes of 64 to 256 MB, of which seldom all columns are wanted.
const STRIPE_BYTES_MAX: u64 = 1 << 30;

/// Batches of the rows of a stripe.
pub(super) type Batches = NaiveStripeDecoder;

/// Fetches the wanted columns of a stripe.
pub(super) async fn batches(file: &RemoteFile<'_>, tail: &Tail, wanted: &RootDataType, of: &StripeMetadata) -> Result<Batches> {
    let outside = || file.damaged("A stripe is not within it.");
    let lengths = of.index_length().checked_add(of.data_length()).and_then(|length| length.checked_add(of.footer_length()));
    let end = lengths.and_then(|length| of.offset().checked_add(length)).filter(|end| *end <= file.size()).ok_or_else(outside)?;
    let footer_bytes = file.bytes(of.footer_offset()..end).await?;
    let footer = footer(file, tail, footer_bytes.clone())?;
    let streams = streams(&footer, wanted, of.offset());
    if streams.iter().any(|stream| stream.end > of.footer_offset()) {
        return Err(outside());
    }
    let bytes = streams.iter().map(|stream| stream.end - stream.start).sum();
    if bytes > STRIPE_BYTES_MAX {
        return Err(file.too_large("A stripe", bytes, STRIPE_BYTES_MAX));
    }
    let mut parts: BTreeMap<u64, Bytes> = streams.iter().map(|stream| stream.start).zip(file.parts(&streams).await?).collect();
    parts.insert(of.footer_offset(), footer_bytes);
    let rows_per_batch = rows_per_batch(bytes, of.number_of_rows());
    file.decode(|| {
        let stripe = Stripe::new(&mut Parts(parts), &tail.metadata, wanted, of)?;
        NaiveStripeDecoder::new(stripe, Arc::new(arrow_schema(wanted)), rows_per_batch)
    })
}

fn footer(file: &RemoteFile<'_>, tail: &Tail, bytes: Bytes) -> Result<StripeFooter> {
    let mut plain = Vec::new();
    file.decode(|| Decompressor::new(bytes, tail.metadata.compression(), Vec::new()).read_to_end(&mut plain))?;
    let footer = file.decode(|| StripeFooter::decode(plain.as_slice()))?;
    match footer.writer_timezone.as_deref().filter(|zone| zone.parse::<Tz>().is_err()) {
        Some(zone) => Err(file.unsupported(&format!("It was written in the time zone \"{zone}\", which is not known here."))),
        None => Ok(footer),
    }
}

/// Where the values of the wanted columns are; not their indexes, which nobody asks.
fn streams(footer: &StripeFooter, wanted: &RootDataType, stripe: u64) -> Vec<Range<u64>> {
    let mut streams = Vec::new();
    let mut start = stripe;
    for stream in &footer.streams {
        let end = start.saturating_add(stream.length());
        let is_index = matches!(stream.kind(), Kind::RowIndex | Kind::BloomFilter | Kind::BloomFilterUtf8);
        if start < end && !is_index && wanted.contains_column_index(stream.column() as usize) {
            streams.push(start..end);
        }
        start = end;
    }
    streams
}

/// What was fetched of a stripe, by where it begins in the file.
struct Parts(BTreeMap<u64, Bytes>);

impl ChunkReader for Parts {
    type T = bytes::buf::Reader<Bytes>;

    /// Where the last part ends. Nobody asks: the metadata were read before.
    fn len(&self) -> u64 {
        self.0.last_key_value().map_or(0, |(start, part)| start + part.len() as u64)
    }

    fn get_read(&self, offset_from_start: u64) -> std::io::Result<Self::T> {
        Ok(self.0.get(&offset_from_start).cloned().unwrap_or_default().reader())
    }

    /// A whole part; nothing for what was not fetched.
    fn get_bytes(&self, offset_from_start: u64, length: u64) -> std::io::Result<Bytes> {
        let part = self.0.get(&offset_from_start).filter(|part| part.len() as u64 == length);
        Ok(part.cloned().unwrap_or_default())
    }
}
