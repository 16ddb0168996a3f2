//! String literals that only a line break separates are one literal.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};
use spi::Result;

use super::SourceText;

/// Joins them. Two on one line are a syntax error, which the library would take for a name.
pub(super) fn join(tokens: Vec<TokenWithSpan>, source: &SourceText) -> Result<Vec<TokenWithSpan>> {
    let mut joined: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    for token in tokens {
        if let Token::SingleQuotedString(text) = &token.token {
            let last = joined.iter().rposition(|token| !matches!(token.token, Token::Whitespace(_)));
            let (before, between) = match last {
                Some(last) => joined.split_at_mut(last + 1),
                None => (&mut [] as &mut [TokenWithSpan], &mut [] as &mut [TokenWithSpan]),
            };
            let before = before.last_mut().map(|token| &mut token.token);
            if let Some(Token::SingleQuotedString(start) | Token::EscapedStringLiteral(start)) = before {
                if !between.iter().any(|space| breaks_line(&space.token)) {
                    return Err(source.syntax_error(token.span.start));
                }
                start.push_str(text);
                continue;
            }
        }
        joined.push(token);
    }
    Ok(joined)
}

fn breaks_line(token: &Token) -> bool {
    matches!(token, Token::Whitespace(Whitespace::Newline | Whitespace::SingleLineComment { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, literals: &[&str]) {
        let source = SourceText(text.into());
        let tokens = join(source.tokens().expect("tokens"), &source).expect("literals");
        let found: Vec<&str> = tokens
            .iter()
            .filter_map(|token| match &token.token {
                Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(found, literals, "{text}");
    }

    #[test]
    fn a_line_break_joins() {
        check("SELECT 'a'\n  'b' -- c\n'd', 'e'", &["abd", "e"]);
        check("SELECT E'a\\n'\n'b'", &["a\nb"]);
        check("SELECT 'a' || 'b'", &["a", "b"]);
    }

    #[test]
    fn a_space_does_not() {
        let source = SourceText("SELECT 'a' 'b'".into());
        let error = join(source.tokens().expect("tokens"), &source).expect_err("two literals");
        assert_eq!((error.message.as_str(), error.position), ("syntax error at or near \"'b'\"", Some(12)));
    }
}
