//! Documents as JSON text, the way `jsonb` prints them: shorter keys first, then by their bytes, each key once, and a space behind every
//! colon and comma.
//!
//! What JSON has no form for is a string, as PostgreSQL's `to_jsonb` makes it: bytes as `\x…`, times in ISO 8601, `NaN`. A double with
//! zeros at its end (`1.10`) is written without them (`1.1`): it is a double by then.

use std::borrow::Cow;

use super::calendar;
use super::decimal::Decimal;
use super::value::Document;

/// PostgreSQL's text, and so its `jsonb`, has no character of code 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NulCharacter;

/// The document as `jsonb`.
pub fn write(document: &Document<'_>) -> Result<String, NulCharacter> {
    let mut out = String::new();
    write_to(document, &mut out)?;
    Ok(out)
}

/// Appends the document as `jsonb`.
pub fn write_to(document: &Document<'_>, out: &mut String) -> Result<(), NulCharacter> {
    match document {
        Document::Null => out.push_str("null"),
        Document::Bool(true) => out.push_str("true"),
        Document::Bool(false) => out.push_str("false"),
        Document::Int(value) => out.push_str(&value.to_string()),
        Document::Float(value) if value.is_finite() => write_float(*value, out),
        Document::Float(value) => Decimal::from_f64(*value).write_json(out),
        Document::Decimal(value) => value.write_json(out),
        Document::Text(text) | Document::Unreadable(text) => return write_string(text, out),
        Document::Bytes(bytes) => {
            // The backslash of `\x` has to be escaped.
            out.push_str("\"\\");
            write_hex(bytes, out);
            out.push('"');
        }
        Document::Date(_) | Document::Timestamp(_) | Document::TimestampTz(_) => {
            out.push('"');
            write_scalar(document, Separator::T, out);
            out.push('"');
        }
        Document::List(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place > 0 { ", " } else { "" });
                write_to(item, out)?;
            }
            out.push(']');
        }
        Document::Object(fields) => return write_object(fields, out),
        Document::Native(_, value) => return write_to(value, out),
    }
    Ok(())
}

/// What stands between a date and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Separator {
    T,
    Space,
}

/// A value that is neither list nor object as text, without quotes. Nothing for null.
pub(crate) fn write_scalar(value: &Document<'_>, separator: Separator, out: &mut String) {
    let separator = if separator == Separator::T { 'T' } else { ' ' };
    match value.plain() {
        Document::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Document::Int(value) => out.push_str(&value.to_string()),
        Document::Float(value) if value.is_finite() => write_float(*value, out),
        Document::Float(value) => out.push_str(&Decimal::from_f64(*value).to_string()),
        Document::Decimal(value) => out.push_str(&value.to_string()),
        Document::Text(text) | Document::Unreadable(text) => out.push_str(text),
        Document::Bytes(bytes) => write_hex(bytes, out),
        Document::Date(days) => calendar::write_date(*days, out),
        Document::Timestamp(micros) => calendar::write_timestamp(*micros, separator, "", out),
        Document::TimestampTz(micros) => {
            calendar::write_timestamp(*micros, separator, if separator == 'T' { "+00:00" } else { "+00" }, out);
        }
        Document::Null | Document::List(_) | Document::Object(_) | Document::Native(..) => {}
    }
}

/// A double tells itself from a whole number. No zero is negative in `numeric`, which is what `jsonb` has.
fn write_float(value: f64, out: &mut String) {
    let value = if value == 0.0 { 0.0 } else { value };
    let start = out.len();
    out.push_str(&value.to_string());
    if !out[start..].contains('.') {
        out.push_str(".0");
    }
}

/// `\x01ff`, as `bytea` is printed.
fn write_hex(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.reserve(2 + 2 * bytes.len());
    out.push_str("\\x");
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

fn write_object(fields: &[(Cow<'_, str>, Document<'_>)], out: &mut String) -> Result<(), NulCharacter> {
    let mut order: Vec<_> = fields.iter().collect();
    // The sort is stable: of equal names the last one written is the last one here.
    order.sort_by(|(left, _), (right, _)| left.len().cmp(&right.len()).then_with(|| left.cmp(right)));
    let mut fields = order.into_iter().peekable();
    let mut separator = "{";
    while let Some((name, value)) = fields.next() {
        if fields.peek().is_some_and(|(next, _)| next == name) {
            continue;
        }
        out.push_str(separator);
        write_string(name, out)?;
        out.push_str(": ");
        write_to(value, out)?;
        separator = ", ";
    }
    out.push_str(if separator == "{" { "{}" } else { "}" });
    Ok(())
}

fn write_string(text: &str, out: &mut String) -> Result<(), NulCharacter> {
    out.push('"');
    let mut rest = text;
    while let Some(place) = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)) {
        out.push_str(&rest[..place]);
        match rest.as_bytes()[place] {
            0 => return Err(NulCharacter),
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            control => out.push_str(&format!("\\u{control:04x}")),
        }
        rest = &rest[place + 1..];
    }
    out.push_str(rest);
    out.push('"');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: Document<'_>, expected: &str) {
        assert_eq!(write(&document).as_deref(), Ok(expected));
    }

    #[test]
    fn objects_are_written_as_jsonb_prints_them() {
        let fields = [("bb", Document::Int(1)), ("a", Document::Null), ("c", Document::Bool(true)), ("a", Document::Float(1.0))];
        check(Document::object(fields), r#"{"a": 1.0, "c": true, "bb": 1}"#);
        check(Document::List(vec![Document::Object(Vec::new()), Document::List(Vec::new())]), "[{}, []]");
        check(Document::text("é\"\\\n\u{1}\u{7f}"), "\"é\\\"\\\\\\n\\u0001\u{7f}\"");
    }

    #[test]
    fn what_json_lacks_is_a_string() {
        check(Document::Float(f64::NAN), "\"NaN\"");
        check(Document::Float(f64::NEG_INFINITY), "\"-Infinity\"");
        check(Document::Float(-0.0), "0.0");
        check(Document::Float(1e21), "1000000000000000000000.0");
        check(Document::Bytes([0, 0xab][..].into()), r#""\\x00ab""#);
        check(Document::Date(0), "\"1970-01-01\"");
        check(Document::Timestamp(-1), "\"1969-12-31T23:59:59.999999\"");
        check(Document::TimestampTz(1_500_000), "\"1970-01-01T00:00:01.5+00:00\"");
        check(Document::native("objectId", Document::text("6f")), "\"6f\"");
        check(Document::Unreadable("9 ms".into()), "\"9 ms\"");
        check(Document::List(vec![Document::text("\\"), Document::Bytes([1][..].into())]), r#"["\\", "\\x01"]"#);
    }

    #[test]
    fn a_nul_character_is_an_error() {
        assert_eq!(write(&Document::text("a\0")), Err(NulCharacter));
        assert_eq!(write(&Document::object([("a\0", Document::Null)])), Err(NulCharacter));
    }
}
