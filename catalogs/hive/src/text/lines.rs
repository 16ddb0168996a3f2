//! Bytes of a file, decompressed and cut into lines as Hadoop's LineReader does: after `\n`, `\r\n` or `\r`.

use std::io::Write;

use flate2::write::MultiGzDecoder;

/// A longer line is a file that is no text.
const LINE_BYTES_MAX: usize = 64 << 20;

/// The lines of one file, from its bytes as they come.
pub(crate) struct Lines {
    place: String,
    decoder: Option<MultiGzDecoder<Vec<u8>>>,
    /// What has come and was not given yet, from `given` on.
    buffer: Vec<u8>,
    given: usize,
    /// Up to here, what was not given yet has no line break.
    searched: usize,
    is_finished: bool,
}

impl Lines {
    /// The ending of a file's name says how it is compressed; a compression that is not known is refused, in a sentence.
    pub(crate) fn new(place: &str, ending: Option<&str>) -> Result<Self, String> {
        let decoder = match ending {
            Some("gz") => Some(MultiGzDecoder::new(Vec::new())),
            Some(other @ ("bz2" | "deflate" | "lz4" | "snappy" | "lzo" | "zst")) => {
                return Err(format!("{place} is compressed by {other}, which is not read from text."));
            }
            _ => None,
        };
        Ok(Self { place: place.to_owned(), decoder, buffer: Vec::new(), given: 0, searched: 0, is_finished: false })
    }

    /// Takes the next bytes of the file; why they cannot be read, as a sentence.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.buffer.drain(..self.given);
        self.searched -= self.given;
        self.given = 0;
        if self.searched > LINE_BYTES_MAX {
            return Err(format!("{} has a line of more than {LINE_BYTES_MAX} bytes.", self.place));
        }
        match &mut self.decoder {
            None => self.buffer.extend_from_slice(bytes),
            Some(decoder) => {
                decoder.write_all(bytes).map_err(|error| format!("{} is no gzip: {error}.", self.place))?;
                self.buffer.append(decoder.get_mut());
            }
        }
        Ok(())
    }

    /// No more bytes come: what is left is the last line.
    pub(crate) fn finish(&mut self) -> Result<(), String> {
        if let Some(decoder) = &mut self.decoder {
            decoder.try_finish().map_err(|error| format!("{} ends before its gzip does: {error}.", self.place))?;
            self.buffer.append(decoder.get_mut());
        }
        self.is_finished = true;
        Ok(())
    }

    /// The next line that is whole.
    pub(crate) fn next(&mut self) -> Option<&[u8]> {
        let start = self.given;
        let found = self.buffer[self.searched..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        // What was searched once is not searched again when more of a long line comes.
        let end = self.searched + found.unwrap_or(self.buffer.len() - self.searched);
        self.searched = end;
        let after = self.buffer.get(end + 1);
        self.given = match found {
            // Whether a line break follows the `\r` is not known yet.
            Some(_) if self.buffer[end] == b'\r' && after.is_none() && !self.is_finished => return None,
            Some(_) => end + 1 + usize::from(self.buffer[end] == b'\r' && after == Some(&b'\n')),
            None if self.is_finished && start < end => end,
            None => return None,
        };
        self.searched = self.given;
        Some(&self.buffer[start..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(parts: &[&[u8]], ending: Option<&str>) -> Result<Vec<String>, String> {
        let mut lines = Lines::new("x", ending)?;
        let mut found = Vec::new();
        let mut take = |lines: &mut Lines| {
            while let Some(line) = lines.next() {
                found.push(String::from_utf8_lossy(line).into_owned());
            }
        };
        for part in parts {
            lines.push(part)?;
            take(&mut lines);
        }
        lines.finish()?;
        take(&mut lines);
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
    fn a_long_line_is_searched_once() {
        let mut lines = Lines::new("x", None).expect("lines");
        // Searched from its beginning each time, this would take hours.
        for _ in 0..400_000 {
            lines.push(&[b'a'; 100]).expect("bytes");
            assert!(lines.next().is_none());
        }
        lines.push(b"\nb").expect("bytes");
        assert_eq!(lines.next().map(<[u8]>::len), Some(40_000_000));
        lines.finish().expect("the end");
        assert_eq!(lines.next(), Some(b"b".as_slice()));
        let mut lines = Lines::new("x", None).expect("lines");
        let mut push = || {
            let pushed = lines.push(&[b'a'; 1 << 20]);
            assert!(lines.next().is_none());
            pushed
        };
        assert!((0..65).all(|_| push().is_ok()));
        assert_eq!(push().expect_err("too long"), "x has a line of more than 67108864 bytes.");
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
}
