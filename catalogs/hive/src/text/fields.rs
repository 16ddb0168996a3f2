//! How LazySimpleSerDe's text is cut: lines into values, and these into theirs.
//!
//! Source of the rules: Hive's `LazyStruct`, and its `LazyUtils.copyAndEscapeStringDataToText`.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr2};

/// Where the values are that separators part. An empty text is one empty value.
pub(super) fn split(written: &[u8], separator: u8, escape: Option<u8>) -> impl Iterator<Item = Range<usize>> {
    let mut start = Some(0);
    std::iter::from_fn(move || {
        let first = start?;
        let end = first + position(&written[first..], separator, escape).unwrap_or(written.len() - first);
        start = (end < written.len()).then_some(end + 1);
        Some(first..end)
    })
}

/// Where a separator stands that is not escaped. An escape at the end hides nothing.
pub(super) fn position(written: &[u8], separator: u8, escape: Option<u8>) -> Option<usize> {
    let Some(escape) = escape else { return memchr(separator, written) };
    let mut place = 0;
    loop {
        place += memchr2(separator, escape, written.get(place..)?)?;
        if written[place] == separator {
            return Some(place);
        }
        place += 2;
    }
}

/// A value without its escapes.
pub(super) fn unescaped(written: &[u8], escape: Option<u8>) -> Cow<'_, [u8]> {
    let Some(escape) = escape.filter(|escape| written.contains(escape)) else { return Cow::Borrowed(written) };
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.iter();
    while let Some(byte) = rest.next() {
        match *byte == escape {
            false => bytes.push(*byte),
            true => match rest.next() {
                Some(b'n') => bytes.push(b'\n'),
                Some(b'r') => bytes.push(b'\r'),
                Some(escaped) => bytes.push(*escaped),
                None => bytes.push(*byte),
            },
        }
    }
    Cow::Owned(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(line: &str, escape: Option<u8>) -> Vec<String> {
        let line = line.as_bytes();
        let value = |place: Range<usize>| String::from_utf8_lossy(&unescaped(&line[place], escape)).into_owned();
        split(line, b'|', escape).map(value).collect()
    }

    #[test]
    fn lines_have_escapes() {
        let escape = Some(b'\\');
        assert_eq!(values("a|\"b|", escape), ["a", "\"b", ""]);
        assert_eq!(values("a\\|b|\\\\|c\\", escape), ["a|b", "\\", "c\\"]);
        assert_eq!(values("\\N|x\\ny", escape), ["N", "x\ny"]);
        assert_eq!(values("", escape), [""]);
        assert_eq!(values("|", escape), ["", ""]);
        assert_eq!(values("a\\|b", None), ["a\\", "b"]);
    }
}
