//! EXPLAIN, with options in parentheses or without.

use std::sync::Arc;

use datafusion::sql::sqlparser::tokenizer::Token;
use spi::{Code, Error, Result};

use super::tokens::Tokens;
use super::{Command, command_start};
use crate::settings::parse_bool;

#[derive(Clone, Debug)]
pub(crate) struct Explain {
    /// Whether the statement is run, and what it really did shown.
    pub(crate) analyze: bool,
    pub(crate) verbose: bool,
    pub(crate) format: ExplainFormat,
    pub(crate) command: Arc<Command>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExplainFormat {
    Text,
    Json,
}

pub(super) fn parse(tokens: &mut Tokens<'_>) -> Result<Explain> {
    tokens.expect_word("EXPLAIN")?;
    let (mut analyze, mut verbose, mut format) = (false, false, ExplainFormat::Text);
    let options = matches!((tokens.peek(), tokens.peek_second()), (Token::LParen, Token::Word(word)) if is_option(&word.value));
    if options && tokens.token(&Token::LParen) {
        loop {
            let position = tokens.position();
            let name = tokens.any_word().ok_or_else(|| tokens.unexpected())?;
            match name.as_str() {
                "analyze" => analyze = switch(tokens, &name)?,
                "verbose" => verbose = switch(tokens, &name)?,
                "format" => format = explain_format(tokens)?,
                // What these would add to PostgreSQL's plans is not in ours.
                "costs" | "settings" | "generic_plan" | "buffers" | "wal" | "timing" | "summary" => {
                    switch(tokens, &name)?;
                }
                _ => return Err(Error::new(Code::Syntax, format!("unrecognized EXPLAIN option \"{name}\"")).position(position)),
            }
            if !tokens.token(&Token::Comma) {
                break;
            }
        }
        tokens.expect_token(&Token::RParen)?;
    } else {
        analyze = tokens.word("ANALYZE") || tokens.word("ANALYSE");
        verbose = tokens.word("VERBOSE");
    }
    Ok(Explain { analyze, verbose, format, command: Arc::new(command_start(tokens)?) })
}

/// An opening parenthesis may also begin a query.
fn is_option(word: &str) -> bool {
    !["select", "with", "values", "table"].iter().any(|start| word.eq_ignore_ascii_case(start))
}

/// The truth value behind an option's name; none means yes.
fn switch(tokens: &mut Tokens<'_>, name: &str) -> Result<bool> {
    if matches!(tokens.peek(), Token::Comma | Token::RParen) {
        return Ok(true);
    }
    let position = tokens.position();
    let value = tokens.number_if_next().or_else(|| tokens.string_if_next()).or_else(|| tokens.any_word());
    value
        .as_deref()
        .and_then(parse_bool)
        .ok_or_else(|| Error::new(Code::Syntax, format!("{name} requires a Boolean value")).position(position))
}

fn explain_format(tokens: &mut Tokens<'_>) -> Result<ExplainFormat> {
    let position = tokens.position();
    let value = tokens.string_if_next().or_else(|| tokens.any_word()).ok_or_else(|| tokens.unexpected())?;
    match value.to_ascii_lowercase().as_str() {
        "text" => Ok(ExplainFormat::Text),
        "json" => Ok(ExplainFormat::Json),
        "xml" | "yaml" => Err(Error::new(Code::Unsupported, format!("EXPLAIN format {value} is not supported")).hint("Use TEXT or JSON.")),
        _ => {
            Err(Error::new(Code::InvalidArgument, format!("unrecognized value for EXPLAIN option \"format\": \"{value}\""))
                .position(position))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Command, script};
    use super::*;

    #[test]
    fn every_form() {
        for (text, analyze, verbose, format) in [
            ("EXPLAIN SELECT 1", false, false, ExplainFormat::Text),
            ("EXPLAIN (SELECT 1)", false, false, ExplainFormat::Text),
            ("EXPLAIN ANALYZE VERBOSE SELECT 1", true, true, ExplainFormat::Text),
            ("EXPLAIN (ANALYZE, FORMAT JSON, COSTS off) SELECT 1", true, false, ExplainFormat::Json),
            ("EXPLAIN (VERBOSE, ANALYZE false, FORMAT 'text', BUFFERS 1) (SELECT 1)", false, true, ExplainFormat::Text),
        ] {
            let statements = script(text).expect("a statement");
            let Command::Explain(explain) = statements[0].command.as_ref() else { panic!("{text}") };
            assert_eq!((explain.analyze, explain.verbose, explain.format), (analyze, verbose, format), "{text}");
            assert!(matches!(explain.command.as_ref(), Command::Query(_)), "{text}");
        }
    }

    #[test]
    fn refuses_unknown_options() {
        assert_eq!(script("EXPLAIN (FAST) SELECT 1").expect_err("unknown").message, "unrecognized EXPLAIN option \"fast\"");
        assert_eq!(script("EXPLAIN (FORMAT XML) SELECT 1").expect_err("not supported").code, Code::Unsupported);
    }
}
