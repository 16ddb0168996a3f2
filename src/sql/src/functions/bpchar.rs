//! `bpchar(text, length)`: what a cast to `char(length)` is.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Volatility;
use spi::types::oid;

use super::plain::{Plain, Returns, Work, integer, text};

/// Text of exactly so many characters: cut, or filled with blanks.
pub(super) static BPCHAR: Plain = Plain {
    name: "bpchar",
    aliases: &[],
    ways: &[&[oid::TEXT, oid::INT4]],
    returns: Returns::Type(oid::TEXT),
    volatility: Volatility::Immutable,
    work: Work::Rows(|_, values| Ok(ScalarValue::from(padded(text(values, 0), integer(values, 1) as usize)))),
};

fn padded(text: &str, length: usize) -> String {
    text.chars().chain(std::iter::repeat(' ')).take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_its_length() {
        assert_eq!((padded("grün", 3).as_str(), padded("a", 3).as_str()), ("grü", "a  "));
    }
}
