//! The values of one line.
//!
//! Source of the rules for delimited text: Hive's `LazyStruct`.

use super::quoted::{self, Marks};
use crate::format::Delimiters;

/// The values of the line that was split last. Its memory is used again for the next line.
#[derive(Default)]
pub(crate) struct Fields {
    bytes: Vec<u8>,
    /// Where each value ends in `bytes`, and whether it is NULL.
    ends: Vec<(usize, bool)>,
}

impl Fields {
    /// A value's bytes; `None` for NULL, and for what the line is too short for.
    pub(crate) fn get(&self, place: usize) -> Option<&[u8]> {
        let (end, is_null) = *self.ends.get(place)?;
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before].0);
        (!is_null).then(|| &self.bytes[start..end])
    }

    pub(crate) fn split_quoted(&mut self, line: &[u8], marks: Marks) {
        self.bytes.clear();
        self.ends.clear();
        quoted::split(line, marks, &mut self.bytes, |end| self.ends.push((end, false)));
    }

    pub(crate) fn split_delimited(&mut self, line: &[u8], format: &Delimiters) {
        self.bytes.clear();
        self.ends.clear();
        let mut start = 0;
        let mut place = 0;
        while place <= line.len() {
            if place == line.len() || line[place] == format.delimiter {
                self.push_delimited(&line[start..place], format);
                start = place + 1;
            } else if format.escape == Some(line[place]) && place + 1 < line.len() {
                // What follows is no delimiter. An escape at the end of the line hides nothing.
                place += 1;
            }
            place += 1;
        }
    }

    fn push_delimited(&mut self, written: &[u8], format: &Delimiters) {
        let is_null = format.null == written;
        if !is_null {
            let mut rest = written.iter();
            while let Some(byte) = rest.next() {
                match format.escape == Some(*byte) {
                    false => self.bytes.push(*byte),
                    true => match rest.next() {
                        Some(b'n') => self.bytes.push(b'\n'),
                        Some(b'r') => self.bytes.push(b'\r'),
                        Some(escaped) => self.bytes.push(*escaped),
                        None => self.bytes.push(*byte),
                    },
                }
            }
        }
        self.ends.push((self.bytes.len(), is_null));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str, format: &Delimiters) -> Vec<Option<String>> {
        let mut fields = Fields::default();
        fields.split_delimited(line.as_bytes(), format);
        (0..fields.ends.len()).map(|place| fields.get(place).map(|bytes| String::from_utf8_lossy(bytes).into_owned())).collect()
    }

    fn some(values: &[&str]) -> Vec<Option<String>> {
        values.iter().map(|value| Some((*value).to_owned())).collect()
    }

    #[test]
    fn delimited_lines_have_escapes_and_nulls() {
        let format = Delimiters { delimiter: b'|', escape: Some(b'\\'), null: b"\\N".to_vec() };
        assert_eq!(split("a|\"b|", &format), some(&["a", "\"b", ""]));
        assert_eq!(split("a\\|b|\\\\|c\\", &format), some(&["a|b", "\\", "c\\"]));
        assert_eq!(split("\\N|x", &format), [None, Some("x".to_owned())]);
        assert_eq!(split("", &format), some(&[""]));
        let plain = Delimiters { escape: None, ..format };
        assert_eq!(split("a\\|b", &plain), some(&["a\\", "b"]));
    }
}
