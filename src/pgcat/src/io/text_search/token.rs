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
        lexeme.filter(|lexeme| !lexeme.is_empty()).map_or(Token::Wrong, Token::Lexeme)
    }

    fn is_operator(&self, character: char) -> bool {
        self.has_operators && matches!(character, '!' | '&' | '|' | '(' | ')' | '<')
    }

    /// Two quotes within quotes are one.
    fn quoted(&mut self) -> Option<String> {
        self.next();
        let mut lexeme = String::new();
        loop {
            match self.next()? {
                '\'' if self.take('\'') => lexeme.push('\''),
                '\'' => return Some(lexeme),
                '\\' => lexeme.push(self.next()?),
                other => lexeme.push(other),
            }
        }
    }

    /// What begins a word belongs to it, even a colon.
    fn word(&mut self) -> Option<String> {
        let mut lexeme = String::new();
        while let Some(character) = self.rest.chars().next() {
            if is_space(character) || self.is_operator(character) || (character == ':' && !lexeme.is_empty()) {
                break;
            }
            self.next();
            lexeme.push(if character == '\\' { self.next()? } else { character });
        }
        Some(lexeme)
    }
}
