//! DECLARE, FETCH, MOVE and CLOSE.

use datafusion::sql::sqlparser::ast;
use spi::{Code, Error, Result};

use super::tokens::Tokens;

#[derive(Clone, Debug)]
pub(crate) struct Declare {
    pub(crate) name: String,
    /// Whether rows are sent in binary format.
    pub(crate) binary: bool,
    /// Whether the cursor outlives its transaction.
    pub(crate) hold: bool,
    /// Whether it must be possible to go back.
    pub(crate) scroll: bool,
    /// Always [`ast::Statement::Query`].
    pub(crate) query: Box<ast::Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetch {
    pub(crate) cursor: String,
    pub(crate) direction: FetchDirection,
    /// MOVE: nothing is sent.
    pub(crate) silent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetchDirection {
    /// So many rows; 0 is the last fetched one again, and a negative number goes back.
    Forward(i64),
    All,
    /// The row so far from the start, or for a negative number from the end.
    Absolute(i64),
    /// The row so far from here.
    Relative(i64),
    BackwardAll,
}

pub(super) fn parse_declare(tokens: &mut Tokens<'_>) -> Result<Declare> {
    tokens.expect_word("DECLARE")?;
    let name = tokens.identifier()?;
    let (mut binary, mut scroll) = (false, false);
    loop {
        if tokens.word("BINARY") {
            binary = true;
        } else if tokens.words(&["NO", "SCROLL"]) {
            scroll = false;
        } else if tokens.word("SCROLL") {
            scroll = true;
        } else if !(tokens.word("ASENSITIVE") || tokens.word("INSENSITIVE")) {
            break;
        }
    }
    tokens.expect_word("CURSOR")?;
    let hold = tokens.words(&["WITH", "HOLD"]);
    if !hold {
        tokens.words(&["WITHOUT", "HOLD"]);
    }
    tokens.expect_word("FOR")?;
    let query = Box::new(ast::Statement::Query(tokens.query()?));
    Ok(Declare { name, binary, hold, scroll, query })
}

pub(super) fn parse_fetch(tokens: &mut Tokens<'_>) -> Result<Fetch> {
    let silent = tokens.word("MOVE");
    if !silent {
        tokens.expect_word("FETCH")?;
    }
    let direction = direction(tokens)?;
    if !tokens.word("FROM") {
        tokens.word("IN");
    }
    Ok(Fetch { cursor: tokens.identifier()?, direction, silent })
}

/// The cursor, or `None` for all.
pub(super) fn parse_close(tokens: &mut Tokens<'_>) -> Result<Option<String>> {
    tokens.expect_word("CLOSE")?;
    if tokens.word("ALL") { Ok(None) } else { tokens.identifier().map(Some) }
}

fn direction(tokens: &mut Tokens<'_>) -> Result<FetchDirection> {
    if let Some(count) = count(tokens)? {
        return Ok(FetchDirection::Forward(count));
    }
    // A cursor may have the name of a direction: then nothing follows it.
    let words = ["NEXT", "PRIOR", "FIRST", "LAST", "ABSOLUTE", "RELATIVE", "ALL", "FORWARD", "BACKWARD"];
    if *tokens.peek_second() == datafusion::sql::sqlparser::tokenizer::Token::EOF {
        return Ok(FetchDirection::Forward(1));
    }
    Ok(match tokens.one_of(&words) {
        Some("PRIOR") => FetchDirection::Forward(-1),
        Some("FIRST") => FetchDirection::Absolute(1),
        Some("LAST") => FetchDirection::Absolute(-1),
        Some("ABSOLUTE") => FetchDirection::Absolute(required_count(tokens)?),
        Some("RELATIVE") => FetchDirection::Relative(required_count(tokens)?),
        Some("ALL") => FetchDirection::All,
        Some("FORWARD") if tokens.word("ALL") => FetchDirection::All,
        Some("FORWARD") => FetchDirection::Forward(count(tokens)?.unwrap_or(1)),
        Some("BACKWARD") if tokens.word("ALL") => FetchDirection::BackwardAll,
        Some("BACKWARD") => FetchDirection::Forward(-count(tokens)?.unwrap_or(1)),
        _ => FetchDirection::Forward(1),
    })
}

fn count(tokens: &mut Tokens<'_>) -> Result<Option<i64>> {
    let position = tokens.position();
    let number = |text: String| text.parse::<i32>().map(i64::from);
    tokens.number_if_next().map(number).transpose().map_err(|_| Error::new(Code::Syntax, "count is out of range").position(position))
}

fn required_count(tokens: &mut Tokens<'_>) -> Result<i64> {
    count(tokens)?.ok_or_else(|| tokens.unexpected())
}

#[cfg(test)]
mod tests {
    use super::super::{Command, script};
    use super::*;

    #[test]
    fn directions() {
        for (text, direction) in [
            ("FETCH c", FetchDirection::Forward(1)),
            ("FETCH NEXT FROM c", FetchDirection::Forward(1)),
            ("FETCH 100 IN c", FetchDirection::Forward(100)),
            ("FETCH FORWARD 100 FROM c", FetchDirection::Forward(100)),
            ("FETCH FORWARD c", FetchDirection::Forward(1)),
            ("FETCH ALL c", FetchDirection::All),
            ("FETCH FORWARD ALL IN c", FetchDirection::All),
            ("FETCH BACKWARD 3 FROM c", FetchDirection::Forward(-3)),
            ("FETCH ABSOLUTE 10 FROM c", FetchDirection::Absolute(10)),
            ("FETCH RELATIVE 2 FROM c", FetchDirection::Relative(2)),
            ("FETCH FIRST FROM c", FetchDirection::Absolute(1)),
        ] {
            let expected = Fetch { cursor: "c".to_owned(), direction, silent: false };
            assert!(
                matches!(script(text).expect("a statement")[0].command.as_ref(), Command::Fetch(fetch) if *fetch == expected),
                "{text}"
            );
        }
        let moved = Fetch { cursor: "next".to_owned(), direction: FetchDirection::Forward(1), silent: true };
        assert!(matches!(script("MOVE next").expect("a statement")[0].command.as_ref(), Command::Fetch(fetch) if *fetch == moved));
    }

    #[test]
    fn declarations() {
        for (text, name, binary, hold, scroll) in [
            ("DECLARE c CURSOR FOR SELECT 1", "c", false, false, false),
            ("DECLARE \"SQL_CUR01\" CURSOR WITH HOLD FOR SELECT 1", "SQL_CUR01", false, true, false),
            ("DECLARE c BINARY INSENSITIVE NO SCROLL CURSOR WITHOUT HOLD FOR (VALUES (1))", "c", true, false, false),
            ("DECLARE c SCROLL CURSOR FOR TABLE t", "c", false, false, true),
        ] {
            let statements = script(text).expect("a statement");
            let Command::Declare(declare) = statements[0].command.as_ref() else { panic!("{text}") };
            assert_eq!((declare.name.as_str(), declare.binary, declare.hold, declare.scroll), (name, binary, hold, scroll), "{text}");
        }
        assert_eq!(script("DECLARE c CURSOR FOR CALL p()").expect_err("no query").code, Code::Syntax);
    }
}
