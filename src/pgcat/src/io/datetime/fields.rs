//! The fields of a text: runs of characters that belong together.

use super::{Fault, words};
use crate::io::is_space;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Digits, perhaps with a point among them.
    Number,
    /// Letters.
    Word,
    /// Numbers or words with `-`, `/` or `.` between them; also names of zones.
    Date,
    /// Digits with `:` between them.
    Time,
    /// A sign and digits.
    Zone,
    /// A sign and letters.
    Special,
}

/// A field in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub kind: Kind,
    pub text: String,
}

/// More fields than any date has.
const FIELDS_MAX: usize = 25;

pub fn split(text: &str) -> Result<Vec<Field>, Fault> {
    let mut fields = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if is_space(first) {
            rest = &rest[1..];
            continue;
        }
        if fields.len() == FIELDS_MAX {
            return Err(Fault::Format);
        }
        let (kind, length) = match first {
            '0'..='9' => number(rest),
            '.' => (Kind::Number, 1 + digits(&rest[1..])),
            'a'..='z' | 'A'..='Z' => word(rest),
            '+' | '-' => {
                let after = rest[1..].trim_start_matches(is_space);
                let (kind, length) = match after.chars().next() {
                    Some('0'..='9') => (Kind::Zone, while_in(after, |c| c.is_ascii_digit() || matches!(c, ':' | '.' | '-'))),
                    Some(letter) if letter.is_ascii_alphabetic() => (Kind::Special, while_in(after, |c| c.is_ascii_alphabetic())),
                    _ => return Err(Fault::Format),
                };
                fields.push(Field { kind, text: format!("{first}{}", after[..length].to_ascii_lowercase()) });
                rest = &after[length..];
                continue;
            }
            // Other punctuation only separates.
            _ if first.is_ascii_punctuation() => {
                rest = &rest[1..];
                continue;
            }
            _ => return Err(Fault::Format),
        };
        fields.push(Field { kind, text: rest[..length].to_ascii_lowercase() });
        rest = &rest[length..];
    }
    Ok(fields)
}

fn while_in(text: &str, test: impl Fn(char) -> bool) -> usize {
    text.find(|character| !test(character)).unwrap_or(text.len())
}

fn digits(text: &str) -> usize {
    while_in(text, |character| character.is_ascii_digit())
}

/// A field that begins with a digit, and its length.
fn number(text: &str) -> (Kind, usize) {
    let length = digits(text);
    let delimiter = match text[length..].chars().next() {
        Some(':') => return (Kind::Time, while_in(text, |c| c.is_ascii_digit() || matches!(c, ':' | '.'))),
        Some(delimiter @ ('-' | '/' | '.')) => delimiter,
        _ => return (Kind::Number, length),
    };
    let behind = &text[length + 1..];
    if !behind.starts_with(|character: char| character.is_ascii_digit()) {
        return (Kind::Date, length + 1 + while_in(behind, |c| c.is_ascii_alphanumeric() || c == delimiter));
    }
    let second = length + 1 + digits(behind);
    if text[second..].starts_with(delimiter) {
        return (Kind::Date, second + while_in(&text[second..], |c| c.is_ascii_digit() || c == delimiter));
    }
    (if delimiter == '.' { Kind::Number } else { Kind::Date }, second)
}

/// A field that begins with a letter, and its length.
fn word(text: &str) -> (Kind, usize) {
    let length = while_in(text, |character| character.is_ascii_alphabetic());
    let is_date = match text[length..].chars().next() {
        Some('-' | '/' | '.') => true,
        Some('+' | '0'..='9') => words::special(&text[..length].to_ascii_lowercase()).is_none(),
        _ => false,
    };
    match is_date {
        false => (Kind::Word, length),
        true => {
            let rest = &text[length..];
            (Kind::Date, length + while_in(rest, |c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '/' | '_' | '.' | ':')))
        }
    }
}
