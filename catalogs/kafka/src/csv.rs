//! Values in CSV: each is one record, whose fields are called `column_1` and so on, unless a definition has names for them.
//!
//! A field that is empty, quoted or not, is NULL. What a text is, is inferred as for files; every column can be read as the text that it
//! is written as.

use std::borrow::Cow;

use arrow::array::timezone::Tz;
use arrow::compute::kernels::cast_utils::{Parser, string_to_datetime};
use arrow::datatypes::{Date32Type, Float64Type};
use csv::{ReaderBuilder, StringRecord};
use serde::{Deserialize, Serialize};
use spi::Result;
use spi::documents::json::Wanted;
use spi::documents::{Column, Decimal, Document, FieldType};
use spi::options::invalid;

/// Whole numbers of more digits are text.
const NUMERIC_DIGITS_MAX: usize = 38;

/// The buffer that a value is read through, in bytes.
const BUFFER_MAX: usize = 64 << 10;

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dialect {
    delimiter: u8,
    /// The character around a field that holds a delimiter, a line break or the character itself, which is then doubled.
    quote: Option<u8>,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',', quote: Some(b'"') }
    }
}

impl Dialect {
    /// Reads what stands behind `csv` in the format of a definition: `delimiter=;` and `quote='`, with words for what cannot stand there.
    pub(crate) fn parse(words: &str) -> Result<Self> {
        let wrong = || {
            invalid(format!("the table definition has the unknown format \"csv {words}\"")).hint(
                "For example \"csv delimiter=; quote='\". Each takes an ASCII character, or one of the words tab, space and comma; \
                 quote takes none, too.",
            )
        };
        let mut dialect = Self::default();
        for word in words.split_whitespace() {
            match word.split_once('=') {
                Some(("delimiter", given)) => dialect.delimiter = character(given).ok_or_else(wrong)?,
                Some(("quote", "none")) => dialect.quote = None,
                Some(("quote", given)) => dialect.quote = Some(character(given).ok_or_else(wrong)?),
                _ => return Err(wrong()),
            }
        }
        if dialect.quote == Some(dialect.delimiter) { Err(wrong()) } else { Ok(dialect) }
    }

    /// Reads a value. The error is a sentence without its end.
    pub(crate) fn read(self, value: &[u8], wanted: &Wanted) -> Result<Document<'static>, String> {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(self.delimiter).buffer_capacity(value.len().clamp(1, BUFFER_MAX));
        match self.quote {
            Some(quote) => builder.quote(quote),
            None => builder.quoting(false),
        };
        let mut reader = builder.from_reader(value);
        let (mut record, mut more) = (StringRecord::new(), StringRecord::new());
        let invalid = |error: csv::Error| format!("invalid CSV: {error}");
        reader.read_record(&mut record).map_err(invalid)?;
        if reader.read_record(&mut more).map_err(invalid)? {
            return Err("invalid CSV: the value holds more than one record".to_owned());
        }
        let field = |(place, text): (usize, &str)| {
            let name = name(place);
            let is_wanted = match wanted {
                Wanted::Fields(fields) => fields.contains_key(&name),
                Wanted::All | Wanted::Items(_) => true,
            };
            let text = if text.is_empty() { Document::Null } else { Document::text(text.to_owned()) };
            is_wanted.then_some((Cow::Owned(name), text))
        };
        Ok(Document::Object(record.iter().enumerate().filter_map(field).collect()))
    }
}

fn character(given: &str) -> Option<u8> {
    match (given, given.as_bytes()) {
        ("tab", _) => Some(b'\t'),
        ("space", _) => Some(b' '),
        ("comma", _) => Some(b','),
        (_, [byte]) if byte.is_ascii_graphic() => Some(*byte),
        _ => None,
    }
}

/// What the field at a place is called, counted from 0.
pub(crate) fn name(place: usize) -> String {
    format!("column_{}", place + 1)
}

/// Columns as they are read: of text, where nothing is known of one.
pub(crate) fn columns(mut columns: Vec<Column>) -> Vec<Column> {
    for column in &mut columns {
        column.declared = true;
        if column.field_type == FieldType::Unknown {
            column.field_type = FieldType::TEXT;
        }
    }
    columns
}

/// A record with its texts as what they look like, from which the types of columns are inferred.
pub(crate) fn typed(record: Document<'static>) -> Document<'static> {
    match record {
        Document::Object(fields) => Document::Object(fields.into_iter().map(|(name, field)| (name, typed(field))).collect()),
        Document::Text(text) => of_text(&text).unwrap_or(Document::Text(text)),
        other => other,
    }
}

/// A value counts as a number only if it is written as one is printed: `00123` or `+49` are codes.
fn of_text(text: &str) -> Option<Document<'static>> {
    match text.bytes().next()? {
        b'-' | b'.' | b'0'..=b'9' => of_number(text).or_else(|| of_time(text)),
        _ if text.eq_ignore_ascii_case("true") => Some(Document::Bool(true)),
        _ if text.eq_ignore_ascii_case("false") => Some(Document::Bool(false)),
        _ if matches!(text, "NaN" | "inf") => Float64Type::parse(text).map(Document::Float),
        _ => None,
    }
}

fn of_number(text: &str) -> Option<Document<'static>> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole_digits = digits.bytes().take_while(u8::is_ascii_digit).count();
    if digits.starts_with('0') && whole_digits > 1 {
        return None;
    }
    if whole_digits == digits.len() {
        let decimal = || Decimal::parse(text).filter(|_| (1..=NUMERIC_DIGITS_MAX).contains(&whole_digits)).map(Document::Decimal);
        return text.parse().ok().map(Document::Int).or_else(decimal);
    }
    let number_like = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    Float64Type::parse(text).filter(|_| text == "-inf" || number_like).map(Document::Float)
}

/// `2024-01-31`, or that followed by a time of day, with or without an offset from UTC.
fn of_time(text: &str) -> Option<Document<'static>> {
    let (date, time) = text.split_at_checked("yyyy-mm-dd".len())?;
    if date.bytes().enumerate().any(|(place, byte)| if matches!(place, 4 | 7) { byte != b'-' } else { !byte.is_ascii_digit() }) {
        return None;
    }
    if time.is_empty() {
        return Date32Type::parse(text).map(Document::Date);
    }
    let utc: Tz = "+00:00".parse().ok()?;
    let micros = string_to_datetime(&utc, text).ok()?.timestamp_micros();
    let has_offset = time.bytes().any(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-'));
    let only_offset = time.bytes().skip(1).all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.' | b' ' | b'Z' | b'z' | b'+' | b'-'));
    only_offset.then_some(if has_offset { Document::TimestampTz(micros) } else { Document::Timestamp(micros) })
}

#[cfg(test)]
mod tests {
    use spi::documents::json_text;

    use super::*;

    fn read(words: &str, value: &str) -> Result<String, String> {
        let record = Dialect::parse(words).expect("a dialect").read(value.as_bytes(), &Wanted::All)?;
        Ok(json_text::write(&record).expect("a text"))
    }

    #[test]
    fn records_are_read() {
        assert_eq!(read("", "1,\"a,\"\"b\"\"\",\n").as_deref(), Ok(r#"{"column_1": "1", "column_2": "a,\"b\"", "column_3": null}"#));
        assert_eq!(read("delimiter=tab quote='", "a,\"\t'\t'").as_deref(), Ok(r#"{"column_1": "a,\"", "column_2": "\t"}"#));
        assert_eq!(read("quote=none delimiter=;", "\"a;b").as_deref(), Ok(r#"{"column_1": "\"a", "column_2": "b"}"#));
        assert_eq!(read("", "").as_deref(), Ok("{}"));
        assert!(read("", "a\nb").is_err_and(|error| error.contains("more than one record")));
        assert!(Dialect::default().read(&[0xff], &Wanted::All).is_err_and(|error| error.contains("invalid CSV")));
        let wanted = Wanted::Fields([(name(1), Wanted::All)].into());
        let some = Dialect::default().read(b"a,b,c", &wanted).expect("a record");
        assert_eq!(some, Document::Object(vec![("column_2".into(), Document::text("b"))]));
    }

    #[test]
    fn what_is_no_dialect_is_refused() {
        for words in ["delimiter", "delimiter=", "delimiter=ab", "delimiter=é", "quote=,", "header=true", "delimiter=none"] {
            assert!(Dialect::parse(words).is_err(), "{words}");
        }
    }

    #[test]
    fn texts_are_what_they_look_like() {
        for (text, type_name) in [
            ("true", "bool"),
            ("-7", "int"),
            ("9223372036854775808", "decimal"),
            ("00123", "text"),
            ("+49", "text"),
            ("1.5e3", "float"),
            ("NaN", "float"),
            ("1.2.3", "text"),
            ("2024-02-29", "date"),
            ("2023-02-29", "text"),
            ("2024-02-29 12:00:00", "timestamp"),
            ("2024-02-29T12:00:00Z", "timestamptz"),
            ("2024-02-2é", "text"),
        ] {
            assert_eq!(typed(Document::text(text)).type_name(), type_name, "{text}");
        }
    }
}
