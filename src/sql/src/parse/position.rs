//! Where in a text something is, and syntax errors that say so in PostgreSQL's words.

use std::sync::Arc;

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, TokenWithSpan, Tokenizer, TokenizerError};
use spi::{Code, Error};

/// The text that came from the client, possibly with several statements.
#[derive(Clone, Debug)]
pub(crate) struct SourceText(pub(crate) Arc<str>);

impl SourceText {
    pub(super) fn tokens(&self) -> Result<Vec<TokenWithSpan>, Error> {
        Tokenizer::new(&PostgreSqlDialect {}, &self.0).tokenize_with_location().map_err(|error| self.lexical_error(&error))
    }

    /// The character index of a place, starting at 1. Places are lines and columns that start at 1 and count characters.
    pub(crate) fn character(&self, place: Location) -> usize {
        self.0[..self.byte(place)].chars().count() + 1
    }

    /// The byte index of a place.
    pub(crate) fn byte(&self, place: Location) -> usize {
        let (mut line, mut column) = (1, 1);
        for (index, character) in self.0.char_indices() {
            if (line, column) >= (place.line, place.column) {
                return index;
            }
            (line, column) = if character == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        self.0.len()
    }

    /// `syntax error at or near "…"`, with the token that begins at the place.
    pub(super) fn syntax_error(&self, place: Location) -> Error {
        self.error_near("syntax error", place)
    }

    pub(super) fn syntax_error_at_end(&self) -> Error {
        Error::new(Code::Syntax, "syntax error at end of input").position(self.0.chars().count() + 1)
    }

    fn error_near(&self, what: &str, place: Location) -> Error {
        let byte = self.byte(place);
        // A place in the text begins a token, because the tokenizer said so; only the tokenizer's own errors have no token.
        let tokens = Tokenizer::new(&PostgreSqlDialect {}, &self.0[byte..]).tokenize_with_location();
        let length = match tokens.as_deref() {
            Ok([first, ..]) => SourceText(self.0[byte..].into()).byte(first.span.end),
            _ => self.0.len() - byte,
        };
        match &self.0[byte..byte + length] {
            "" => self.syntax_error_at_end(),
            near => Error::new(Code::Syntax, format!("{what} at or near \"{near}\"")).position(self.character(place)),
        }
    }

    fn lexical_error(&self, error: &TokenizerError) -> Error {
        let message = error.message.to_ascii_lowercase();
        let what = if message.contains("comment") {
            "unterminated /* comment"
        } else if message.contains("dollar") || message.contains("unterminated") && message.contains('$') {
            "unterminated dollar-quoted string"
        } else if message.contains("unterminated") {
            "unterminated quoted string"
        } else if message.contains("close delimiter") {
            "unterminated quoted identifier"
        } else {
            return self.error_near("syntax error", error.location);
        };
        // Unlike PostgreSQL's, the message does not repeat what has no end: it is the rest of the text, with any secret in it.
        Error::new(Code::Syntax, what).position(self.character(error.location))
    }
}

/// The syntax error that the parser library describes. It ends its messages with the place, unless that is the end of the text;
/// `next` is where it stopped reading.
pub(super) fn syntax_error_at(source: &SourceText, message: &str, next: Location) -> Error {
    if message.ends_with("found: EOF") {
        return source.syntax_error_at_end();
    }
    match message.rsplit_once(" at Line: ").and_then(|(_, place)| place.split_once(", Column: ")) {
        Some((line, column)) => match (line.parse(), column.parse()) {
            (Ok(line), Ok(column)) => source.syntax_error(Location { line, column }),
            _ => source.syntax_error(next),
        },
        None if next.line == 0 => source.syntax_error_at_end().detail(format!("{message}.")),
        None => source.syntax_error(next).detail(format!("{message}.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let source = SourceText("SELECT 'ü',\n  x".into());
        assert_eq!(source.character(Location { line: 2, column: 3 }), 15);
        assert_eq!(&source.0[source.byte(Location { line: 2, column: 3 })..], "x");
    }

    #[test]
    fn what_does_not_end_is_named() {
        for (text, message, position) in [
            ("SELECT 'abc", "unterminated quoted string", 8),
            ("SELECT \"abc", "unterminated quoted identifier", 8),
            ("SELECT 1 /* x", "unterminated /* comment", 14),
        ] {
            let error = SourceText(text.into()).tokens().expect_err("no end");
            assert_eq!((error.message.as_str(), error.position), (message, Some(position)));
        }
    }
}
