//! `JOIN … USING (a, b) AS alias`.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{Replacement, is_word, quoted};
use crate::parse::JOIN_ALIAS;

/// `USING (a, b) AS c` is `USING (a, b, alias.c)`.
pub(super) fn alias(_: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let [using, open, ..] = rest else { return None };
    if !is_word(&using.token, "USING") || open.token != Token::LParen {
        return None;
    }
    let close = rest.iter().position(|token| token.token == Token::RParen)?;
    // What stands in the parentheses elsewhere is a query.
    let is_list = rest[2..close].iter().enumerate().all(|(place, token)| match token.token {
        Token::Word(_) => place % 2 == 0,
        Token::Comma => place % 2 == 1,
        _ => false,
    });
    let [word, name] = rest.get(close + 1..close + 3)? else { return None };
    if !is_list || !is_word(&word.token, "AS") || !matches!(name.token, Token::Word(_)) {
        return None;
    }
    let at = |token: Token| TokenWithSpan::new(token, name.span);
    let mut replacement = rest[..close].to_vec();
    replacement.extend([at(Token::Comma), at(quoted(JOIN_ALIAS)), at(Token::Period), name.clone(), rest[close].clone()]);
    Some((close + 3, replacement))
}
