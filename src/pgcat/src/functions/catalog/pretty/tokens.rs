//! The tokens of an expression, with the ends of what is in parentheses.

/// A piece of text that is not divided.
#[derive(Debug)]
pub(super) struct Token<'a> {
    pub text: &'a str,
    pub kind: TokenKind,
    /// The blanks before it.
    pub blank: &'a str,
    /// Of what opens parentheses, brackets or CASE the place of what closes it.
    pub close: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    /// A text, number or name in quotes.
    Literal,
    Operator,
    /// `::`
    Cast,
    Punctuation,
}

impl Token<'_> {
    /// Whether it is a word of SQL, which stored expressions have in capitals.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text == word
    }

    /// Whether it is a word that stands between operands.
    pub(super) fn joins(&self) -> bool {
        const WORDS: [&str; 22] = [
            "AND", "OR", "NOT", "IS", "NULL", "DISTINCT", "FROM", "TRUE", "FALSE", "UNKNOWN", "ANY", "ALL", "IN", "BETWEEN", "COLLATE",
            "LIKE", "ILIKE", "SIMILAR", "AT", "TIME", "ZONE", "OVERLAPS",
        ];
        self.kind == TokenKind::Word && WORDS.contains(&self.text)
    }
}

/// `None` where parentheses or quotes do not match.
pub(super) fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let trimmed = rest.trim_start();
        if trimmed.is_empty() {
            break;
        }
        let (length, kind) = first(trimmed)?;
        found.push(Token { text: &trimmed[..length], kind, blank: &rest[..rest.len() - trimmed.len()], close: None });
        rest = &trimmed[length..];
    }
    close(&mut found)?;
    Some(found)
}

const OPERATORS: &str = "+-*/<>=~!@#%^&|`?";

/// The length and kind of the first token.
fn first(text: &str) -> Option<(usize, TokenKind)> {
    let begin = text.chars().next()?;
    let run = |holds: &dyn Fn(char) -> bool| text.find(|character| !holds(character)).unwrap_or(text.len());
    Some(match begin {
        '\'' | '"' => (quoted(text, begin)?, TokenKind::Literal),
        'E' | 'B' | 'X' if text[1..].starts_with('\'') => (1 + quoted(&text[1..], '\'')?, TokenKind::Literal),
        _ if text.starts_with("::") => (2, TokenKind::Cast),
        _ if begin.is_ascii_digit() => (run(&|character| character.is_ascii_digit() || character == '.'), TokenKind::Literal),
        _ if begin.is_alphabetic() || begin == '_' => {
            (run(&|character| character.is_alphanumeric() || matches!(character, '_' | '$')), TokenKind::Word)
        }
        _ if OPERATORS.contains(begin) => (run(&|character| OPERATORS.contains(character)), TokenKind::Operator),
        _ => (begin.len_utf8(), TokenKind::Punctuation),
    })
}

/// The length of what is in quotes; a doubled quote does not end it.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((place, character)) = characters.next() {
        if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(place + 1);
        }
    }
    None
}

/// Finds the ends of parentheses, brackets and CASEs.
fn close(tokens: &mut [Token<'_>]) -> Option<()> {
    let mut open: Vec<(usize, &str)> = Vec::new();
    for place in 0..tokens.len() {
        let token = &tokens[place];
        let end = match token.text {
            "(" => Some(")"),
            "[" => Some("]"),
            "CASE" if token.kind == TokenKind::Word => Some("END"),
            _ => None,
        };
        if let Some(end) = end {
            open.push((place, end));
        } else if open.last().is_some_and(|(_, end)| *end == token.text && token.kind != TokenKind::Literal) {
            let (start, _) = open.pop()?;
            tokens[start].close = Some(place);
        } else if matches!(token.text, ")" | "]") {
            return None;
        }
    }
    open.is_empty().then_some(())
}
