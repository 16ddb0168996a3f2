//! The values of static rows, made of their texts.

use crate::types::oid;
use crate::value::Value;

/// How the text of a value is read.
///
/// Only the types of values that the static rows hold are told apart: the others have no value there but NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Bool,
    Int,
    Real,
    Text,
    /// An array of one dimension, with the type of its elements.
    Array(u32),
    /// An `int2vector` or `oidvector`, with the type of its elements.
    Vector(u32),
}

impl Form {
    /// The form of a type that is no domain; `element` is 0 where it is neither array nor vector.
    pub(super) fn of(type_oid: u32, element: u32) -> Self {
        match type_oid {
            oid::INT2VECTOR | oid::OIDVECTOR => Form::Vector(element),
            _ if element != 0 => Form::Array(element),
            oid::BOOL => Form::Bool,
            oid::FLOAT4 => Form::Real,
            oid::INT2 | oid::INT4 | oid::INT8 | oid::OID | oid::XID | oid::CID => Form::Int,
            oid::REGPROC | oid::REGPROCEDURE | oid::REGOPER | oid::REGOPERATOR | oid::REGCLASS | oid::REGTYPE => Form::Int,
            oid::REGCONFIG | oid::REGDICTIONARY | oid::REGNAMESPACE | oid::REGROLE | oid::REGCOLLATION => Form::Int,
            _ => Form::Text,
        }
    }

    /// The value of a text.
    pub(super) fn value(self, text: &str) -> Value {
        match self {
            Form::Bool => Value::Bool(text == "t"),
            // The texts are PostgreSQL's own, so they are numbers.
            Form::Int => text.parse().map_or(Value::Null, Value::Int),
            Form::Real => text.parse::<f32>().map_or(Value::Null, |number| Value::Float(number.into())),
            Form::Text => Value::text(text),
            Form::Array(element) => Value::array(element, elements(text, Form::of(element, 0))),
            Form::Vector(element) => {
                let form = Form::of(element, 0);
                Value::vector(element, text.split_terminator(' ').map(|item| form.value(item)).collect())
            }
        }
    }
}

/// The elements of `{a,"b c",NULL}`.
fn elements(text: &str, form: Form) -> Vec<Value> {
    let inside = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default();
    let (mut elements, mut item, mut is_quoted, mut was_quoted) = (Vec::new(), String::new(), false, false);
    let mut characters = inside.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => (is_quoted, was_quoted) = (!is_quoted, true),
            '\\' => item.extend(characters.next()),
            ',' if !is_quoted => {
                elements.push(element(&item, was_quoted, form));
                (was_quoted, item) = (false, String::new());
            }
            _ => item.push(character),
        }
    }
    if !inside.is_empty() {
        elements.push(element(&item, was_quoted, form));
    }
    elements
}

fn element(item: &str, was_quoted: bool, form: Form) -> Value {
    if item == "NULL" && !was_quoted { Value::Null } else { form.value(item) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars() {
        assert_eq!(Form::of(oid::BOOL, 0).value("t"), Value::Bool(true));
        assert_eq!(Form::of(oid::REGPROC, 0).value("4294967295"), Value::Int(4_294_967_295));
        assert_eq!(Form::of(oid::FLOAT4, 0).value("0.1"), Value::Float(f64::from(0.1_f32)));
        assert_eq!(Form::of(oid::CHAR, 0).value(""), Value::text(""));
    }

    #[test]
    fn arrays() {
        let array = |text| Form::of(oid::TEXT_ARRAY, oid::TEXT).value(text);
        let texts = |texts: &[&str]| Value::array(oid::TEXT, texts.iter().map(|text| Value::from(*text)).collect());
        assert_eq!(array("{}"), texts(&[]));
        assert_eq!(array("{a,b}"), texts(&["a", "b"]));
        assert_eq!(array(r#"{"","a,b","say \"\\\"","NULL"}"#), texts(&["", "a,b", "say \"\\\"", "NULL"]));
        assert_eq!(array("{NULL,x}"), Value::array(oid::TEXT, vec![Value::Null, Value::from("x")]));
        assert_eq!(Form::of(oid::OID_ARRAY, oid::OID).value("{25,26}"), Value::array(oid::OID, vec![Value::Int(25), Value::Int(26)]));
    }

    #[test]
    fn vectors() {
        let vector = Form::of(oid::OIDVECTOR, oid::OID);
        assert_eq!(vector.value("25 26"), Value::vector(oid::OID, vec![Value::Int(25), Value::Int(26)]));
        assert_eq!(vector.value(""), Value::vector(oid::OID, Vec::new()));
    }
}
