//! A message in columns.

use spi::documents::Document;

use crate::layout::Layout;
use crate::native::messages::Message;

/// The columns that every topic has and somebody wants, in their order.
pub(crate) type Wanted = [bool; 6];

/// What a message gives for the columns that every topic has, in their order. Those that nobody wants are left out.
pub(crate) fn own<'m>(message: &'m Message<'_>, layout: &Layout, wanted: &Wanted) -> [Document<'m>; 6] {
    let [partition, offset, timestamp, key, header, value] = *wanted;
    [
        if partition { Document::Int(message.partition().into()) } else { Document::Null },
        if offset { Document::Int(message.offset()) } else { Document::Null },
        message.timestamp_ms().filter(|_| timestamp).map_or(Document::Null, Document::moment_of_millis),
        message.key().filter(|_| key).map_or(Document::Null, |key| cell(key, layout.binary_keys)),
        if header { headers(message) } else { Document::Null },
        message.value().filter(|_| value).map_or(Document::Null, |value| cell(value, layout.binary_values())),
    ]
}

/// In a column of bytes, text is bytes too.
fn cell(bytes: &[u8], is_binary: bool) -> Document<'_> {
    if is_binary { Document::Bytes(bytes.into()) } else { text_or_bytes(bytes) }
}

fn headers<'m>(message: &'m Message<'_>) -> Document<'m> {
    let headers = message.headers();
    if headers.is_empty() {
        return Document::Null;
    }
    let header = |(key, value): (&'m [u8], Option<&'m [u8]>)| {
        Document::object([("key", text_or_bytes(key)), ("value", value.map_or(Document::Null, text_or_bytes))])
    };
    Document::List(headers.into_iter().map(header).collect())
}

/// Where no text can be, bytes are: SQL shows them as `\x` and hexadecimal digits.
fn text_or_bytes(bytes: &[u8]) -> Document<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Document::text(text),
        _ => Document::Bytes(bytes.into()),
    }
}

/// PostgreSQL's text has no NUL.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    matches!(text_or_bytes(bytes), Document::Text(_))
}
