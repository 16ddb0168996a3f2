//! SQLite's tokens, as far as the structure of a `CREATE` statement needs them.

/// One token. Comments and white space are none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    /// Its place in the statement, in bytes.
    pub(crate) start: usize,
}

impl Token<'_> {
    /// Whether it is this symbol.
    pub(crate) fn is(&self, symbol: &str) -> bool {
        self.text == symbol
    }

    /// Whether it is this word, unquoted.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    /// As the name that it stands for.
    pub(crate) fn name(&self) -> String {
        let inner = || &self.text[1..self.text.len().saturating_sub(1).max(1)];
        match self.text.as_bytes().first() {
            Some(quote @ (b'"' | b'`' | b'\'')) => {
                let quote = char::from(*quote);
                inner().replace(&format!("{quote}{quote}"), &quote.to_string())
            }
            Some(b'[') => inner().to_owned(),
            _ => self.text.to_owned(),
        }
    }
}

/// The tokens of a statement.
pub(crate) fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = sql[start..].chars().next() {
        let rest = &sql[start..];
        let length = length(rest, first);
        if !first.is_ascii_whitespace() && !is_comment(rest) {
            tokens.push(Token { text: &rest[..length], start });
        }
        start += length;
    }
    tokens
}

/// How many bytes the token, comment or space at the start takes.
fn length(rest: &str, first: char) -> usize {
    let until = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |place| from + place + end.len());
    if rest.starts_with("--") {
        until("\n", 2)
    } else if rest.starts_with("/*") {
        until("*/", 2)
    } else if matches!(first, '"' | '`' | '\'') {
        quoted_length(rest, first)
    } else if first == '[' {
        until("]", 1)
    } else if is_word(first) {
        rest.find(|c| !is_word(c)).unwrap_or(rest.len())
    } else {
        first.len_utf8()
    }
}

/// Up to the closing quote; a doubled one stands for itself.
fn quoted_length(rest: &str, quote: char) -> usize {
    let mut from = 1;
    while let Some(place) = rest[from..].find(quote) {
        from += place + 1;
        if !rest[from..].starts_with(quote) {
            return from;
        }
        from += 1;
    }
    rest.len()
}

fn is_comment(rest: &str) -> bool {
    rest.starts_with("--") || rest.starts_with("/*")
}

/// Letters of names, and all of a number.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$') || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_quotes() {
        let sql = "plain \"a\"\"b\" `c``d` [e f] 'g''h' \"\" ü$1 \"open";
        let names: Vec<String> = tokens(sql).iter().map(Token::name).collect();
        assert_eq!(names, ["plain", "a\"b", "c`d", "e f", "g'h", "", "ü$1", "ope"]);
    }

    #[test]
    fn comments_and_strings_hide_what_they_contain() {
        let texts: Vec<&str> = tokens("a--(\n/*,*/'(--'(b,c/2)").iter().map(|token| token.text).collect();
        assert_eq!(texts, ["a", "'(--'", "(", "b", ",", "c", "/", "2", ")"]);
    }
}
