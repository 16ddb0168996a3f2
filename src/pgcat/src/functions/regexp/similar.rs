//! The regular expressions of the SQL standard, rewritten into PostgreSQL's own: what SIMILAR TO and `substring … similar` call.

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("similar_to_escape_1", with_backslash),
    ScalarEntry::new("similar_to_escape_2", with_escape),
    ScalarEntry::new("similar_escape", with_optional_escape),
];

fn with_backslash(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(rewrite(arguments.text(0)?, Some('\\'))?.into())
}

fn with_escape(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    Ok(rewrite(arguments.text(0)?, escape_character(arguments.text(1)?)?)?.into())
}

/// The older form, in which null is the backslash.
fn with_optional_escape(_: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    if arguments.is_null(0) {
        return Ok(Value::Null);
    }
    let escape = if arguments.is_null(1) { Some('\\') } else { escape_character(arguments.text(1)?)? };
    Ok(rewrite(arguments.text(0)?, escape)?.into())
}

/// The only character of an escape string; none of an empty one.
pub fn escape_character(text: &str) -> Result<Option<char>> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (first, None) => Ok(first),
        _ => Err(Error::new(Code::InvalidEscape, "invalid escape string").hint("Escape string must be empty or one character.")),
    }
}

/// The escape character and a double quote separate the part that `substring` gives; at most two of them may be there.
fn rewrite(pattern: &str, escape: Option<char>) -> Result<String> {
    let mut out = String::from("^(?:");
    let (mut behind_escape, mut in_brackets, mut separators) = (false, false, 0);
    for letter in pattern.chars() {
        if behind_escape {
            behind_escape = false;
            if letter != '"' || in_brackets {
                out.extend(['\\', letter]);
                continue;
            }
            out.push_str(match separators {
                0 => "){1,1}?(",
                1 => "){1,1}(?:",
                _ => {
                    let message = "SQL regular expression may not contain more than two escape-double-quote separators";
                    return Err(Error::new(Code::MisplacedEscape, message));
                }
            });
            separators += 1;
        } else if Some(letter) == escape {
            behind_escape = true;
        } else if in_brackets {
            if letter == '\\' {
                out.push('\\');
            }
            out.push(letter);
            in_brackets = letter != ']';
        } else {
            match letter {
                '%' => out.push_str(".*"),
                '_' => out.push('.'),
                '(' => out.push_str("(?:"),
                '\\' | '.' | '^' | '$' => out.extend(['\\', letter]),
                letter => {
                    in_brackets = letter == '[';
                    out.push(letter);
                }
            }
        }
    }
    out.push_str(")$");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn patterns_become_regular_expressions() {
        for (pattern, escape, expected) in [
            ("%a(b|c)_#\"x", '#', "^(?:.*a(?:b|c).){1,1}?(x)$"),
            ("[a-c%]+{2}", '\\', "^(?:[a-c%]+{2})$"),
            ("a$^b.c", '\\', "^(?:a\\$\\^b\\.c)$"),
        ] {
            assert_eq!(rewrite(pattern, Some(escape)).unwrap(), expected);
        }
        assert_eq!(escape_character("ab").unwrap_err().code.sqlstate(), "22025");
    }
}
