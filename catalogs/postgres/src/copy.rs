//! The rows of `COPY … TO STDOUT (FORMAT binary)`, laid out as PostgreSQL's manual says under COPY, "Binary Format".

use sqlx::Error;

/// What the bytes begin with.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// The number of fields that stands in place of a row after the last one.
const TRAILER: i16 = -1;

/// Finds the rows in bytes that may be cut anywhere, although servers cut them between rows.
#[derive(Debug, Default)]
pub(crate) struct CopyReader {
    stage: Stage,
    /// The beginning of a row, or of the header, whose rest has not come yet.
    pending: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Header,
    Rows,
    Ended,
}

/// The fields of a row, each `None` where it is null.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tuple<'a> {
    count: usize,
    /// Each with its length. All are there.
    fields: &'a [u8],
}

impl CopyReader {
    /// Gives `each` the rows that are whole with these bytes.
    pub(crate) fn read<E: From<Error>>(&mut self, bytes: &[u8], each: impl FnMut(Tuple<'_>) -> Result<(), E>) -> Result<(), E> {
        if self.pending.is_empty() {
            let rest = self.rows(bytes, each)?;
            self.pending.extend_from_slice(rest);
            return Ok(());
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.extend_from_slice(bytes);
        let rest = self.rows(&pending, each)?.len();
        pending.drain(..pending.len() - rest);
        self.pending = pending;
        Ok(())
    }

    /// Whether the last row has come.
    pub(crate) fn has_ended(&self) -> bool {
        self.stage == Stage::Ended
    }

    /// The bytes after the last whole row.
    fn rows<'a, E: From<Error>>(&mut self, mut bytes: &'a [u8], mut each: impl FnMut(Tuple<'_>) -> Result<(), E>) -> Result<&'a [u8], E> {
        loop {
            let (stage, rest) = match self.stage {
                Stage::Header => match after_header(bytes)? {
                    Some(rest) => (Stage::Rows, rest),
                    None => return Ok(bytes),
                },
                Stage::Rows => match Part::parse(bytes)? {
                    Some((Part::Row(tuple), rest)) => {
                        each(tuple)?;
                        (Stage::Rows, rest)
                    }
                    Some((Part::Trailer, rest)) => (Stage::Ended, rest),
                    None => return Ok(bytes),
                },
                Stage::Ended if bytes.is_empty() => return Ok(bytes),
                Stage::Ended => return Err(damaged().into()),
            };
            (self.stage, bytes) = (stage, rest);
        }
    }
}

/// What is behind the header, once it is whole: signature, flags, and an extension with its length. Flags and extensions that
/// would change the rows are none that a server sends unasked.
fn after_header(bytes: &[u8]) -> Result<Option<&[u8]>, Error> {
    let known = bytes.len().min(SIGNATURE.len());
    if bytes[..known] != SIGNATURE[..known] {
        return Err(damaged());
    }
    let Some((_, rest)) = bytes.split_at_checked(SIGNATURE.len() + size_of::<u32>()) else { return Ok(None) };
    let Some((extension, rest)) = rest.split_first_chunk() else { return Ok(None) };
    Ok(rest.get(u32::from_be_bytes(*extension) as usize..))
}

enum Part<'a> {
    Row(Tuple<'a>),
    Trailer,
}

impl<'a> Part<'a> {
    /// The first part of the bytes, and what follows it; `None` where it is not whole.
    fn parse(bytes: &'a [u8]) -> Result<Option<(Self, &'a [u8])>, Error> {
        let Some((count, fields)) = bytes.split_first_chunk() else { return Ok(None) };
        let count = match i16::from_be_bytes(*count) {
            TRAILER => return Ok(Some((Self::Trailer, fields))),
            count => usize::try_from(count).map_err(|_| damaged())?,
        };
        let mut rest = fields;
        for _ in 0..count {
            let Some((length, after)) = rest.split_first_chunk() else { return Ok(None) };
            let length = match i32::from_be_bytes(*length) {
                -1 => 0,
                length => usize::try_from(length).map_err(|_| damaged())?,
            };
            let Some(after) = after.get(length..) else { return Ok(None) };
            rest = after;
        }
        Ok(Some((Self::Row(Tuple { count, fields }), rest)))
    }
}

impl Tuple<'_> {
    pub(crate) fn len(&self) -> usize {
        self.count
    }
}

impl<'a> Iterator for Tuple<'a> {
    type Item = Option<&'a [u8]>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.count = self.count.checked_sub(1)?;
        // Both are there: `Part::parse` has looked.
        let (length, rest) = self.fields.split_first_chunk()?;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            self.fields = rest;
            return Some(None);
        };
        let (field, rest) = rest.split_at_checked(length)?;
        self.fields = rest;
        Some(Some(field))
    }
}

fn damaged() -> Error {
    Error::Protocol("the rows of COPY are not in its binary format".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = Vec<Option<Vec<u8>>>;

    fn file(rows: &[Row]) -> Vec<u8> {
        let mut bytes = [SIGNATURE, &[0; 8]].concat();
        for row in rows {
            bytes.extend((row.len() as i16).to_be_bytes());
            for field in row {
                bytes.extend(field.as_ref().map_or(-1, |field| field.len() as i32).to_be_bytes());
                bytes.extend(field.iter().flatten());
            }
        }
        bytes.extend(TRAILER.to_be_bytes());
        bytes
    }

    fn read(reader: &mut CopyReader, bytes: &[u8], rows: &mut Vec<Row>) -> Result<(), Error> {
        reader.read(bytes, |tuple| {
            rows.push(tuple.map(|field| field.map(<[u8]>::to_vec)).collect());
            Ok(())
        })
    }

    #[test]
    fn rows_arrive_however_they_are_cut() {
        let rows = [vec![Some(b"a".to_vec()), None, Some(Vec::new())], vec![], vec![Some(vec![7; 300])]];
        let bytes = file(&rows);
        for size in 1..=bytes.len() {
            let (mut reader, mut found) = (CopyReader::default(), Vec::new());
            for chunk in bytes.chunks(size) {
                assert!(!reader.has_ended());
                read(&mut reader, chunk, &mut found).expect("whole rows");
            }
            assert!(reader.has_ended() && found == rows, "{size}");
        }
    }

    #[test]
    fn what_is_no_row_is_refused() {
        let whole = file(&[vec![Some(b"a".to_vec())]]);
        let replaced = |place: usize, byte: u8| {
            let mut bytes = whole.clone();
            bytes[place] = byte;
            bytes
        };
        let behind_the_end = [&whole[..], &[0]].concat();
        // The first byte of the signature, of the number of fields, and of a length.
        for bytes in [replaced(0, b'p'), replaced(19, 0x80), replaced(21, 0x80), behind_the_end] {
            assert!(read(&mut CopyReader::default(), &bytes, &mut Vec::new()).is_err());
        }
    }
}
