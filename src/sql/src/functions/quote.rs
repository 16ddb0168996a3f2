//! `quote_ident(name)`, `quote_literal(value)` and `quote_nullable(value)`: text to put into a statement.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Volatility;
use spi::types::oid;

use super::plain::{Plain, Returns, Work, text};
use crate::settings::quote_identifier;

/// A name, in quotes where SQL wants them.
pub(super) static QUOTE_IDENT: Plain = Plain {
    name: "quote_ident",
    aliases: &[],
    ways: &[&[oid::TEXT]],
    returns: Returns::Type(oid::TEXT),
    volatility: Volatility::Immutable,
    work: Work::Rows(|_, values| Ok(ScalarValue::from(quote_identifier(text(values, 0))))),
};

/// A text as a literal.
pub(super) static QUOTE_LITERAL: Plain = Plain {
    name: "quote_literal",
    aliases: &[],
    ways: &[&[oid::TEXT]],
    returns: Returns::Type(oid::TEXT),
    volatility: Volatility::Immutable,
    work: Work::Rows(|_, values| Ok(ScalarValue::from(literal(text(values, 0))))),
};

/// A text as a literal, and NULL as the word.
pub(super) static QUOTE_NULLABLE: Plain = Plain {
    name: "quote_nullable",
    aliases: &[],
    ways: &[&[oid::TEXT]],
    returns: Returns::Type(oid::TEXT),
    volatility: Volatility::Immutable,
    work: Work::NullableRows(|_, values| {
        Ok(ScalarValue::from(if values[0].is_null() { "NULL".to_owned() } else { literal(text(values, 0)) }))
    }),
};

pub(super) fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_as_the_text() {
        assert_eq!((literal("it's").as_str(), literal("a\\b").as_str()), ("'it''s'", "E'a\\\\b'"));
    }
}
