//! Values in evidence and errors: the type, and a little of the value.

use super::json_text::{Separator, write_scalar};
use super::value::Document;

/// How much of a value is shown, in characters.
const SHOWN_CHARS_MAX: usize = 40;

/// `int 5`, `text "abc…"`, `list of 3`. It shows data.
pub(crate) fn shown(value: &Document<'_>) -> String {
    let name = value.type_name();
    match value.plain() {
        Document::Null => "null".to_owned(),
        Document::List(items) => format!("{name} of {}", items.len()),
        Document::Object(fields) => format!("{name} of {} fields", fields.len()),
        Document::Bytes(bytes) => format!("{name} of length {}", bytes.len()),
        Document::Text(text) => format!("{name} \"{}\"", cut(text)),
        scalar => {
            let mut text = String::new();
            write_scalar(scalar, Separator::Space, &mut text);
            format!("{name} {}", cut(&text))
        }
    }
}

/// A text of one short line.
pub(crate) fn cut(text: &str) -> String {
    let mut characters = text.chars();
    let mut cut: String =
        characters.by_ref().take(SHOWN_CHARS_MAX).map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect();
    if characters.next().is_some() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut() {
        for (value, expected) in [
            (Document::Int(5), "int 5".to_owned()),
            (Document::native("long", Document::Int(5)), "long 5".to_owned()),
            (Document::text("a\0b"), "text \"a\u{fffd}b\"".to_owned()),
            (Document::text("é".repeat(41)), format!("text \"{}…\"", "é".repeat(40))),
            (Document::List(vec![Document::Null; 3]), "list of 3".to_owned()),
            (Document::Bytes([1, 2][..].into()), "bytes of length 2".to_owned()),
            (Document::TimestampTz(0), "timestamptz 1970-01-01 00:00:00+00".to_owned()),
        ] {
            assert_eq!(shown(&value), expected);
        }
    }
}
