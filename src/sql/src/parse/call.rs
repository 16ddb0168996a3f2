//! `CALL procedure(argument, name => argument)`.

use datafusion::sql::sqlparser::ast::Expr;
use datafusion::sql::sqlparser::tokenizer::Token;
use spi::{Code, Error, Result};

use super::tokens::{Tokens, fold};

#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The schema, where one is given, and the name.
    pub(crate) name: Vec<String>,
    /// Where the name is, as a character index that starts at 1.
    pub(crate) position: usize,
    pub(crate) arguments: Vec<CallArgument>,
}

#[derive(Clone, Debug)]
pub(crate) struct CallArgument {
    pub(crate) name: Option<String>,
    /// Where the argument begins, as a character index that starts at 1.
    pub(crate) position: usize,
    pub(crate) value: Expr,
}

pub(super) fn parse(tokens: &mut Tokens<'_>) -> Result<Call> {
    tokens.expect_word("CALL")?;
    let position = tokens.position();
    let name = tokens.object_name()?;
    let name = name.0.iter().filter_map(|part| part.as_ident().map(fold)).collect();
    tokens.expect_token(&Token::LParen)?;
    let mut arguments: Vec<CallArgument> = Vec::new();
    if !tokens.token(&Token::RParen) {
        loop {
            let position = tokens.position();
            let argument = argument(tokens)?;
            if argument.name.is_none() && arguments.last().is_some_and(|previous| previous.name.is_some()) {
                return Err(Error::new(Code::Syntax, "positional argument cannot follow named argument").position(position));
            }
            arguments.push(argument);
            if !tokens.token(&Token::Comma) {
                break;
            }
        }
        tokens.expect_token(&Token::RParen)?;
    }
    Ok(Call { name, position, arguments })
}

fn argument(tokens: &mut Tokens<'_>) -> Result<CallArgument> {
    let position = tokens.position();
    let named = matches!((tokens.peek(), tokens.peek_second()), (Token::Word(_), Token::RArrow | Token::Assignment));
    let name = match named {
        true => {
            let name = tokens.any_word();
            // One of the two is next, as was just seen.
            let _ = tokens.token(&Token::RArrow) || tokens.token(&Token::Assignment);
            name
        }
        false => None,
    };
    Ok(CallArgument { name, position, value: tokens.expression()? })
}

#[cfg(test)]
mod tests {
    use super::super::{Command, script};

    #[track_caller]
    fn check(text: &str, name: &str, arguments: &[&str]) {
        let statements = script(text).expect("a call");
        let Command::Call(call) = statements[0].command.as_ref() else { panic!("{text} is no call") };
        let written = call.arguments.iter().map(|argument| match &argument.name {
            Some(name) => format!("{name}: {}", argument.value),
            None => argument.value.to_string(),
        });
        assert_eq!(
            (call.name.join("."), written.collect::<Vec<_>>()),
            (name.to_owned(), arguments.iter().map(|a| (*a).to_owned()).collect())
        );
    }

    #[test]
    fn arguments_by_place_and_by_name() {
        check("CALL refresh_metadata()", "refresh_metadata", &[]);
        check(
            "call Admin.Create_Datasource('shop', 'sqlite', '{\"path\": \"a;b\"}', comment => 'x')",
            "admin.create_datasource",
            &["'shop'", "'sqlite'", "'{\"path\": \"a;b\"}'", "comment: 'x'"],
        );
        check(
            "CALL p(Name := $1, type => NULL, test => false, \"at\" => now() + INTERVAL '1 day')",
            "p",
            &["name: $1", "type: NULL", "test: false", "at: now() + INTERVAL '1 day'"],
        );
        check("CALL p(-1, a = b, '{}'::jsonb)", "p", &["-1", "a = b", "'{}'::JSONB"]);
    }

    #[test]
    fn refuses_as_postgresql_does() {
        for (text, message, position) in [
            ("CALL p(a => 1, 2)", "positional argument cannot follow named argument", 16),
            ("CALL p", "syntax error at end of input", 7),
            ("CALL p(1,)", "syntax error at or near \")\"", 10),
            ("CALL p(1) x", "syntax error at or near \"x\"", 11),
        ] {
            let error = script(text).expect_err("refused");
            assert_eq!((error.message.as_str(), error.position), (message, Some(position)), "{text}");
        }
    }
}
