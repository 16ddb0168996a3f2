//! The tokens of a path.

use std::ops::Range;

use spi::{Code, Error, Result};

use crate::io::is_space;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Symbol(&'static str),
    Word(String),
    String(String),
    Number(String),
    Variable(String),
    End,
}

/// Those that begin like another one come before it.
const SYMBOLS: [&str; 25] =
    ["&&", "||", "!=", "<>", "==", "<=", ">=", "**", "<", ">", "!", "@", "*", "(", ")", "[", "]", "{", "}", ".", ",", "?", "+", "-", "/"];

pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Where the token that was read last begins.
    start: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0, start: 0 }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Where the token is that was read last.
    pub fn place(&self) -> Range<usize> {
        self.start..self.at
    }

    /// The error for the token that was read last.
    pub fn error(&self) -> Error {
        self.error_at(self.place())
    }

    /// The error for the token of a place.
    pub fn error_at(&self, place: Range<usize>) -> Error {
        match &self.text[place] {
            "" => Error::new(Code::Syntax, "syntax error at end of jsonpath input"),
            token => Error::new(Code::Syntax, format!("syntax error at or near \"{token}\" of jsonpath input")),
        }
    }

    fn invalid(&self, what: &str) -> Error {
        Error::new(Code::Syntax, format!("{what} at or near \"{}\" of jsonpath input", &self.text[self.start..self.at]))
    }

    fn skip_blanks(&mut self) -> Result<()> {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches(is_space).len();
            self.start = self.at;
            let Some(comment) = self.rest().strip_prefix("/*") else { return Ok(()) };
            match comment.find("*/") {
                Some(end) => self.at += end + 4,
                None => {
                    self.at = self.text.len();
                    return Err(Error::new(Code::Syntax, "unexpected end of comment at end of jsonpath input"));
                }
            }
        }
    }

    pub fn next(&mut self) -> Result<Token> {
        self.skip_blanks()?;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        let digit_follows = rest[first.len_utf8()..].starts_with(|next: char| next.is_ascii_digit());
        match first {
            '"' => self.string().map(Token::String),
            '$' => {
                self.at += 1;
                match self.rest().chars().next() {
                    Some('"') => self.string().map(Token::Variable),
                    Some(next) if is_word(next) => Ok(Token::Variable(self.word())),
                    _ => Ok(Token::Symbol("$")),
                }
            }
            '0'..='9' => self.number(),
            '.' if digit_follows => self.number(),
            '%' => {
                self.at += 1;
                Ok(Token::Symbol("%"))
            }
            first if is_word(first) => Ok(Token::Word(self.word())),
            first => match SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
                Some(symbol) => {
                    self.at += symbol.len();
                    Ok(Token::Symbol(symbol))
                }
                None => {
                    self.at += first.len_utf8();
                    Err(self.error())
                }
            },
        }
    }

    fn word(&mut self) -> String {
        let rest = self.rest();
        let length = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
        self.at += length;
        rest[..length].to_owned()
    }

    fn number(&mut self) -> Result<Token> {
        let bytes = self.rest().as_bytes();
        let digits = |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'_').count();
        let mut length = digits(0);
        if bytes.get(length) == Some(&b'.') {
            length += 1 + digits(length + 1);
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            length += 1 + sign + digits(length + 1 + sign);
        }
        let text = &self.rest()[..length];
        self.at += length;
        if let Some(next) = self.rest().chars().next().filter(|next| is_word(*next)) {
            self.at += next.len_utf8();
            return Err(self.invalid("trailing junk after numeric literal"));
        }
        Ok(Token::Number(text.to_owned()))
    }

    /// A text in quotes.
    fn string(&mut self) -> Result<String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let Some(character) = self.rest().chars().next() else {
                return Err(Error::new(Code::Syntax, "unterminated quoted string at end of jsonpath input"));
            };
            self.at += character.len_utf8();
            match character {
                '"' => return Ok(out),
                '\\' => out.push(self.escaped()?),
                other => out.push(other),
            }
        }
    }

    fn escaped(&mut self) -> Result<char> {
        let Some(character) = self.rest().chars().next() else {
            return Err(Error::new(Code::Syntax, "unterminated quoted string at end of jsonpath input"));
        };
        self.at += character.len_utf8();
        Ok(match character {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => self.code(2)?,
            'u' => match self.code(4) {
                Ok(character) => character,
                Err(_) => self.pair()?,
            },
            other => other,
        })
    }

    fn hexadecimal(&mut self, digits: usize) -> Result<u32> {
        let number = self.rest().get(..digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let number = number.ok_or_else(|| self.invalid("invalid escape sequence"))?;
        self.at += digits;
        Ok(number)
    }

    fn code(&mut self, digits: usize) -> Result<char> {
        let before = self.at;
        let code = self.hexadecimal(digits)?;
        char::from_u32(code).filter(|character| *character != '\0').ok_or_else(|| {
            self.at = before;
            self.invalid("invalid Unicode escape sequence")
        })
    }

    /// Two halves of a surrogate pair, the second behind its own backslash.
    fn pair(&mut self) -> Result<char> {
        let high = self.hexadecimal(4)?;
        if !(0xd800..0xdc00).contains(&high) || !self.rest().starts_with("\\u") {
            return Err(self.invalid("invalid Unicode escape sequence"));
        }
        self.at += 2;
        let low = self.hexadecimal(4)?;
        let character = char::from_u32(0x1_0000 + ((high & 0x3ff) << 10 | low & 0x3ff));
        character.ok_or_else(|| self.invalid("invalid Unicode escape sequence"))
    }
}

fn is_word(character: char) -> bool {
    !is_space(character) && !"?%$.[]{}()|&!=<>@#,*:-+/\"\\".contains(character)
}
