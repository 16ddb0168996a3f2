//! `bytea`: `\x` and hexadecimal digits, or bytes with octal escapes.

use spi::{Code, Error, Result};

pub fn read(text: &str) -> Result<Vec<u8>> {
    match text.strip_prefix("\\x") {
        Some(digits) => read_hex(digits),
        None => read_escaped(text.as_bytes()).ok_or_else(|| Error::new(Code::InvalidText, "invalid input syntax for type bytea")),
    }
}

/// Pairs of digits, with space between pairs.
pub fn read_hex(digits: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    let mut characters = digits.chars();
    while let Some(first) = characters.next() {
        if matches!(first, ' ' | '\n' | '\t' | '\r') {
            continue;
        }
        let high = digit(first)?;
        let second =
            characters.next().ok_or_else(|| Error::new(Code::InvalidArgument, "invalid hexadecimal data: odd number of digits"))?;
        bytes.push(high << 4 | digit(second)?);
    }
    Ok(bytes)
}

fn digit(character: char) -> Result<u8> {
    let digit = character.to_digit(16).map(|digit| digit as u8);
    digit.ok_or_else(|| Error::new(Code::InvalidArgument, format!("invalid hexadecimal digit: \"{character}\"")))
}

fn read_escaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return Some(bytes),
            [b'\\', b'\\', after @ ..] => {
                bytes.push(b'\\');
                after
            }
            [b'\\', high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7', after @ ..] => {
                bytes.push((high - b'0') << 6 | (middle - b'0') << 3 | (low - b'0'));
                after
            }
            [b'\\', ..] => return None,
            [byte, after @ ..] => {
                bytes.push(*byte);
                after
            }
        }
    }
}

pub fn write_hex(bytes: &[u8], out: &mut String) {
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            out.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
}

/// As `bytea_output = escape` shows it.
pub fn write_escaped(bytes: &[u8], out: &mut String) {
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            0x20..=0x7e => out.push(byte.into()),
            _ => out.push_str(&format!("\\{byte:03o}")),
        }
    }
}
