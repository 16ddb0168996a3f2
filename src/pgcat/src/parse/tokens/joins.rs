//! `a JOIN b JOIN c ON … ON …`: a join whose condition comes behind that of the join that it joins.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{is_word, one_of, wrapped};

/// A join whose condition is still to come.
struct Pending {
    /// Where what it joins begins.
    operand: usize,
    /// Whether that is a join itself.
    is_join: bool,
}

/// Puts joins that are joined into parentheses: `a JOIN (b JOIN c ON …) ON …`.
pub(super) fn nested(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let (mut opens, mut closes) = (vec![0; tokens.len() + 1], vec![0; tokens.len() + 1]);
    let mut is_any = false;
    // The joins of each parenthesis around the token at hand.
    let mut levels: Vec<Vec<Pending>> = vec![Vec::new()];
    for (place, token) in tokens.iter().enumerate() {
        let depth = levels.len() - 1;
        match &token.token {
            Token::LParen => levels.push(Vec::new()),
            Token::RParen if depth > 0 => levels.truncate(depth),
            Token::Comma => levels[depth].clear(),
            word if is_word(word, "JOIN") => {
                levels[depth].iter_mut().next_back().into_iter().for_each(|pending| pending.is_join = true);
                if has_condition(&tokens[..place]) {
                    levels[depth].push(Pending { operand: place + 1, is_join: false });
                }
            }
            word if one_of(word, &["ON", "USING"]) => {
                if let Some(Pending { operand, is_join: true }) = levels[depth].pop() {
                    opens[operand] += 1;
                    closes[place] += 1;
                    is_any = true;
                }
            }
            _ => {}
        }
    }
    if is_any { wrapped(tokens, &opens, &closes) } else { tokens }
}

/// Whether a JOIN behind these tokens has a condition: CROSS JOIN and NATURAL JOIN have none.
fn has_condition(before: &[TokenWithSpan]) -> bool {
    let kinds = before.iter().rev().take_while(|token| one_of(&token.token, &["INNER", "LEFT", "RIGHT", "FULL", "OUTER"])).count();
    let first = before.len().checked_sub(kinds + 1).map(|place| &before[place].token);
    !first.is_some_and(|token| one_of(token, &["CROSS", "NATURAL"]))
}
