//! `unistr`, `normalize` and `is_normalized`.

use spi::{Code, Error, Result};
use unicode_normalization::UnicodeNormalization as _;

use crate::function::ScalarEntry;
use crate::functions::Arguments;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("unistr", |_, _, arguments| Ok(unescaped(arguments.text(0)?)?.into())),
    ScalarEntry::new("unicode_normalize_func", |_, _, arguments| Ok(normalized(arguments.text(0)?, arguments.text(1)?)?.into())),
    ScalarEntry::new("unicode_is_normalized", |_, _, arguments| {
        Ok((normalized(arguments.text(0)?, arguments.text(1)?)? == arguments.text(0)?).into())
    }),
];

fn normalized(text: &str, form: &str) -> Result<String> {
    match form.to_ascii_uppercase().as_str() {
        "NFC" => Ok(text.nfc().collect()),
        "NFD" => Ok(text.nfd().collect()),
        "NFKC" => Ok(text.nfkc().collect()),
        "NFKD" => Ok(text.nfkd().collect()),
        _ => Err(Error::new(Code::InvalidArgument, format!("invalid normalization form: {form}"))),
    }
}

/// Code units behind backslashes become characters; two halves of a surrogate pair become one.
fn unescaped(text: &str) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut first_half: Option<u32> = None;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if letter != '\\' || rest.starts_with("\\\\") {
            if first_half.is_some() {
                return Err(invalid_pair());
            }
            out.push(letter);
            rest = &rest[letter.len_utf8() + usize::from(letter == '\\')..];
            continue;
        }
        let (code, length) = escape(&rest[1..])?;
        rest = &rest[1 + length..];
        match (first_half.take(), code) {
            (None, 0xd800..=0xdbff) => first_half = Some(code),
            (Some(high), 0xdc00..=0xdfff) => out.push(character(0x1_0000 + ((high & 0x3ff) << 10 | code & 0x3ff))?),
            (Some(_), _) | (None, 0xdc00..=0xdfff) => return Err(invalid_pair()),
            (None, code) => out.push(character(code)?),
        }
    }
    if first_half.is_some() { Err(invalid_pair()) } else { Ok(out) }
}

fn invalid_pair() -> Error {
    Error::new(Code::Syntax, "invalid Unicode surrogate pair")
}

fn character(code: u32) -> Result<char> {
    char::from_u32(code).filter(|letter| *letter != '\0').ok_or_else(|| Error::new(Code::Syntax, "invalid Unicode code point"))
}

/// The number behind a backslash, and how long it is written.
fn escape(text: &str) -> Result<(u32, usize)> {
    for (prefix, digits) in [("u", 4), ("U", 8), ("+", 6), ("", 4)] {
        let Some(number) = text.strip_prefix(prefix).and_then(|text| text.get(..digits)) else { continue };
        if number.bytes().all(|byte| byte.is_ascii_hexdigit())
            && let Ok(code) = u32::from_str_radix(number, 16)
        {
            return Ok((code, prefix.len() + digits));
        }
    }
    let hint = "Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.";
    Err(Error::new(Code::Syntax, "invalid Unicode escape").hint(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn escapes_become_characters() {
        assert_eq!(unescaped("d\\0061t\\+000061 \\u0061 \\\\").unwrap(), "data a \\");
        assert_eq!(unescaped("\\d83d\\de00").unwrap(), "😀");
        assert_eq!(unescaped("wrong: \\db99").unwrap_err().message, "invalid Unicode surrogate pair");
        assert_eq!(unescaped("\\xyz").unwrap_err().message, "invalid Unicode escape");
    }
}
