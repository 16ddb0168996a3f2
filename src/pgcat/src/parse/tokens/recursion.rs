//! SEARCH and CYCLE behind a query of WITH, each of which becomes one more query of WITH, of a name that no query has.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use super::{Replacement, is_word, keyword, quoted, rewrite};
use crate::parse::{CYCLE, SEARCH_BREADTH, SEARCH_DEPTH};

/// `SEARCH DEPTH FIRST BY a, b SET c` is `, "…" (a, b, c) AS (VALUES (NULL))`.
pub(super) fn search(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let [search, order, first, by, columns @ ..] = rest else { return None };
    let begins = before.last()?.token == Token::RParen
        && is_word(&search.token, "SEARCH")
        && is_word(&first.token, "FIRST")
        && is_word(&by.token, "BY");
    let mark = match &order.token {
        word if is_word(word, "DEPTH") => SEARCH_DEPTH,
        word if is_word(word, "BREADTH") => SEARCH_BREADTH,
        _ => return None,
    };
    let count = names_length(columns).filter(|_| begins)?;
    let [set, column, ..] = &columns[count..] else { return None };
    let is_whole = is_word(&set.token, "SET") && is_name(column);
    let nothing = TokenWithSpan::new(keyword(Keyword::NULL, "NULL"), search.span);
    is_whole.then(|| (4 + count + 2, query(mark, search.span, &columns[..count], std::slice::from_ref(column), vec![nothing])))
}

/// `CYCLE a SET b TO x DEFAULT y USING c` is `, "…" (a, b, c) AS (VALUES (x, y))`.
pub(super) fn cycle(before: &[TokenWithSpan], rest: &[TokenWithSpan]) -> Replacement {
    let [cycle, columns @ ..] = rest else { return None };
    if before.last()?.token != Token::RParen || !is_word(&cycle.token, "CYCLE") {
        return None;
    }
    let count = names_length(columns)?;
    let [set, mark, behind @ ..] = &columns[count..] else { return None };
    behind.first().filter(|first| is_word(&first.token, "TO") || is_word(&first.token, "USING"))?;
    let using = behind.iter().position(|token| is_word(&token.token, "USING"))?;
    let path = behind.get(using + 1).filter(|path| is_word(&set.token, "SET") && is_name(mark) && is_name(path))?;
    let values = match &behind[..using] {
        [] => [keyword(Keyword::TRUE, "TRUE"), Token::Comma, keyword(Keyword::FALSE, "FALSE")]
            .map(|token| TokenWithSpan::new(token, cycle.span))
            .into(),
        [to, values @ ..] if is_word(&to.token, "TO") => {
            let default = values.iter().position(|token| is_word(&token.token, "DEFAULT"))?;
            let mut both = rewrite(values[..default].to_vec());
            both.push(TokenWithSpan::new(Token::Comma, values[default].span));
            both.extend(rewrite(values[default + 1..].to_vec()));
            both
        }
        _ => return None,
    };
    let length = 1 + count + 2 + using + 2;
    Some((length, query(CYCLE, cycle.span, &columns[..count], &[mark.clone(), path.clone()], values)))
}

/// A query of WITH behind others.
fn query(mark: &str, at: Span, columns: &[TokenWithSpan], added: &[TokenWithSpan], values: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let token = |token: Token| TokenWithSpan::new(token, at);
    let mut query = vec![token(Token::Comma), token(quoted(mark)), token(Token::LParen)];
    query.extend_from_slice(columns);
    query.extend(added.iter().flat_map(|column| [token(Token::Comma), column.clone()]));
    let begin = [Token::RParen, keyword(Keyword::AS, "AS"), Token::LParen, keyword(Keyword::VALUES, "VALUES"), Token::LParen];
    query.extend(begin.map(token));
    query.extend(values);
    query.extend([Token::RParen, Token::RParen].map(token));
    query
}

/// How many tokens the names with commas between them take that tokens begin with.
fn names_length(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut length = 0;
    loop {
        tokens.get(length).filter(|token| is_name(token))?;
        length += 1;
        if tokens.get(length)?.token != Token::Comma {
            return Some(length);
        }
        length += 1;
    }
}

fn is_name(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::Word(_))
}
