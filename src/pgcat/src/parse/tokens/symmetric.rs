//! `BETWEEN SYMMETRIC a AND b`, whose bounds may stand in any order.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{Replacement, is_word, quoted, rewrite};
use crate::parse::SYMMETRIC;

/// `SYMMETRIC a AND` marks the lower bound by a call, `symmetric(a) AND`; `ASYMMETRIC` says nothing.
pub(super) fn between(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    if !is_word(&before.last()?.token, "BETWEEN") {
        return None;
    }
    let word = rest.first()?;
    if is_word(&word.token, "ASYMMETRIC") {
        return Some((1, Vec::new()));
    }
    let end = if is_word(&word.token, "SYMMETRIC") { bound_end(&rest[1..])? + 1 } else { return None };
    let mark = |token: Token| TokenWithSpan::new(token, word.span);
    let mut replacement = vec![mark(quoted(SYMMETRIC)), mark(Token::LParen)];
    replacement.extend(rewrite(rest[1..end].to_vec()));
    replacement.push(mark(Token::RParen));
    Some((end, replacement))
}

/// How many tokens stand before the AND that ends a bound.
fn bound_end(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut depth = 0usize;
    tokens.iter().position(|token| {
        match &token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
            word if is_word(word, "CASE") => depth += 1,
            word if is_word(word, "END") => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && is_word(&token.token, "AND")
    })
}
