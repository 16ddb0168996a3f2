//! The tokens of one statement, read from left to right.
//!
//! Words are compared as text, so that no statement depends on which keywords the parser library knows. Names and queries
//! inside a statement are the library's to parse, on the same tokens.

use datafusion::sql::sqlparser::ast::{Expr, Ident, ObjectName, Query};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Word};
use spi::{Code, Error, Result};

use super::position::{SourceText, syntax_error_at};
use super::{reserved, shape};

static DIALECT: PostgreSqlDialect = PostgreSqlDialect {};

/// How deep expressions and queries may be nested. The library needs a few kilobytes of stack for each level.
const NESTING_MAX: usize = 200;

pub(super) struct Tokens<'a> {
    parser: Parser<'static>,
    source: &'a SourceText,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(tokens: Vec<TokenWithSpan>, source: &'a SourceText) -> Self {
        Self { parser: parser(tokens), source }
    }

    /// Puts what PostgreSQL reads and the library does not into words that it does, up to the end or to the parenthesis that closes
    /// around what comes next. To be called once, before the library parses a query or expressions in which it may stand.
    pub(super) fn prepare_for_library(&mut self) {
        let before = std::mem::replace(&mut self.parser, parser(Vec::new()));
        let next = before.index();
        let mut tokens = before.into_tokens().split_off(next);
        let behind = tokens.split_off(end(&tokens));
        let mut tokens = pgcat::parse::rewrite(tokens);
        tokens.extend(behind);
        self.parser = parser(tokens);
    }

    /// Consumes the word if it is next. Quoted identifiers are no words.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let found = self.peek_word(word);
        if found {
            self.parser.next_token();
        }
        found
    }

    /// Consumes the words if all of them are next.
    pub(super) fn words(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(index, word)| is_word(&self.parser.peek_nth_token_ref(index).token, word));
        if found {
            words.iter().for_each(|_| drop(self.parser.next_token()));
        }
        found
    }

    /// Consumes whichever of the words is next.
    pub(super) fn one_of(&mut self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.word(word))
    }

    pub(super) fn peek_word(&self, word: &str) -> bool {
        is_word(&self.parser.peek_token_ref().token, word)
    }

    /// Whether the words stand behind so many tokens.
    pub(super) fn peek_words(&self, behind: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(index, word)| is_word(&self.parser.peek_nth_token_ref(behind + index).token, word))
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.word(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn token(&mut self, token: &Token) -> bool {
        self.parser.consume_token(token)
    }

    pub(super) fn expect_token(&mut self, token: &Token) -> Result<()> {
        if self.token(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn peek(&self) -> &Token {
        &self.parser.peek_token_ref().token
    }

    /// The token that follows the next one.
    pub(super) fn peek_second(&self) -> &Token {
        &self.parser.peek_nth_token_ref(1).token
    }

    /// The token after that.
    pub(super) fn peek_third(&self) -> &Token {
        &self.parser.peek_nth_token_ref(2).token
    }

    pub(super) fn at_end(&self) -> bool {
        *self.peek() == Token::EOF
    }

    pub(super) fn expect_end(&self) -> Result<()> {
        if self.at_end() { Ok(()) } else { Err(self.unexpected()) }
    }

    /// An identifier as it is meant: in lower case unless it is quoted.
    pub(super) fn identifier(&mut self) -> Result<String> {
        self.ident().map(|ident| fold(&ident))
    }

    pub(super) fn ident(&mut self) -> Result<Ident> {
        match self.peek() {
            Token::Word(_) => self.library(Parser::parse_identifier),
            _ => Err(self.unexpected()),
        }
    }

    /// Identifiers with commas between them.
    pub(super) fn identifiers(&mut self) -> Result<Vec<String>> {
        let mut names = vec![self.identifier()?];
        while self.token(&Token::Comma) {
            names.push(self.identifier()?);
        }
        Ok(names)
    }

    /// A name that may be qualified.
    pub(super) fn object_name(&mut self) -> Result<ObjectName> {
        match self.peek() {
            Token::Word(_) => self.library(|parser| parser.parse_object_name(false)),
            _ => Err(self.unexpected()),
        }
    }

    /// A string literal, in any of its notations.
    pub(super) fn string(&mut self) -> Result<String> {
        self.string_if_next().ok_or_else(|| self.unexpected())
    }

    pub(super) fn string_if_next(&mut self) -> Option<String> {
        let text = match self.peek() {
            Token::SingleQuotedString(text) | Token::EscapedStringLiteral(text) | Token::UnicodeStringLiteral(text) => text.clone(),
            Token::DollarQuotedString(quoted) => quoted.value.clone(),
            _ => return None,
        };
        self.parser.next_token();
        Some(text)
    }

    /// A number with its sign, as it is written.
    pub(super) fn number_if_next(&mut self) -> Option<String> {
        let (sign, number) = match (self.peek(), self.peek_second()) {
            (Token::Number(number, _), _) => ("", number.clone()),
            (Token::Minus, Token::Number(number, _)) => ("-", number.clone()),
            (Token::Plus, Token::Number(number, _)) => ("+", number.clone()),
            _ => return None,
        };
        if !sign.is_empty() {
            self.parser.next_token();
        }
        self.parser.next_token();
        Some(format!("{sign}{number}"))
    }

    /// The next word whatever it is, in lower case unless it is quoted.
    pub(super) fn any_word(&mut self) -> Option<String> {
        let word = match self.peek() {
            Token::Word(word) => fold_word(word),
            _ => return None,
        };
        self.parser.next_token();
        Some(word)
    }

    pub(super) fn query(&mut self) -> Result<Box<Query>> {
        self.prepare_for_library();
        let mut query = self.library(Parser::parse_query)?;
        shape::balance(&mut query)?;
        match reserved::find(&query) {
            Some(word) => Err(self.source.syntax_error(word.span.start)),
            None => Ok(query),
        }
    }

    pub(super) fn expression(&mut self) -> Result<Expr> {
        let mut expression = self.library(Parser::parse_expr)?;
        shape::balance(&mut expression)?;
        Ok(expression)
    }

    /// Consumes the rest of the statement unread.
    pub(super) fn skip_to_end(&mut self) {
        while !self.at_end() {
            self.parser.next_token();
        }
    }

    /// Lets the library parse, and turns its error into ours.
    pub(super) fn library<T>(&mut self, parse: impl FnOnce(&mut Parser<'static>) -> Result<T, ParserError>) -> Result<T> {
        parse(&mut self.parser).map_err(|error| match error {
            ParserError::RecursionLimitExceeded => {
                Error::new(Code::Limit, "statement is nested too deeply").detail(format!("At most {NESTING_MAX} levels are possible."))
            }
            ParserError::ParserError(message) | ParserError::TokenizerError(message) => {
                let next = self.parser.peek_token_ref().span.start;
                syntax_error_at(self.source, &message, next)
            }
        })
    }

    /// `syntax error at or near` the next token.
    pub(super) fn unexpected(&self) -> Error {
        let next = self.parser.peek_token_ref();
        match next.token {
            Token::EOF => self.source.syntax_error_at_end(),
            _ => self.source.syntax_error(next.span.start),
        }
    }

    /// `syntax error at or near` the token at a place.
    pub(super) fn syntax_error(&self, place: Location) -> Error {
        self.source.syntax_error(place)
    }

    /// Where the next token is, as a character index that starts at 1.
    pub(super) fn position(&self) -> usize {
        self.source.character(self.parser.peek_token_ref().span.start)
    }
}

fn parser(tokens: Vec<TokenWithSpan>) -> Parser<'static> {
    Parser::new(&DIALECT).with_recursion_limit(NESTING_MAX).with_tokens_with_locations(tokens)
}

/// Where the parenthesis is that closes around the tokens, or their end.
fn end(tokens: &[TokenWithSpan]) -> usize {
    let mut open = 0_usize;
    let closes = |token: &TokenWithSpan| match token.token {
        Token::LParen => {
            open += 1;
            false
        }
        Token::RParen if open == 0 => true,
        Token::RParen => {
            open -= 1;
            false
        }
        _ => false,
    };
    tokens.iter().position(closes).unwrap_or(tokens.len())
}

fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(word))
}

/// A name as it is meant.
pub(crate) fn fold(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}

fn fold_word(word: &Word) -> String {
    match word.quote_style {
        Some(_) => word.value.clone(),
        None => word.value.to_lowercase(),
    }
}
