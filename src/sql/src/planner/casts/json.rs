//! JSON documents as `jsonb` keeps them: keys once, the shorter ones first, and one space behind each colon and comma.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use spi::{Code, Error, Result};

/// The canonical text of a document. Numbers keep the digits that they are written with.
pub(super) fn canonical(text: &str) -> Result<String> {
    // JSON is not repeated in the error: options of data sources come as JSON, with their passwords.
    let malformed = || Error::new(Code::InvalidText, "invalid input syntax for type json");
    serde_json::from_str::<IgnoredAny>(text).map_err(|_| malformed())?;
    let mut out = String::with_capacity(text.len());
    put(&mut text.trim(), &mut out).ok_or_else(malformed)?;
    Ok(out)
}

/// Appends the value at the start of a valid text, and moves behind it. serde_json bounds the depth.
fn put(rest: &mut &str, out: &mut String) -> Option<()> {
    *rest = rest.trim_start();
    match rest.as_bytes().first()? {
        b'{' => put_object(rest, out),
        b'[' => put_array(rest, out),
        b'"' => {
            out.push_str(&serde_json::to_string(&string(rest)?).ok()?);
            Some(())
        }
        _ => {
            let end = rest.find(|c: char| matches!(c, ',' | ']' | '}') || c.is_ascii_whitespace()).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            out.push_str(word);
            *rest = after;
            Some(())
        }
    }
}

fn put_array(rest: &mut &str, out: &mut String) -> Option<()> {
    *rest = rest.get(1..)?;
    out.push('[');
    let mut first = true;
    while !end_of(rest, ']')? {
        if !std::mem::take(&mut first) {
            out.push_str(", ");
        }
        put(rest, out)?;
    }
    out.push(']');
    Some(())
}

fn put_object(rest: &mut &str, out: &mut String) -> Option<()> {
    *rest = rest.get(1..)?;
    let mut fields = BTreeMap::new();
    while !end_of(rest, '}')? {
        *rest = rest.trim_start();
        let key = string(rest)?;
        *rest = rest.trim_start().strip_prefix(':')?;
        let mut value = String::new();
        put(rest, &mut value)?;
        fields.insert((key.len(), key), value);
    }
    out.push('{');
    for (index, ((_, key), value)) in fields.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        out.push_str(&serde_json::to_string(key).ok()?);
        out.push_str(": ");
        out.push_str(value);
    }
    out.push('}');
    Some(())
}

/// Whether the list ends here; else moves to its next item.
fn end_of(rest: &mut &str, bracket: char) -> Option<bool> {
    *rest = rest.trim_start();
    if let Some(after) = rest.strip_prefix(bracket) {
        *rest = after;
        return Some(true);
    }
    *rest = rest.strip_prefix(',').unwrap_or(rest);
    (!rest.is_empty()).then_some(false)
}

/// The string at the start of a text, without its quotes and escapes.
fn string(rest: &mut &str) -> Option<String> {
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|&(_, character)| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends
    })?;
    let (quoted, after) = rest.split_at(end.0 + 1);
    *rest = after;
    serde_json::from_str(quoted).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_one_form() {
        for (text, expected) in [
            (r#"{"b":  1, "a": 2}"#, r#"{"a": 2, "b": 1}"#),
            (r#"{"team": 1, "stage": 2, "a": 3}"#, r#"{"a": 3, "team": 1, "stage": 2}"#),
            (r#"{"a": 1, "a": 2}"#, r#"{"a": 2}"#),
            (r#" [1.50,true , null,"a,\"]",{}, []] "#, r#"[1.50, true, null, "a,\"]", {}, []]"#),
            ("12345678901234567890.10", "12345678901234567890.10"),
        ] {
            assert_eq!(canonical(text).expect(text), expected);
        }
        for wrong in ["", "{", "[1,]", "x", "{\"a\" 1}"] {
            assert_eq!(canonical(wrong).expect_err(wrong).code, Code::InvalidText);
        }
    }
}
