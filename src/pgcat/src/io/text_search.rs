//! `tsvector` and `tsquery`. Their values are kept as the texts that they are printed as.

pub mod query;
mod token;
pub mod vector;

use spi::{Code, Error};

/// The largest position of a lexeme.
pub const POSITION_MAX: u32 = 16383;
/// The longest lexeme, in bytes.
const LEXEME_MAX: usize = 2046;

/// A lexeme in quotes.
fn write_lexeme(lexeme: &str, out: &mut String) {
    out.push('\'');
    for character in lexeme.chars() {
        if matches!(character, '\'' | '\\') {
            out.push(character);
        }
        out.push(character);
    }
    out.push('\'');
}

/// The letter of a weight; the lowest, D, is not written.
fn weight_letter(weight: u8) -> Option<char> {
    ['D', 'C', 'B', 'A'].get(usize::from(weight)).copied().filter(|_| weight > 0)
}

/// The error for a backslash at the end of a text.
fn unescaped(text: &str) -> Error {
    Error::new(Code::Syntax, format!("there is no escaped character: \"{text}\""))
}
