//! From the text of a query to its syntax tree.
//!
//! What clients send arrives as a tree already; texts of views and of functions in SQL become one here. Whatever PostgreSQL can read and
//! the parser library cannot is solved in [`tokens`], for both.

mod tokens;

use spi::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer};

pub use tokens::rewrite;

/// The function that ROWS FROM is in a syntax tree. The name is always quoted, and no function is called so.
pub const ROWS_FROM: &str = "rows from";

/// The function that the lower bound of BETWEEN SYMMETRIC is the argument of in a syntax tree. No name has the character zero.
pub const SYMMETRIC: &str = "\0symmetric";

/// The functions that the end of a window frame with EXCLUDE is the argument of in a syntax tree, or that stand for its end: without
/// an argument for UNBOUNDED, with `*` for CURRENT ROW.
pub const EXCLUDE_CURRENT_ROW: &str = "\0exclude current row";
pub const EXCLUDE_GROUP: &str = "\0exclude group";
pub const EXCLUDE_TIES: &str = "\0exclude ties";

/// What qualifies the alias that stands behind the columns of USING in a syntax tree, as if it were one of them.
pub const JOIN_ALIAS: &str = "\0alias";

/// What a predicate such as `x IS JSON OBJECT` is compared with in a syntax tree, `x IS NOT DISTINCT FROM …`: this and the words.
pub const IS_JSON: &str = "\0json";

/// The function that `JSON_ARRAY(SELECT …)` calls with the query in a syntax tree.
pub const JSON_ARRAY_OF_QUERY: &str = "\0json array";

/// The function that marks `WITH UNIQUE KEYS` as the last argument of a constructor of JSON in a syntax tree.
pub const UNIQUE_KEYS: &str = "\0unique keys";

/// What an empty select list is in a syntax tree.
pub const NOTHING: &str = "\0nothing";

/// The first element of `GROUP BY DISTINCT` in a syntax tree.
pub const DISTINCT_SETS: &str = "\0distinct";

/// The queries of WITH that stand behind one for its SEARCH and CYCLE in a syntax tree. Their columns are those that the clause names,
/// the new ones last; of CYCLE, the one row has the values of the mark.
pub const SEARCH_DEPTH: &str = "\0search depth";
pub const SEARCH_BREADTH: &str = "\0search breadth";
pub const CYCLE: &str = "\0cycle";
pub const CLAUSES_OF_WITH: [&str; 3] = [SEARCH_DEPTH, SEARCH_BREADTH, CYCLE];

/// How deep expressions and queries may be nested.
const NESTING_MAX: usize = 200;

/// The one query that a text is.
pub fn query(text: &str) -> Result<Box<ast::Query>> {
    whole(text, |parser| parser.parse_query())
}

/// The one expression that a text is.
pub fn expression(text: &str) -> Result<ast::Expr> {
    whole(text, |parser| parser.parse_expr())
}

/// What the whole text is; a semicolon may stand behind it.
fn whole<T>(text: &str, read: impl FnOnce(&mut Parser<'_>) -> Result<T, ParserError>) -> Result<T> {
    let dialect = PostgreSqlDialect {};
    let tokens = Tokenizer::new(&dialect, text).tokenize_with_location();
    let tokens = rewrite(tokens.map_err(|error| Error::new(Code::Syntax, format!("syntax error: {error}")))?);
    let mut parser = Parser::new(&dialect).with_recursion_limit(NESTING_MAX).with_tokens_with_locations(tokens);
    let found = read(&mut parser).map_err(syntax_error)?;
    // One may stand behind the query.
    let _ = parser.consume_token(&Token::SemiColon);
    match parser.next_token().token {
        Token::EOF => Ok(found),
        token => Err(Error::new(Code::Syntax, format!("syntax error at or near \"{token}\""))),
    }
}

fn syntax_error(error: ParserError) -> Error {
    match error {
        ParserError::RecursionLimitExceeded => Error::new(Code::Limit, "statement is nested too deeply"),
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => {
            Error::new(Code::Syntax, "syntax error").detail(format!("{message}."))
        }
    }
}

#[cfg(test)]
mod tests;
