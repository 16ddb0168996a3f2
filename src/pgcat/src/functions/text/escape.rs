//! `like_escape`: a LIKE pattern with its own escape character becomes one with the backslash.

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::regexp::similar::escape_character;

pub const FUNCTIONS: &[ScalarEntry] = &[ScalarEntry::new("like_escape", |_, _, arguments| {
    Ok(with_backslash(arguments.text(0)?, escape_character(arguments.text(1)?)?).into())
})];

fn with_backslash(pattern: &str, escape: Option<char>) -> String {
    if escape == Some('\\') {
        return pattern.to_owned();
    }
    let mut out = String::with_capacity(pattern.len());
    let mut behind_escape = false;
    for letter in pattern.chars() {
        if Some(letter) == escape && !behind_escape {
            out.push('\\');
            behind_escape = true;
        } else if letter == '\\' {
            out.push('\\');
            if !behind_escape {
                out.push('\\');
            }
            behind_escape = false;
        } else {
            out.push(letter);
            behind_escape = false;
        }
    }
    out
}
