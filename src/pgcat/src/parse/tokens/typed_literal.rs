//! `name 'x'` and `name(3) 'x'`: a constant of a type.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

use super::{NO_TYPES, Replacement, begins_operand, contains, is_word, keyword, quoted};

/// Types whose length is 1 where none is written, but any in front of a constant; and as what any length can be written.
const ANY_LENGTH: &[(&str, &str)] = &[("BIT", "bit"), ("CHAR", "bpchar"), ("CHARACTER", "bpchar"), ("NCHAR", "bpchar")];

/// It is `CAST('x' AS name)`.
pub(super) fn cast(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let Token::Word(first) = &rest.first()?.token else { return None };
    if !begins_operand(before) {
        return None;
    }
    let named = name_length(rest);
    let length = named + modifiers_length(&rest[named..]);
    let literal = rest.get(length)?;
    if !matches!(literal.token, Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::DollarQuotedString(_)) {
        return None;
    }
    // The parser library reads INTERVAL with a constant, which a unit may stand behind, but not with a precision.
    let is_interval = is_word(&rest[0].token, "INTERVAL") && length > named;
    if first.quote_style.is_none() && contains(NO_TYPES, &first.value) && !is_interval {
        return None;
    }
    let at = rest[0].span;
    let mut words = vec![
        TokenWithSpan::new(keyword(Keyword::CAST, "CAST"), at),
        TokenWithSpan::new(Token::LParen, at),
        literal.clone(),
        TokenWithSpan::new(keyword(Keyword::AS, "AS"), literal.span),
    ];
    match any_length(first).filter(|_| length == 1) {
        Some(name) => words.push(TokenWithSpan::new(quoted(name), at)),
        None => words.extend_from_slice(&rest[..length]),
    }
    words.push(TokenWithSpan::new(Token::RParen, literal.span));
    Some((length + 1, words))
}

/// How many tokens a name takes that tokens begin with: `a.b.c`.
fn name_length(tokens: &[TokenWithSpan]) -> usize {
    let mut length = 1;
    while let [period, name, ..] = &tokens[length..]
        && period.token == Token::Period
        && matches!(name.token, Token::Word(_))
    {
        length += 2;
    }
    length
}

/// How many tokens `(3)` or `(5, 2)` takes; 0 where tokens begin with something else.
fn modifiers_length(tokens: &[TokenWithSpan]) -> usize {
    let kinds = |count: usize| tokens.iter().take(count).map(|token| &token.token).collect::<Vec<_>>();
    match (kinds(3).as_slice(), kinds(5).as_slice()) {
        ([Token::LParen, Token::Number(..), Token::RParen], _) => 3,
        (_, [Token::LParen, Token::Number(..), Token::Comma, Token::Number(..), Token::RParen]) => 5,
        _ => 0,
    }
}

fn any_length(word: &Word) -> Option<&'static str> {
    let known = ANY_LENGTH.iter().find(|(name, _)| word.quote_style.is_none() && name.eq_ignore_ascii_case(&word.value));
    known.map(|(_, unbounded)| *unbounded)
}
