//! What PostgreSQL reads and the parser library does not, put into words that it does, before it sees them.
//!
//! All of it is decided by a few neighbouring tokens, and means the same afterwards.

mod frame;
mod joins;
mod json;
mod number;
mod recursion;
mod row;
mod symmetric;
mod typed_literal;
mod using;

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Word};

use super::{DISTINCT_SETS, NOTHING, ROWS_FROM};

/// The tokens of a statement, put so that the parser library can read them. Space is left out.
pub fn rewrite(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut tokens: Vec<TokenWithSpan> = tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let mut rewritten = Vec::with_capacity(tokens.len() + 8);
    let mut place = 0;
    while place < tokens.len() {
        let taken = REWRITES.iter().find_map(|rewrite| rewrite(&rewritten, &tokens[place..]));
        match taken {
            Some((count, replacement)) => {
                rewritten.extend(replacement);
                place += count;
            }
            None => {
                rewritten.push(std::mem::replace(&mut tokens[place], TokenWithSpan::wrap(Token::EOF)));
                place += 1;
            }
        }
    }
    joins::nested(collated_casts(rewritten))
}

/// How many tokens are replaced, and by what.
type Replacement = Option<(usize, Vec<TokenWithSpan>)>;

/// Each sees what was read so far, already rewritten, and what follows.
type Rewrite = fn(&[TokenWithSpan], &[TokenWithSpan]) -> Replacement;

const REWRITES: &[Rewrite] = &[
    table_query,
    empty_select,
    rows_from,
    only,
    number::plain,
    typed_literal::cast,
    variadic,
    star_of_record,
    quantified_operator,
    long_match,
    row::of_several,
    sort_operator,
    group_by_all,
    group_by_distinct,
    nameless_columns,
    is_null,
    collation_for,
    similar_substring,
    symmetric::between,
    frame::bounds,
    using::alias,
    recursion::search,
    recursion::cycle,
    json::predicate,
    json::unique_keys,
    json::array_of_query,
];

/// `TABLE t` is `SELECT * FROM t`.
fn table_query(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let begins = match before.last().map(|token| &token.token) {
        None | Some(Token::LParen | Token::SemiColon) => true,
        Some(token) => one_of(token, &["UNION", "INTERSECT", "EXCEPT", "ALL"]),
    };
    let [table, name, ..] = rest else { return None };
    (begins && is_word(&table.token, "TABLE") && matches!(name.token, Token::Word(_))).then(|| {
        let words = [keyword(Keyword::SELECT, "SELECT"), Token::Mul, keyword(Keyword::FROM, "FROM")];
        (1, words.into_iter().map(|token| TokenWithSpan::new(token, table.span)).collect())
    })
}

/// Words that may stand behind a select list, besides FROM, before which the parser library knows that there is none.
const BEHIND_SELECT_LISTS: &[&str] =
    &["WHERE", "GROUP", "HAVING", "WINDOW", "UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR"];

/// `SELECT` without a list has one that says so. Behind AS or a period it is a name.
fn empty_select(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let is_name = before.last().is_some_and(|token| is_word(&token.token, "AS") || token.token == Token::Period);
    let select = rest.first().filter(|token| !is_name && is_word(&token.token, "SELECT"))?;
    let is_empty = match rest.get(1).map(|token| &token.token) {
        None | Some(Token::RParen | Token::SemiColon) => true,
        Some(token) => one_of(token, BEHIND_SELECT_LISTS),
    };
    is_empty.then(|| (1, vec![select.clone(), TokenWithSpan::new(quoted(NOTHING), select.span)]))
}

/// `@@@`, which the parser library reads as two operators.
fn long_match(_: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let [first, second, ..] = rest else { return None };
    let is_one = first.token == Token::AtAt && second.token == Token::AtSign && first.span.end == second.span.start;
    let operator = || Token::CustomBinaryOperator("@@@".to_owned());
    is_one.then(|| (2, vec![TokenWithSpan::new(operator(), Span::new(first.span.start, second.span.end))]))
}

/// `ROWS FROM (…)` is a call of a function that is called so.
fn rows_from(_: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let [rows, from, open, ..] = rest else { return None };
    let found = is_word(&rows.token, "ROWS") && is_word(&from.token, "FROM") && open.token == Token::LParen;
    found.then(|| (2, vec![TokenWithSpan::new(quoted(ROWS_FROM), Span::new(rows.span.start, from.span.end))]))
}

/// `ONLY t` and `ONLY (t)` are `t`: no relation of the catalog has others below it.
fn only(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let begins = match &before.last()?.token {
        Token::Comma | Token::LParen => true,
        token => one_of(token, &["FROM", "JOIN"]),
    };
    if !begins || !is_word(&rest.first()?.token, "ONLY") {
        return None;
    }
    match &rest.get(1)?.token {
        Token::LParen => {
            let close = rest.iter().position(|token| token.token == Token::RParen)?;
            let name = &rest[2..close];
            let is_name = name.iter().all(|token| matches!(token.token, Token::Word(_) | Token::Period));
            is_name.then(|| (close + 1, name.to_vec()))
        }
        Token::Word(_) => Some((1, Vec::new())),
        _ => None,
    }
}

/// Words that can stand in front of a string without being a type: what PostgreSQL reserves, and the beginnings of special calls.
const NO_TYPES: &[&str] = &[
    "ALL",
    "ANALYSE",
    "ANALYZE",
    "AND",
    "ANY",
    "ARRAY",
    "AS",
    "ASC",
    "ASYMMETRIC",
    "BETWEEN",
    "BOTH",
    "CASE",
    "CAST",
    "CHECK",
    "COLLATE",
    "COLUMN",
    "CONSTRAINT",
    "CONTENT",
    "CREATE",
    "DEFAULT",
    "DEFERRABLE",
    "DESC",
    "DISTINCT",
    "DO",
    "DOCUMENT",
    "ELSE",
    "END",
    "ESCAPE",
    "EXCEPT",
    "EXISTS",
    "FALSE",
    "FETCH",
    "FOR",
    "FOREIGN",
    "FROM",
    "GRANT",
    "GROUP",
    "HAVING",
    "ILIKE",
    "IN",
    "INITIALLY",
    "INTERSECT",
    "INTERVAL",
    "INTO",
    "IS",
    "ISNULL",
    "KEY",
    "LATERAL",
    "LEADING",
    "LIKE",
    "LIMIT",
    "NOT",
    "NOTNULL",
    "NULL",
    "OFFSET",
    "ON",
    "ONLY",
    "OR",
    "ORDER",
    "PLACING",
    "PRIMARY",
    "REFERENCES",
    "RETURNING",
    "SELECT",
    "SIMILAR",
    "SOME",
    "SYMMETRIC",
    "TABLE",
    "THEN",
    "TO",
    "TRAILING",
    "TRUE",
    "UNION",
    "UNIQUE",
    "USING",
    "VALUE",
    "VALUES",
    "VARIADIC",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
];

/// Words behind which an operand begins.
const OPERAND_BEGINS: &[&str] = &[
    "ALL", "AND", "BETWEEN", "BY", "CASE", "DISTINCT", "ELSE", "FROM", "HAVING", "ILIKE", "IN", "LIKE", "LIMIT", "NOT", "OFFSET", "ON",
    "OR", "SELECT", "THEN", "TO", "VALUE", "WHEN", "WHERE",
];

/// Whether an operand begins behind these tokens.
fn begins_operand(before: &[TokenWithSpan]) -> bool {
    match before.last().map(|token| &token.token) {
        Some(Token::Word(word)) => word.quote_style.is_none() && contains(OPERAND_BEGINS, &word.value),
        Some(token) => ends_no_operand(token),
        None => true,
    }
}

/// Whether an operand follows a token that is no word.
fn ends_no_operand(token: &Token) -> bool {
    !matches!(
        token,
        Token::RParen
            | Token::RBracket
            | Token::Period
            | Token::DoubleColon
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::EscapedStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::DollarQuotedString(_)
            | Token::Placeholder(_)
    )
}

/// `VARIADIC array` is read as an argument that is called `VARIADIC`: `VARIADIC VALUE array`.
fn variadic(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let begins = matches!(before.last()?.token, Token::LParen | Token::Comma);
    let [variadic, next, ..] = rest else { return None };
    let found = begins
        && is_word(&variadic.token, "VARIADIC")
        && !is_word(&next.token, "VALUE")
        && !matches!(next.token, Token::Comma | Token::RParen | Token::Period);
    found.then(|| (1, vec![variadic.clone(), TokenWithSpan::new(keyword(Keyword::VALUE, "VALUE"), variadic.span)]))
}

/// `(record).*` names a field that is called `*`.
fn star_of_record(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let [period, star, ..] = rest else { return None };
    let is_star =
        matches!(before.last()?.token, Token::RParen | Token::RBracket) && period.token == Token::Period && star.token == Token::Mul;
    is_star.then(|| (2, vec![period.clone(), TokenWithSpan::new(quoted("*"), star.span)]))
}

/// `OPERATOR(pg_catalog.=) ANY` is `= ANY`.
fn quantified_operator(_: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let length = operator_length(rest)?;
    let follows = one_of(&rest.get(length)?.token, &["ANY", "ALL", "SOME"]);
    follows.then(|| (length, rest[4..length - 1].to_vec()))
}

/// How many tokens `OPERATOR(pg_catalog.…)` takes.
fn operator_length(rest: &[TokenWithSpan]) -> Option<usize> {
    let [word, open, schema, period, ..] = rest else { return None };
    let begins = is_word(&word.token, "OPERATOR")
        && open.token == Token::LParen
        && is_word(&schema.token, "PG_CATALOG")
        && period.token == Token::Period;
    if !begins {
        return None;
    }
    Some(rest.iter().position(|token| token.token == Token::RParen)? + 1)
}

/// `ORDER BY … USING <` is `ASC`, and with `>` it is `DESC`.
fn sort_operator(_: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let using = rest.first().filter(|token| is_word(&token.token, "USING"))?;
    let (operator, length) = match operator_length(&rest[1..]) {
        Some(length) if length == 6 => (&rest[5].token, length),
        _ => (&rest.get(1)?.token, 1),
    };
    let direction = match operator {
        Token::Lt => keyword(Keyword::ASC, "ASC"),
        Token::Gt => keyword(Keyword::DESC, "DESC"),
        _ => return None,
    };
    Some((1 + length, vec![TokenWithSpan::new(direction, using.span)]))
}

/// `GROUP BY ALL …` is `GROUP BY …`.
fn group_by_all(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let [.., group, by] = before else { return None };
    let found = is_word(&group.token, "GROUP") && is_word(&by.token, "BY") && is_word(&rest.first()?.token, "ALL");
    found.then(|| (1, Vec::new()))
}

/// `GROUP BY DISTINCT …` is `GROUP BY` with a first element that says so.
fn group_by_distinct(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let [.., group, by] = before else { return None };
    let distinct = rest.first().filter(|token| is_word(&token.token, "DISTINCT"))?;
    let found = is_word(&group.token, "GROUP") && is_word(&by.token, "BY");
    found.then(|| (1, [quoted(DISTINCT_SETS), Token::Comma].map(|token| TokenWithSpan::new(token, distinct.span)).into()))
}

/// `f() AS (a int)` has an alias without a name.
fn nameless_columns(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let [alias, open, inside, ..] = rest else { return None };
    let found = matches!(before.last()?.token, Token::RParen)
        && is_word(&alias.token, "AS")
        && open.token == Token::LParen
        // What stands in the parentheses of a WITH is a query.
        && matches!(&inside.token, Token::Word(_))
        && !one_of(&inside.token, &["SELECT", "WITH", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE"]);
    found.then(|| (1, vec![alias.clone(), TokenWithSpan::new(quoted(""), alias.span)]))
}

/// `x ISNULL` is `x IS NULL`.
fn is_null(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let operand = match &before.last()?.token {
        Token::Word(word) => word.quote_style.is_some() || !contains(NO_TYPES, &word.value),
        Token::Period => false,
        token => !ends_no_operand(token),
    };
    let word = rest.first().filter(|token| operand && is_word(&token.token, "ISNULL"))?;
    let words = [keyword(Keyword::IS, "IS"), keyword(Keyword::NULL, "NULL")];
    Some((1, words.into_iter().map(|token| TokenWithSpan::new(token, word.span)).collect()))
}

/// `COLLATION FOR (x)` is a call of `pg_collation_for`.
fn collation_for(_: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let [collation, word, open, ..] = rest else { return None };
    let found = is_word(&collation.token, "COLLATION") && is_word(&word.token, "FOR") && open.token == Token::LParen;
    found.then(|| (2, vec![TokenWithSpan::new(quoted("pg_collation_for"), collation.span)]))
}

/// `substring(a SIMILAR b ESCAPE c)` is `substring(a, b, c)`.
fn similar_substring(_: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let similar = rest.first().filter(|token| is_word(&token.token, "SIMILAR"))?;
    if rest.get(1).is_none_or(|next| is_word(&next.token, "TO")) {
        return None;
    }
    let mut depth = 0usize;
    let escape = rest.iter().position(|token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && is_word(&token.token, "ESCAPE")
    })?;
    let mut replacement = vec![TokenWithSpan::new(Token::Comma, similar.span)];
    replacement.extend(rewrite(rest[1..escape].to_vec()));
    replacement.push(TokenWithSpan::new(Token::Comma, rest[escape].span));
    Some((escape + 1, replacement))
}

/// `x::text COLLATE "C"` is `(x::text) COLLATE "C"`.
fn collated_casts(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut opens = vec![0; tokens.len() + 1];
    let mut closes = vec![0; tokens.len() + 1];
    for (place, _) in tokens.iter().enumerate().filter(|(_, token)| is_word(&token.token, "COLLATE")) {
        if let Some(start) = cast_before(&tokens[..place]).and_then(|cast| operand_before(&tokens[..cast])) {
            opens[start] += 1;
            closes[place] += 1;
        }
    }
    wrapped(tokens, &opens, &closes)
}

/// Tokens with so many parentheses opened, and closed before that, in front of each.
fn wrapped(tokens: Vec<TokenWithSpan>, opens: &[usize], closes: &[usize]) -> Vec<TokenWithSpan> {
    let mut wrapped = Vec::with_capacity(tokens.len());
    for (place, token) in tokens.into_iter().enumerate() {
        let parenthesis = |kind: Token| TokenWithSpan::new(kind, token.span);
        wrapped.extend((0..closes[place]).map(|_| parenthesis(Token::RParen)));
        wrapped.extend((0..opens[place]).map(|_| parenthesis(Token::LParen)));
        wrapped.push(token);
    }
    wrapped
}

/// The `::` of a cast that tokens end with.
fn cast_before(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut place = tokens.len();
    loop {
        place = place.checked_sub(1)?;
        match &tokens[place].token {
            Token::DoubleColon => return Some(place),
            Token::RParen | Token::RBracket => place = opening(tokens, place)?,
            Token::Word(word) if word.quote_style.is_some() || !contains(NO_TYPES, &word.value) => {}
            Token::Period => {}
            _ => return None,
        }
    }
}

/// Where the operand begins that tokens end with.
fn operand_before(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut start = tokens.len().checked_sub(1)?;
    loop {
        match &tokens[start].token {
            Token::RBracket => start = opening(tokens, start)?.checked_sub(1)?,
            Token::RParen => {
                start = opening(tokens, start)?;
                let is_call = start > 0
                    && matches!(&tokens[start - 1].token, Token::Word(word)
                        if word.quote_style.is_some() || word.keyword == Keyword::CAST || !contains(NO_TYPES, &word.value));
                if is_call {
                    start -= 1;
                } else {
                    return Some(start);
                }
            }
            _ => match start.checked_sub(1).map(|before| &tokens[before].token) {
                Some(Token::Period) => start = start.checked_sub(2)?,
                Some(Token::DoubleColon) => start = start.checked_sub(2)?,
                _ => return Some(start),
            },
        }
    }
}

/// The parenthesis or bracket that the one at a place closes.
fn opening(tokens: &[TokenWithSpan], close: usize) -> Option<usize> {
    let mut open = 0usize;
    (0..=close).rev().find(|place| {
        match tokens[*place].token {
            Token::RParen | Token::RBracket => open += 1,
            Token::LParen | Token::LBracket => open -= 1,
            _ => {}
        }
        open == 0
    })
}

fn is_word(token: &Token, word: &str) -> bool {
    matches!(token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(word))
}

fn one_of(token: &Token, words: &[&str]) -> bool {
    words.iter().any(|word| is_word(token, word))
}

fn contains(words: &[&str], value: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(value))
}

fn keyword(keyword: Keyword, value: &str) -> Token {
    Token::Word(Word { value: value.to_owned(), quote_style: None, keyword })
}

fn quoted(value: &str) -> Token {
    Token::Word(Word { value: value.to_owned(), quote_style: Some('"'), keyword: Keyword::NoKeyword })
}
