//! The tokens of JSON, and what is wrong with those that are none.

use spi::{Code, Error, Result};

/// A token and where it stands in the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// One of `{}[],:`.
    Mark(u8),
    /// Its characters, where they were asked for.
    String(String),
    Number,
    True,
    False,
    Null,
    End,
}

pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Where the token that was read last begins.
    start: usize,
    /// Whether the characters of strings are wanted, so that their escapes must make sense.
    unescapes: bool,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str, unescapes: bool) -> Self {
        Self { text, at: 0, start: 0, unescapes }
    }

    /// The text of the token that was read last.
    pub fn last(&self) -> &'a str {
        &self.text[self.start..self.at]
    }

    pub fn next(&mut self) -> Result<Token> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        self.start = self.at;
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        match first {
            '{' | '}' | '[' | ']' | ',' | ':' => {
                self.at += 1;
                Ok(Token::Mark(first as u8))
            }
            '"' => self.string(),
            '-' | '0'..='9' => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Token> {
        let rest = &self.text[self.at..];
        let length = rest.find(|character: char| !is_word(character)).unwrap_or(rest.len());
        // A character that begins nothing is a token of its own.
        self.at += if length == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { length };
        match self.last() {
            "true" => Ok(Token::True),
            "false" => Ok(Token::False),
            "null" => Ok(Token::Null),
            _ => Err(self.invalid_token()),
        }
    }

    fn number(&mut self) -> Result<Token> {
        let bytes = &self.text.as_bytes()[self.at..];
        let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let mut length = usize::from(bytes.first() == Some(&b'-'));
        let mut is_valid = true;
        match bytes.get(length) {
            Some(b'0') => length += 1,
            Some(b'1'..=b'9') => length += digits(length),
            _ => is_valid = false,
        }
        if bytes.get(length) == Some(&b'.') {
            let behind = digits(length + 1);
            is_valid &= behind > 0;
            length += 1 + behind;
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            length += 1 + usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let behind = digits(length);
            is_valid &= behind > 0;
            length += behind;
        }
        let rest = &self.text[self.at + length..];
        let trailing = rest.find(|character: char| !is_word(character)).unwrap_or(rest.len());
        self.at += length + trailing;
        if is_valid && trailing == 0 { Ok(Token::Number) } else { Err(self.invalid_token()) }
    }

    fn string(&mut self) -> Result<Token> {
        let mut out = String::new();
        let mut high: Option<u32> = None;
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let Some(character) = rest.chars().next() else { return Err(self.invalid_token()) };
            self.at += character.len_utf8();
            if character == '\\' {
                self.escape(&mut high, &mut out)?;
                continue;
            }
            if high.is_some() && self.unescapes {
                return Err(lone_low());
            }
            match character {
                '"' => return Ok(Token::String(out)),
                '\0'..'\u{20}' => {
                    return Err(syntax(format!("Character with value 0x{:02x} must be escaped.", u32::from(character))));
                }
                _ => out.push(character),
            }
        }
    }

    /// What follows a backslash. `high` is the first half of a character that takes two escapes.
    fn escape(&mut self, high: &mut Option<u32>, out: &mut String) -> Result<()> {
        let Some(character) = self.text[self.at..].chars().next() else { return Err(self.invalid_token()) };
        self.at += character.len_utf8();
        if character == 'u' {
            let digits = self.text.get(self.at..self.at + 4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
            let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
            let code = code.ok_or_else(|| syntax("\"\\u\" must be followed by four hexadecimal digits.".to_owned()))?;
            self.at += 4;
            return if self.unescapes { unicode(code, high, out) } else { Ok(()) };
        }
        if high.is_some() && self.unescapes {
            return Err(lone_low());
        }
        out.push(match character {
            '"' | '\\' | '/' => character,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            _ => return Err(syntax(format!("Escape sequence \"\\{character}\" is invalid."))),
        });
        Ok(())
    }

    fn invalid_token(&self) -> Error {
        syntax(format!("Token \"{}\" is invalid.", self.last()))
    }
}

fn unicode(code: u32, high: &mut Option<u32>, out: &mut String) -> Result<()> {
    let code = match (high.take(), code) {
        (Some(_), 0xd800..0xdc00) => return Err(syntax("Unicode high surrogate must not follow a high surrogate.".to_owned())),
        (None, 0xd800..0xdc00) => {
            *high = Some(code);
            return Ok(());
        }
        (Some(first), 0xdc00..0xe000) => 0x10000 + ((first - 0xd800) << 10) + (code - 0xdc00),
        (Some(_), _) | (None, 0xdc00..0xe000) => return Err(lone_low()),
        (None, 0) => {
            let error = Error::new(Code::UntranslatableCharacter, "unsupported Unicode escape sequence");
            return Err(error.detail("\\u0000 cannot be converted to text."));
        }
        (None, code) => code,
    };
    out.extend(char::from_u32(code));
    Ok(())
}

fn lone_low() -> Error {
    syntax("Unicode low surrogate must follow a high surrogate.".to_owned())
}

/// What may be in a word, so that it is reported whole.
fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || !character.is_ascii()
}

pub fn syntax(detail: String) -> Error {
    Error::new(Code::InvalidText, "invalid input syntax for type json").detail(detail)
}
