//! Upper and lower case, as Unicode has them.

use crate::function::ScalarEntry;
use crate::functions::Arguments;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("lower", |_, _, arguments| Ok(arguments.text(0)?.chars().map(lower).collect::<String>().into())),
    ScalarEntry::new("upper", |_, _, arguments| Ok(arguments.text(0)?.chars().map(upper).collect::<String>().into())),
    ScalarEntry::new("initcap", |_, _, arguments| Ok(capitalised(arguments.text(0)?).into())),
];

/// One character stays one, as in C: those whose other case is several characters are kept.
fn lower(letter: char) -> char {
    single(letter.to_lowercase()).unwrap_or(letter)
}

fn upper(letter: char) -> char {
    single(letter.to_uppercase()).unwrap_or(letter)
}

fn single(mut letters: impl Iterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.next().is_none())
}

/// The first letter of each word in upper case, the others in lower case; words are letters and digits.
fn capitalised(text: &str) -> String {
    let mut inside = false;
    let cased = text.chars().map(|letter| {
        let cased = if inside { lower(letter) } else { upper(letter) };
        inside = letter.is_alphanumeric();
        cased
    });
    cased.collect()
}
