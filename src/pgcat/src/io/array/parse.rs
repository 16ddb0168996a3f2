//! The structure of an array's text: braces, delimiters, quotes and escapes, and the bounds in front.

use spi::{Code, Error, Result};

use super::bounds::{DIMENSIONS_MAX, check_bounds, check_dimensions};
use crate::io::is_space;
use crate::value::Dimension;

/// What a text says: its items in order, `None` for NULL.
pub struct Parsed {
    pub dimensions: Vec<Dimension>,
    pub items: Vec<Option<String>>,
}

pub fn parse(text: &str, delimiter: char) -> Result<Parsed> {
    let malformed = |detail: &str| Error::new(Code::InvalidText, format!("malformed array literal: \"{text}\"")).detail(detail);
    let (bounds, rest) = bounds(text, &malformed)?;
    let mut rest = rest;
    if !bounds.is_empty() {
        rest = rest.strip_prefix('=').ok_or_else(|| malformed("Missing \"=\" after array dimensions."))?.trim_start_matches(is_space);
        if !rest.starts_with('{') {
            return Err(malformed("Array contents must start with \"{\"."));
        }
    } else if !rest.starts_with('{') {
        return Err(malformed("Array value must start with \"{\" or dimension information."));
    }
    let mut reader = Reader::new(delimiter);
    reader.read(rest, &malformed)?;
    let lengths = reader.lengths();
    let dimensions: Vec<Dimension> = match bounds.is_empty() {
        true => lengths.into_iter().map(|length| Dimension { length, lower: 1 }).collect(),
        false if bounds.iter().map(|dimension| dimension.length).eq(lengths) => bounds,
        false => return Err(malformed("Specified array dimensions do not match array contents.")),
    };
    check_bounds(&dimensions)?;
    Ok(Parsed { dimensions, items: reader.items })
}

/// `[1:2][0:3]` in front of an array, and what follows it.
fn bounds<'a>(text: &'a str, malformed: &dyn Fn(&str) -> Error) -> Result<(Vec<Dimension>, &'a str)> {
    let mut bounds = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while let Some(inside) = rest.strip_prefix('[') {
        check_dimensions(bounds.len() + 1)?;
        let (first, after) = number(inside);
        if first.is_empty() {
            return Err(malformed("\"[\" must introduce explicitly-specified array dimensions."));
        }
        let (lower, upper, after) = match after.strip_prefix(':') {
            None => ("1", first, after),
            Some(after) => {
                let (second, after) = number(after);
                if second.is_empty() {
                    return Err(malformed("Missing array dimension value."));
                }
                (first, second, after)
            }
        };
        let after = after.strip_prefix(']').ok_or_else(|| malformed("Missing \"]\" after array dimensions."))?;
        let (lower, upper) = (bound(lower), bound(upper));
        if upper < lower {
            return Err(Error::new(Code::Subscript, "upper bound cannot be less than lower bound"));
        }
        // A length that overflows is not that of the contents.
        bounds.push(Dimension { length: upper.wrapping_sub(lower).wrapping_add(1), lower });
        rest = after.trim_start_matches(is_space);
    }
    Ok((bounds, rest))
}

/// Digits and signs, and what follows them.
fn number(text: &str) -> (&str, &str) {
    text.split_at(text.find(|character: char| !matches!(character, '0'..='9' | '+' | '-')).unwrap_or(text.len()))
}

/// A bound as C's `atoi` reads it: up to what is no digit, and with the lower bits of what is too large.
fn bound(text: &str) -> i32 {
    let (is_negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let digits = digits.iter().take_while(|digit| digit.is_ascii_digit());
    let number = digits.fold(0i64, |number, digit| number.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    (if is_negative { -number } else { number }) as i32
}

/// What was read last.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Nothing,
    LevelStarted,
    ItemStarted,
    QuoteStarted,
    QuoteCompleted,
    ItemDelimited,
    LevelCompleted,
    LevelDelimited,
}

struct Reader {
    delimiter: char,
    state: State,
    level: usize,
    depth: usize,
    /// Per level: items of the list at hand, and of the one before it.
    counts: [i32; DIMENSIONS_MAX],
    lengths: [Option<i32>; DIMENSIONS_MAX],
    items: Vec<Option<String>>,
    item: String,
    /// Whether the item has a quote or an escape, so that it is not NULL.
    is_quoted: bool,
    /// Where trailing space of the item begins that is not a part of it.
    kept: usize,
}

impl Reader {
    fn new(delimiter: char) -> Self {
        Self {
            delimiter,
            state: State::Nothing,
            level: 0,
            depth: 1,
            counts: [0; DIMENSIONS_MAX],
            lengths: [None; DIMENSIONS_MAX],
            items: Vec::new(),
            item: String::new(),
            is_quoted: false,
            kept: 0,
        }
    }

    /// Per dimension; none for an array without items.
    fn lengths(&self) -> Vec<i32> {
        if self.items.is_empty() { Vec::new() } else { self.lengths[..self.depth].iter().map(|length| length.unwrap_or(0)).collect() }
    }

    fn read(&mut self, text: &str, malformed: &dyn Fn(&str) -> Error) -> Result<()> {
        use State::*;
        let unexpected = |character: char| malformed(&format!("Unexpected \"{character}\" character."));
        let mut characters = text.chars();
        loop {
            let character = characters.next().ok_or_else(|| malformed("Unexpected end of input."))?;
            match character {
                '\\' => {
                    if !matches!(self.state, LevelStarted | ItemStarted | QuoteStarted | ItemDelimited) {
                        return Err(unexpected('\\'));
                    }
                    if self.state != QuoteStarted {
                        self.state = ItemStarted;
                    }
                    let escaped = characters.next().ok_or_else(|| malformed("Unexpected end of input."))?;
                    self.is_quoted = true;
                    self.keep(escaped);
                }
                '"' => match self.state {
                    QuoteStarted => self.state = QuoteCompleted,
                    LevelStarted | ItemDelimited => {
                        self.state = QuoteStarted;
                        self.is_quoted = true;
                    }
                    _ => return Err(malformed("Unexpected array element.")),
                },
                _ if self.state == QuoteStarted => self.keep(character),
                '{' => {
                    if !matches!(self.state, Nothing | LevelStarted | LevelDelimited) {
                        return Err(unexpected('{'));
                    }
                    check_dimensions(self.level + 1)?;
                    self.state = LevelStarted;
                    self.counts[self.level] = 0;
                    self.level += 1;
                    self.depth = self.depth.max(self.level);
                }
                '}' => {
                    let empty = self.state == LevelStarted && self.level == 1;
                    match self.state {
                        ItemStarted | QuoteCompleted => self.finish_item(),
                        LevelCompleted => {}
                        _ if empty => {}
                        _ => return Err(unexpected('}')),
                    }
                    self.state = LevelCompleted;
                    self.level -= 1;
                    let count = self.counts[self.level];
                    if self.lengths[self.level].is_some_and(|length| length != count) {
                        return Err(malformed("Multidimensional arrays must have sub-arrays with matching dimensions."));
                    }
                    self.lengths[self.level] = Some(count);
                    if self.level == 0 {
                        break;
                    }
                    self.counts[self.level - 1] += 1;
                }
                _ if character == self.delimiter => match self.state {
                    ItemStarted | QuoteCompleted => {
                        self.finish_item();
                        self.state = ItemDelimited;
                    }
                    LevelCompleted => self.state = LevelDelimited,
                    _ => return Err(unexpected(character)),
                },
                _ if is_space(character) => {
                    if self.state == ItemStarted {
                        self.item.push(character);
                    }
                }
                _ => {
                    if !matches!(self.state, LevelStarted | ItemStarted | ItemDelimited) {
                        return Err(malformed("Unexpected array element."));
                    }
                    self.state = ItemStarted;
                    self.keep(character);
                }
            }
        }
        match characters.all(is_space) {
            true => Ok(()),
            false => Err(malformed("Junk after closing right brace.")),
        }
    }

    fn keep(&mut self, character: char) {
        self.item.push(character);
        self.kept = self.item.len();
    }

    fn finish_item(&mut self) {
        self.item.truncate(self.kept);
        let item = std::mem::take(&mut self.item);
        let is_null = !self.is_quoted && item.eq_ignore_ascii_case("null");
        self.items.push(if is_null { None } else { Some(item) });
        self.counts[self.level - 1] += 1;
        (self.is_quoted, self.kept) = (false, 0);
    }
}
