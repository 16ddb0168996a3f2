//! Bytes of a file, decompressed and cut into lines as Hadoop's LineReader does: after `\n`, `\r\n` or `\r`. A mark that a file is in
//! UTF-8, which some programs write at its very beginning, is left out as by Hadoop's LineRecordReader.

use std::io::Write;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use flate2::write::MultiGzDecoder;
use memchr::memchr2;

/// A longer line is a file that is no text.
const LINE_BYTES_MAX: usize = 64 << 20;

/// The mark at the beginning of a file: the byte order, which UTF-8 has none of.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Enough lines to hide the cost of a batch of their rows, and few enough that those of long lines fit in memory.
const BLOCK_LINES: usize = 8192;

/// A block of long lines is given before it has that many.
const BLOCK_BYTES: usize = 8 << 20;

/// What is decompressed at a time: it may become a thousand times as much.
const COMPRESSED_BYTES: usize = 8 << 10;

/// Lines that follow each other in a file.
pub(super) struct Block {
    bytes: Bytes,
    places: Vec<Range<usize>>,
}

impl Block {
    /// The lines, without what ends them.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.places.iter().map(|place| &self.bytes[place.clone()])
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }
}

/// The lines of one file, from its bytes as they come.
pub(super) struct Lines {
    place: String,
    decoder: Option<MultiGzDecoder<Vec<u8>>>,
    /// What has come and was not decompressed yet.
    compressed: Bytes,
    /// What was not given yet: the lines at these places, and what follows them.
    buffer: BytesMut,
    places: Vec<Range<usize>>,
    /// So far the buffer was cut into lines.
    cut: usize,
    /// Up to here, what was not cut has no line break.
    searched: usize,
    /// Lines at the beginning of the file that are no rows.
    header_lines: usize,
    /// Whether no line was found yet.
    is_at_start: bool,
    is_finished: bool,
}

impl Lines {
    /// The ending of a file's name says how it is compressed; a compression that is not known is refused, in a sentence.
    pub(super) fn new(place: &str, ending: Option<&str>, header_lines: usize) -> Result<Self, String> {
        let decoder = match ending {
            Some("gz") => Some(MultiGzDecoder::new(Vec::new())),
            Some(other @ ("bz2" | "deflate" | "lz4" | "snappy" | "lzo" | "zst")) => {
                return Err(format!("{place} is compressed by {other}, which is not read from text."));
            }
            _ => None,
        };
        Ok(Self {
            place: place.to_owned(),
            decoder,
            compressed: Bytes::new(),
            buffer: BytesMut::new(),
            places: Vec::new(),
            cut: 0,
            searched: 0,
            header_lines,
            is_at_start: true,
            is_finished: false,
        })
    }

    /// Takes the next bytes of the file. There must be no block to be given.
    pub(super) fn push(&mut self, bytes: Bytes) {
        match self.decoder {
            Some(_) => self.compressed = bytes,
            None => self.buffer.extend_from_slice(&bytes),
        }
    }

    /// No more bytes come: what is left is the last line. Why they cannot be read, as a sentence.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        if let Some(decoder) = &mut self.decoder {
            decoder.try_finish().map_err(|error| format!("{} ends before its gzip does: {error}.", self.place))?;
            self.take_decompressed();
        }
        self.is_finished = true;
        Ok(())
    }

    /// The next lines, at most so many; `None` where more bytes have to come first, or none will. Why they cannot be read, as a sentence.
    pub(super) fn next_block(&mut self, lines_max: usize) -> Result<Option<Block>, String> {
        let lines_max = lines_max.min(BLOCK_LINES);
        loop {
            self.cut(lines_max);
            let is_full = self.places.len() >= lines_max || self.cut >= BLOCK_BYTES;
            if is_full || (self.is_finished && !self.places.is_empty()) {
                let bytes = self.buffer.split_to(self.cut).freeze();
                (self.cut, self.searched) = (0, 0);
                return Ok(Some(Block { bytes, places: std::mem::take(&mut self.places) }));
            }
            if self.searched - self.cut > LINE_BYTES_MAX {
                return Err(format!("{} has a line of more than {LINE_BYTES_MAX} bytes.", self.place));
            }
            if self.compressed.is_empty() {
                return Ok(None);
            }
            self.decompress()?;
        }
    }

    fn decompress(&mut self) -> Result<(), String> {
        let part = self.compressed.split_to(self.compressed.len().min(COMPRESSED_BYTES));
        if let Some(decoder) = &mut self.decoder {
            decoder.write_all(&part).map_err(|error| format!("{} is no gzip: {error}.", self.place))?;
        }
        self.take_decompressed();
        Ok(())
    }

    fn take_decompressed(&mut self) {
        if let Some(decoder) = &mut self.decoder {
            self.buffer.extend_from_slice(decoder.get_ref());
            decoder.get_mut().clear();
        }
    }

    /// Finds lines until there are so many, or no whole one is left.
    fn cut(&mut self, lines_max: usize) {
        while self.places.len() < lines_max && self.cut < BLOCK_BYTES {
            let Some((end, next)) = self.line_end() else { return };
            let mut start = self.cut;
            if std::mem::take(&mut self.is_at_start) && self.buffer[start..end].starts_with(MARK) {
                start += MARK.len();
            }
            match self.header_lines {
                // What has the mark alone, and no line break, has no line.
                0 if start == next => {}
                0 => self.places.push(start..end),
                _ => self.header_lines -= 1,
            }
            (self.cut, self.searched) = (next, next);
        }
    }

    /// Where the next line ends and the one after it begins.
    fn line_end(&mut self) -> Option<(usize, usize)> {
        let found = memchr2(b'\n', b'\r', &self.buffer[self.searched..]);
        // What was searched once is not searched again when more of a long line comes.
        let end = self.searched + found.unwrap_or(self.buffer.len() - self.searched);
        self.searched = end;
        let after = self.buffer.get(end + 1);
        match found {
            // Whether a line break follows the `\r` is not known yet.
            Some(_) if self.buffer[end] == b'\r' && after.is_none() && !self.is_finished => None,
            Some(_) => Some((end, end + 1 + usize::from(self.buffer[end] == b'\r' && after == Some(&b'\n')))),
            None => (self.is_finished && self.cut < end).then_some((end, end)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: &[&[u8]], ending: Option<&str>) -> Result<Vec<String>, String> {
        let mut lines = Lines::new("x", ending, 0)?;
        let mut found = Vec::new();
        let mut take = |lines: &mut Lines| {
            while let Some(block) = lines.next_block(2)? {
                found.extend(block.lines().map(|line| String::from_utf8_lossy(line).into_owned()));
            }
            Ok::<_, String>(())
        };
        for part in parts {
            lines.push(Bytes::copy_from_slice(part));
            take(&mut lines)?;
        }
        lines.finish()?;
        take(&mut lines)?;
        Ok(found)
    }

    #[test]
    fn lines_are_cut_wherever_the_parts_end() {
        let text: &[u8] = b"a\nb\r\n\rc\n\nd";
        for size in 1..=text.len() {
            let parts: Vec<&[u8]> = text.chunks(size).collect();
            assert_eq!(lines(&parts, None).expect("lines"), ["a", "b", "", "c", "", "d"], "{size}");
        }
    }

    #[test]
    fn a_mark_at_the_beginning_is_no_text() {
        for (text, expected) in [("\u{feff}a\n\u{feff}b", &["a", "\u{feff}b"][..]), ("\u{feff}\nb", &["", "b"]), ("\u{feff}", &[])] {
            let parts: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(lines(&parts, None).expect("lines"), expected, "{text:?}");
        }
    }

    #[test]
    fn a_header_is_no_row() {
        let mut lines = Lines::new("x", None, 2).expect("lines");
        lines.push(Bytes::from_static(b"one\ntwo\nthree\nfo"));
        assert!(lines.next_block(2).expect("bytes").is_none());
        lines.push(Bytes::from_static(b"ur\nfive"));
        let block = lines.next_block(2).expect("bytes").expect("a block");
        assert_eq!(block.lines().collect::<Vec<_>>(), [b"three".as_slice(), b"four"]);
        lines.finish().expect("the end");
        let block = lines.next_block(2).expect("bytes").expect("a block");
        assert_eq!((block.lines().collect::<Vec<_>>(), block.len()), (vec![b"five".as_slice()], 1));
        assert!(lines.next_block(2).expect("bytes").is_none());
    }

    #[test]
    fn a_long_line_is_searched_once() {
        let mut lines = Lines::new("x", None, 0).expect("lines");
        let mut push = |bytes: &[u8]| {
            lines.push(Bytes::copy_from_slice(bytes));
            lines.next_block(9)
        };
        // Searched from its beginning each time, this would take hours.
        for _ in 0..400_000 {
            assert!(push(&[b'a'; 100]).expect("bytes").is_none());
        }
        let block = push(b"\nb").expect("bytes").expect("a block");
        assert_eq!(block.lines().map(<[u8]>::len).collect::<Vec<_>>(), [40_000_000]);
        assert!((0..63).all(|_| push(&[b'a'; 1 << 20]).is_ok_and(|block| block.is_none())));
        assert_eq!(push(&[b'a'; 1 << 20]).err(), Some("x has a line of more than 67108864 bytes.".to_owned()));
    }

    #[test]
    fn gzip_is_read_and_cut_off_gzip_is_an_error() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(b"a\nb\n").expect("gzip");
        let bytes = encoder.finish().expect("gzip");
        assert_eq!(lines(&[&bytes[..5], &bytes[5..]], Some("gz")).expect("lines"), ["a", "b"]);
        assert!(lines(&[&bytes[..bytes.len() - 6]], Some("gz")).is_err());
        assert!(lines(&[], Some("snappy")).is_err());
    }

    #[test]
    fn gzip_of_much_becomes_blocks_one_by_one() {
        const LINES: usize = 50_000;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        (0..LINES).for_each(|_| encoder.write_all(&[&[b'a'; 999][..], b"\n"].concat()).expect("gzip"));
        let bytes = encoder.finish().expect("gzip");
        let mut lines = Lines::new("x", Some("gz"), 0).expect("lines");
        lines.push(Bytes::from(bytes));
        let (mut count, mut most) = (0, 0);
        while let Some(block) = lines.next_block(usize::MAX).expect("lines") {
            count += block.len();
            most = most.max(lines.buffer.len());
        }
        lines.finish().expect("the end");
        while let Some(block) = lines.next_block(usize::MAX).expect("lines") {
            count += block.len();
        }
        assert_eq!(count, LINES);
        assert!(most <= 16 << 20, "{most} bytes waited");
    }
}
