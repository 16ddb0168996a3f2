//! How deep the syntax tree of a statement will be, found out from its tokens before there is a tree.
//!
//! The parser limits how deep parentheses and sub-queries nest, but a chain such as `a + b + c` is a tree as deep as it is
//! long, which it builds without a limit. Whatever copies, compares or frees such a tree needs stack for every level of it, and
//! a stack that is used up ends the process. Chains of AND and OR are no problem: `shape` balances them.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};
use spi::{Code, Error, Result};

/// How many operators may be chained. Copying a tree takes up to five kilobytes of stack per level, and a thread has two megabytes.
const DEPTH_MAX: usize = 250;
/// How many conditions a statement may have. Planning takes a time that grows faster than their number.
const CONDITIONS_MAX: usize = 5_000;

/// Words that put an operator onto what stands before them.
const OPERATORS: &[&str] = &[
    "AT", "BETWEEN", "COLLATE", "DIV", "ESCAPE", "ILIKE", "IN", "IS", "ISNULL", "LIKE", "MATCH", "MEMBER", "NOT", "NOTNULL", "OPERATOR",
    "OVERLAPS", "REGEXP", "RLIKE", "SIMILAR", "XOR",
];

/// Words that put a query or a table onto what stands before them.
const COMBINATIONS: &[&str] = &["UNION", "INTERSECT", "EXCEPT", "JOIN"];

/// Words behind which another expression begins.
const BEGINNINGS: &[&str] = &["SELECT", "WHERE", "ON", "HAVING", "BY", "LIMIT", "WHEN", "THEN", "ELSE"];

/// Refuses a statement whose tree would be too deep.
pub(super) fn check(tokens: &[TokenWithSpan]) -> Result<()> {
    let Measured { depth, conditions } = measure(tokens);
    let too_deep = || Error::new(Code::Limit, "statement is nested too deeply");
    if depth > DEPTH_MAX {
        return Err(too_deep().detail(format!("At most {DEPTH_MAX} operators, joins or queries can be chained.")));
    }
    if conditions > CONDITIONS_MAX {
        return Err(too_deep()
            .detail(format!("It has {conditions} conditions; at most {CONDITIONS_MAX} are possible."))
            .hint("Use IN or = ANY instead of many conditions on one column."));
    }
    Ok(())
}

/// Upper bounds.
struct Measured {
    depth: usize,
    /// How many there are of AND and OR.
    conditions: usize,
}

/// What stands between two parentheses, as far as it has been read.
#[derive(Default)]
struct Group {
    /// The length of the chain that is being read, and the deepest group in it.
    chain: usize,
    inner: usize,
    /// The deepest chain that ended.
    deepest: usize,
    /// Queries and tables that are put onto each other, across all chains.
    combined: usize,
    /// BETWEENs whose AND has not come yet.
    open_betweens: usize,
}

impl Group {
    fn end_chain(&mut self) {
        self.deepest = self.deepest.max(self.chain + self.inner);
        (self.chain, self.inner) = (0, 0);
    }

    fn depth(mut self) -> usize {
        self.end_chain();
        self.deepest + self.combined
    }
}

fn measure(tokens: &[TokenWithSpan]) -> Measured {
    let mut outer: Vec<Group> = Vec::new();
    let mut group = Group::default();
    let mut conditions = 0;
    for token in tokens {
        match &token.token {
            Token::LParen | Token::LBracket => outer.push(std::mem::take(&mut group)),
            Token::RParen | Token::RBracket => {
                let inside = std::mem::replace(&mut group, outer.pop().unwrap_or_default()).depth();
                group.inner = group.inner.max(inside + 1);
                // Calls and subscripts can be chained as well: `a[1][2][3]`.
                group.chain += 1;
            }
            // What follows is no part of the same expression.
            Token::Comma => group.end_chain(),
            Token::Word(word) if word.quote_style.is_none() => match word.value.to_ascii_uppercase().as_str() {
                "AND" if group.open_betweens > 0 => group.open_betweens -= 1,
                "AND" | "OR" => {
                    conditions += 1;
                    group.end_chain();
                }
                word if OPERATORS.contains(&word) => {
                    group.chain += 1;
                    group.open_betweens += usize::from(word == "BETWEEN");
                }
                word if COMBINATIONS.contains(&word) => group.combined += 1,
                word if BEGINNINGS.contains(&word) => group.end_chain(),
                _ => {}
            },
            token if is_operator(token) => group.chain += 1,
            _ => {}
        }
    }
    // Parentheses that are not closed are a syntax error, which is the parser's to report; until then they count.
    let depth = outer.into_iter().rev().fold(group.depth(), |inside, mut group| {
        group.inner = group.inner.max(inside + 1);
        group.depth()
    });
    Measured { depth, conditions }
}

/// Whatever is no value, name or punctuation.
fn is_operator(token: &Token) -> bool {
    !matches!(
        token,
        Token::Whitespace(_)
            | Token::Word(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DollarQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::Placeholder(_)
            | Token::Period
            | Token::EOF
    )
}

#[cfg(test)]
mod tests {
    use super::super::SourceText;
    use super::*;

    fn measured(text: &str) -> Measured {
        measure(&SourceText(text.into()).tokens().expect("tokens"))
    }

    #[test]
    fn chains_and_groups_add_up() {
        for (text, depth) in [
            ("SELECT 1, 2, 3", 0),
            ("SELECT a + b + c", 2),
            ("SELECT a + b, c + d", 1),
            ("SELECT a + b FROM t WHERE c + d", 1),
            ("SELECT a + (b * c * d) + e", 6),
            ("SELECT a = 1 OR a = 2 OR a = 3", 1),
            ("SELECT a BETWEEN 1 AND 2 BETWEEN 3 AND 4", 2),
            ("SELECT 1, 2 UNION SELECT 2, 2 UNION SELECT 3, 2", 2),
            ("SELECT * FROM a JOIN b ON a.x = b.x JOIN c ON a.x = c.x", 3),
            ("SELECT x IN (1, 2, 3, 4)", 3),
            ("SELECT ((a))", 4),
            ("SELECT a::int::text", 2),
            ("SELECT a IS DISTINCT FROM b IS DISTINCT FROM c", 2),
            ("SELECT (a + (b + ", 4),
        ] {
            assert_eq!(measured(text).depth, depth, "{text}");
        }
    }

    #[test]
    fn lists_are_not_deep_and_chains_are() {
        let refusal = |text: &str| check(&SourceText(text.into()).tokens().expect("tokens")).err().map(|error| error.code);
        assert_eq!(refusal(&format!("SELECT * FROM t WHERE a IN ({})", vec!["-1"; 50_000].join(", "))), None);
        assert_eq!(refusal(&vec!["a = 1"; CONDITIONS_MAX].join(" OR ")), None);
        assert_eq!(refusal(&vec!["a = 1"; CONDITIONS_MAX + 2].join(" OR ")), Some(Code::Limit));
        for chained in [
            " + ",
            " UNION SELECT ",
            "::int + ",
            " BETWEEN 1 AND ",
            " IS DISTINCT FROM ",
            "[1]",
            " IN (2)",
            " JOIN t ON ",
            " COLLATE \"C\" || ",
        ] {
            assert_eq!(refusal(&format!("SELECT {}a", format!("a{chained}").repeat(DEPTH_MAX + 1))), Some(Code::Limit), "{chained}");
        }
    }
}
