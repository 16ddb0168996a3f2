//! INSERT. The parser library reads it; what PostgreSQL's has beyond adding rows is refused here.

use datafusion::sql::sqlparser::ast::{Insert, OnInsert, Query, SetExpr, Statement, TableObject, With};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};
use spi::{Code, Error, Result};

use super::tokens::Tokens;
use super::{Command, reserved, shape};

pub(super) fn parse(tokens: &mut Tokens<'_>) -> Result<Command> {
    tokens.expect_word("INSERT")?;
    if !tokens.peek_word("INTO") {
        return Err(tokens.unexpected());
    }
    tokens.prepare_for_library();
    let statement = tokens.library(|parser| parser.parse_insert(TokenWithSpan::wrap(Token::make_keyword("INSERT"))))?;
    match statement {
        Statement::Insert(mut insert) => {
            if let Some(query) = &mut insert.source {
                shape::balance(query)?;
                if let Some(word) = reserved::find(query) {
                    return Err(tokens.syntax_error(word.span.start));
                }
            }
            command(insert)
        }
        _ => Err(tokens.unexpected()),
    }
}

/// `WITH … INSERT`: the rows may be made of the queries in front.
pub(super) fn with(query: Query) -> Result<Command> {
    let (with, SetExpr::Insert(Statement::Insert(mut insert))) = (query.with, *query.body) else {
        return Err(Error::internal("a query is no INSERT"));
    };
    if let (Some(with), Some(rows)) = (with, &mut insert.source) {
        rows.with = Some(match rows.with.take() {
            Some(inner) => With {
                recursive: with.recursive || inner.recursive,
                cte_tables: with.cte_tables.into_iter().chain(inner.cte_tables).collect(),
                ..with
            },
            None => with,
        });
    }
    command(insert)
}

fn command(insert: Insert) -> Result<Command> {
    let refused = |what: &str| Err(Error::new(Code::Unsupported, format!("INSERT … {what} is not supported")));
    match &insert {
        Insert { on: Some(OnInsert::OnConflict(_)), .. } => refused("ON CONFLICT"),
        Insert { returning: Some(_), .. } => refused("RETURNING"),
        // Anything else is what the library reads of other databases.
        Insert {
            or: None,
            overwrite: false,
            into: true,
            table: TableObject::TableName(_),
            on: None,
            output: None,
            partitioned: None,
            has_table_keyword: false,
            ..
        } => Ok(Command::Insert(Box::new(Statement::Insert(insert)))),
        _ => Err(Error::new(Code::Syntax, "INSERT is not in PostgreSQL's form")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::script;
    use super::*;

    #[track_caller]
    fn parsed(text: &str) -> Result<String> {
        script(text).map(|statements| match statements[0].command.as_ref() {
            Command::Insert(insert) => insert.to_string(),
            other => panic!("{text} is {other:?}"),
        })
    }

    #[test]
    fn every_form() {
        for text in [
            "INSERT INTO shop.public.t (a, \"B\") VALUES (1, DEFAULT), ($1, 'x')",
            "INSERT INTO t SELECT a, b FROM u WHERE c IN (SELECT 1)",
            "INSERT INTO t DEFAULT VALUES",
            "INSERT INTO t AS x (a) SELECT 1",
            "INSERT INTO t (SELECT 1)",
        ] {
            assert_eq!(parsed(text).expect(text), text);
        }
        assert_eq!(
            parsed("WITH a AS (SELECT 1) INSERT INTO t WITH b AS (SELECT 2) SELECT * FROM a, b").expect("a statement"),
            "INSERT INTO t WITH a AS (SELECT 1), b AS (SELECT 2) SELECT * FROM a, b"
        );
    }

    #[test]
    fn refuses_what_it_would_not_do() {
        for (text, code) in [
            ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", Code::Unsupported),
            ("INSERT INTO t VALUES (1) RETURNING a", Code::Unsupported),
            ("INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 1", Code::Syntax),
            ("INSERT t VALUES (1)", Code::Syntax),
            ("INSERT INTO t VALUES (1", Code::Syntax),
            ("INSERT INTO TABLE t VALUES (1)", Code::Syntax),
            ("INSERT OVERWRITE t SELECT 1", Code::Syntax),
            ("WITH x AS (SELECT 1) INSERT t SELECT 1", Code::Syntax),
            ("WITH x AS (SELECT 1) INSERT OVERWRITE t SELECT * FROM x", Code::Syntax),
            ("WITH x AS (SELECT 1) INSERT OVERWRITE INTO t SELECT * FROM x", Code::Syntax),
            ("WITH x AS (SELECT 1) INSERT OR REPLACE INTO t SELECT * FROM x", Code::Syntax),
            ("INSERT INTO t SELECT from FROM u", Code::Syntax),
        ] {
            assert_eq!(parsed(text).expect_err(text).code, code, "{text}");
        }
    }
}
