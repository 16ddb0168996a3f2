//! Values that a source has only as text, as CSV does.
//!
//! An inference is given what the text is written as. The columns that it finds are read [declared](super::Column::declared), from the
//! text itself: so a column of text keeps `1.50` as it stands, and one of numbers reads it.

use super::calendar;
use super::decimal::Decimal;
use super::value::Document;

/// What a text is written as: a boolean, number, date or timestamp, or else text.
///
/// A number is one only if it is written as one is printed: `00123` and `+49` are codes, and numbers made of them would lose something.
pub fn of_text(text: &str) -> Document<'_> {
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return Document::Bool(text.len() == "true".len());
    }
    let document = match text.bytes().next() {
        Some(b'-' | b'.' | b'0'..=b'9') => number(text).or_else(|| time(text)),
        _ => None,
    };
    document.unwrap_or(Document::Text(text.into()))
}

fn number(text: &str) -> Option<Document<'static>> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = digits.bytes().take_while(u8::is_ascii_digit).count();
    if digits.starts_with('0') && whole > 1 || !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    if let Ok(value) = text.parse() {
        return Some(Document::Int(value));
    }
    let decimal = Decimal::parse(text)?;
    let is_whole = whole == digits.len();
    Some(match decimal.exact_f64() {
        Some(double) if !is_whole => Document::Float(double),
        _ => Document::Decimal(decimal),
    })
}

/// `2024-01-31`, or that followed by a time of day, with or without an offset from UTC.
fn time(text: &str) -> Option<Document<'static>> {
    let (date, time) = text.split_at_checked("yyyy-mm-dd".len())?;
    if date.bytes().enumerate().any(|(place, byte)| if matches!(place, 4 | 7) { byte != b'-' } else { !byte.is_ascii_digit() }) {
        return None;
    }
    if time.is_empty() {
        return calendar::parse_date(text).map(Document::Date);
    }
    let is_time = time.bytes().skip(1).all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.' | b' ' | b'+' | b'-' | b'Z' | b'z'));
    let has_offset = time.bytes().any(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-'));
    let micros = calendar::parse_timestamp(text).filter(|_| is_time)?;
    Some(if has_offset { Document::TimestampTz(micros) } else { Document::Timestamp(micros) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::documents::{Column, Decoder, DecoderOptions, Inference, InferenceOptions};

    #[test]
    fn text_is_what_it_is_written_as() {
        for (text, name) in [
            ("true", "bool"),
            ("FALSE", "bool"),
            ("-7", "int"),
            ("0", "int"),
            ("9223372036854775808", "decimal"),
            ("1.50", "float"),
            (".5", "float"),
            ("-1e-3", "float"),
            ("0.12345678901234567890", "decimal"),
            ("2024-02-29", "date"),
            ("2024-02-29 12:00:00", "timestamp"),
            ("2024-02-29T12:00:00Z", "timestamptz"),
            ("2024-02-29 12:00:00.5+02:00", "timestamptz"),
            ("", "text"),
            ("00123", "text"),
            ("-01", "text"),
            ("+49", "text"),
            ("-+4", "text"),
            ("--4", "text"),
            ("1 ", "text"),
            ("1.2.3", "text"),
            ("-Infinity", "text"),
            ("2023-02-29", "text"),
            ("2024-02-29 25:00:00", "text"),
            ("2024-02-2é", "text"),
            ("NULL", "text"),
        ] {
            assert_eq!(of_text(text).type_name(), name, "{text}");
        }
    }

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            "[^\0]{0,4}",
            "-?[0-9]{1,20}(\\.[0-9]{0,3})?",
            "[0-9]{1,3}e-?[0-9]{1,2}",
            "20[0-9]{2}-[01][0-9]-[0-3][0-9]( [0-2][0-9]:00:00Z?)?",
            Just("true".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn inferred_columns_read_the_texts(texts in prop::collection::vec(texts(), 1..5)) {
            let mut inference = Inference::new(InferenceOptions::default());
            texts.iter().for_each(|text| inference.add(&Document::object([("c", of_text(text))])));
            let inferred = inference.finish(&[]);
            let column = Column { declared: true, ..Column::from(&inferred.columns[0]) };
            let field = arrow::datatypes::Field::new("c", column.data_type(), true).into();
            let mut decoder = Decoder::new(&[field], &[column], &[], DecoderOptions::new("src", true)).expect("a decoder");
            for text in &texts {
                let row = Document::object([("c", Document::text(text.as_str()))]);
                decoder.append(&row, &[], "row").map_err(|error| TestCaseError::fail(format!("{error}")))?;
            }
            prop_assert_eq!(decoder.finish().expect("a batch").num_rows(), texts.len());
        }
    }
}
