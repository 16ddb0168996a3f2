//! Types that are their text: lengths that are enforced, names that are cut, and the single byte of `"char"`.

use spi::{Code, Error, Result};

use crate::value::Value;

/// The bytes of a `name`, without the zero at its end.
const NAME_LENGTH: usize = 63;
/// What a modifier holds besides the length (`VARHDRSZ`).
const MODIFIER_HEADER: i32 = 4;

/// The length of `varchar(n)` and `character(n)`; none where it is not limited.
pub fn length(typmod: i32) -> Option<usize> {
    usize::try_from(typmod.checked_sub(MODIFIER_HEADER)?).ok()
}

/// Cut to 63 bytes, between characters.
pub fn name(text: &str) -> &str {
    let mut end = text.len().min(NAME_LENGTH);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// `varchar(length)`: an explicit cast cuts, anything else may only lose spaces.
pub fn varchar(text: &str, length: usize, explicit: bool) -> Result<&str> {
    let Some((end, _)) = text.char_indices().nth(length) else { return Ok(text) };
    if !explicit && text[end..].contains(|character| character != ' ') {
        return Err(too_long("character varying", length));
    }
    Ok(&text[..end])
}

/// `character(length)`, padded with spaces.
pub fn bpchar(text: &str, length: usize, explicit: bool) -> Result<String> {
    if let Some((end, _)) = text.char_indices().nth(length) {
        if !explicit && text[end..].contains(|character| character != ' ') {
            return Err(too_long("character", length));
        }
        return Ok(text[..end].to_owned());
    }
    let missing = length - text.chars().count();
    Ok(text.chars().chain(std::iter::repeat_n(' ', missing)).collect())
}

/// A `character(n)`: the blanks at its end are shown, and count for nothing else.
pub fn blank_padded(text: &str) -> Value {
    match text.trim_end_matches(' ') {
        trimmed if trimmed.len() == text.len() => Value::text(text),
        trimmed => Value::ordered(trimmed.as_bytes(), text),
    }
}

fn too_long(type_name: &str, length: usize) -> Error {
    Error::new(Code::TooLong, format!("value too long for type {type_name}({length})"))
}

/// The byte that a text is as `"char"`: its first, or the one of an octal escape.
pub fn char(text: &str) -> u8 {
    match text.as_bytes() {
        [b'\\', high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7'] => (high - b'0') << 6 | (middle - b'0') << 3 | (low - b'0'),
        [first, ..] => *first,
        [] => 0,
    }
}

/// A byte as a `"char"`.
pub fn char_value(byte: u8) -> Value {
    let text = char_text(byte);
    if byte < 0x80 { Value::from(text) } else { Value::ordered([byte], text) }
}

/// A byte as `"char"` shows it; the zero byte is nothing.
fn char_text(byte: u8) -> String {
    match byte {
        0 => String::new(),
        1..0x80 => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    }
}
