//! Names as they must be written in a statement.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::statics;

/// The words that are no names without quotes.
static RESERVED: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| statics::keywords().iter().filter(|keyword| keyword.catcode != "U").map(|keyword| keyword.word).collect());

/// A name, in double quotes where it needs them, as `quote_ident` gives it.
pub fn quote_identifier(name: &str) -> String {
    let begins_well = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
    let is_plain = begins_well && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_plain && !RESERVED.contains(name) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// `schema.name`, each quoted where needed.
pub fn qualified_name(schema: &str, name: &str) -> String {
    format!("{}.{}", quote_identifier(schema), quote_identifier(name))
}
