//! The texts of stored expressions: `pg_get_expr`.
//!
//! The catalog holds an expression as its text, so there is nothing to make of it but to leave out parentheses for people.

use std::borrow::Cow;

use spi::Result;

use super::pretty;
use crate::catalog::oid;
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[ScalarEntry::new("pg_get_expr", pg_get_expr), ScalarEntry::new("pg_get_expr_ext", pg_get_expr)];

/// Null where the relation whose columns it uses is gone.
fn pg_get_expr(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let (text, relation) = (arguments.text(0)?, arguments.oid(1)?);
    if relation != 0 && context.catalog.by_oid(oid::PG_CLASS, relation).is_none() {
        return Ok(Value::Null);
    }
    Ok(Value::text(expression(text, is_pretty(arguments, 2)?)))
}

/// An argument `pretty`, which is false where it is not given.
pub(super) fn is_pretty(arguments: &[Value], place: usize) -> Result<bool> {
    if arguments.is_null(place) { Ok(false) } else { arguments.bool(place) }
}

/// The text of an expression, for people or as it is stored.
pub(super) fn expression(text: &str, is_pretty: bool) -> Cow<'_, str> {
    if is_pretty { pretty::without_parentheses(text) } else { Cow::Borrowed(text) }
}

/// The expressions in the text of several, which commas separate.
pub(super) fn expressions(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (place, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                found.push(text[start..place].trim());
                start = place + 1;
            }
            _ => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        found.push(last);
    }
    found
}

/// Whether an expression is nothing but the call of a function, which may stand in lists of columns without parentheses.
pub(super) fn is_call(text: &str) -> bool {
    let Some(open) = text.find('(').filter(|open| *open > 0) else { return false };
    let mut in_quotes = false;
    for character in text[..open].chars() {
        in_quotes ^= character == '"';
        if !in_quotes && !character.is_alphanumeric() && !matches!(character, '_' | '.' | '"' | '$') {
            return false;
        }
    }
    let (mut depth, mut quote) = (0_usize, None);
    for (place, character) in text[open..].char_indices() {
        match (quote, character) {
            (Some(mark), _) if mark == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') if depth == 1 => return open + place + 1 == text.len(),
            (None, ')') => depth -= 1,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_split_at_their_own_commas() {
        assert_eq!(expressions("(a + b), lower((c)::text), ','::text"), ["(a + b)", "lower((c)::text)", "','::text"]);
        assert_eq!(expressions(r#""x,y", ARRAY[1, 2]"#), [r#""x,y""#, "ARRAY[1, 2]"]);
        assert!(expressions("").is_empty());
    }

    #[test]
    fn calls_are_told_from_other_expressions() {
        for text in ["lower((c)::text)", "s1.f(a, ')')", "\"F x\"(a)", "COALESCE(a, b)"] {
            assert!(is_call(text), "{text}");
        }
        for text in ["(a + b)", "lower(a) || b", "a", "f(a) + g(b)", "(a)::text"] {
            assert!(!is_call(text), "{text}");
        }
    }
}
