//! `ROW(a, b)`, which is `(a, b)`.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{Replacement, begins_operand, is_word};

/// The word is left out in front of two items or more. Without it, one item would be no row, and the columns of a relation cannot be told.
pub(super) fn of_several(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let [row, open, inside @ ..] = rest else { return None };
    if !is_word(&row.token, "ROW") || open.token != Token::LParen || !begins_operand(before) || is_name_or_group(before) {
        return None;
    }
    let mut depth = 0usize;
    let mut is_several = false;
    for (place, token) in inside.iter().enumerate() {
        match &token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket if depth == 0 => {
                return (is_several && !is_field_read(&inside[place + 1..])).then(|| (1, Vec::new()));
            }
            Token::RParen | Token::RBracket => depth -= 1,
            Token::Comma => is_several |= depth == 0,
            Token::Mul if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// Behind FROM it is the name of a relation, unless that belongs to `IS DISTINCT FROM`. Behind BY, a row is one thing to group by, which
/// items in parentheses are not.
fn is_name_or_group(before: &[TokenWithSpan]) -> bool {
    let is = |place: usize, word: &str| before.iter().nth_back(place).is_some_and(|token| is_word(&token.token, word));
    is(0, "BY") || (is(0, "FROM") && !is(1, "DISTINCT"))
}

/// Whether a field of the row is read, as in `(ROW(a, b)).f1`: errors of it point at the word.
fn is_field_read(behind: &[TokenWithSpan]) -> bool {
    matches!(behind, [close, period, ..] if close.token == Token::RParen && period.token == Token::Period)
}
