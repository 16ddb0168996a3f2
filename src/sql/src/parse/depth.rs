//! How deep the syntax tree of a statement will be, found out from its tokens before there is a tree.
//!
//! The parser limits how deep parentheses and sub-queries nest, but a chain such as `a OR b OR c` is a tree as deep as it is
//! long, which it builds without a limit. Whatever walks, copies or frees such a tree needs stack for every level of it.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};
use spi::{Code, Error, Result};

/// How many operators may be chained. Each takes one or two kilobytes of stack where a tree is copied.
const DEPTH_MAX: usize = 2_000;

/// Words that put one expression or query onto another.
const CHAINING_WORDS: &[&str] = &[
    "AND",
    "OR",
    "NOT",
    "IS",
    "IN",
    "LIKE",
    "ILIKE",
    "SIMILAR",
    "BETWEEN",
    "COLLATE",
    "AT",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "OPERATOR",
    "ISNULL",
    "NOTNULL",
    "ESCAPE",
    "JOIN",
];

/// Refuses a statement whose tree would be too deep.
pub(super) fn check(tokens: &[TokenWithSpan]) -> Result<()> {
    match depth(tokens) > DEPTH_MAX {
        true => Err(Error::new(Code::Limit, "statement is nested too deeply")
            .detail(format!("At most {DEPTH_MAX} operators can be chained."))
            .hint("Use IN or = ANY instead of a long chain of conditions.")),
        false => Ok(()),
    }
}

/// What stands between two parentheses, as far as it has been read.
#[derive(Clone, Copy, Default)]
struct Group {
    /// The length of the chain that is being read, with the deepest group in it.
    chain: usize,
    inner: usize,
    /// The deepest chain that ended.
    deepest: usize,
}

impl Group {
    fn end_chain(&mut self) {
        self.deepest = self.deepest.max(self.chain + self.inner);
        (self.chain, self.inner) = (0, 0);
    }
}

/// An upper bound. A comma ends a chain: what follows is no part of the same expression.
fn depth(tokens: &[TokenWithSpan]) -> usize {
    let mut outer: Vec<Group> = Vec::new();
    let mut group = Group::default();
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket => outer.push(std::mem::take(&mut group)),
            Token::RParen | Token::RBracket => {
                group.end_chain();
                let inner = group.deepest + 1;
                group = outer.pop().unwrap_or_default();
                // Calls and subscripts can be chained as well: `a[1][2][3]`.
                group.chain += 1;
                group.inner = group.inner.max(inner);
            }
            Token::Comma => group.end_chain(),
            token if chains(token) => group.chain += 1,
            _ => {}
        }
    }
    outer.push(group);
    outer.iter_mut().rev().fold(0, |inner, group| {
        group.inner = group.inner.max(inner);
        group.end_chain();
        group.deepest
    })
}

fn chains(token: &Token) -> bool {
    match token {
        Token::Word(word) => word.quote_style.is_none() && CHAINING_WORDS.iter().any(|chaining| word.value.eq_ignore_ascii_case(chaining)),
        Token::Whitespace(_)
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::DollarQuotedString(_)
        | Token::EscapedStringLiteral(_)
        | Token::Placeholder(_)
        | Token::Period
        | Token::EOF => false,
        // Whatever else there is are operators.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::SourceText;
    use super::*;

    fn depth_of(text: &str) -> usize {
        depth(&SourceText(text.into()).tokens().expect("tokens"))
    }

    #[test]
    fn chains_and_groups_add_up() {
        for (text, expected) in [
            ("SELECT 1, 2, 3", 0),
            ("SELECT a + b + c", 2),
            ("SELECT a + b, c + d", 1),
            ("SELECT a OR (b AND c AND d) OR e", 6),
            ("SELECT 1 UNION SELECT 2 UNION SELECT 3", 2),
            ("SELECT x IN (1, 2, 3, 4)", 3),
            ("SELECT ((a))", 4),
            ("SELECT a::int::text", 2),
            ("SELECT (a + (b + ", 2),
        ] {
            assert_eq!(depth_of(text), expected, "{text}");
        }
    }

    #[test]
    fn long_lists_are_not_deep() {
        let list = vec!["1"; 50_000].join(", ");
        assert!(depth_of(&format!("SELECT * FROM t WHERE a IN ({list})")) < 10);
        let chain = vec!["a = 1"; DEPTH_MAX].join(" OR ");
        let error = check(&SourceText(chain.as_str().into()).tokens().expect("tokens")).expect_err("too deep");
        assert_eq!(error.code, Code::Limit);
    }
}
