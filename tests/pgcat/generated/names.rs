//! Names that need quotes, or look as if they did not.

use super::random::Random;

/// PostgreSQL cuts longer names.
const LONGEST: usize = 63;

/// Names of which no two are alike.
#[derive(Default)]
pub(super) struct Names {
    count: usize,
}

/// What a name begins with; a number follows.
const BEGINNINGS: [&str; 24] = [
    "plain",
    "MixedCase",
    "with space",
    "dot.ted",
    "quo\"te",
    "apo'strophe",
    "back\\slash",
    "größe",
    "表",
    "🐘",
    "select",
    "table",
    "user",
    "_under",
    "1digit",
    "dol$lar",
    "a,b(c)",
    "percent%s",
    "[a]",
    "{b}",
    "semi;colon",
    "--dash",
    "tab\there",
    "é",
];

/// Words that stand for something in SQL, alone.
const RESERVED: [&str; 20] = [
    "all", "analyse", "and", "array", "both", "case", "check", "default", "end", "false", "from", "group", "left", "null", "order",
    "primary", "select", "user", "when", "integer",
];

impl Names {
    pub(super) fn next(&mut self, random: &mut Random) -> String {
        self.count += 1;
        let number = self.count;
        match random.below(8) {
            // Each of them once.
            0 if number <= RESERVED.len() => RESERVED[number - 1].to_owned(),
            1 => format!("n{number}"),
            2 => longest(random.pick(&BEGINNINGS), number),
            _ => format!("{}{number}", random.pick(&BEGINNINGS)),
        }
    }
}

/// A name of 63 bytes, or of one or two less where another letter would be too long.
fn longest(beginning: &str, number: usize) -> String {
    let mut name = format!("{number}{beginning}");
    for letter in "zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich".chars() {
        if name.len() + letter.len_utf8() <= LONGEST {
            name.push(letter);
        }
    }
    name
}

/// A name in quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text in quotes.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
