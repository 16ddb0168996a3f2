//! Names as SQL writes them, with their quotes and dots.

use spi::{Code, Error, Result};

use super::is_space;

/// The parts of a dotted name. What is not in quotes is taken in lower case.
pub fn parse(text: &str) -> Result<Vec<String>> {
    let invalid = || Error::new(Code::InvalidName, "invalid name syntax");
    let mut names = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    loop {
        let (name, after) = first(rest).ok_or_else(invalid)?;
        names.push(super::text::name(&name).to_owned());
        match after.trim_start_matches(is_space) {
            "" => return Ok(names),
            after => rest = after.strip_prefix('.').ok_or_else(invalid)?.trim_start_matches(is_space),
        }
    }
}

/// The name that a text begins with, and what follows it.
fn first(text: &str) -> Option<(String, &str)> {
    if let Some(mut rest) = text.strip_prefix('"') {
        let mut name = String::new();
        loop {
            let (part, after) = rest.split_once('"')?;
            name.push_str(part);
            match after.strip_prefix('"') {
                Some(after) => {
                    name.push('"');
                    rest = after;
                }
                None => return (!name.is_empty()).then_some((name, after)),
            }
        }
    }
    let end = text.find(|character: char| character == '.' || is_space(character)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (!name.is_empty()).then(|| (name.to_ascii_lowercase(), rest))
}
