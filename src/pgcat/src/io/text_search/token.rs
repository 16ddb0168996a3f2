//! The lexemes in texts of both types: words, perhaps in quotes, with backslashes before what stands for itself.

use crate::io::is_space;

/// A text that is read from its start.
pub struct Tokens<'a> {
    pub rest: &'a str,
    /// Whether operators end a word.
    pub has_operators: bool,
}

/// What stands in the place of a lexeme.
pub enum Token {
    Lexeme(String),
    End,
    Wrong,
    /// A backslash with nothing behind it.
    Unescaped,
}

/// Why a lexeme is none.
enum Fault {
    Wrong,
    Unescaped,
}

impl Tokens<'_> {
    pub fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches(is_space);
    }

    pub fn take(&mut self, character: char) -> bool {
        let rest = self.rest.strip_prefix(character);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.rest.chars().next()?;
        self.rest = &self.rest[character.len_utf8()..];
        Some(character)
    }

    pub fn lexeme(&mut self) -> Token {
        self.skip_space();
        let lexeme = match self.rest.chars().next() {
            None => return Token::End,
            Some(operator) if self.is_operator(operator) => return Token::Wrong,
            Some('\'') => self.quoted(),
            Some(_) => self.word(),
        };
        match lexeme {
            Ok(lexeme) if !lexeme.is_empty() => Token::Lexeme(lexeme),
            Ok(_) | Err(Fault::Wrong) => Token::Wrong,
            Err(Fault::Unescaped) => Token::Unescaped,
        }
    }

    fn is_operator(&self, character: char) -> bool {
        self.has_operators && matches!(character, '!' | '&' | '|' | '(' | ')' | '<')
    }

    /// Two quotes within quotes are one.
    fn quoted(&mut self) -> Result<String, Fault> {
        self.next();
        let mut lexeme = String::new();
        loop {
            match self.next().ok_or(Fault::Wrong)? {
                '\'' if self.take('\'') => lexeme.push('\''),
                '\'' => return Ok(lexeme),
                '\\' => lexeme.push(self.next().ok_or(Fault::Unescaped)?),
                other => lexeme.push(other),
            }
        }
    }

    /// What begins a word belongs to it, even a colon.
    fn word(&mut self) -> Result<String, Fault> {
        let mut lexeme = String::new();
        while let Some(character) = self.rest.chars().next() {
            if is_space(character) || self.is_operator(character) || (character == ':' && !lexeme.is_empty()) {
                break;
            }
            self.next();
            lexeme.push(if character == '\\' { self.next().ok_or(Fault::Unescaped)? } else { character });
        }
        Ok(lexeme)
    }
}
