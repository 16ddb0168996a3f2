//! Texts as a whole: how they are split, and what is wrong with them.

use super::*;

fn kinds(text: &str) -> Vec<&'static str> {
    let kind = |statement: &Statement| match statement.command.as_ref() {
        Command::Empty => "empty",
        Command::Query(_) => "query",
        Command::Setting(_) => "setting",
        Command::Transaction(_) => "transaction",
        Command::Discard(_) => "discard",
        _ => "other",
    };
    script(text).unwrap_or_else(|error| panic!("{text}: {error}")).iter().map(kind).collect()
}

#[test]
fn texts_are_split_at_semicolons_outside_of_literals() {
    for (text, expected) in [
        ("", &["empty"][..]),
        (" ; -- nothing\n ;", &["empty"]),
        ("SELECT 1;", &["query"]),
        ("SELECT ';', \"a;b\", $$;$$, E'\\';' /* ; */; SHOW ALL", &["query", "setting"]),
        (
            "BEGIN; TABLE t; (SELECT 1); VALUES (1); WITH x AS (SELECT 1) SELECT * FROM x;COMMIT",
            &["transaction", "query", "query", "query", "query", "transaction"],
        ),
        ("DISCARD ALL;;SELECT 1", &["discard", "query"]),
    ] {
        assert_eq!(kinds(text), expected, "{text}");
    }
    assert!(script("SELECT 1; SELECT 2").expect("a script").iter().all(|statement| statement.in_script));
    assert!(!script("SELECT 1;").expect("a script")[0].in_script);
}

#[test]
fn syntax_errors_say_where_and_near_what() {
    for (text, message, position) in [
        ("SELEC 1", "syntax error at or near \"SELEC\"", 1),
        ("SELECT 1; SELECT )", "syntax error at or near \")\"", 18),
        ("SELECT 'ü', )", "syntax error at or near \")\"", 13),
        ("SELECT * FROM", "syntax error at end of input", 14),
        ("SELECT 1 1", "syntax error at or near \"1\"", 10),
        ("SELECT 1; SELECT FROM WHERE", "syntax error at or near \"WHERE\"", 23),
        ("SELECT a FROM t WHERE b = OR c", "syntax error at or near \"OR\"", 27),
        ("SELECT (1", "syntax error at end of input", 10),
        ("123", "syntax error at or near \"123\"", 1),
        ("SELECT\n  *\nFROM t WHERE AND", "syntax error at or near \"AND\"", 25),
    ] {
        let error = script(text).expect_err(text);
        assert_eq!((error.code, error.message.as_str(), error.position), (Code::Syntax, message, Some(position)), "{text}");
    }
}

#[test]
fn limits_are_named() {
    let error = script(&" ".repeat(TEXT_BYTES_MAX + 1)).expect_err("too long");
    assert_eq!((error.code, error.message.as_str()), (Code::Limit, "statement is too long"));
    let error = script(&"SELECT 1;".repeat(STATEMENTS_MAX + 1)).expect_err("too many");
    assert_eq!((error.code, error.message.as_str()), (Code::Limit, "too many statements in one text"));
    let error = script(&format!("SELECT {}1{}", "(".repeat(1000), ")".repeat(1000))).expect_err("too deep");
    assert_eq!((error.code, error.message.as_str()), (Code::Limit, "statement is nested too deeply"));
}
