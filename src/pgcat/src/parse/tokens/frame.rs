//! Frames of windows: EXCLUDE, and distances that begin with a string.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use super::{Replacement, is_word, keyword, one_of, quoted, rewrite};
use crate::parse::{EXCLUDE_CURRENT_ROW, EXCLUDE_GROUP, EXCLUDE_TIES};

/// `ROWS BETWEEN a AND b PRECEDING EXCLUDE TIES` is `ROWS BETWEEN a AND exclude_ties(b) PRECEDING`; `ROWS a PRECEDING EXCLUDE …` is first
/// made a frame with an end. `'1 day'::interval PRECEDING` is `('1 day'::interval) PRECEDING`.
pub(super) fn bounds(_: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let unit = rest.first().filter(|token| one_of(&token.token, &["ROWS", "RANGE", "GROUPS"]))?;
    let end = end_of_frame(rest)?;
    let exclude = word_at_level(&rest[..end], "EXCLUDE");
    let frame = &rest[1..exclude.unwrap_or(end)];
    let (start, stop) = match frame.split_first() {
        Some((between, bounds)) if is_word(&between.token, "BETWEEN") => {
            let and = word_at_level(bounds, "AND")?;
            (&bounds[..and], Some(&bounds[and + 1..]))
        }
        _ => (frame, None),
    };
    let exclusion = match exclude {
        Some(exclude) => exclusion(&rest[exclude + 1..end])?,
        None => None,
    };
    let start = Bound::of(start)?;
    let stop = match stop {
        Some(stop) => Some(Bound::of(stop)?),
        None => None,
    };
    if exclude.is_none() && !start.needs_parentheses() && !stop.as_ref().is_some_and(Bound::needs_parentheses) {
        return None;
    }
    let at = |token: Token| TokenWithSpan::new(token, unit.span);
    let mut replacement = vec![unit.clone()];
    if stop.is_none() && exclusion.is_none() {
        replacement.extend(start.tokens(unit.span));
        return Some((end, replacement));
    }
    replacement.push(at(keyword(Keyword::BETWEEN, "BETWEEN")));
    replacement.extend(start.tokens(unit.span));
    replacement.push(at(keyword(Keyword::AND, "AND")));
    let stop = stop.unwrap_or(Bound::CurrentRow);
    match exclusion {
        Some(mark) => replacement.extend(stop.marked(mark, unit.span)),
        None => replacement.extend(stop.tokens(unit.span)),
    }
    Some((end, replacement))
}

/// What is excluded; the inner `None` is NO OTHERS.
fn exclusion(words: &[TokenWithSpan]) -> Option<Option<&'static str>> {
    let words: Vec<&Token> = words.iter().map(|token| &token.token).collect();
    match words.as_slice() {
        [no, others] if is_word(no, "NO") && is_word(others, "OTHERS") => Some(None),
        [current, row] if is_word(current, "CURRENT") && is_word(row, "ROW") => Some(Some(EXCLUDE_CURRENT_ROW)),
        [word] if is_word(word, "GROUP") => Some(Some(EXCLUDE_GROUP)),
        [word] if is_word(word, "TIES") => Some(Some(EXCLUDE_TIES)),
        _ => None,
    }
}

enum Bound<'a> {
    CurrentRow,
    Unbounded(&'a TokenWithSpan),
    Distance(&'a [TokenWithSpan], &'a TokenWithSpan),
}

impl<'a> Bound<'a> {
    fn of(tokens: &'a [TokenWithSpan]) -> Option<Self> {
        let (direction, distance) = tokens.split_last()?;
        match distance {
            [current] if is_word(&current.token, "CURRENT") && is_word(&direction.token, "ROW") => Some(Bound::CurrentRow),
            _ if !one_of(&direction.token, &["PRECEDING", "FOLLOWING"]) => None,
            [unbounded] if is_word(&unbounded.token, "UNBOUNDED") => Some(Bound::Unbounded(direction)),
            [] => None,
            distance => Some(Bound::Distance(distance, direction)),
        }
    }

    /// A string that does not stand alone would be read as an interval.
    fn needs_parentheses(&self) -> bool {
        matches!(self, Bound::Distance([first, _, ..], _) if matches!(first.token, Token::SingleQuotedString(_)))
    }

    fn tokens(self, span: Span) -> Vec<TokenWithSpan> {
        let at = |token: Token| TokenWithSpan::new(token, span);
        let needs_parentheses = self.needs_parentheses();
        match self {
            Bound::CurrentRow => vec![at(keyword(Keyword::CURRENT, "CURRENT")), at(keyword(Keyword::ROW, "ROW"))],
            Bound::Unbounded(direction) => vec![at(keyword(Keyword::UNBOUNDED, "UNBOUNDED")), direction.clone()],
            Bound::Distance(distance, direction) => {
                let mut tokens = rewrite(distance.to_vec());
                if needs_parentheses {
                    tokens.insert(0, at(Token::LParen));
                    tokens.push(at(Token::RParen));
                }
                tokens.push(direction.clone());
                tokens
            }
        }
    }

    /// The end of a frame as the argument of a mark: none for UNBOUNDED, `*` for CURRENT ROW.
    fn marked(self, mark: &str, span: Span) -> Vec<TokenWithSpan> {
        let at = |token: Token| TokenWithSpan::new(token, span);
        let (argument, direction) = match self {
            Bound::CurrentRow => (vec![at(Token::Mul)], at(keyword(Keyword::FOLLOWING, "FOLLOWING"))),
            Bound::Unbounded(direction) => (Vec::new(), direction.clone()),
            Bound::Distance(distance, direction) => (rewrite(distance.to_vec()), direction.clone()),
        };
        let mut tokens = vec![at(quoted(mark)), at(Token::LParen)];
        tokens.extend(argument);
        tokens.extend([at(Token::RParen), direction]);
        tokens
    }
}

/// Where the parenthesis stands that closes those around a frame.
fn end_of_frame(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut depth = 0usize;
    for (place, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen if depth == 0 => return Some(place),
            Token::RParen | Token::RBracket => depth = depth.checked_sub(1)?,
            Token::SemiColon => return None,
            _ => {}
        }
    }
    None
}

/// Where a word stands that is in no parentheses.
fn word_at_level(tokens: &[TokenWithSpan], word: &str) -> Option<usize> {
    let mut depth = 0usize;
    tokens.iter().position(|token| {
        match token.token {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && is_word(&token.token, word)
    })
}
