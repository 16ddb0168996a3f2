//! Avro files, written byte by byte as Avro's specification says.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// A mark that no value looks like.
const MARK: &[u8; 16] = b"\xfe\x01mark-of-a-file";

/// Collects the values of rows, and the rows in blocks.
pub(crate) struct AvroFile {
    bytes: Vec<u8>,
    is_deflated: bool,
}

impl AvroFile {
    /// A file with this schema, and what else it says of itself.
    pub(crate) fn new(schema: &str, is_deflated: bool, more: &[(&str, &str)]) -> Self {
        let codec = if is_deflated { "deflate" } else { "null" };
        let said = [[("avro.schema", schema), ("avro.codec", codec)].as_slice(), more].concat();
        let mut bytes = b"Obj\x01".to_vec();
        bytes.extend(long(said.len() as i64));
        for (name, value) in said {
            bytes.extend([text(name), text(value)].concat());
        }
        bytes.extend(long(0));
        bytes.extend(MARK);
        Self { bytes, is_deflated }
    }

    /// Adds a block of these rows, each its values after one another.
    pub(crate) fn block(mut self, rows: &[Vec<u8>]) -> Self {
        let mut written = rows.concat();
        if self.is_deflated {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&written).expect("bytes");
            written = encoder.finish().expect("bytes");
        }
        self.bytes.extend([long(rows.len() as i64), long(written.len() as i64), written, MARK.to_vec()].concat());
        self
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// A whole number, an item of an enumeration, a branch of a union, or a count.
pub(crate) fn long(number: i64) -> Vec<u8> {
    let mut rest = ((number << 1) ^ (number >> 63)) as u64;
    let mut bytes = Vec::new();
    while rest > 0x7f {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

/// A text, or bytes.
pub(crate) fn text(text: impl AsRef<[u8]>) -> Vec<u8> {
    [long(text.as_ref().len() as i64), text.as_ref().to_vec()].concat()
}
