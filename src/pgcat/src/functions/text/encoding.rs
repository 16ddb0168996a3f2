//! Bytes as text: `encode` and `decode`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("binary_encode", |_, _, arguments| Ok(encode(arguments.bytes(0)?, arguments.text(1)?)?.into())),
    ScalarEntry::new("binary_decode", |_, _, arguments| Ok(Value::Bytes(decode(arguments.text(0)?, arguments.text(1)?)?.into()))),
];

/// After how many characters base64 goes on in a new line.
const LINE: usize = 76;

fn encode(bytes: &[u8], form: &str) -> Result<String> {
    match form.to_ascii_lowercase().as_str() {
        "hex" => Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        "base64" => {
            let text = STANDARD.encode(bytes);
            let mut lines = String::with_capacity(text.len() + text.len() / LINE);
            for (place, letter) in text.chars().enumerate() {
                if place > 0 && place % LINE == 0 {
                    lines.push('\n');
                }
                lines.push(letter);
            }
            Ok(lines)
        }
        "escape" => Ok(bytes.iter().map(|byte| escape(*byte)).collect()),
        _ => Err(unrecognized(form)),
    }
}

fn decode(text: &str, form: &str) -> Result<Vec<u8>> {
    match form.to_ascii_lowercase().as_str() {
        "hex" => decode_hex(text),
        "base64" => decode_base64(text),
        "escape" => decode_escape(text),
        _ => Err(unrecognized(form)),
    }
}

fn unrecognized(form: &str) -> Error {
    Error::new(Code::InvalidArgument, format!("unrecognized encoding: \"{form}\""))
}

fn escape(byte: u8) -> String {
    match byte {
        b'\\' => "\\\\".to_owned(),
        0 | 0x80.. => format!("\\{byte:03o}"),
        _ => char::from(byte).to_string(),
    }
}

fn decode_hex(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    for letter in text.chars().filter(|letter| !matches!(letter, ' ' | '\n' | '\t' | '\r')) {
        let digit = letter.to_digit(16);
        let digit = digit.ok_or_else(|| Error::new(Code::InvalidArgument, format!("invalid hexadecimal digit: \"{letter}\"")))? as u8;
        match high.take() {
            None => high = Some(digit),
            Some(first) => bytes.push(first << 4 | digit),
        }
    }
    match high {
        None => Ok(bytes),
        Some(_) => Err(Error::new(Code::InvalidArgument, "invalid hexadecimal data: odd number of digits")),
    }
}

fn decode_base64(text: &str) -> Result<Vec<u8>> {
    let invalid = |message: String| Error::new(Code::InvalidArgument, message);
    let (mut bytes, mut buffer, mut count, mut ended) = (Vec::new(), 0u32, 0, 0);
    for letter in text.chars().filter(|letter| !matches!(letter, ' ' | '\n' | '\t' | '\r')) {
        let bits = match letter {
            'A'..='Z' => letter as u32 - 'A' as u32,
            'a'..='z' => letter as u32 - 'a' as u32 + 26,
            '0'..='9' => letter as u32 - '0' as u32 + 52,
            '+' => 62,
            '/' => 63,
            '=' => {
                if ended == 0 {
                    ended = match count {
                        2 => 1,
                        3 => 2,
                        _ => return Err(invalid("unexpected \"=\" while decoding base64 sequence".to_owned())),
                    };
                }
                0
            }
            letter => return Err(invalid(format!("invalid symbol \"{letter}\" found while decoding base64 sequence"))),
        };
        buffer = buffer << 6 | bits;
        count += 1;
        if count == 4 {
            let kept = if ended == 0 { 3 } else { ended };
            bytes.extend_from_slice(&buffer.to_be_bytes()[1..][..kept]);
            (buffer, count) = (0, 0);
        }
    }
    if count != 0 {
        return Err(invalid("invalid base64 end sequence".to_owned())
            .hint("Input data is missing padding, is truncated, or is otherwise corrupted."));
    }
    Ok(bytes)
}

fn decode_escape(text: &str) -> Result<Vec<u8>> {
    let failure = || Error::new(Code::InvalidText, "invalid input syntax for type bytea");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        match rest {
            [b'\\', behind @ ..] => {
                bytes.push(b'\\');
                rest = behind;
            }
            [high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7', behind @ ..] => {
                bytes.push((high - b'0') << 6 | (middle - b'0') << 3 | (low - b'0'));
                rest = behind;
            }
            _ => return Err(failure()),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn bytes_are_written_and_read() {
        assert_eq!(encode(&[1, 2, 3], "base64").unwrap(), "AQID");
        assert_eq!(encode(&[1, 255, 0x5c, 0x61], "escape").unwrap(), "\u{1}\\377\\\\a");
        assert_eq!(encode(&[0; 60], "base64").unwrap(), format!("{}\nAAAA", "A".repeat(76)));
        assert_eq!(decode("YWJj", "base64").unwrap(), b"abc");
        assert_eq!(decode("a\\001\\\\", "escape").unwrap(), b"a\x01\\");
        for (text, form, message) in [
            ("zz", "hex", "invalid hexadecimal digit: \"z\""),
            ("123", "hex", "invalid hexadecimal data: odd number of digits"),
            ("ab$", "base64", "invalid symbol \"$\" found while decoding base64 sequence"),
            ("YWJ", "base64", "invalid base64 end sequence"),
            ("=", "base64", "unexpected \"=\" while decoding base64 sequence"),
            ("a\\0", "escape", "invalid input syntax for type bytea"),
            ("a", "foo", "unrecognized encoding: \"foo\""),
        ] {
            assert_eq!(decode(text, form).unwrap_err().message, message);
        }
    }
}
