//! Names and texts in quotes, as sources write them.

/// A name or a text without the quotes around it.
pub(super) fn unquoted(text: &str) -> String {
    for quote in ['"', '`', '\''] {
        if let Some(name) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return name.replace(&format!("{quote}{quote}"), &quote.to_string());
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_within_quotes_stand_twice() {
        assert_eq!(unquoted("\"a\"\"b\""), "a\"b");
        assert_eq!(unquoted("`a``b`"), "a`b");
        assert_eq!(unquoted("'it''s'"), "it's");
        assert_eq!(unquoted("plain"), "plain");
    }
}
