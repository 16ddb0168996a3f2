//! COPY to the client.

use std::sync::Arc;

use spi::{Code, Error, Result};

use crate::answer::{Answer, Column, CopyCsv, CopyFormat, CopyText};
use crate::parse::{self, Copy, CopyOptions, CopyRows, CopyTarget, ForceQuote, SourceText};
use crate::plan::{self, Values};
use crate::plan_context::PlanContext;

pub(crate) async fn run(context: &Arc<PlanContext>, copy: &Copy, source: &SourceText) -> Result<Answer> {
    match copy.target {
        CopyTarget::Stdout => {}
        CopyTarget::File => return Err(refused("COPY to a file is not supported")),
        CopyTarget::Program => return Err(refused("COPY to a program is not supported")),
    }
    let table;
    let query = match &copy.rows {
        CopyRows::Query(query) => query,
        CopyRows::Table { name, columns } => {
            table = parse::select_from(name, columns)?;
            &table
        }
    };
    let plan = plan::plan(context, query, source, &[]).await?;
    let format = format(&copy.options, plan.columns())?;
    let batches = plan.execute(context, Values::NONE).await?;
    Ok(Answer::CopyOut { format, columns: Arc::clone(plan.columns()), batches })
}

fn refused(message: &str) -> Error {
    Error::new(Code::Unsupported, message).hint("COPY … TO STDOUT sends the rows to the client.")
}

/// The options put together, with the defaults of the format, and refused where they contradict each other.
fn format(options: &CopyOptions, columns: &[Column]) -> Result<CopyFormat> {
    let CopyOptions { format, delimiter, null, header, quote, escape, force_quote, encoding } = options;
    if encoding.as_deref().is_some_and(|encoding| !matches!(encoding.to_ascii_lowercase().as_str(), "utf8" | "utf-8" | "unicode")) {
        return Err(Error::new(Code::Unsupported, "COPY works in encoding UTF8 only"));
    }
    match format.as_deref().unwrap_or("text") {
        "binary" => match () {
            () if delimiter.is_some() => Err(syntax("cannot specify DELIMITER in BINARY mode")),
            () if null.is_some() => Err(syntax("cannot specify NULL in BINARY mode")),
            () if header.is_some() => Err(syntax("cannot specify HEADER in BINARY mode")),
            () => only_csv(quote, escape, force_quote).map(|()| CopyFormat::Binary),
        },
        "text" => {
            only_csv(quote, escape, force_quote)?;
            let delimiter = one_byte("delimiter", delimiter.as_deref().unwrap_or("\t"))?;
            if delimiter.is_ascii_lowercase() || delimiter.is_ascii_digit() || matches!(delimiter, b'\\' | b'.') {
                return Err(invalid(format!("COPY delimiter cannot be \"{}\"", char::from(delimiter))));
            }
            let null = null.clone().unwrap_or_else(|| "\\N".to_owned());
            check_null(&null, delimiter)?;
            Ok(CopyFormat::Text(CopyText { delimiter, null, header: header.unwrap_or(false) }))
        }
        "csv" => {
            let delimiter = one_byte("delimiter", delimiter.as_deref().unwrap_or(","))?;
            let quote = one_byte("quote", quote.as_deref().unwrap_or("\""))?;
            let escape = match escape {
                Some(escape) => one_byte("escape", escape)?,
                None => quote,
            };
            if delimiter == quote {
                return Err(invalid("COPY delimiter and quote must be different"));
            }
            let null = null.clone().unwrap_or_default();
            check_null(&null, delimiter)?;
            if null.as_bytes().contains(&quote) {
                return Err(invalid("CSV quote character must not appear in the NULL specification"));
            }
            let force_quote = force_quotes(force_quote.as_ref(), columns)?;
            Ok(CopyFormat::Csv(CopyCsv { delimiter, quote, escape, null, header: header.unwrap_or(false), force_quote }))
        }
        other => Err(invalid(format!("COPY format \"{other}\" not recognized"))),
    }
}

fn only_csv(quote: &Option<String>, escape: &Option<String>, force_quote: &Option<ForceQuote>) -> Result<()> {
    match () {
        () if quote.is_some() => Err(syntax("COPY quote available only in CSV mode")),
        () if escape.is_some() => Err(syntax("COPY escape available only in CSV mode")),
        () if force_quote.is_some() => Err(syntax("COPY force quote available only in CSV mode")),
        () => Ok(()),
    }
}

fn one_byte(what: &str, text: &str) -> Result<u8> {
    match text.as_bytes() {
        [b'\n' | b'\r'] => Err(invalid(format!("COPY {what} cannot be newline or carriage return"))),
        [byte] => Ok(*byte),
        _ => Err(Error::new(Code::Unsupported, format!("COPY {what} must be a single one-byte character"))),
    }
}

fn check_null(null: &str, delimiter: u8) -> Result<()> {
    match null.as_bytes() {
        bytes if bytes.contains(&b'\n') || bytes.contains(&b'\r') => {
            Err(invalid("COPY null representation cannot use newline or carriage return"))
        }
        bytes if bytes.contains(&delimiter) => Err(invalid("COPY delimiter character must not appear in the NULL specification")),
        _ => Ok(()),
    }
}

fn force_quotes(force_quote: Option<&ForceQuote>, columns: &[Column]) -> Result<Vec<bool>> {
    match force_quote {
        None => Ok(vec![false; columns.len()]),
        Some(ForceQuote::All) => Ok(vec![true; columns.len()]),
        Some(ForceQuote::Columns(names)) => {
            if let Some(unknown) = names.iter().find(|name| columns.iter().all(|column| column.name != **name)) {
                return Err(Error::new(Code::UndefinedColumn, format!("column \"{unknown}\" does not exist")));
            }
            Ok(columns.iter().map(|column| names.contains(&column.name)).collect())
        }
    }
}

fn syntax(message: &str) -> Error {
    Error::new(Code::Syntax, message)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::InvalidArgument, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::Command;

    fn format_of(options: &str) -> Result<CopyFormat> {
        let statements = parse::script(&format!("COPY t TO STDOUT {options}")).expect("a statement");
        let Command::Copy(copy) = statements[0].command.as_ref() else { panic!("{options}") };
        format(&copy.options, &[Column::text("a"), Column::text("b")])
    }

    #[test]
    fn defaults_depend_on_the_format() {
        let text = CopyText { delimiter: b'\t', null: "\\N".to_owned(), header: false };
        assert_eq!(format_of("").expect("text"), CopyFormat::Text(text));
        let csv = CopyCsv { delimiter: b';', quote: b'"', escape: b'"', null: String::new(), header: true, force_quote: vec![false, true] };
        assert_eq!(format_of("(FORMAT csv, HEADER, DELIMITER ';', FORCE_QUOTE (b))").expect("csv"), CopyFormat::Csv(csv));
        assert_eq!(format_of("(FORMAT binary)").expect("binary"), CopyFormat::Binary);
    }

    #[test]
    fn refuses_as_postgresql_does() {
        for (options, sqlstate, message) in [
            ("(FORMAT xml)", "22023", "COPY format \"xml\" not recognized"),
            ("(FORMAT binary, HEADER)", "42601", "cannot specify HEADER in BINARY mode"),
            ("(QUOTE 'x')", "42601", "COPY quote available only in CSV mode"),
            ("(DELIMITER 'ab')", "0A000", "COPY delimiter must be a single one-byte character"),
            ("(DELIMITER 'a')", "22023", "COPY delimiter cannot be \"a\""),
            ("(FORMAT csv, DELIMITER '\"')", "22023", "COPY delimiter and quote must be different"),
            ("(FORMAT csv, NULL 'a,b')", "22023", "COPY delimiter character must not appear in the NULL specification"),
            ("(FORMAT csv, FORCE_QUOTE (c))", "42703", "column \"c\" does not exist"),
            ("(ENCODING 'latin1')", "0A000", "COPY works in encoding UTF8 only"),
        ] {
            let error = format_of(options).expect_err("refused");
            assert_eq!((error.code.sqlstate(), error.message.as_str()), (sqlstate, message));
        }
    }
}
