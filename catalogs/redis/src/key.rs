//! Keys as text. Redis' keys are bytes, and `_key` is text.
//!
//! A key that is no text (UTF-8 without NUL) is shown as PostgreSQL writes bytes, `\x` and hexadecimal digits. A key whose own text looks
//! like that is shown as it is: a lookup asks for both.

use std::borrow::Cow;

use crate::canonical::text;

/// The text of a key.
pub(crate) fn shown(key: &[u8]) -> Cow<'_, str> {
    text(key).map_or_else(|| hex(key).into(), Cow::Borrowed)
}

/// The keys that are shown as the text.
pub(crate) fn meant(shown: &str) -> Vec<Vec<u8>> {
    let bytes = shown.strip_prefix("\\x").and_then(unhex).filter(|bytes| text(bytes).is_none());
    // Capitals are not what a key is shown with.
    let bytes = bytes.filter(|bytes| hex(bytes) == shown);
    std::iter::once(shown.as_bytes().to_vec()).chain(bytes).collect()
}

/// Bytes as PostgreSQL writes them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("\\x");
    for byte in bytes {
        text.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])));
    }
    text
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| Some((digit(pair.first()?)? * 16 + digit(pair.get(1)?)?) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_by_what_it_is_shown_as() {
        for key in [&b"user:1"[..], b"", b"\xff", b"a\0b", b"\\xff", b"\\x", "ключ".as_bytes()] {
            assert!(meant(&shown(key)).iter().any(|meant| meant == key), "{key:?}");
        }
    }

    #[test]
    fn no_key_is_found_by_anything_else() {
        assert_eq!(shown(b"a\xff"), "\\x61ff");
        assert_eq!(meant("\\x61ff"), [b"\\x61ff".to_vec(), b"a\xff".to_vec()]);
        // Bytes that are text are not shown as digits, and digits are small.
        assert_eq!(meant("\\x61"), [b"\\x61".to_vec()]);
        assert_eq!(meant("\\x61FF"), [b"\\x61FF".to_vec()]);
    }
}
