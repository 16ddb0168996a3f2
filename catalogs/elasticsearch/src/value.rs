//! Values of documents, read as the server reads them when it indexes a document. Only then do its answers fit what is compared here.

use std::borrow::Cow;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use spi::documents::{Document, FieldType};

use crate::document::Fields;
use crate::mapping::{Field, Kind};
use crate::moment;

/// How values of a column are read.
pub(crate) enum Shape {
    /// One value. Several, in one document, do not fit.
    One(Scalar),
    /// A list of values, whether there is an array or not.
    List(Scalar),
    /// As it is.
    Json,
}

/// How one value is read.
pub(crate) enum Scalar {
    /// Text that the server is asked to compare.
    Text,
    Integer,
    /// A whole number that 64 bits with a sign may not hold.
    Unsigned,
    /// A number with a fraction.
    Float,
    /// Whatever needs nothing to be done.
    Plain,
    Boolean,
    Moment,
    Ip,
    Binary,
    Object(Members),
}

/// The fields of an object that is one column.
pub(crate) struct Members {
    fields: Fields,
    shapes: Vec<(String, Shape)>,
}

impl Shape {
    /// The shape of a column; `listed` says whether it is an array column.
    pub(crate) fn new(field: &Field, listed: bool) -> Self {
        let scalar = match &field.kind {
            Kind::Json => return Shape::Json,
            Kind::Vector => return Shape::List(Scalar::Plain),
            Kind::Defined(FieldType::List(_)) => return Shape::List(Scalar::Plain),
            Kind::Defined(field_type) if field_type.is_json() => return Shape::Json,
            Kind::Defined(_) => Scalar::Plain,
            Kind::Nested(members) => return Shape::List(Scalar::Object(Members::new(members))),
            Kind::Object(members) => Scalar::Object(Members::new(members)),
            Kind::Keyword { .. } => Scalar::Text,
            Kind::Text if field.keyword.is_some() => Scalar::Text,
            Kind::Text | Kind::Fetched => Scalar::Plain,
            Kind::Integer { .. } => Scalar::Integer,
            Kind::Float | Kind::Double | Kind::Rounded { .. } => Scalar::Float,
            Kind::UnsignedLong => Scalar::Unsigned,
            Kind::Boolean => Scalar::Boolean,
            Kind::Date { .. } => Scalar::Moment,
            Kind::Ip => Scalar::Ip,
            Kind::Binary => Scalar::Binary,
        };
        if listed { Shape::List(scalar) } else { Shape::One(scalar) }
    }

    /// The column's value of what one document has at its path: nothing, a value, or, where there are objects in an array, several.
    pub(crate) fn read<'a>(&self, found: &[&Document<'a>]) -> Document<'a> {
        match self {
            Shape::Json => match found {
                [] => Document::Null,
                [one] => (*one).clone(),
                several => Document::List(several.iter().map(|one| (*one).clone()).collect()),
            },
            Shape::One(scalar) => {
                let mut values = Vec::new();
                found.iter().for_each(|one| flatten(one, &mut values));
                values.retain(|value| !value.is_null());
                match values[..] {
                    [] => Document::Null,
                    [value] => scalar.read(value),
                    _ => Document::Unreadable(format!("an array of {} values", values.len()).into()),
                }
            }
            Shape::List(scalar) => {
                if found.iter().all(|one| one.is_null()) {
                    return Document::Null;
                }
                let mut values = Vec::new();
                found.iter().for_each(|one| flatten(one, &mut values));
                Document::List(values.into_iter().map(|value| scalar.read(value)).collect())
            }
        }
    }
}

/// What the server gives of a field, with the nulls that the document has where the server gives another value for them.
pub(crate) fn with_nulls<'a>(given: &Document<'a>, written: &[&Document<'a>]) -> Document<'a> {
    if written.iter().all(|one| one.is_null()) {
        return Document::Null;
    }
    let (mut values, mut own) = (Vec::new(), Vec::new());
    flatten(given, &mut values);
    written.iter().for_each(|one| flatten(one, &mut own));
    // Else the server has left some out, and it is not known which.
    if values.len() != own.len() {
        return given.clone();
    }
    let item = |(value, own): (&Document<'a>, &Document<'a>)| if own.is_null() { Document::Null } else { value.clone() };
    Document::List(values.into_iter().zip(own).map(item).collect())
}

/// The values in arrays, and in arrays of those.
fn flatten<'d, 'a>(value: &'d Document<'a>, values: &mut Vec<&'d Document<'a>>) {
    match value {
        Document::List(items) => items.iter().for_each(|item| flatten(item, values)),
        other => values.push(other),
    }
}

impl Scalar {
    fn read<'a>(&self, value: &Document<'a>) -> Document<'a> {
        match (self, value) {
            (_, Document::Null) => Document::Null,
            // What digits such a number had is not known any more, and the server compares them.
            (Scalar::Text, Document::Float(_)) => unreadable("a number with a fraction in a field of text"),
            (Scalar::Text, Document::Object(_)) => unreadable("an object in a field of text"),
            (Scalar::Integer, value) => integer(value),
            (Scalar::Unsigned, value) => unsigned(value),
            (Scalar::Float, Document::Text(text)) => match text.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Document::Float(number),
                _ => Document::Unreadable(text.clone()),
            },
            // What the server does not take for a truth value is not one here, whatever casts of PostgreSQL would make of it.
            (Scalar::Boolean, Document::Text(text)) => match &**text {
                "true" => Document::Bool(true),
                "false" | "" => Document::Bool(false),
                _ => Document::Unreadable(text.clone()),
            },
            (Scalar::Boolean, Document::Int(_) | Document::Float(_) | Document::Decimal(_)) => unreadable("a number"),
            (Scalar::Moment, Document::Text(text)) => match moment::parse(text) {
                Some(micros) => Document::TimestampTz(micros),
                None => Document::Unreadable(text.clone()),
            },
            (Scalar::Ip, Document::Text(text)) => match text.parse::<IpAddr>() {
                Ok(address) => Document::Text(address.to_canonical().to_string().into()),
                Err(_) => Document::Unreadable(text.clone()),
            },
            (Scalar::Ip, _) => unreadable("no address"),
            (Scalar::Binary, Document::Text(text)) => match STANDARD.decode(&**text) {
                Ok(bytes) => Document::Bytes(Cow::Owned(bytes)),
                Err(_) => unreadable("no Base64"),
            },
            (Scalar::Object(members), Document::Object(_)) => members.read(value),
            (_, other) => other.clone(),
        }
    }
}

/// A whole number. The server cuts off fractions, of numbers and of text, unless the mapping refuses them.
fn integer<'a>(value: &Document<'a>) -> Document<'a> {
    match value {
        Document::Float(number) if number.is_finite() => Document::Float(number.trunc()),
        Document::Decimal(number) => whole(&number.to_string()).map_or_else(|| value.clone(), Document::Int),
        Document::Text(text) => match (text.parse(), text.parse::<f64>()) {
            (Ok(number), _) => Document::Int(number),
            (_, Ok(number)) if number.is_finite() && !text.contains(['e', 'E']) => {
                whole(text).map_or_else(|| Document::Unreadable(text.clone()), Document::Int)
            }
            (_, Ok(number)) if number.is_finite() => Document::Float(number.trunc()),
            _ => Document::Unreadable(text.clone()),
        },
        other => other.clone(),
    }
}

/// The same of longer numbers, whose digits are kept.
fn unsigned<'a>(value: &Document<'a>) -> Document<'a> {
    let digits = |text: &str| Document::Text(text.split_once('.').map_or(text, |(whole, _)| whole).to_owned().into());
    match value {
        Document::Float(number) if number.is_finite() => Document::Float(number.trunc()),
        Document::Decimal(number) => digits(&number.to_string()),
        Document::Text(text) if !text.contains(['e', 'E']) => digits(text),
        other => other.clone(),
    }
}

/// What stands before the point.
fn whole(text: &str) -> Option<i64> {
    text.split_once('.').map_or(text, |(whole, _)| whole).parse().ok()
}

fn unreadable(what: &'static str) -> Document<'static> {
    Document::Unreadable(what.into())
}

impl Members {
    fn new(members: &[Field]) -> Self {
        Self {
            fields: Fields::new(members.iter().map(|member| member.target.as_ref().unwrap_or(&member.path).clone())),
            shapes: members.iter().map(|member| (member.path.clone(), Shape::new(member, false))).collect(),
        }
    }

    fn read<'a>(&self, object: &Document<'a>) -> Document<'a> {
        let found = self.fields.find(object);
        let members = self.shapes.iter().zip(&found).map(|((name, shape), found)| (name.clone().into(), shape.read(found)));
        Document::Object(members.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_the_server_indexes_them() {
        let ip = |text| Document::text(text);
        for (scalar, value, expected) in [
            (Scalar::Integer, Document::Float(-1.7), Document::Float(-1.0)),
            (Scalar::Integer, Document::text("12.9"), Document::Int(12)),
            (Scalar::Integer, Document::text("9223372036854775807"), Document::Int(i64::MAX)),
            (Scalar::Unsigned, Document::Float(1.9), Document::Float(1.0)),
            (Scalar::Unsigned, Document::text("18446744073709551615.9"), Document::text("18446744073709551615")),
            // PostgreSQL's casts would take these.
            (Scalar::Integer, Document::text(" 5"), Document::Unreadable(" 5".into())),
            (Scalar::Float, Document::text("infinity"), Document::Unreadable("infinity".into())),
            (Scalar::Float, Document::text(" 1.5"), Document::Float(1.5)),
            (Scalar::Boolean, Document::text("yes"), Document::Unreadable("yes".into())),
            (Scalar::Boolean, Document::text(""), Document::Bool(false)),
            (Scalar::Ip, ip("2001:DB8:0::1"), ip("2001:db8::1")),
            (Scalar::Ip, ip("::ffff:10.0.0.1"), ip("10.0.0.1")),
            (Scalar::Ip, ip("10.0.0"), Document::Unreadable("10.0.0".into())),
            (Scalar::Binary, Document::text("AQI="), Document::Bytes(vec![1, 2].into())),
            (Scalar::Moment, Document::text("1970-01-01T00:00:00.001Z"), Document::TimestampTz(1000)),
            (Scalar::Text, Document::Int(5), Document::Int(5)),
        ] {
            assert_eq!(scalar.read(&value), expected, "{value:?}");
        }
    }

    #[test]
    fn one_value_is_no_list_and_several_are_no_value() {
        let one = Document::List(vec![Document::Null, Document::List(vec![Document::Int(1)])]);
        let several = Document::List(vec![Document::Int(1), Document::Int(1)]);
        let empty = Document::List(Vec::new());
        let column = Shape::One(Scalar::Plain);
        assert_eq!(column.read(&[&one]), Document::Int(1));
        assert_eq!(column.read(&[&empty]), Document::Null);
        assert!(matches!(column.read(&[&several]), Document::Unreadable(_)));
        let list = Shape::List(Scalar::Plain);
        assert_eq!(list.read(&[&Document::Int(1)]), Document::List(vec![Document::Int(1)]));
        assert_eq!(list.read(&[&empty]), empty);
        assert_eq!(list.read(&[&Document::Null]), Document::Null);
        assert_eq!(list.read(&[]), Document::Null);
    }
}
