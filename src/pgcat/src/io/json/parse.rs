//! The grammar of JSON.

use spi::{Code, Error, Result};

use super::Json;
use super::lexer::{Lexer, Token, syntax};

/// How deep values may be nested; PostgreSQL's own limit is the size of its stack.
const DEPTH_MAX: usize = 6_000;
/// How much stack one level may need, and how much is added when there is less.
const STACK_LEVEL_BYTES: usize = 32 * 1024;
const STACK_ADDED_BYTES: usize = 1024 * 1024;

/// A text as a value; escapes in strings must stand for characters.
pub fn parse(text: &str) -> Result<Json> {
    Parser { lexer: Lexer::new(text, true), keeps: true }.document()
}

/// Fails where a text is not JSON.
pub fn check(text: &str) -> Result<()> {
    Parser { lexer: Lexer::new(text, false), keeps: false }.document().map(|_| ())
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// Whether values are made of what is read.
    keeps: bool,
}

impl Parser<'_> {
    fn document(mut self) -> Result<Json> {
        let first = self.lexer.next()?;
        let value = self.value(first, 0, "JSON value")?;
        match self.lexer.next()? {
            Token::End => Ok(value),
            token => Err(self.expected("end of input", &token)),
        }
    }

    fn value(&mut self, token: Token, depth: usize, expected: &str) -> Result<Json> {
        if depth > DEPTH_MAX {
            return Err(Error::new(Code::StackDepth, "stack depth limit exceeded"));
        }
        match token {
            Token::Null => Ok(Json::Null),
            Token::True => Ok(Json::Bool(true)),
            Token::False => Ok(Json::Bool(false)),
            Token::Number if self.keeps => Ok(Json::Number(self.lexer.last().to_owned())),
            Token::Number => Ok(Json::Null),
            Token::String(text) => Ok(Json::String(text)),
            Token::Mark(b'[') => stacker::maybe_grow(STACK_LEVEL_BYTES, STACK_ADDED_BYTES, || self.array(depth)),
            Token::Mark(b'{') => stacker::maybe_grow(STACK_LEVEL_BYTES, STACK_ADDED_BYTES, || self.object(depth)),
            token => Err(self.expected(expected, &token)),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json> {
        let mut items = Vec::new();
        let mut token = self.lexer.next()?;
        if token == Token::Mark(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            // PostgreSQL expects a value where an array has begun, too.
            let item = self.value(token, depth + 1, "JSON value")?;
            if self.keeps {
                items.push(item);
            }
            match self.lexer.next()? {
                Token::Mark(b']') => return Ok(Json::Array(items)),
                Token::Mark(b',') => token = self.lexer.next()?,
                other => return Err(self.expected("\",\" or \"]\"", &other)),
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json> {
        let mut members = Vec::new();
        let mut token = self.lexer.next()?;
        if token == Token::Mark(b'}') {
            return Ok(Json::Object(members));
        }
        let mut expected = "string or \"}\"";
        loop {
            let Token::String(key) = token else { return Err(self.expected(expected, &token)) };
            match self.lexer.next()? {
                Token::Mark(b':') => {}
                other => return Err(self.expected("\":\"", &other)),
            }
            let first = self.lexer.next()?;
            let value = self.value(first, depth + 1, "JSON value")?;
            if self.keeps {
                members.push((key, value));
            }
            match self.lexer.next()? {
                Token::Mark(b'}') => return Ok(Json::Object(members)),
                Token::Mark(b',') => token = self.lexer.next()?,
                other => return Err(self.expected("\",\" or \"}\"", &other)),
            }
            expected = "string";
        }
    }

    fn expected(&self, what: &str, found: &Token) -> Error {
        match found {
            Token::End => syntax("The input string ended unexpectedly.".to_owned()),
            _ => syntax(format!("Expected {what}, but found \"{}\".", self.lexer.last())),
        }
    }
}
