//! The blocks of an Avro file: how many rows, how many bytes, the rows, and a mark that the file has after each.

use arrow_avro::reader::read_header_info;
use bytes::{Bytes, BytesMut};
use spi::Result;

use super::super::remote_file::RemoteFile;

/// With what every Avro file begins.
const MAGIC: &[u8] = b"Obj\x01";

/// What is fetched at a time: enough to hide the way to the store.
const PART_BYTES: u64 = 4 << 20;

/// Schemas are some kilobytes.
const HEADER_BYTES_MAX: u64 = 16 << 20;

/// Writers make blocks of 16 KB to some MB.
const BLOCK_BYTES_MAX: u64 = 256 << 20;

const MARK_BYTES: usize = 16;

/// A file from its first block on.
pub(super) struct Container<'a> {
    file: &'a RemoteFile<'a>,
    pub(super) header: Bytes,
    mark: [u8; MARK_BYTES],
    /// What was fetched and not yet given.
    fetched: BytesMut,
    /// Where the file goes on after that.
    position: u64,
}

/// Some whole blocks.
pub(super) struct Blocks {
    pub(super) bytes: Bytes,
    pub(super) rows: u64,
}

/// The first block of some bytes.
enum Block {
    Whole {
        rows: u64,
        length: usize,
    },
    /// So many bytes are missing, or more.
    Partial {
        missing: u64,
    },
}

impl<'a> Container<'a> {
    pub(super) async fn open(file: &'a RemoteFile<'a>) -> Result<Self> {
        let mut fetched = BytesMut::new();
        loop {
            let position = fetched.len() as u64;
            let end = file.size().min(position + PART_BYTES);
            fetched.extend_from_slice(&file.bytes(position..end).await?);
            if !fetched.starts_with(MAGIC) {
                return Err(file.damaged("It does not begin as an Avro file does."));
            }
            let read = file.decode(|| read_header_info(&fetched[..]));
            match read {
                Ok(read) => {
                    let header = fetched.split_to(read.header_len() as usize).freeze();
                    return Ok(Self { file, header, mark: read.sync(), fetched, position: end });
                }
                Err(error) if end == file.size() => return Err(error),
                Err(_) if end > HEADER_BYTES_MAX => return Err(file.too_large("The header", end, HEADER_BYTES_MAX)),
                // It may be longer than what was fetched.
                Err(_) => {}
            }
        }
    }

    /// The next blocks, as many as were fetched together; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Blocks>> {
        loop {
            let (mut length, mut rows) = (0, 0);
            let missing = loop {
                match self.block(&self.fetched[length..])? {
                    Block::Whole { rows: more, length: next } => (length, rows) = (length + next, rows + more),
                    Block::Partial { missing } => break missing,
                }
            };
            if length > 0 {
                return Ok(Some(Blocks { bytes: self.fetched.split_to(length).freeze(), rows }));
            }
            if self.position == self.file.size() {
                return match self.fetched.is_empty() {
                    true => Ok(None),
                    false => Err(self.file.damaged("It ends within a block.")),
                };
            }
            let end = self.file.size().min(self.position.saturating_add(missing.max(PART_BYTES)));
            self.fetched.extend_from_slice(&self.file.bytes(self.position..end).await?);
            self.position = end;
        }
    }

    fn block(&self, bytes: &[u8]) -> Result<Block> {
        let mut rest = bytes;
        let (Some(rows), Some(length)) = (long(&mut rest), long(&mut rest)) else {
            // Twice the longest number.
            return match bytes.len() < 20 {
                true => Ok(Block::Partial { missing: 1 }),
                false => Err(self.file.damaged("A block has no length.")),
            };
        };
        let (Ok(rows), Ok(length)) = (u64::try_from(rows), u64::try_from(length)) else {
            return Err(self.file.damaged("A block has less than no rows."));
        };
        if length > BLOCK_BYTES_MAX {
            return Err(self.file.too_large("A block", length, BLOCK_BYTES_MAX));
        }
        let length = length as usize;
        match rest.get(length..length + MARK_BYTES) {
            None => Ok(Block::Partial { missing: (length + MARK_BYTES - rest.len()) as u64 }),
            Some(mark) if mark == self.mark => Ok(Block::Whole { rows, length: bytes.len() - rest.len() + length + MARK_BYTES }),
            Some(_) => Err(self.file.damaged("A block does not end where it says.")),
        }
    }
}

/// Takes a number as Avro writes it: seven bits a byte, the least ones first, and its sign last of all.
fn long(rest: &mut &[u8]) -> Option<i64> {
    let mut number = 0_u64;
    for (place, byte) in rest.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f).checked_shl(7 * place as u32)?;
        if byte & 0x80 == 0 {
            *rest = &rest[place + 1..];
            return Some((number >> 1) as i64 ^ -((number & 1) as i64));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_zigzag() {
        for (bytes, expected) in [
            (&[0x00][..], Some(0)),
            (&[0x01], Some(-1)),
            (&[0x80, 0x01], Some(64)),
            (&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], Some(i64::MIN)),
            (&[0x80], None),
            (&[], None),
            (&[0xff; 11], None),
        ] {
            let mut rest = bytes;
            assert_eq!(long(&mut rest), expected, "{bytes:?}");
        }
    }
}
