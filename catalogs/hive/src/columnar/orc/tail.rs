//! What an ORC file says of itself, which stands at its end: its types, where its stripes are, and their statistics.

use std::io::Read;

use bytes::{Buf, Bytes, BytesMut};
use orc_rust::compression::Decompressor;
use orc_rust::proto::{CalendarKind, Footer, PostScript};
use orc_rust::reader::ChunkReader;
use orc_rust::reader::metadata::{FileMetadata, read_metadata};
use prost::Message;
use spi::Result;

use super::super::remote_file::RemoteFile;

/// What is fetched of the end of a file at first: mostly all that is needed.
const GUESS_BYTES: u64 = 64 << 10;

/// Statistics of many stripes of many columns take some megabytes.
const TAIL_BYTES_MAX: u64 = 256 << 20;

/// The writer of Hive before version 0.14, also where a file says none.
const ORIGINAL_WRITER: u32 = 0;

pub(super) struct Tail {
    pub(super) metadata: FileMetadata,
    /// Whether the dates before 1582-10-15 are of the calendar that Java once had. Files that do not say are, as Hive takes them.
    pub(super) is_hybrid: bool,
    /// Whether statistics of several parts were put together rightly, which the first version of the writer did not (HIVE-8732).
    pub(super) has_true_statistics: bool,
}

pub(super) async fn read(file: &RemoteFile<'_>) -> Result<Tail> {
    let size = file.size();
    let mut from = size.saturating_sub(GUESS_BYTES);
    let mut bytes = file.bytes(from..size).await?;
    let postscript = postscript(&bytes).ok_or_else(|| file.damaged("Its end is not that of an ORC file."))?;
    let lengths = [postscript.message.footer_length(), postscript.message.metadata_length(), postscript.length];
    let length = lengths.iter().fold(0_u64, |sum, length| sum.saturating_add(*length));
    if length > size {
        return Err(file.damaged("It is shorter than its end says."));
    }
    if length > TAIL_BYTES_MAX {
        return Err(file.too_large("The description", length, TAIL_BYTES_MAX));
    }
    if size - length < from {
        let mut whole = BytesMut::from(file.bytes(size - length..from).await?);
        whole.extend_from_slice(&bytes);
        (from, bytes) = (size - length, whole.freeze());
    }
    let metadata = file.decode(|| read_metadata(&mut End { from, bytes: bytes.clone() }))?;
    let end = bytes.len() - postscript.length as usize;
    let written = bytes.slice(end - postscript.message.footer_length() as usize..end);
    let mut plain = Vec::new();
    file.decode(|| Decompressor::new(written, metadata.compression(), Vec::new()).read_to_end(&mut plain))?;
    let footer = file.decode(|| Footer::decode(plain.as_slice()))?;
    if footer.encryption.is_some() {
        return Err(file.unsupported("Columns of it are encrypted."));
    }
    let has_true_statistics = postscript.message.writer_version() != ORIGINAL_WRITER;
    Ok(Tail { metadata, is_hybrid: footer.calendar() != CalendarKind::ProlepticGregorian, has_true_statistics })
}

struct LastPart {
    message: PostScript,
    /// With the byte that says it.
    length: u64,
}

/// The last part of a file, of which the very last byte says how long it is.
fn postscript(end: &[u8]) -> Option<LastPart> {
    let (length, rest) = end.split_last()?;
    let start = rest.len().checked_sub((*length).into())?;
    Some(LastPart { message: PostScript::decode(&rest[start..]).ok()?, length: u64::from(*length) + 1 })
}

/// The end of a file, as the library reads it.
struct End {
    from: u64,
    bytes: Bytes,
}

impl ChunkReader for End {
    type T = bytes::buf::Reader<Bytes>;

    fn len(&self) -> u64 {
        self.from + self.bytes.len() as u64
    }

    fn get_read(&self, offset_from_start: u64) -> std::io::Result<Self::T> {
        let start = offset_from_start.checked_sub(self.from).and_then(|start| usize::try_from(start).ok());
        let start = start.filter(|start| *start <= self.bytes.len()).ok_or(std::io::ErrorKind::UnexpectedEof)?;
        Ok(self.bytes.slice(start..).reader())
    }
}
