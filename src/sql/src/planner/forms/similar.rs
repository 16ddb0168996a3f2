//! `SIMILAR TO` as a match of a regular expression. DataFusion takes its patterns for regular expressions already.

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Value, ValueWithSpan};

/// Rewrites the condition. Only a literal pattern can be rewritten.
pub(super) fn rewrite(expr: &mut Expr) {
    let Expr::SimilarTo { negated, expr: text, pattern, escape_char } = expr else { return };
    let Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(pattern), .. }) = pattern.as_ref() else { return };
    let escape = match escape_char.as_ref().map(|escape| &escape.value) {
        None => Some('\\'),
        Some(Value::SingleQuotedString(escape)) => escape.chars().next(),
        Some(_) => return,
    };
    let op = if *negated { BinaryOperator::PGRegexNotMatch } else { BinaryOperator::PGRegexMatch };
    let regex = Value::SingleQuotedString(regex(pattern, escape)).with_empty_span();
    *expr = Expr::BinaryOp { left: text.clone(), op, right: Box::new(Expr::Value(regex)) };
}

/// The regular expression that means what the pattern means: `%` is any text, `_` any character, and all of the text must match.
fn regex(pattern: &str, escape: Option<char>) -> String {
    let mut regex = "^(?:".to_owned();
    let (mut characters, mut in_class) = (pattern.chars(), false);
    while let Some(character) = characters.next() {
        if Some(character) == escape {
            if let Some(literal) = characters.next() {
                regex.push('\\');
                regex.push(literal);
            }
            continue;
        }
        match character {
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
        match character {
            '\\' => regex.push_str("\\\\"),
            _ if in_class => regex.push(character),
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            '(' => regex.push_str("(?:"),
            '.' | '^' | '$' => {
                regex.push('\\');
                regex.push(character);
            }
            _ => regex.push(character),
        }
    }
    regex + ")$"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_regular_expressions_of_all_the_text() {
        assert_eq!(regex("(a|b_)%", Some('\\')), "^(?:(?:a|b.).*)$");
        assert_eq!(regex("a.c\\%[^_%]+", Some('\\')), "^(?:a\\.c\\%[^_%]+)$");
        assert_eq!(regex("a#_\\", Some('#')), "^(?:a\\_\\\\)$");
        assert_eq!(regex("a\\", None), "^(?:a\\\\)$");
    }
}
