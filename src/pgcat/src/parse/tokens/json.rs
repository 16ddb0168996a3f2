//! `IS JSON`, and what the constructors of JSON take besides arguments: `WITH UNIQUE KEYS`, and a query.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{Replacement, is_word, keyword, one_of, quoted, rewrite};
use crate::parse::{IS_JSON, JSON_ARRAY_OF_QUERY, UNIQUE_KEYS};

/// `IS [NOT] JSON OBJECT WITH UNIQUE KEYS` is `IS NOT DISTINCT FROM "json object unique"`, and with NOT the opposite.
pub(super) fn predicate(_: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let is = rest.first().filter(|token| is_word(&token.token, "IS"))?;
    let negated = is_word(&rest.get(1)?.token, "NOT");
    let mut place = if negated { 2 } else { 1 };
    if !is_word(&rest.get(place)?.token, "JSON") {
        return None;
    }
    place += 1;
    let mut name = IS_JSON.to_owned();
    let sort =
        ["VALUE", "OBJECT", "ARRAY", "SCALAR"].into_iter().find(|sort| rest.get(place).is_some_and(|token| is_word(&token.token, sort)));
    if let Some(sort) = sort {
        place += 1;
        if sort != "VALUE" {
            name.push(' ');
            name.push_str(&sort.to_lowercase());
        }
    }
    let (length, is_unique) = uniqueness(&rest[place..]).unwrap_or((0, false));
    if is_unique {
        name.push_str(" unique");
    }
    let words: &[(Keyword, &str)] = match negated {
        true => &[(Keyword::IS, "IS"), (Keyword::DISTINCT, "DISTINCT"), (Keyword::FROM, "FROM")],
        false => &[(Keyword::IS, "IS"), (Keyword::NOT, "NOT"), (Keyword::DISTINCT, "DISTINCT"), (Keyword::FROM, "FROM")],
    };
    let words = words.iter().map(|(word, text)| keyword(*word, text)).chain([quoted(&name)]);
    Some((place + length, words.map(|token| TokenWithSpan::new(token, is.span)).collect()))
}

/// How many tokens `WITH UNIQUE KEYS` takes, and whether it is that and not `WITHOUT`.
fn uniqueness(rest: &[TokenWithSpan]) -> Option<(usize, bool)> {
    let [with, unique, ..] = rest else { return None };
    if !one_of(&with.token, &["WITH", "WITHOUT"]) || !is_word(&unique.token, "UNIQUE") {
        return None;
    }
    let has_keys = rest.get(2).is_some_and(|token| is_word(&token.token, "KEYS"));
    Some((if has_keys { 3 } else { 2 }, is_word(&with.token, "WITH")))
}

/// `JSON_OBJECT('a': 1 NULL ON NULL WITH UNIQUE KEYS)` is `JSON_OBJECT('a': 1, unique_keys() NULL ON NULL)`.
pub(super) fn unique_keys(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let null_clause = match rest {
        [word, on, null, ..] if one_of(&word.token, &["NULL", "ABSENT"]) && is_word(&on.token, "ON") && is_word(&null.token, "NULL") => 3,
        _ => 0,
    };
    let (length, is_unique) = uniqueness(&rest[null_clause..])?;
    // Elsewhere `WITH UNIQUE` would not be an argument.
    let follows = rest.get(null_clause + length).is_some_and(|next| next.token == Token::RParen || is_word(&next.token, "RETURNING"));
    if !follows || matches!(before.last()?.token, Token::LParen) {
        return None;
    }
    let span = rest[null_clause].span;
    let mut replacement = Vec::new();
    if is_unique {
        let call = [Token::Comma, quoted(UNIQUE_KEYS), Token::LParen, Token::RParen];
        replacement.extend(call.map(|token| TokenWithSpan::new(token, span)));
    }
    replacement.extend(rest[..null_clause].iter().cloned());
    Some((null_clause + length, replacement))
}

/// `JSON_ARRAY(SELECT …)` is `json_array_of((SELECT …))`.
pub(super) fn array_of_query(_: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let [name, open, first, ..] = rest else { return None };
    let is_query = is_word(&name.token, "JSON_ARRAY") && open.token == Token::LParen && one_of(&first.token, &["SELECT", "WITH", "VALUES"]);
    if !is_query {
        return None;
    }
    let mut depth = 0usize;
    let close = rest.iter().position(|token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.token == Token::RParen
    })?;
    let mut replacement = vec![TokenWithSpan::new(quoted(JSON_ARRAY_OF_QUERY), name.span), open.clone(), open.clone()];
    replacement.extend(rewrite(rest[2..close].to_vec()));
    replacement.extend([rest[close].clone(), rest[close].clone()]);
    Some((close + 1, replacement))
}
