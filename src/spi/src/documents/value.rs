//! A value as sources without schemas have it.

use std::borrow::Cow;

use super::decimal::Decimal;

/// A document, or a part of one. Text and bytes may be borrowed from the record that it was read from.
///
/// Whoever makes documents bounds how deep they are nested, as [`super::json::read`] does: what walks through them recurses.
#[derive(Clone, Debug, PartialEq)]
pub enum Document<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Decimal(Decimal),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    /// Days since 1970-01-01.
    Date(i32),
    /// A time of the calendar without a zone, in microseconds since 1970-01-01.
    Timestamp(i64),
    /// A moment, in microseconds since 1970-01-01 UTC.
    TimestampTz(i64),
    List(Vec<Document<'a>>),
    /// Fields in their order. Of equal names the last one counts.
    Object(Vec<(Cow<'a, str>, Document<'a>)>),
    /// A value whose type has a name of its own in the source, for example `objectId`. It counts as the value; the name is for the
    /// evidence.
    Native(&'static str, Box<Document<'a>>),
    /// What the source has, as text, but no type here can hold, for example a date in the year 292,000,000. It is an error in any typed
    /// column, and a string in `_doc`.
    Unreadable(Cow<'a, str>),
}

impl<'a> Document<'a> {
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Document::Text(text.into())
    }

    /// An object of fields with static names, as a connector puts one together.
    pub fn object<const N: usize>(fields: [(&'static str, Document<'a>); N]) -> Self {
        Document::Object(fields.map(|(name, value)| (Cow::Borrowed(name), value)).into())
    }

    pub fn native(name: &'static str, value: Document<'a>) -> Self {
        Document::Native(name, Box::new(value))
    }

    /// A moment in milliseconds since 1970-01-01 UTC, as most sources count. What microseconds cannot hold is unreadable.
    pub fn moment_of_millis(millis: i64) -> Self {
        match millis.checked_mul(1000) {
            Some(micros) => Document::TimestampTz(micros),
            None => Document::Unreadable(format!("{millis} ms since 1970").into()),
        }
    }

    /// The value, without a name that the source has for its type.
    pub fn plain(&self) -> &Document<'a> {
        match self {
            Document::Native(_, value) => value.plain(),
            other => other,
        }
    }

    /// A field of an object. `None` too where this is no object.
    pub fn get(&self, name: &str) -> Option<&Document<'a>> {
        match self.plain() {
            Document::Object(fields) => fields.iter().rev().find(|(field, _)| field == name).map(|(_, value)| value),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self.plain(), Document::Null)
    }

    /// The name of the value's type: the source's own, or else a plain word.
    pub fn type_name(&self) -> &'static str {
        match self {
            Document::Native(name, _) => name,
            Document::Null => "null",
            Document::Bool(_) => "bool",
            Document::Int(_) => "int",
            Document::Float(_) => "float",
            Document::Decimal(_) => "decimal",
            Document::Text(_) => "text",
            Document::Bytes(_) => "bytes",
            Document::Date(_) => "date",
            Document::Timestamp(_) => "timestamp",
            Document::TimestampTz(_) => "timestamptz",
            Document::List(_) => "list",
            Document::Object(_) => "object",
            Document::Unreadable(_) => "unreadable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_types_do_not_hide_values() {
        let id = Document::native("objectId", Document::text("65f0"));
        assert_eq!((id.type_name(), id.plain()), ("objectId", &Document::text("65f0")));
        let inside = Document::native("dbRef", Document::object([("a", Document::Int(1)), ("a", Document::Int(2))]));
        assert_eq!(inside.get("a"), Some(&Document::Int(2)), "the last one counts");
        assert_eq!(id.get("a"), None);
    }

    #[test]
    fn moments_beyond_microseconds_are_unreadable() {
        assert_eq!(Document::moment_of_millis(-1), Document::TimestampTz(-1000));
        assert!(matches!(Document::moment_of_millis(i64::MAX), Document::Unreadable(_)));
    }
}
