//! `COPY … TO STDOUT`, with options in parentheses or in the words of PostgreSQL before 9.0.

use datafusion::sql::sqlparser::ast::{self, ObjectName};
use datafusion::sql::sqlparser::tokenizer::Token;
use spi::{Code, Error, Result};

use super::tokens::Tokens;
use super::{Command, Refused, SourceText};
use crate::settings::parse_bool;

#[derive(Clone, Debug)]
pub(crate) struct Copy {
    pub(crate) rows: CopyRows,
    pub(crate) target: CopyTarget,
    pub(crate) options: CopyOptions,
}

/// What is copied.
#[derive(Clone, Debug)]
pub(crate) enum CopyRows {
    /// Always [`ast::Statement::Query`].
    Query(Box<ast::Statement>),
    /// These columns of the table, or all.
    Table { name: ObjectName, columns: Vec<ast::Ident> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyTarget {
    Stdout,
    /// A file of the gateway's machine, which is refused.
    File,
    /// A program on the gateway's machine, which is refused.
    Program,
}

/// Options as they are written; which of them fit together is checked when the statement runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CopyOptions {
    /// `text`, `csv` or `binary`.
    pub(crate) format: Option<String>,
    pub(crate) delimiter: Option<String>,
    pub(crate) null: Option<String>,
    pub(crate) header: Option<bool>,
    pub(crate) quote: Option<String>,
    pub(crate) escape: Option<String>,
    pub(crate) force_quote: Option<ForceQuote>,
    pub(crate) encoding: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ForceQuote {
    All,
    Columns(Vec<String>),
}

pub(super) fn parse(tokens: &mut Tokens<'_>) -> Result<Command> {
    tokens.expect_word("COPY")?;
    let legacy_binary = tokens.peek_word("BINARY") && matches!(tokens.peek_second(), Token::Word(_)) && tokens.word("BINARY");
    let rows = rows(tokens)?;
    if tokens.word("FROM") {
        tokens.skip_to_end();
        return Ok(Command::Refused(Refused { kind: "COPY FROM".to_owned(), hint: None }));
    }
    tokens.expect_word("TO")?;
    let target = if tokens.word("STDOUT") {
        CopyTarget::Stdout
    } else if tokens.word("PROGRAM") {
        tokens.string()?;
        CopyTarget::Program
    } else {
        tokens.string()?;
        CopyTarget::File
    };
    tokens.word("WITH");
    let mut options = CopyOptions::default();
    if tokens.token(&Token::LParen) {
        loop {
            option(tokens, &mut options)?;
            if !tokens.token(&Token::Comma) {
                break;
            }
        }
        tokens.expect_token(&Token::RParen)?;
    } else {
        while !tokens.at_end() {
            legacy_option(tokens, &mut options)?;
        }
    }
    if legacy_binary {
        options.format = Some("binary".to_owned());
    }
    Ok(Command::Copy(Copy { rows, target, options }))
}

fn rows(tokens: &mut Tokens<'_>) -> Result<CopyRows> {
    if tokens.token(&Token::LParen) {
        let query = tokens.query()?;
        tokens.expect_token(&Token::RParen)?;
        return Ok(CopyRows::Query(Box::new(ast::Statement::Query(query))));
    }
    let name = tokens.object_name()?;
    let mut columns = Vec::new();
    if tokens.token(&Token::LParen) {
        columns.push(tokens.ident()?);
        while tokens.token(&Token::Comma) {
            columns.push(tokens.ident()?);
        }
        tokens.expect_token(&Token::RParen)?;
    }
    Ok(CopyRows::Table { name, columns })
}

/// The query that reads a table, or these columns of it.
pub(crate) fn select_from(table: &ObjectName, columns: &[ast::Ident]) -> Result<Box<ast::Statement>> {
    let columns: Vec<String> = columns.iter().map(ast::Ident::to_string).collect();
    let columns = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
    let source = SourceText(format!("SELECT {columns} FROM {table}").into());
    let query = Tokens::new(source.tokens()?, &source).query()?;
    Ok(Box::new(ast::Statement::Query(query)))
}

/// One of `(FORMAT csv, HEADER, …)`.
fn option(tokens: &mut Tokens<'_>, options: &mut CopyOptions) -> Result<()> {
    let position = tokens.position();
    let name = tokens.any_word().ok_or_else(|| tokens.unexpected())?;
    match name.as_str() {
        "format" => {
            let format = tokens.string_if_next().or_else(|| tokens.any_word()).ok_or_else(|| tokens.unexpected())?;
            once(&mut options.format, format.to_ascii_lowercase(), position)
        }
        "delimiter" => once(&mut options.delimiter, tokens.string()?, position),
        "null" => once(&mut options.null, tokens.string()?, position),
        "quote" => once(&mut options.quote, tokens.string()?, position),
        "escape" => once(&mut options.escape, tokens.string()?, position),
        "encoding" => once(&mut options.encoding, tokens.string()?, position),
        "header" => {
            let header = header(tokens, position)?;
            once(&mut options.header, header, position)
        }
        "force_quote" => {
            let columns = if tokens.token(&Token::Mul) {
                ForceQuote::All
            } else {
                tokens.expect_token(&Token::LParen)?;
                let columns = tokens.identifiers()?;
                tokens.expect_token(&Token::RParen)?;
                ForceQuote::Columns(columns)
            };
            once(&mut options.force_quote, columns, position)
        }
        "freeze" | "default" | "force_not_null" | "force_null" => {
            Err(Error::new(Code::Unsupported, format!("COPY {} cannot be used with COPY TO", name.to_ascii_uppercase())).position(position))
        }
        _ => Err(Error::new(Code::Syntax, format!("option \"{name}\" not recognized")).position(position)),
    }
}

/// One of `CSV HEADER DELIMITER AS ';'`.
fn legacy_option(tokens: &mut Tokens<'_>, options: &mut CopyOptions) -> Result<()> {
    let position = tokens.position();
    let text = |tokens: &mut Tokens<'_>| {
        tokens.word("AS");
        tokens.string()
    };
    match tokens.one_of(&["BINARY", "CSV", "HEADER", "DELIMITER", "NULL", "QUOTE", "ESCAPE", "FORCE", "ENCODING"]) {
        Some("BINARY") => once(&mut options.format, "binary".to_owned(), position),
        Some("CSV") => once(&mut options.format, "csv".to_owned(), position),
        Some("HEADER") => once(&mut options.header, true, position),
        Some("DELIMITER") => once(&mut options.delimiter, text(tokens)?, position),
        Some("NULL") => once(&mut options.null, text(tokens)?, position),
        Some("QUOTE") => once(&mut options.quote, text(tokens)?, position),
        Some("ESCAPE") => once(&mut options.escape, text(tokens)?, position),
        Some("ENCODING") => once(&mut options.encoding, tokens.string()?, position),
        Some("FORCE") => {
            tokens.expect_word("QUOTE")?;
            let columns = if tokens.token(&Token::Mul) { ForceQuote::All } else { ForceQuote::Columns(tokens.identifiers()?) };
            once(&mut options.force_quote, columns, position)
        }
        _ => Err(tokens.unexpected()),
    }
}

fn header(tokens: &mut Tokens<'_>, position: usize) -> Result<bool> {
    if matches!(tokens.peek(), Token::Comma | Token::RParen) {
        return Ok(true);
    }
    let value = tokens.number_if_next().or_else(|| tokens.string_if_next()).or_else(|| tokens.any_word());
    match value.as_deref() {
        Some("match") => Err(Error::new(Code::Unsupported, "cannot use \"match\" with HEADER in COPY TO").position(position)),
        value => value
            .and_then(parse_bool)
            .ok_or_else(|| Error::new(Code::Syntax, "header requires a Boolean value or \"match\"").position(position)),
    }
}

fn once<T>(option: &mut Option<T>, value: T, position: usize) -> Result<()> {
    match option.replace(value) {
        Some(_) => Err(Error::new(Code::Syntax, "conflicting or redundant options").position(position)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::script;
    use super::*;

    #[track_caller]
    fn copy(text: &str) -> Copy {
        match script(text).expect("a statement")[0].command.as_ref() {
            Command::Copy(copy) => copy.clone(),
            other => panic!("{text} is {other:?}"),
        }
    }

    #[test]
    fn options_in_both_notations_mean_the_same() {
        let expected = CopyOptions {
            format: Some("csv".to_owned()),
            delimiter: Some(";".to_owned()),
            null: Some("NULL".to_owned()),
            header: Some(true),
            quote: Some("'".to_owned()),
            force_quote: Some(ForceQuote::Columns(vec!["a".to_owned(), "B".to_owned()])),
            ..CopyOptions::default()
        };
        let new = "COPY (SELECT 1) TO STDOUT (FORMAT csv, DELIMITER ';', NULL 'NULL', HEADER, QUOTE '''', FORCE_QUOTE (a, \"B\"))";
        let old = "COPY (SELECT 1) TO STDOUT WITH CSV HEADER DELIMITER AS ';' NULL 'NULL' QUOTE AS '''' FORCE QUOTE A, \"B\"";
        assert_eq!((copy(new).options, copy(old).options), (expected.clone(), expected));
    }

    #[test]
    fn sources_and_targets() {
        assert!(matches!(copy("COPY shop.public.t (a, b) TO STDOUT").rows, CopyRows::Table { columns, .. } if columns.len() == 2));
        assert_eq!(copy("COPY t TO '/tmp/x' (FORMAT binary)").target, CopyTarget::File);
        assert_eq!(copy("COPY t TO PROGRAM 'cat'").target, CopyTarget::Program);
        assert_eq!(copy("COPY BINARY t TO STDOUT").options.format.as_deref(), Some("binary"));
        assert!(matches!(script("COPY t FROM STDIN WITH (FORMAT csv)").expect("known")[0].command.as_ref(), Command::Refused(_)));
    }

    #[test]
    fn refuses_as_postgresql_does() {
        for (text, message) in [
            ("COPY t TO STDOUT (FORMAT csv, FORMAT text)", "conflicting or redundant options"),
            ("COPY t TO STDOUT (FAST)", "option \"fast\" not recognized"),
            ("COPY t TO STDOUT (HEADER maybe)", "header requires a Boolean value or \"match\""),
            ("COPY t TO", "syntax error at end of input"),
        ] {
            assert_eq!(script(text).expect_err("refused").message, message, "{text}");
        }
    }
}
