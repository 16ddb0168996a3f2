//! What COPY sends, byte by byte, as PostgreSQL 16 sends it, through the simple and through the extended protocol.

use futures::TryStreamExt;
use libtest_mimic::{Failed, Trial};

use super::raw::Raw;
use crate::gateway::Gateway;

pub fn trials() -> Vec<Trial> {
    vec![super::trial("copies_are_what_postgresql_sends", copies_are_what_postgresql_sends)]
}

/// A statement and its bytes.
#[rustfmt::skip]
const COPIES: &[(&str, &str)] = &[
    ("COPY (SELECT 1) TO STDOUT", "1\n"),
    ("COPY (VALUES (1), (2)) TO STDOUT", "1\n2\n"),
    ("COPY (WITH a AS (SELECT 1 AS x) SELECT x FROM a) TO STDOUT", "1\n"),
    ("COPY (SELECT id FROM sample.public.orders WHERE id < 4 ORDER BY id) TO STDOUT", "1\n2\n3\n"),
    ("COPY (SELECT 1) TO STDOUT (ENCODING 'UTF8')", "1\n"),
    // Text: what would end a value or a row is escaped, and so is the backslash.
    (r"COPY (SELECT 1, NULL, E'a\tb', E'c\\d', '') TO STDOUT", "1\t\\N\ta\\tb\tc\\\\d\t\n"),
    (r"COPY (SELECT E'\b\f\n\r') TO STDOUT", "\\b\\f\\n\\r\n"),
    (r"COPY (SELECT '\.') TO STDOUT", "\\\\.\n"),
    ("COPY (SELECT 1 AS a, 2 AS b) TO STDOUT DELIMITER '|'", "1|2\n"),
    ("COPY (SELECT 1 AS a, NULL AS b) TO STDOUT NULL 'x'", "1\tx\n"),
    ("COPY (SELECT 1 AS a) TO STDOUT (HEADER)", "a\n1\n"),
    // CSV: an empty text is quoted, because nothing at all is null.
    ("COPY (SELECT 1, NULL, 'a,b', 'c\"d', '') TO STDOUT (FORMAT csv)", "1,,\"a,b\",\"c\"\"d\",\"\"\n"),
    ("COPY (SELECT 1 AS a, NULL AS b) TO STDOUT WITH (FORMAT csv, HEADER true, DELIMITER ';', NULL 'null')", "a;b\n1;null\n"),
    ("COPY (SELECT 1 AS a, 'x' AS b) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE (b))", "1,\"x\"\n"),
    ("COPY (SELECT 1 AS a, 'x' AS b) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *)", "\"1\",\"x\"\n"),
    (r"COPY (SELECT 1 AS a, 'x''y' AS b) TO STDOUT WITH (FORMAT csv, QUOTE '''', ESCAPE '\')", "1,'x\\'y'\n"),
    (r"COPY (SELECT E'a\nb', 1) TO STDOUT (FORMAT csv)", "\"a\nb\",1\n"),
    // As it was written before PostgreSQL 9.
    ("COPY (SELECT 1 AS a) TO STDOUT CSV HEADER", "a\n1\n"),
    ("COPY (SELECT 1 AS a) TO STDOUT WITH CSV HEADER DELIMITER AS '|'", "a\n1\n"),
];

async fn copies_are_what_postgresql_sends() -> Result<(), Failed> {
    let gateway = Gateway::start();
    let client = gateway.connect("metagate").await;
    let mut raw = Raw::connect(&gateway, &[("database", "metagate")]).await?;
    for (statement, expected) in COPIES {
        let lines = raw.query(statement).await?;
        let simple: String = lines.iter().filter_map(|line| line.strip_prefix("CopyData ")).collect();
        assert_eq!(&simple, expected, "{statement}, simple");
        let parts: Vec<_> = client.copy_out(*statement).await?.try_collect().await?;
        assert_eq!(String::from_utf8(parts.concat())?, *expected, "{statement}, extended");
    }
    Ok(())
}
