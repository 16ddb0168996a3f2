//! LISTEN, UNLISTEN and NOTIFY.

use datafusion::sql::sqlparser::tokenizer::Token;
use spi::Result;

use super::Command;
use super::tokens::Tokens;

pub(super) fn parse(tokens: &mut Tokens<'_>) -> Result<Command> {
    if tokens.word("LISTEN") {
        return tokens.identifier().map(Command::Listen);
    }
    if tokens.word("UNLISTEN") {
        return if tokens.token(&Token::Mul) { Ok(Command::Unlisten(None)) } else { tokens.identifier().map(|name| Command::Unlisten(Some(name))) };
    }
    tokens.expect_word("NOTIFY")?;
    tokens.identifier()?;
    if tokens.token(&Token::Comma) {
        tokens.string()?;
    }
    Ok(Command::Notify)
}

#[cfg(test)]
mod tests {
    use super::super::{Command, script};

    #[test]
    fn every_form() {
        let statements = script("LISTEN Metadata_Changes; UNLISTEN *; UNLISTEN \"X\"; NOTIFY a, 'payload'; NOTIFY a").expect("statements");
        let commands: Vec<&Command> = statements.iter().map(|statement| statement.command.as_ref()).collect();
        assert!(matches!(commands[0], Command::Listen(name) if name == "metadata_changes"));
        assert!(matches!(commands[1], Command::Unlisten(None)));
        assert!(matches!(commands[2], Command::Unlisten(Some(name)) if name == "X"));
        assert!(matches!(commands[3..], [Command::Notify, Command::Notify]));
    }
}
