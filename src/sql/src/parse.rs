//! From a client's text to commands.
//!
//! PostgreSQL's utility statements are parsed here, by their tokens; queries and expressions are the parser library's. Whatever
//! the library cannot parse but PostgreSQL can is solved in this folder and nowhere else.

mod call;
mod copy;
mod cursor;
mod depth;
mod explain;
mod insert;
mod notify;
mod position;
mod prepare;
mod refused;
mod reserved;
mod role;
mod server;
mod setting;
mod shape;
mod strings;
mod tokens;
mod transaction;

use std::sync::Arc;

use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};
use spi::{Code, Error, Result};

pub(crate) use call::{Call, CallArgument};
pub(crate) use copy::{Copy, CopyOptions, CopyRows, CopyTarget, ForceQuote, select_from};
pub(crate) use cursor::{Declare, Fetch, FetchDirection};
pub(crate) use explain::{Explain, ExplainFormat};
pub(crate) use position::SourceText;
pub(crate) use prepare::{Execute, Prepare};
pub(crate) use role::{RoleCommand, RoleOptions};
pub(crate) use server::{OptionChange, ServerCommand};
pub(crate) use setting::SettingCommand;
use tokens::Tokens;
pub(crate) use tokens::fold;
pub(crate) use transaction::{TransactionCommand, TransactionModes};

/// Room for lists of hundreds of thousands of values. Parsing takes memory a hundred times the size of the text.
const TEXT_BYTES_MAX: usize = 4 << 20;
/// All statements of a text are parsed before the first one runs, and each takes some kilobytes.
const STATEMENTS_MAX: usize = 10_000;

/// One statement of a client's text.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(crate) command: Arc<Command>,
    /// The text that it came in, to which the places in its syntax tree refer.
    pub(crate) source: SourceText,
    /// Whether it came with others, which together are one implicit transaction.
    pub(crate) in_script: bool,
}

/// What a statement asks for.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// There was none between two semicolons, or in the whole text.
    Empty,
    /// Always [`ast::Statement::Query`], in the form in which the planner takes it.
    Query(Box<ast::Statement>),
    /// Always [`ast::Statement::Insert`], and of PostgreSQL's form.
    Insert(Box<ast::Statement>),
    Call(Call),
    Setting(SettingCommand),
    Transaction(TransactionCommand),
    Declare(Declare),
    Fetch(Fetch),
    /// The cursor, or all of them.
    Close(Option<String>),
    Copy(Copy),
    Prepare(Prepare),
    Execute(Execute),
    /// The prepared statement, or all of them.
    Deallocate(Option<String>),
    Explain(Explain),
    /// What is to be forgotten: `ALL`, `PLANS`, `SEQUENCES` or `TEMP`.
    Discard(&'static str),
    Listen,
    Unlisten,
    Notify,
    Role(RoleCommand),
    Server(ServerCommand),
    /// A statement that PostgreSQL has and metagate has not.
    Refused(Refused),
}

impl Command {
    /// What has to be planned for the command: a query, or an INSERT with one.
    pub(crate) fn query(&self) -> Option<&ast::Statement> {
        match self {
            Command::Query(query) | Command::Insert(query) => Some(query),
            Command::Declare(declare) => Some(&declare.query),
            Command::Explain(explain) => explain.command.query(),
            _ => None,
        }
    }
}

/// A statement that is not supported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// For example `CREATE TABLE`.
    pub(crate) kind: String,
    /// What to do instead.
    pub(crate) hint: Option<&'static str>,
}

/// All statements of a text. One that is empty has one statement, [`Command::Empty`].
pub(crate) fn script(text: &str) -> Result<Vec<Statement>> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Error::new(Code::Limit, "statement is too long")
            .detail(format!("It has {} bytes; at most {TEXT_BYTES_MAX} are possible.", text.len())));
    }
    let source = SourceText(text.into());
    let tokens = strings::join(source.tokens()?, &source)?;
    let parts: Vec<&[TokenWithSpan]> =
        tokens.split(|token| token.token == Token::SemiColon).map(without_space).filter(|part| !part.is_empty()).collect();
    let in_script = parts.len() > 1;
    if parts.len() > STATEMENTS_MAX {
        return Err(Error::new(Code::Limit, "too many statements in one text")
            .detail(format!("There are {}; at most {STATEMENTS_MAX} are possible.", parts.len())));
    }
    let statement = |command| Statement { command: Arc::new(command), source: source.clone(), in_script };
    if parts.is_empty() {
        return Ok(vec![statement(Command::Empty)]);
    }
    let parse = |part: &&[TokenWithSpan]| {
        depth::check(part)?;
        command(&mut Tokens::new(part.to_vec(), &source)).map(statement)
    };
    parts.iter().map(parse).collect()
}

/// The tokens from the first to the last that is neither space nor comment.
fn without_space(tokens: &[TokenWithSpan]) -> &[TokenWithSpan] {
    let says = |token: &TokenWithSpan| !matches!(token.token, Token::Whitespace(_));
    match (tokens.iter().position(says), tokens.iter().rposition(says)) {
        (Some(first), Some(last)) => &tokens[first..=last],
        _ => &[],
    }
}

/// The one command that the tokens are.
fn command(tokens: &mut Tokens<'_>) -> Result<Command> {
    let command = command_start(tokens)?;
    tokens.expect_end()?;
    Ok(command)
}

/// The command that the tokens begin with.
fn command_start(tokens: &mut Tokens<'_>) -> Result<Command> {
    if let Token::LParen = tokens.peek() {
        return query(tokens);
    }
    let Token::Word(word) = tokens.peek() else { return Err(tokens.unexpected()) };
    match word.value.to_ascii_uppercase().as_str() {
        "SELECT" | "WITH" | "VALUES" | "TABLE" => query(tokens),
        "INSERT" => insert::parse(tokens),
        "CALL" => call::parse(tokens).map(Command::Call),
        "SET" => setting::parse_set(tokens),
        "RESET" => setting::parse_reset(tokens),
        "SHOW" => setting::parse_show(tokens),
        "DISCARD" => setting::parse_discard(tokens),
        "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" | "SAVEPOINT" | "RELEASE" => {
            transaction::parse(tokens).map(Command::Transaction)
        }
        "DECLARE" => cursor::parse_declare(tokens).map(Command::Declare),
        "FETCH" | "MOVE" => cursor::parse_fetch(tokens).map(Command::Fetch),
        "CLOSE" => cursor::parse_close(tokens).map(Command::Close),
        "COPY" => copy::parse(tokens),
        "PREPARE" => prepare::parse_prepare(tokens),
        "EXECUTE" => prepare::parse_execute(tokens).map(Command::Execute),
        "DEALLOCATE" => prepare::parse_deallocate(tokens).map(Command::Deallocate),
        "EXPLAIN" => explain::parse(tokens).map(Command::Explain),
        "LISTEN" | "UNLISTEN" | "NOTIFY" => notify::parse(tokens),
        _ => {
            if let Some(command) = role::parse(tokens)? {
                return Ok(Command::Role(command));
            }
            match server::parse(tokens)? {
                Some(command) => Ok(Command::Server(command)),
                None => refused::parse(tokens).map(Command::Refused),
            }
        }
    }
}

/// A query. Those that would change something are PostgreSQL's, and so not a syntax error.
fn query(tokens: &mut Tokens<'_>) -> Result<Command> {
    let query = tokens.query()?;
    let changes = |kind: &str| Ok(Command::Refused(Refused { kind: kind.to_owned(), hint: None }));
    match query.body.as_ref() {
        ast::SetExpr::Insert(_) => insert::with(*query),
        ast::SetExpr::Update(_) => changes("UPDATE"),
        ast::SetExpr::Delete(_) => changes("DELETE"),
        ast::SetExpr::Merge(_) => changes("MERGE"),
        ast::SetExpr::Select(select) if select.into.is_some() => changes("SELECT INTO"),
        _ => Ok(Command::Query(Box::new(ast::Statement::Query(query)))),
    }
}

#[cfg(test)]
mod tests;
