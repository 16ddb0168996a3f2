//! Texts as they must be written in a statement: `quote_ident`, `quote_literal`, `quote_nullable`.

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::resolve::quote_identifier;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("quote_ident", |_, _, arguments| Ok(quote_identifier(arguments.text(0)?).into())),
    ScalarEntry::new("quote_literal", |_, _, arguments| Ok(quote_literal(arguments.text(0)?).into())),
    ScalarEntry::new("quote_nullable", |_, _, arguments| match arguments.is_null(0) {
        true => Ok("NULL".into()),
        false => Ok(quote_literal(arguments.text(0)?).into()),
    }),
];

/// With backslashes doubled behind an `E`, so that it means the same whatever `standard_conforming_strings` is.
pub fn quote_literal(text: &str) -> String {
    let prefix = if text.contains('\\') { "E" } else { "" };
    format!("{prefix}'{}'", text.replace('\'', "''").replace('\\', "\\\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn literals_are_quoted() {
        assert_eq!(
            (quote_literal("a'b").as_str(), quote_literal("a\\b").as_str(), quote_literal("").as_str()),
            ("'a''b'", "E'a\\\\b'", "''")
        );
    }
}
