//! Statements that PostgreSQL has and metagate has not. They are told apart from misspelt ones by their first words only.

use spi::Result;

use super::Refused;
use super::tokens::Tokens;

/// Statements whose name is one word.
const PLAIN: &[&str] = &[
    "UPDATE",
    "DELETE",
    "MERGE",
    "TRUNCATE",
    "GRANT",
    "REVOKE",
    "COMMENT",
    "VACUUM",
    "ANALYZE",
    "ANALYSE",
    "CLUSTER",
    "REINDEX",
    "LOCK",
    "CHECKPOINT",
    "LOAD",
    "DO",
    "REASSIGN",
    "SECURITY",
    "IMPORT",
    "REFRESH",
];

/// Statements that name what they are about behind the first word.
const ABOUT: &[&str] = &["CREATE", "ALTER", "DROP"];

/// Words that may stand between CREATE and what is created.
const BETWEEN: &[&str] = &[
    "OR",
    "REPLACE",
    "GLOBAL",
    "LOCAL",
    "TEMP",
    "TEMPORARY",
    "UNLOGGED",
    "UNIQUE",
    "RECURSIVE",
    "CONSTRAINT",
    "TRUSTED",
    "PROCEDURAL",
    "DEFAULT",
];

/// Objects whose name is more than one word.
const LONG: &[&[&str]] = &[
    &["FOREIGN", "DATA", "WRAPPER"],
    &["FOREIGN", "TABLE"],
    &["MATERIALIZED", "VIEW"],
    &["EVENT", "TRIGGER"],
    &["USER", "MAPPING"],
    &["DEFAULT", "PRIVILEGES"],
];

const OBJECTS: &[&str] = &[
    "ACCESS",
    "AGGREGATE",
    "CAST",
    "COLLATION",
    "CONVERSION",
    "DATABASE",
    "DOMAIN",
    "EXTENSION",
    "FUNCTION",
    "INDEX",
    "LANGUAGE",
    "LARGE",
    "OPERATOR",
    "OWNED",
    "POLICY",
    "PROCEDURE",
    "PUBLICATION",
    "ROUTINE",
    "RULE",
    "SCHEMA",
    "SEQUENCE",
    "SERVER",
    "STATISTICS",
    "SUBSCRIPTION",
    "SYSTEM",
    "TABLE",
    "TABLESPACE",
    "TEXT",
    "TRANSFORM",
    "TRIGGER",
    "TYPE",
    "VIEW",
];

/// Consumes the whole statement. What no statement of PostgreSQL begins with is a syntax error.
pub(super) fn parse(tokens: &mut Tokens<'_>) -> Result<Refused> {
    let kind = match tokens.one_of(PLAIN) {
        Some(word) => word.to_owned(),
        None => match tokens.one_of(ABOUT) {
            Some(verb) => format!("{verb} {}", object(tokens)?),
            None => return Err(tokens.unexpected()),
        },
    };
    tokens.skip_to_end();
    let hint = hint(&kind);
    Ok(Refused { kind, hint })
}

fn object(tokens: &mut Tokens<'_>) -> Result<String> {
    if let Some(words) = LONG.iter().find(|words| tokens.words(words)) {
        return Ok(words.join(" "));
    }
    while tokens.one_of(BETWEEN).is_some() {}
    if let Some(words) = LONG.iter().find(|words| tokens.words(words)) {
        return Ok(words.join(" "));
    }
    tokens.one_of(OBJECTS).map(str::to_owned).ok_or_else(|| tokens.unexpected())
}

fn hint(kind: &str) -> Option<&'static str> {
    match kind {
        "CREATE DATABASE" => Some("CALL create_datasource(name, type, options) adds a data source."),
        "ALTER DATABASE" => Some("CALL alter_datasource(name, options) changes a data source."),
        "DROP DATABASE" => Some("CALL drop_datasource(name) drops a data source."),
        "IMPORT" | "REFRESH" | "ANALYZE" => Some("CALL refresh_metadata(name) reads the metadata of a data source again."),
        "GRANT" | "REVOKE" => Some("GRANT and REVOKE work for privileges ON FOREIGN SERVER."),
        "COMMENT" => Some("COMMENT works for SERVER."),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Command, script};

    #[test]
    fn names_the_kind_of_statement() {
        for (text, kind) in [
            ("WITH x AS (SELECT 1) UPDATE t SET a = 1", "UPDATE"),
            ("SELECT 1 INTO t", "SELECT INTO"),
            ("CREATE OR REPLACE TEMP VIEW v AS SELECT 1", "CREATE VIEW"),
            ("CREATE UNIQUE INDEX i ON t (a)", "CREATE INDEX"),
            ("CREATE EXTERNAL TABLE", ""),
            ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x", "ALTER DEFAULT PRIVILEGES"),
            ("DROP FOREIGN DATA WRAPPER x", "DROP FOREIGN DATA WRAPPER"),
            ("CREATE USER MAPPING FOR x SERVER y", "CREATE USER MAPPING"),
            ("VACUUM", "VACUUM"),
            ("GRANT SELECT ON t TO x", "GRANT"),
        ] {
            match script(text) {
                Ok(statements) => {
                    assert!(
                        matches!(statements[0].command.as_ref(), Command::Refused(refused) if refused.kind == kind),
                        "{text}: {statements:?}"
                    );
                }
                Err(error) => assert_eq!((kind, error.message.as_str()), ("", "syntax error at or near \"EXTERNAL\""), "{text}"),
            }
        }
    }
}
