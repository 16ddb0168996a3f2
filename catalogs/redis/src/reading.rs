//! How the bytes of a value become the value of a column.

use spi::documents::{Column, Document, FieldType, json};

use crate::canonical;

/// How values of a column are read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading {
    /// Those that are canonical for the type; others are unreadable.
    Exact(FieldType),
    /// As a cast would: somebody says that they have this type.
    Declared(FieldType),
}

impl Reading {
    pub(crate) fn of(column: &Column) -> Self {
        let of_type = if column.declared { Reading::Declared } else { Reading::Exact };
        of_type(column.field_type.clone())
    }

    pub(crate) fn field_type(&self) -> &FieldType {
        match self {
            Reading::Exact(field_type) | Reading::Declared(field_type) => field_type,
        }
    }

    pub(crate) fn document<'v>(&self, value: &'v [u8]) -> Document<'v> {
        match self {
            Reading::Exact(field_type) => canonical::document(value, field_type),
            Reading::Declared(FieldType::BYTEA) => canonical::document(value, &FieldType::BYTEA),
            // A cast to these reads JSON too.
            Reading::Declared(declared) if declared.is_json() || matches!(declared, FieldType::List(_)) => {
                json::read(value).unwrap_or_else(|_| canonical::document(value, &FieldType::TEXT))
            }
            Reading::Declared(_) => canonical::document(value, &FieldType::TEXT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_is_read_as_a_cast_would() {
        let declared = |field_type: &FieldType, value: &'static [u8]| Reading::Declared(field_type.clone()).document(value);
        // The decoder takes text to the declared type.
        assert_eq!(declared(&FieldType::INT8, b"007"), Document::text("007"));
        assert_eq!(declared(&FieldType::BYTEA, b"abc"), Document::Bytes(b"abc".into()));
        assert_eq!(declared(&FieldType::JSONB, b"[1]"), Document::List(vec![Document::Int(1)]));
        assert_eq!(declared(&FieldType::JSONB, b"[1"), Document::text("[1"));
        assert_eq!(declared(&FieldType::DATE, b"\xff"), Document::Unreadable("\\xff".into()));
        assert_eq!(Reading::Exact(FieldType::INT8).document(b"007"), Document::Unreadable("007".into()));
    }
}
