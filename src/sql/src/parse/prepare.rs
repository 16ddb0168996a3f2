//! PREPARE, EXECUTE and DEALLOCATE.

use std::sync::Arc;

use datafusion::sql::sqlparser::ast::{DataType, Expr};
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;
use spi::{Code, Error, Result};

use super::tokens::Tokens;
use super::{Command, command_start, transaction};

#[derive(Clone, Debug)]
pub(crate) struct Prepare {
    pub(crate) name: String,
    /// The declared types of the first parameters.
    pub(crate) types: Vec<DataType>,
    /// Always a query or an INSERT.
    pub(crate) command: Arc<Command>,
}

#[derive(Clone, Debug)]
pub(crate) struct Execute {
    pub(crate) name: String,
    pub(crate) arguments: Vec<Expr>,
}

pub(super) fn parse_prepare(tokens: &mut Tokens<'_>) -> Result<Command> {
    tokens.expect_word("PREPARE")?;
    if tokens.word("TRANSACTION") {
        tokens.string()?;
        return Err(transaction::prepared_transactions());
    }
    let name = tokens.identifier()?;
    let mut types = Vec::new();
    if tokens.token(&Token::LParen) {
        types = tokens.library(|parser| parser.parse_comma_separated(Parser::parse_data_type))?;
        tokens.expect_token(&Token::RParen)?;
    }
    tokens.expect_word("AS")?;
    let unexpected = tokens.unexpected();
    match command_start(tokens)? {
        command @ (Command::Query(_) | Command::Insert(_)) => Ok(Command::Prepare(Prepare { name, types, command: Arc::new(command) })),
        Command::Refused(refused) => Ok(Command::Refused(refused)),
        // PostgreSQL's grammar has only queries here, and statements that change something.
        _ => Err(unexpected),
    }
}

pub(super) fn parse_execute(tokens: &mut Tokens<'_>) -> Result<Execute> {
    tokens.expect_word("EXECUTE")?;
    let name = tokens.identifier()?;
    let mut arguments = Vec::new();
    if tokens.token(&Token::LParen) && !tokens.token(&Token::RParen) {
        tokens.prepare_for_library();
        arguments.push(tokens.expression()?);
        while tokens.token(&Token::Comma) {
            arguments.push(tokens.expression()?);
        }
        tokens.expect_token(&Token::RParen)?;
    }
    match arguments.len() > usize::from(u16::MAX) {
        true => Err(Error::new(Code::Limit, "too many parameters").detail("A statement has at most 65535 parameters.")),
        false => Ok(Execute { name, arguments }),
    }
}

/// The prepared statement, or `None` for all.
pub(super) fn parse_deallocate(tokens: &mut Tokens<'_>) -> Result<Option<String>> {
    tokens.expect_word("DEALLOCATE")?;
    tokens.word("PREPARE");
    if tokens.word("ALL") { Ok(None) } else { tokens.identifier().map(Some) }
}

#[cfg(test)]
mod tests {
    use super::super::{Command, script};

    #[test]
    fn every_form() {
        let text = "PREPARE p (int, numeric(10, 2)[]) AS SELECT $1, $2; EXECUTE p (1 + 1, '{1.5}'); EXECUTE q; DEALLOCATE PREPARE p; DEALLOCATE ALL";
        let statements = script(text).expect("statements");
        let commands: Vec<&Command> = statements.iter().map(|statement| statement.command.as_ref()).collect();
        assert!(matches!(commands[0], Command::Prepare(prepare) if prepare.name == "p" && prepare.types.len() == 2));
        assert!(matches!(commands[1], Command::Execute(execute) if execute.arguments.len() == 2));
        assert!(matches!(commands[2], Command::Execute(execute) if execute.arguments.is_empty()));
        assert!(matches!(commands[3], Command::Deallocate(Some(name)) if name == "p"));
        assert!(matches!(commands[4], Command::Deallocate(None)));
    }

    #[test]
    fn only_queries_are_prepared() {
        let error = script("PREPARE p AS CALL q()").expect_err("no query");
        assert_eq!((error.message.as_str(), error.position), ("syntax error at or near \"CALL\"", Some(14)));
    }
}
