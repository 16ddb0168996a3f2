//! Templates taken apart: keywords with what stands before and behind them, and the text between.

/// One thing of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node<K> {
    Keyword(K, Affixes),
    /// A printable character that is neither letter nor digit, which stands for any such in a text that is read.
    Separator(char),
    Space(char),
    /// Any other character, or one in quotes.
    Character(char),
}

/// What stands before and behind a keyword of a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Affixes {
    /// `FM`: without zeros and blanks that fill it up.
    pub fills: bool,
    /// `TM`: in the language of the locale, which is English here.
    pub translates: bool,
    pub ordinal: Option<Ordinal>,
}

/// `th` or `TH` behind a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordinal {
    Upper,
    Lower,
}

/// Takes a template apart. `keyword` gives the keyword that a text begins with, and its length.
pub fn parse<'a, K>(template: &'a str, has_affixes: bool, keyword: impl Fn(&'a str) -> Option<(K, usize)>) -> Vec<Node<K>> {
    let mut nodes = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        let mut affixes = Affixes::default();
        if has_affixes {
            rest = prefix(rest, &mut affixes);
        }
        if let Some((key, length)) = keyword(rest) {
            rest = &rest[length..];
            if has_affixes {
                rest = suffix(rest, &mut affixes);
            }
            nodes.push(Node::Keyword(key, affixes));
        } else if let Some(quoted) = rest.strip_prefix('"') {
            rest = literal(quoted, &mut nodes);
        } else {
            // Outside of quotes a backslash only says that the quote behind it is one.
            let shown = if rest.starts_with("\\\"") { &rest[1..] } else { rest };
            let Some(character) = shown.chars().next() else { break };
            nodes.push(match character {
                _ if has_affixes && is_separator(character) => Node::Separator(character),
                ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' => Node::Space(character),
                _ => Node::Character(character),
            });
            rest = &shown[character.len_utf8()..];
        }
    }
    nodes
}

/// Whether a character of a text that is read may stand where a separator is expected.
pub fn is_separator(character: char) -> bool {
    character.is_ascii_punctuation()
}

fn prefix<'a>(text: &'a str, affixes: &mut Affixes) -> &'a str {
    let found = ["FM", "fm", "TM", "tm"].into_iter().find_map(|prefix| Some((prefix, text.strip_prefix(prefix)?)));
    let Some((prefix, rest)) = found else { return text };
    match prefix {
        "FM" | "fm" => affixes.fills = true,
        _ => affixes.translates = true,
    }
    rest
}

/// `SP`, for numbers in words, is read and means nothing.
fn suffix<'a>(text: &'a str, affixes: &mut Affixes) -> &'a str {
    let found = ["TH", "th", "SP"].into_iter().find_map(|suffix| Some((suffix, text.strip_prefix(suffix)?)));
    let Some((suffix, rest)) = found else { return text };
    affixes.ordinal = match suffix {
        "TH" => Some(Ordinal::Upper),
        "th" => Some(Ordinal::Lower),
        _ => None,
    };
    rest
}

/// A text in quotes, and what follows it. A backslash takes the next character as it is.
fn literal<'a, K>(text: &'a str, nodes: &mut Vec<Node<K>>) -> &'a str {
    let mut letters = text.char_indices();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '"' => return &text[place + 1..],
            '\\' => nodes.push(Node::Character(letters.next().map_or('\\', |(_, letter)| letter))),
            letter => nodes.push(Node::Character(letter)),
        }
    }
    ""
}
