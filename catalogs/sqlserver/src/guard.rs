//! Tells a query from all other statements.
//!
//! SQL Server has no read-only sessions, runs any number of statements as one, and needs no semicolon between them. So a text counts as a
//! query only if it begins as one, nothing follows a semicolon, and none of its words begins anything else. Those words are reserved:
//! no column has one of them as its name, unless in brackets or quotes, which are not looked into.

use spi::{Code, Error, Result};

/// Words that are in no query that only reads.
const FORBIDDEN: &[&str] = &[
    "ADD",
    "ALTER",
    "BACKUP",
    "BEGIN",
    "BULK",
    "CHECKPOINT",
    "CLOSE",
    "COMMIT",
    "CREATE",
    "DBCC",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DENY",
    "DROP",
    "DUMP",
    "EXEC",
    "EXECUTE",
    "GOTO",
    "GRANT",
    "IF",
    "INSERT",
    "INTO",
    "KILL",
    "LOAD",
    "MERGE",
    "OPEN",
    "OPENDATASOURCE",
    "OPENQUERY",
    "OPENROWSET",
    "PRINT",
    "RAISERROR",
    "READTEXT",
    "RECONFIGURE",
    "RESTORE",
    "RETURN",
    "REVERT",
    "REVOKE",
    "ROLLBACK",
    "SAVE",
    "SET",
    "SETUSER",
    "SHUTDOWN",
    "TRAN",
    "TRANSACTION",
    "TRIGGER",
    "TRUNCATE",
    "UPDATE",
    "UPDATETEXT",
    "USE",
    "WAITFOR",
    "WHILE",
    "WRITETEXT",
];

/// Takes the next number of a sequence, which is no reading. The words are not reserved, unless in this order.
const NEXT_VALUE: [&str; 2] = ["NEXT", "VALUE"];

/// Refuses what is no query.
pub(crate) fn check_query(source: &str, text: &str) -> Result<()> {
    let Some(problem) = problem(text) else { return Ok(()) };
    let message = format!("a statement for data source \"{source}\" is no query");
    Err(Error::source(Code::Unsupported, source, message)
        .detail(problem)
        .hint("A query is one SELECT; CALL execute_on to run anything else. Names that are reserved words stand in brackets."))
}

/// Why the text is no query, as a sentence.
fn problem(text: &str) -> Option<String> {
    let mut words = Words { rest: text };
    let first = words.next().map(str::to_ascii_uppercase);
    if !matches!(first.as_deref(), Some("SELECT" | "WITH" | "(")) {
        return Some("It does not begin with SELECT or WITH.".to_owned());
    }
    let mut before = String::new();
    while let Some(word) = words.next() {
        let word = word.to_ascii_uppercase();
        if word == ";" {
            return words.next().map(|_| "Something follows a semicolon.".to_owned());
        }
        if FORBIDDEN.contains(&word.as_str()) || [before.as_str(), word.as_str()] == NEXT_VALUE {
            return Some(format!("It has the word {word}."));
        }
        before = word;
    }
    None
}

/// The words and signs of a text, without comments, literals and quoted names.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        loop {
            self.rest = self.rest.trim_start();
            let first = self.rest.chars().next()?;
            let skipped = match first {
                '\'' => quoted(self.rest, '\''),
                '"' => quoted(self.rest, '"'),
                '[' => quoted(self.rest, ']'),
                '-' if self.rest.starts_with("--") => self.rest.find(['\r', '\n']).unwrap_or(self.rest.len()),
                '/' if self.rest.starts_with("/*") => comment(self.rest),
                _ => break,
            };
            self.rest = &self.rest[skipped..];
        }
        let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '@' | '#' | '$');
        let sign = self.rest.chars().next().map_or(0, char::len_utf8);
        let length = self.rest.find(|character| !is_part(character)).unwrap_or(self.rest.len()).max(sign);
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(word)
    }
}

/// The length of what begins with a quote; a quote that is written twice does not end it.
fn quoted(text: &str, end: char) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((place, character)) = characters.next() {
        if character == end && characters.next_if(|(_, next)| *next == end).is_none() {
            return place + end.len_utf8();
        }
    }
    text.len()
}

/// The length of a comment, which may hold others.
fn comment(text: &str) -> usize {
    let (mut depth, mut place) = (0_usize, 0);
    while let Some(sign) = text.as_bytes().get(place..place + 2) {
        match sign {
            b"/*" => (depth, place) = (depth + 1, place + 2),
            b"*/" => (depth, place) = (depth - 1, place + 2),
            _ => place += 1,
        }
        if depth == 0 {
            return place;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_taken() {
        for text in [
            "SELECT 1",
            "  select a, [delete] from t where b = 'drop table x; --' ;",
            "-- first\nSELECT /* a /* nested */ comment; DELETE */ 1",
            "WITH q AS (SELECT 1 AS a) SELECT * FROM q ORDER BY a OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY",
            "(SELECT 1) UNION ALL (SELECT 2)",
            "SELECT \"into\", N'it''s' FROM t WHERE created_at > @P1",
            "SELECT next, value FROM t",
            "SELECT LAST_VALUE(x) OVER (ORDER BY y) FROM t;  -- end",
        ] {
            assert_eq!(problem(text), None, "{text}");
        }
    }

    #[test]
    fn other_statements_are_refused() {
        for text in [
            "",
            "DELETE FROM t",
            "SELECT 1 DELETE FROM t",
            "SELECT 1; SELECT 2",
            "SELECT a INTO u FROM t",
            "WITH q AS (SELECT 1 AS a) UPDATE t SET a = 2",
            "SELECT * FROM (DELETE FROM t OUTPUT deleted.*) AS d",
            "SELECT 'a''' EXEC sp_who",
            "SELECT [a]]b] COMMIT",
            "SELECT NEXT VALUE FOR s",
            "SELECT NEXT/**/VALUE FOR s",
            "sp_who",
            "SELECT 1 --\n DROP TABLE t",
            "SELECT /* */ 1 /* */ TRUNCATE TABLE t",
            "SELECT 1 --\rDELETE FROM t",
            "SELECT 1 ADD SIGNATURE TO p BY CERTIFICATE c",
            "SELECT 1 SETUSER 'dbo'",
            "SELECT 1 DUMP DATABASE d TO x",
            "SELECT 1 LOAD DATABASE d FROM x",
        ] {
            assert!(problem(text).is_some(), "{text}");
        }
    }
}
