//! BSON as documents, each type exactly.
//!
//! | BSON | document |
//! | --- | --- |
//! | double, int, long, bool, string, object, array, null | itself |
//! | decimal | a decimal of all its digits |
//! | date | a moment; beyond the years that PostgreSQL has it is unreadable |
//! | objectId | its 24 hexadecimal digits |
//! | binData | bytes; a UUID (subtype 4) is its text |
//! | regex | `/pattern/options` |
//! | timestamp, javascript | an object of its parts |
//! | symbol | its text |
//! | dbPointer | its extended JSON |
//! | minKey, maxKey | `MinKey`, `MaxKey` |
//! | undefined | null |

use std::borrow::Cow;

use bson::raw::RawElement;
use bson::spec::BinarySubtype;
use bson::{RawArray, RawBsonRef, RawDocument};
use spi::documents::{Decimal, Document};

/// Servers nest 100 levels at most. It bounds the stack of whatever walks through a document.
const DEPTH_MAX: usize = 120;

/// The bytes of a UUID.
const UUID_BYTES: usize = 16;

/// The fields of a document that are wanted, or all of them.
pub(crate) enum Fields {
    All,
    These(Vec<String>),
}

impl Fields {
    fn has(&self, name: &str) -> bool {
        match self {
            Fields::All => true,
            Fields::These(names) => names.iter().any(|wanted| wanted == name),
        }
    }
}

/// The document with its wanted fields. What of it is no BSON is unreadable.
pub(crate) fn document<'a>(raw: &'a RawDocument, fields: &Fields) -> Document<'a> {
    object(raw, fields, 0)
}

fn object<'a>(raw: &'a RawDocument, fields: &Fields, depth: usize) -> Document<'a> {
    let mut members = Vec::new();
    for element in raw.iter_elements() {
        let Ok(element) = element else { return broken() };
        let name = element.key().as_str();
        if fields.has(name) {
            members.push((Cow::Borrowed(name), of_element(&element, depth)));
        }
    }
    Document::Object(members)
}

fn list(raw: &RawArray, depth: usize) -> Document<'_> {
    let mut items = Vec::new();
    for element in raw.iter_elements() {
        let Ok(element) = element else { return broken() };
        items.push(of_element(&element, depth));
    }
    Document::List(items)
}

/// Text that is not UTF-8, or bytes that end too early, concern this element only.
fn of_element<'a>(element: &RawElement<'a>, depth: usize) -> Document<'a> {
    element.value().map_or_else(|_| broken(), |value| of_value(value, depth + 1))
}

fn broken<'a>() -> Document<'a> {
    Document::Unreadable("invalid BSON".into())
}

fn of_value(value: RawBsonRef<'_>, depth: usize) -> Document<'_> {
    let of_text = |name, text: String| Document::native(name, Document::Text(text.into()));
    match value {
        RawBsonRef::Null => Document::Null,
        RawBsonRef::Undefined => Document::native("undefined", Document::Null),
        RawBsonRef::Boolean(value) => Document::Bool(value),
        RawBsonRef::Int32(value) => Document::native("int", Document::Int(value.into())),
        RawBsonRef::Int64(value) => Document::native("long", Document::Int(value)),
        RawBsonRef::Double(value) => Document::native("double", Document::Float(value)),
        RawBsonRef::Decimal128(value) => {
            let text = value.to_string();
            let number = Decimal::parse(&text).map_or_else(|| Document::Unreadable(text.into()), Document::Decimal);
            Document::native("decimal", number)
        }
        RawBsonRef::String(text) => Document::native("string", Document::text(text)),
        RawBsonRef::Symbol(text) => Document::native("symbol", Document::text(text)),
        RawBsonRef::ObjectId(id) => of_text("objectId", id.to_hex()),
        RawBsonRef::DateTime(moment) => Document::native("date", Document::moment_of_millis(moment.timestamp_millis())),
        RawBsonRef::Binary(binary) => match binary.subtype {
            BinarySubtype::Uuid if binary.bytes.len() == UUID_BYTES => of_text("uuid", uuid(binary.bytes)),
            _ => Document::native("binData", Document::Bytes(binary.bytes.into())),
        },
        RawBsonRef::RegularExpression(regex) => of_text("regex", format!("/{}/{}", regex.pattern.as_str(), regex.options.as_str())),
        RawBsonRef::Timestamp(stamp) => {
            let parts = [("t", Document::Int(stamp.time.into())), ("i", Document::Int(stamp.increment.into()))];
            Document::native("timestamp", Document::object(parts))
        }
        RawBsonRef::JavaScriptCode(code) => Document::native("javascript", Document::object([("$code", Document::text(code))])),
        RawBsonRef::JavaScriptCodeWithScope(code) => {
            let scope = deeper(depth, |depth| object(code.scope, &Fields::All, depth));
            Document::native("javascriptWithScope", Document::object([("$code", Document::text(code.code)), ("$scope", scope)]))
        }
        // Its parts are to be had in extended JSON alone.
        RawBsonRef::DbPointer(_) => match bson::Bson::try_from(value) {
            Ok(pointer) => of_text("dbPointer", pointer.into_relaxed_extjson().to_string()),
            Err(_) => broken(),
        },
        RawBsonRef::MinKey => of_text("minKey", "MinKey".to_owned()),
        RawBsonRef::MaxKey => of_text("maxKey", "MaxKey".to_owned()),
        RawBsonRef::Document(raw) => deeper(depth, |depth| object(raw, &Fields::All, depth)),
        RawBsonRef::Array(raw) => deeper(depth, |depth| list(raw, depth)),
    }
}

fn deeper<'a>(depth: usize, work: impl FnOnce(usize) -> Document<'a>) -> Document<'a> {
    if depth < DEPTH_MAX { work(depth) } else { Document::Unreadable("nested too deeply".into()) }
}

/// `123e4567-e89b-12d3-a456-426614174000`
fn uuid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use bson::oid::ObjectId;
    use bson::{Binary, Bson, DateTime, Regex, Timestamp, doc};
    use spi::documents::json_text;

    use super::*;

    fn raw(document: bson::Document) -> bson::RawDocumentBuf {
        bson::RawDocumentBuf::try_from(&document).expect("BSON")
    }

    #[test]
    fn every_type_has_its_name_and_value() {
        let id = ObjectId::parse_str("65f000000000000000000001").expect("an id");
        let regex = Regex { pattern: "a.b".try_into().expect("a pattern"), options: "i".try_into().expect("options") };
        let bytes = |subtype, bytes: &[u8]| Bson::Binary(Binary { subtype, bytes: bytes.to_vec() });
        for (value, name, text) in [
            (Bson::Int32(-5), "int", "-5"),
            (Bson::Int64(i64::MAX), "long", "9223372036854775807"),
            (Bson::Double(0.1), "double", "0.1"),
            (
                Bson::Decimal128("1234567890123456789012345678901234".parse().expect("a number")),
                "decimal",
                "1234567890123456789012345678901234",
            ),
            (Bson::String("π".to_owned()), "string", "\"π\""),
            (Bson::ObjectId(id), "objectId", "\"65f000000000000000000001\""),
            (Bson::DateTime(DateTime::from_millis(1500)), "date", "\"1970-01-01T00:00:01.5+00:00\""),
            (bytes(BinarySubtype::Generic, b"\0\xff"), "binData", "\"\\\\x00ff\""),
            (bytes(BinarySubtype::Uuid, &[0xab; 16]), "uuid", "\"abababab-abab-abab-abab-abababababab\""),
            (bytes(BinarySubtype::Uuid, b"x"), "binData", "\"\\\\x78\""),
            (Bson::RegularExpression(regex), "regex", "\"/a.b/i\""),
            (Bson::Timestamp(Timestamp { time: 7, increment: 2 }), "timestamp", "{\"i\": 2, \"t\": 7}"),
            (Bson::JavaScriptCode("f()".to_owned()), "javascript", "{\"$code\": \"f()\"}"),
            (Bson::Symbol("s".to_owned()), "symbol", "\"s\""),
            (Bson::Null, "null", "null"),
            (Bson::Undefined, "undefined", "null"),
            (Bson::MinKey, "minKey", "\"MinKey\""),
            (Bson::Boolean(true), "bool", "true"),
            (Bson::Array(vec![Bson::Int32(1), Bson::Null]), "list", "[1, null]"),
        ] {
            let raw = raw(doc! { "a": value });
            let document = document(&raw, &Fields::All);
            let found = document.get("a").expect("the field");
            assert_eq!((found.type_name(), json_text::write(found).expect("JSON").as_str()), (name, text));
        }
    }

    #[test]
    fn only_wanted_fields_are_taken() {
        let raw = raw(doc! { "a": 1, "b": { "a": 1, "c": 2 } });
        let document = document(&raw, &Fields::These(vec!["b".to_owned()]));
        assert_eq!(json_text::write(&document).expect("JSON"), "{\"b\": {\"a\": 1, \"c\": 2}}");
    }

    #[test]
    fn what_is_broken_concerns_its_own_field() {
        // {"a": "\xff", "b": 1}
        let bytes = b"\x15\0\0\0\x02a\0\x02\0\0\0\xff\0\x10b\0\x01\0\0\0\0";
        let raw = RawDocument::from_bytes(bytes).expect("a frame of BSON");
        let document = document(raw, &Fields::All);
        assert!(matches!(document.get("a"), Some(Document::Unreadable(_))));
        assert_eq!(document.get("b").map(Document::plain), Some(&Document::Int(1)));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = (0..200).fold(Bson::Int32(1), |inner, _| Bson::Array(vec![inner]));
        let raw = raw(doc! { "a": deep });
        assert!(json_text::write(&document(&raw, &Fields::All)).expect("JSON").contains("nested too deeply"));
    }
}
