//! `parse_ident`: the parts of a qualified name.

use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[ScalarEntry::new("parse_ident", |_, _, arguments| {
    let parts = parts(arguments.text(0)?, arguments.bool(1)?)?;
    Ok(Value::array(oid::TEXT, parts.into_iter().map(Value::from).collect()))
})];

/// Parts without quotes are folded to lower case. What follows the name is an error where it is `strict`.
fn parts(text: &str, strict: bool) -> Result<Vec<String>> {
    let invalid = || Error::new(Code::InvalidArgument, format!("string is not a valid identifier: \"{text}\""));
    let blank = |letter: char| matches!(letter, ' ' | '\t' | '\n' | '\r' | '\u{c}' | '\u{b}');
    let mut parts: Vec<String> = Vec::new();
    let mut rest = text.trim_start_matches(blank);
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (name, behind) = quoted_name(quoted).ok_or_else(|| invalid().detail("String has unclosed double quotes."))?;
            if name.is_empty() {
                return Err(invalid().detail("Quoted identifier must not be empty."));
            }
            parts.push(name);
            rest = behind;
        } else {
            let is_letter = |letter: char| letter.is_ascii_alphabetic() || letter == '_' || !letter.is_ascii();
            let length = if rest.starts_with(is_letter) {
                rest.find(|letter: char| !is_letter(letter) && !letter.is_ascii_digit() && letter != '$').unwrap_or(rest.len())
            } else {
                0
            };
            if length == 0 {
                return Err(match (rest.starts_with('.'), parts.is_empty()) {
                    (true, _) => invalid().detail("No valid identifier before \".\"."),
                    (false, false) => invalid().detail("No valid identifier after \".\"."),
                    (false, true) => invalid(),
                });
            }
            parts.push(rest[..length].to_ascii_lowercase());
            rest = &rest[length..];
        }
        rest = rest.trim_start_matches(blank);
        match rest.strip_prefix('.') {
            Some(behind) => rest = behind.trim_start_matches(blank),
            None if rest.is_empty() || !strict => return Ok(parts),
            None => return Err(invalid()),
        }
    }
}

/// The name up to its closing quote, and what stands behind that.
fn quoted_name(text: &str) -> Option<(String, &str)> {
    let mut from = 0;
    loop {
        let end = from + text[from..].find('"')?;
        if !text[end + 1..].starts_with('"') {
            return Some((text[..end].replace("\"\"", "\""), &text[end + 1..]));
        }
        from = end + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn names_are_taken_apart() {
        assert_eq!(parts("\"A\".b.C", true).unwrap(), ["A", "b", "c"]);
        assert_eq!(parts("a b", false).unwrap(), ["a"]);
        for (text, detail) in [
            ("1a", None),
            ("a.", Some("No valid identifier after \".\".")),
            ("a b", None),
            ("\"\"", Some("Quoted identifier must not be empty.")),
            ("\"a", Some("String has unclosed double quotes.")),
            ("", None),
            (".a", Some("No valid identifier before \".\".")),
        ] {
            let error = parts(text, true).unwrap_err();
            assert_eq!(error.message, format!("string is not a valid identifier: \"{text}\""));
            assert_eq!(error.detail.as_deref(), detail);
        }
    }
}
