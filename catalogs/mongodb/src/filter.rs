//! What of the conditions of a read the server can decide, as a filter of its own.
//!
//! A filter finds all rows that qualify, and perhaps others: it is exact where there are no others. MongoDB's comparisons differ from
//! PostgreSQL's in four ways that matter here:
//!
//! - They look into arrays: `{a: 5}` finds `{a: [5]}`. Such a row has no number in `a`, so arrays on the way are excluded.
//! - They compare values of one kind only: `{a: {$lt: "b"}}` finds no numbers. In a column of text, `5` is the text `5`.
//! - Not-a-number is neither less nor greater than any number, where PostgreSQL has it greater.
//! - A double and a decimal are equal if they are the same number: `0.1` and `NumberDecimal("0.1")` are not.
//!
//! Whole numbers and doubles compare exactly, whatever their size, and text by its bytes, unless a collation is in the way.

use bson::oid::ObjectId;
use bson::spec::BinarySubtype;
use bson::{Binary, Bson, DateTime, Decimal128, Document, doc};
use spi::documents::{Column, FieldType, Path};
use spi::predicate::{Comparison, Predicate, Value};
use spi::types::oid;

use crate::recipe::TextOrder;

/// What a column of text has as text that the server does not compare with text, by MongoDB's aliases.
const NOT_TEXT: [&str; 13] =
    ["double", "object", "array", "binData", "objectId", "bool", "date", "regex", "int", "timestamp", "long", "decimal", "minKey"];

/// The rest of them, which have no documented order among the others: code, keys beyond all, and references of old.
const NOT_TEXT_RARE: [i32; 4] = [12, 13, 15, 127];

/// 4714-11-24 BC, the first day that PostgreSQL has, in milliseconds since 1970-01-01.
const FIRST_MOMENT: i64 = -2_440_588 * 86_400_000;

/// The last millisecond that 64 bits of microseconds have.
const LAST_MOMENT: i64 = i64::MAX / 1000;

/// The most digits that Decimal128 has.
const DECIMAL_DIGITS_MAX: u32 = 34;

/// The most digits behind the point that a number of the gateway's has; Decimal128 has thousands.
const DECIMAL_SCALE_MAX: i8 = 76;

/// A filter for the server.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Filter {
    /// Documents that may qualify. Empty: all.
    pub(crate) document: Document,
    /// Whether exactly these qualify.
    pub(crate) exact: bool,
}

/// The filter of predicates that all hold. `column` finds a column by its name.
pub(crate) fn filter<'c>(predicates: &[Predicate], text: TextOrder, column: &impl Fn(&str) -> Option<&'c Column>) -> Filter {
    let parts: Vec<Filter> = predicates.iter().map(|predicate| part(predicate, text, column)).collect();
    all(parts)
}

fn part<'c>(predicate: &Predicate, text: TextOrder, column: &impl Fn(&str) -> Option<&'c Column>) -> Filter {
    match predicate {
        Predicate::Compare { column: name, comparison, value } => match place(column(name)) {
            Some((path, column)) => compare(&path, &column.field_type, *comparison, std::slice::from_ref(value), text),
            None => Filter::default(),
        },
        Predicate::In { column: name, values } => match place(column(name)) {
            Some((path, column)) => compare(&path, &column.field_type, Comparison::Equal, values, text),
            None => Filter::default(),
        },
        Predicate::IsNull { column: name } => {
            place(column(name)).and_then(|(path, column)| null(&path, &column.field_type)).unwrap_or_default()
        }
        Predicate::IsNotNull { column: name } => place(column(name)).map_or_else(Filter::default, |(path, _)| not_null(&path)),
        Predicate::And(parts) => all(parts.iter().map(|one| part(one, text, column)).collect()),
        Predicate::Or(parts) => any(parts.iter().map(|one| part(one, text, column)).collect()),
    }
}

fn all(parts: Vec<Filter>) -> Filter {
    let exact = parts.iter().all(|part| part.exact);
    let mut documents: Vec<Document> = parts.into_iter().map(|part| part.document).filter(|document| !document.is_empty()).collect();
    let document = match documents.len() {
        0 => Document::new(),
        1 => documents.remove(0),
        _ => doc! { "$and": documents },
    };
    Filter { document, exact }
}

fn any(parts: Vec<Filter>) -> Filter {
    if parts.iter().any(|part| part.document.is_empty()) {
        return Filter::default();
    }
    let exact = parts.iter().all(|part| part.exact);
    Filter { document: doc! { "$or": parts.into_iter().map(|part| part.document).collect::<Vec<_>>() }, exact }
}

/// The path of a column as the server writes it, with the steps to it; `None` where it cannot be written.
fn place(column: Option<&Column>) -> Option<(Steps, &Column)> {
    // A value that is converted is none that the server knows.
    let column = column.filter(|column| !column.declared)?;
    written(&column.path).map(|_| (Steps(column.path.0.clone()), column))
}

/// A path as the server writes it; `None` where it cannot be written.
pub(crate) fn written(path: &Path) -> Option<String> {
    let is_plain = |name: &String| !name.is_empty() && !name.starts_with('$') && !name.contains(['.', '\0']);
    (!path.0.is_empty() && path.0.iter().all(is_plain)).then(|| path.0.join("."))
}

/// The names of the fields down to a value.
struct Steps(Vec<String>);

impl Steps {
    fn path(&self) -> String {
        self.0.join(".")
    }

    /// A condition on the value.
    fn is(&self, condition: impl Into<Bson>) -> Document {
        doc! { self.path(): condition.into() }
    }

    /// A condition on the value, where neither it nor what it is in is an array.
    fn is_single(&self, condition: impl Into<Bson>) -> Document {
        let mut parts = vec![self.is(condition)];
        // Of `_id` too: that of a view may be an array.
        parts.extend((1..=self.0.len()).map(|steps| doc! { self.0[..steps].join("."): { "$not": { "$type": "array" } } }));
        doc! { "$and": parts }
    }

    /// A condition on the value, or one of other conditions on it.
    fn is_or(&self, condition: Bson, others: impl IntoIterator<Item = Bson>) -> Document {
        let others = others.into_iter().map(|other| self.is(other));
        doc! { "$or": std::iter::once(self.is(condition)).chain(others).collect::<Vec<_>>() }
    }
}

/// The filter for a column that compares so with one of the values; several values are only ever equal.
fn compare(steps: &Steps, field_type: &FieldType, comparison: Comparison, values: &[Value], text: TextOrder) -> Filter {
    let FieldType::Scalar(pg_type) = field_type else { return Filter::default() };
    let found = match pg_type.oid {
        oid::BOOL => booleans(steps, comparison, values),
        oid::INT8 => whole_numbers(steps, comparison, values),
        oid::FLOAT8 => doubles(steps, comparison, values),
        oid::NUMERIC => decimals(steps, comparison, values),
        oid::TIMESTAMPTZ => moments(steps, comparison, values),
        oid::TEXT => texts(steps, comparison, values, text),
        _ => None,
    };
    found.unwrap_or_default()
}

/// What may be null: also a value that does not fit the column. `None` where no type of the server's always fits.
fn null(steps: &Steps, field_type: &FieldType) -> Option<Filter> {
    let FieldType::Scalar(pg_type) = field_type else { return None };
    let fitting = match pg_type.oid {
        oid::BOOL => doc! { "$type": "bool" },
        oid::INT8 => doc! { "$type": ["int", "long"] },
        // Not every whole number of 64 bits is a double.
        oid::FLOAT8 => doc! { "$type": ["int", "double"] },
        oid::TIMESTAMPTZ => doc! { "$gte": DateTime::from_millis(FIRST_MOMENT), "$lte": DateTime::from_millis(LAST_MOMENT) },
        // Text may have a character of code 0, and a number more digits than the column.
        _ => return None,
    };
    Some(Filter { document: doc! { "$nor": [steps.is_single(fitting)] }, exact: false })
}

/// What may have a value. An array that has a null among its elements equals null for the server.
fn not_null(steps: &Steps) -> Filter {
    Filter { document: steps.is_or(doc! { "$ne": Bson::Null }.into(), [doc! { "$type": "array" }.into()]), exact: false }
}

fn booleans(steps: &Steps, comparison: Comparison, values: &[Value]) -> Option<Filter> {
    let wanted = values.iter().map(|value| match (comparison, value) {
        (Comparison::Equal, Value::Bool(value)) => Some(Bson::Boolean(*value)),
        (Comparison::NotEqual, Value::Bool(value)) => Some(Bson::Boolean(!value)),
        _ => None,
    });
    let wanted = wanted.collect::<Option<Vec<_>>>()?;
    Some(Filter { document: steps.is_single(doc! { "$in": wanted }), exact: true })
}

fn whole_numbers(steps: &Steps, comparison: Comparison, values: &[Value]) -> Option<Filter> {
    let int = |value: &Value| if let Value::Int(value) = value { Some(Bson::Int64(*value)) } else { None };
    let wanted = values.iter().map(int).collect::<Option<Vec<_>>>()?;
    Some(match comparison {
        Comparison::Equal => Filter { document: steps.is_single(doc! { "$in": wanted }), exact: true },
        // A double between two whole numbers is none, whatever it is greater than.
        _ => Filter { document: steps.is(ordered(comparison, wanted)?), exact: false },
    })
}

fn doubles(steps: &Steps, comparison: Comparison, values: &[Value]) -> Option<Filter> {
    let double = |value: &Value| if let Value::Float(value) = value { Some(Bson::Double(*value)) } else { None };
    let wanted = values.iter().map(double).collect::<Option<Vec<_>>>()?;
    // A decimal is the double that is written like it.
    let mut others = vec![Bson::Document(doc! { "$type": "decimal" })];
    if matches!(comparison, Comparison::Greater | Comparison::GreaterOrEqual) {
        others.push(Bson::Double(f64::NAN));
    }
    Some(Filter { document: steps.is_or(ordered(comparison, wanted)?, others), exact: false })
}

fn decimals(steps: &Steps, comparison: Comparison, values: &[Value]) -> Option<Filter> {
    let wanted = values.iter().map(decimal).collect::<Option<Vec<_>>>()?;
    // A double is the decimal that is written like it.
    let others = [Bson::Document(doc! { "$type": "double" })];
    Some(Filter { document: steps.is_or(ordered(comparison, wanted)?, others), exact: false })
}

fn decimal(value: &Value) -> Option<Bson> {
    let Value::Decimal { digits, scale } = value else { return None };
    let fits = digits.unsigned_abs().checked_ilog10().map_or(0, |power| power + 1) <= DECIMAL_DIGITS_MAX;
    if !fits || !(0..=DECIMAL_SCALE_MAX).contains(scale) {
        return None;
    }
    format!("{digits}E-{scale}").parse::<Decimal128>().ok().map(Bson::Decimal128)
}

fn moments(steps: &Steps, comparison: Comparison, values: &[Value]) -> Option<Filter> {
    let micros = |value: &Value| if let Value::Timestamp(micros) = value { Some(*micros) } else { None };
    let micros = values.iter().map(micros).collect::<Option<Vec<_>>>()?;
    let date = |millis: i64| Bson::DateTime(DateTime::from_millis(millis));
    // The server has milliseconds: no date is at a moment between two of them. Dates that PostgreSQL does not have are no values.
    let is_date = |micros: &&i64| **micros % 1000 == 0 && **micros / 1000 >= FIRST_MOMENT;
    let whole: Vec<Bson> = micros.iter().filter(is_date).map(|micros| date(micros / 1000)).collect();
    let first = *micros.first()?;
    let (floor, ceiling) = (first.div_euclid(1000), first.div_euclid(1000) + i64::from(first.rem_euclid(1000) != 0));
    let (earliest, latest) = (date(FIRST_MOMENT), date(LAST_MOMENT));
    let condition = match comparison {
        Comparison::Equal => return Some(Filter { document: steps.is_single(doc! { "$in": whole }), exact: true }),
        Comparison::NotEqual => doc! { "$nin": whole, "$gte": earliest, "$lte": latest },
        Comparison::Less => doc! { "$gte": earliest, "$lt": date(ceiling) },
        Comparison::LessOrEqual => doc! { "$gte": earliest, "$lte": date(floor) },
        Comparison::Greater => doc! { "$gt": date(floor), "$gte": earliest, "$lte": latest },
        Comparison::GreaterOrEqual => doc! { "$gte": date(ceiling.max(FIRST_MOMENT)), "$lte": latest },
    };
    Some(Filter { document: steps.is_single(condition), exact: true })
}

fn texts(steps: &Steps, comparison: Comparison, values: &[Value], order: TextOrder) -> Option<Filter> {
    let wanted = values.iter().map(|value| if let Value::Text(text) = value { Some(text) } else { None });
    let wanted: Vec<&String> = wanted.collect::<Option<_>>()?;
    let others = || {
        [Bson::Document(doc! { "$type": NOT_TEXT.map(Bson::from).into_iter().chain(NOT_TEXT_RARE.map(Bson::from)).collect::<Vec<_>>() })]
    };
    let strings = wanted.iter().map(|text| Bson::String((*text).clone()));
    match comparison {
        Comparison::Equal => {
            let natives = wanted.iter().filter_map(|text| native(text));
            let condition = doc! { "$in": strings.chain(natives).collect::<Vec<_>>() };
            if wanted.iter().all(|text| is_of_text_alone(text)) {
                Some(Filter { document: steps.is_single(condition), exact: order != TextOrder::CollatedView })
            } else {
                Some(Filter { document: steps.is_or(condition.into(), others()), exact: false })
            }
        }
        _ if order == TextOrder::CollatedView => None,
        comparison => Some(Filter { document: steps.is_or(ordered(comparison, strings.collect())?, others()), exact: false }),
    }
}

/// The value that is no string, but reads like this text.
fn native(text: &str) -> Option<Bson> {
    if is_hexadecimal(text) && text.len() == 24 {
        return ObjectId::parse_str(text).ok().map(Bson::ObjectId);
    }
    is_uuid(text).then(|| {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
        let byte = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or_default();
        Bson::Binary(Binary { subtype: BinarySubtype::Uuid, bytes: digits.chunks(2).map(byte).collect() })
    })
}

/// Whether no value reads like this text but strings, and the one that [`native`] knows.
fn is_of_text_alone(text: &str) -> bool {
    const WORDS: [&str; 8] = ["true", "false", "NaN", "Infinity", "infinity", "inf", "MinKey", "MaxKey"];
    if is_hexadecimal(text) && text.len() == 24 {
        // Not one of digits alone, which a number may have.
        return text.bytes().any(|byte| matches!(byte, b'a'..=b'd' | b'f'));
    }
    let begins_like_another = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | '\\' | '/' | '[' | '{'));
    is_uuid(text) || !begins_like_another && !WORDS.contains(&text)
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|part| is_hexadecimal(part))
}

/// The comparison in the server's words. A value that differs is one of the same kind at least: the server finds also what is missing.
fn ordered(comparison: Comparison, mut values: Vec<Bson>) -> Option<Bson> {
    if comparison == Comparison::Equal {
        return Some(doc! { "$in": values }.into());
    }
    let value = values.pop().filter(|_| values.is_empty())?;
    let condition = match comparison {
        Comparison::Less => doc! { "$lt": value },
        Comparison::LessOrEqual => doc! { "$lte": value },
        Comparison::Greater => doc! { "$gt": value },
        Comparison::GreaterOrEqual => doc! { "$gte": value },
        Comparison::NotEqual if matches!(value, Bson::String(_)) => doc! { "$ne": value, "$type": ["string", "symbol"] },
        Comparison::NotEqual | Comparison::Equal => doc! { "$ne": value, "$type": "number" },
    };
    Some(condition.into())
}

#[cfg(test)]
mod tests {
    use spi::documents::Path;

    use super::*;

    fn column(name: &str, field_type: FieldType) -> Column {
        let path = Path(name.split('/').map(str::to_owned).collect());
        Column { name: name.to_owned(), path, field_type, native_type: String::new(), nullable: true, comment: None, declared: false }
    }

    fn of(column: &Column, comparison: Comparison, value: Value) -> Filter {
        let predicate = Predicate::Compare { column: column.name.clone(), comparison, value };
        filter(&[predicate], TextOrder::Bytes, &|name| (name == column.name).then_some(column))
    }

    #[test]
    fn arrays_on_the_way_are_excluded() {
        let found = of(&column("a/b", FieldType::INT8), Comparison::Equal, Value::Int(5));
        let no_array = doc! { "$not": { "$type": "array" } };
        let expected = doc! { "$and": [{ "a.b": { "$in": [5i64] } }, { "a": no_array.clone() }, { "a.b": no_array.clone() }] };
        assert_eq!(found, Filter { document: expected, exact: true });
        // Of a view, it may be one.
        let found = of(&column("_id", FieldType::INT8), Comparison::Equal, Value::Int(5));
        assert_eq!(found.document, doc! { "$and": [{ "_id": { "$in": [5i64] } }, { "_id": no_array }] });
    }

    #[test]
    fn moments_are_whole_milliseconds() {
        let column = column("t", FieldType::TIMESTAMPTZ);
        let condition = |comparison, micros| {
            let found = of(&column, comparison, Value::Timestamp(micros));
            assert!(found.exact);
            found.document.get_array("$and").expect("parts")[0].as_document().expect("a condition").get_document("t").expect("it").clone()
        };
        let date = DateTime::from_millis;
        assert_eq!(condition(Comparison::Equal, 1500), doc! { "$in": Vec::<Bson>::new() });
        assert_eq!(condition(Comparison::Less, -1500).get("$lt"), Some(&date(-1).into()));
        assert_eq!(condition(Comparison::LessOrEqual, -1500).get("$lte"), Some(&date(-2).into()));
        assert_eq!(condition(Comparison::Greater, 1000).get("$gt"), Some(&date(1).into()));
        assert_eq!(condition(Comparison::GreaterOrEqual, 1001).get("$gte"), Some(&date(2).into()));
    }

    #[test]
    fn text_that_other_values_read_like_is_not_exact() {
        let column = column("s", FieldType::TEXT);
        for (text, exact) in [
            ("Berlin", true),
            ("", true),
            ("65f000000000000000000001", true),
            ("650000000000000000000001", false),
            ("123e4567-e89b-12d3-a456-426614174000", true),
            ("5", false),
            ("true", false),
            ("2024-01-01 00:00:00+00", false),
            ("{\"a\": 1}", false),
            ("\\x00", false),
            ("/a/", false),
            ("NaN", false),
        ] {
            let found = of(&column, Comparison::Equal, Value::Text(text.to_owned()));
            assert_eq!(found.exact, exact, "{text}");
            assert!(!found.document.is_empty());
        }
        assert_eq!(native("65f000000000000000000001"), ObjectId::parse_str("65f000000000000000000001").ok().map(Bson::ObjectId));
        assert!(matches!(native("123e4567-e89b-12d3-a456-426614174000"), Some(Bson::Binary(binary)) if binary.bytes[0] == 0x12));
    }

    #[test]
    fn what_cannot_be_written_is_left_to_the_gateway() {
        for column in [column("$a", FieldType::INT8), column("a.b", FieldType::INT8), column("j", FieldType::JSONB)] {
            assert_eq!(of(&column, Comparison::Equal, Value::Int(1)), Filter::default());
        }
        let huge = Value::Decimal { digits: 10i128.pow(35), scale: 0 };
        assert_eq!(of(&column("d", FieldType::parse("numeric(38,2)").expect("a type")), Comparison::Equal, huge), Filter::default());
    }

    #[test]
    fn one_open_alternative_opens_all() {
        let (a, b) = (column("a", FieldType::BOOL), column("b", FieldType::JSONB));
        let equal = |column: &Column, value| Predicate::Compare { column: column.name.clone(), comparison: Comparison::Equal, value };
        let parts = vec![equal(&a, Value::Bool(true)), equal(&b, Value::Text("x".to_owned()))];
        let find = |name: &str| [&a, &b].into_iter().find(|column| column.name == name);
        assert_eq!(filter(&[Predicate::Or(parts.clone())], TextOrder::Bytes, &find), Filter::default());
        let both = filter(&parts, TextOrder::Bytes, &find);
        assert!(!both.exact && both.document.contains_key("$and"));
        assert!(filter(&[], TextOrder::Bytes, &find).exact);
    }
}
