//! LISTEN, UNLISTEN and NOTIFY. Nothing is ever notified, so the names of channels are read and forgotten.

use datafusion::sql::sqlparser::tokenizer::Token;
use spi::Result;

use super::Command;
use super::tokens::Tokens;

pub(super) fn parse(tokens: &mut Tokens<'_>) -> Result<Command> {
    if tokens.word("LISTEN") {
        return tokens.identifier().map(|_| Command::Listen);
    }
    if tokens.word("UNLISTEN") {
        return if tokens.token(&Token::Mul) { Ok(Command::Unlisten) } else { tokens.identifier().map(|_| Command::Unlisten) };
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
        assert!(matches!(commands[..], [Command::Listen, Command::Unlisten, Command::Unlisten, Command::Notify, Command::Notify]));
    }
}
