use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::parse::{Call, Command, script};
use crate::row::Timestamp;

/// An example of arguments of every type.
#[derive(Debug, Deserialize, JsonSchema)]
struct Args {
    /// Name of the thing.
    name: String,
    /// How many there are.
    count: u64,
    /// What is set.
    #[serde(default)]
    options: Options,
    /// A JSON object of texts.
    labels: Option<BTreeMap<String, String>>,
    /// Whether it is tried.
    #[serde(default = "yes")]
    test: bool,
    /// When it ends.
    at: Option<Timestamp>,
}

fn yes() -> bool {
    true
}

fn parse(arguments: &str) -> Call {
    let statements = script(&format!("CALL p({arguments})")).expect("a statement");
    match statements[0].command.as_ref() {
        Command::Call(call) => call.clone(),
        other => panic!("{other:?} is no call"),
    }
}

fn bound(arguments: &str, values: &[ScalarValue]) -> Result<Args> {
    let bound = bind("p", &of::<Args>(), &parse(arguments).arguments, values, "UTC")?;
    read("p", bound)
}

/// 2026-11-01 12:00 UTC.
const NOON: i64 = 1_793_534_400_000_000;

#[test]
fn arguments_are_described_by_their_struct() {
    let declared: Vec<String> = of::<Args>().iter().map(Argument::declaration).collect();
    assert_eq!(
        declared,
        [
            "name text",
            "count bigint",
            "options jsonb DEFAULT '{}'",
            "labels jsonb DEFAULT NULL",
            "test boolean DEFAULT true",
            "at timestamp with time zone DEFAULT NULL",
        ]
    );
    assert_eq!(of::<Args>()[5].description, "When it ends.");
}

#[test]
fn good_calls() {
    #[track_caller]
    fn check(arguments: &str, count: u64, options: &str, labels: Option<&[(&str, &str)]>, test: bool, at: Option<i64>) {
        let args = bound(arguments, &[]).unwrap_or_else(|error| panic!("{arguments}: {error}"));
        let labels = labels.map(|labels| labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect());
        assert_eq!(
            (args.name.as_str(), args.count, Value::from(args.options).to_string().as_str()),
            ("shop", count, options),
            "{arguments}"
        );
        assert_eq!((args.labels, args.test, args.at.map(|at| at.0)), (labels, test, at), "{arguments}");
    }
    check("'shop', 1", 1, "{}", None, true, None);
    check("'shop', '1'", 1, "{}", None, true, None);
    check("count => 1, name => 'shop'", 1, "{}", None, true, None);
    check("'shop', count := 7, test => false", 7, "{}", None, false, None);
    check(
        "'shop', +1, '{\"a\": [1, null]}', '{\"k\": \"v\"}', 'off', '2026-11-01 12:00'",
        1,
        "{\"a\":[1,null]}",
        Some(&[("k", "v")]),
        false,
        Some(NOON),
    );
    check("E'sh\\x6fp', (2)", 2, "{}", None, true, None);
    check("$$shop$$, 9223372036854775807", 9_223_372_036_854_775_807, "{}", None, true, None);
    check("'shop'::text, 3::int, '{}'::jsonb, NULL, 'yes'::boolean", 3, "{}", None, true, None);
    check("CAST('shop' AS varchar), '4'::bigint, labels => '{}'::json", 4, "{}", Some(&[]), true, None);
    check("'shop', 1, at => TIMESTAMP WITH TIME ZONE '2026-11-01 13:00+01'", 1, "{}", None, true, Some(NOON));
    check("'shop', 1, at => '2026-11-01 12:00'::timestamptz", 1, "{}", None, true, Some(NOON));
    check("'shop', 1, at => timestamp '2026-11-01 12:00'", 1, "{}", None, true, Some(NOON));
    check("'shop', 1, at => NULL", 1, "{}", None, true, None);
    check("'shop', - -1", 1, "{}", None, true, None);
}

#[test]
fn parameters_have_their_arguments_types() {
    #[track_caller]
    fn check(arguments: &str, declared: &[u32], types: &[u32]) {
        assert_eq!(parameter_types("p", &of::<Args>(), &parse(arguments).arguments, declared).expect("types"), types, "{arguments}");
    }
    check("$1, $2, $3, $4, $5, $6", &[], &[oid::TEXT, oid::INT8, oid::JSONB, oid::JSONB, oid::BOOL, oid::TIMESTAMPTZ]);
    check("'shop', $1, at => $2", &[], &[oid::INT8, oid::TIMESTAMPTZ]);
    check("$1, $2", &[oid::VARCHAR, 0], &[oid::VARCHAR, oid::INT8]);
    check("$1, $2::int, $3::text", &[], &[oid::TEXT, oid::INT4, oid::TEXT]);
    check("($2), 1", &[], &[oid::TEXT, oid::TEXT]);
    check("'shop', 1", &[oid::BOOL], &[oid::BOOL]);
    let error = parameter_types("p", &of::<Args>(), &parse("'shop', $0").arguments, &[]).expect_err("no parameter");
    assert_eq!((error.code.sqlstate(), error.message.as_str(), error.position), ("42P02", "there is no parameter $0", Some(16)));
}

#[test]
fn parameters_are_bound() {
    let text = |text: &str| ScalarValue::Utf8(Some(text.to_owned()));
    let at = ScalarValue::TimestampMicrosecond(Some(NOON), Some("UTC".into()));
    let values =
        [text("shop"), ScalarValue::Int64(Some(3)), text("{\"a\": 1}"), ScalarValue::Utf8(None), ScalarValue::Boolean(Some(false)), at];
    let args = bound("$1, $2, $3, $4, $5, $6", &values).expect("bound");
    assert_eq!((args.name.as_str(), args.count, args.options["a"].as_i64()), ("shop", 3, Some(1)));
    assert_eq!((args.labels, args.test, args.at.map(|at| at.0)), (None, false, Some(NOON)));
    let args = bound("$1, $2", &[ScalarValue::LargeUtf8(Some("shop".to_owned())), ScalarValue::Int32(Some(-0))]).expect("bound");
    assert_eq!(args.count, 0);
}

/// SQLSTATE, message, detail, hint and position of every way in which a call can be wrong.
#[test]
fn bad_calls() {
    const IT_IS: &str = "It is p(name text, count bigint, options jsonb DEFAULT '{}', labels jsonb DEFAULT NULL, test boolean DEFAULT true, \
        at timestamp with time zone DEFAULT NULL).";
    let did_you_mean = |near: &str| format!("Did you mean \"{near}\"? {IT_IS}");
    let (near_options, near_name) = (did_you_mean("options"), did_you_mean("name"));
    let of = |argument: &str| format!("It is the value of argument \"{argument}\" of procedure \"p\".");
    let (of_count, of_test, of_at) = (of("count"), of("test"), of("at"));
    let json = |argument: &str, reason: &str| format!("{} The parser says: {reason}.", of(argument));
    let (broken, open) =
        (json("options", "expected value at line 1 column 1"), json("options", "EOF while parsing an object at line 1 column 1"));
    let trailing = json("labels", "trailing characters at line 1 column 4");
    let literal = "Write a literal, or a parameter such as $1.";
    let at_type = "argument \"at\" of procedure \"p\" must be of type timestamp with time zone, not";
    for (arguments, sqlstate, message, detail, hint, position) in [
        ("", "42883", "procedure \"p\" needs argument \"name\"", "", IT_IS, 0),
        ("'a'", "42883", "procedure \"p\" needs argument \"count\"", "", IT_IS, 0),
        ("count => 1", "42883", "procedure \"p\" needs argument \"name\"", "", IT_IS, 0),
        ("'a', 1, '{}', '{}', true, NULL, 7", "42883", "procedure \"p\" takes at most 6 arguments, not 7", "", IT_IS, 40),
        ("'a', 1, optoins => '{}'", "42883", "procedure \"p\" has no argument \"optoins\"", "", &near_options, 16),
        ("nmae => 'a', count => 1", "42883", "procedure \"p\" has no argument \"nmae\"", "", &near_name, 8),
        ("'a', 1, \"Name\" => 'b'", "42883", "procedure \"p\" has no argument \"Name\"", "", &near_name, 16),
        ("'a', 1, zzz => 1", "42883", "procedure \"p\" has no argument \"zzz\"", "", IT_IS, 16),
        ("'a', 1, test => true, test => false", "42601", "argument name \"test\" used more than once", "", "", 30),
        ("'a', 1, name => 'b'", "42601", "argument name \"name\" used more than once", "", "", 16),
        ("NULL, 1", "22023", "argument \"name\" of procedure \"p\" must not be null", "", "Name of the thing.", 8),
        ("'a', NULL", "22023", "argument \"count\" of procedure \"p\" must not be null", "", "How many there are.", 13),
        ("'a', 1, test => NULL", "22023", "argument \"test\" of procedure \"p\" must not be null", "", "Whether it is tried.", 16),
        ("'a', 1, NULL", "22023", "argument \"options\" of procedure \"p\" must not be null", "", "What is set.", 16),
        ("1, 1", "22023", "argument \"name\" of procedure \"p\" must be of type text, not integer", "", "Name of the thing.", 8),
        ("true, 1", "22023", "argument \"name\" of procedure \"p\" must be of type text, not boolean", "", "Name of the thing.", 8),
        ("'a', true", "22023", "argument \"count\" of procedure \"p\" must be of type bigint, not boolean", "", "How many there are.", 13),
        ("'a', 1.5", "22023", "argument \"count\" of procedure \"p\" must be of type bigint, not numeric", "", "How many there are.", 13),
        ("'a', '1.5'", "22023", "argument \"count\" of procedure \"p\" must be of type bigint, not numeric", "", "How many there are.", 13),
        ("'a', 1e3", "22023", "argument \"count\" of procedure \"p\" must be of type bigint, not numeric", "", "How many there are.", 13),
        ("'a', 'x'", "22P02", "invalid input syntax for type bigint", &of_count, "", 13),
        ("'a', ''", "22P02", "invalid input syntax for type bigint", &of_count, "", 13),
        ("'a', 9223372036854775808", "22003", "value is out of range for type bigint", &of_count, "", 13),
        ("'a', '-9223372036854775809'", "22003", "value is out of range for type bigint", &of_count, "", 13),
        ("'a', 3000000000::int", "22003", "value is out of range for type integer", &of_count, "", 13),
        ("'a', 'x'::int", "22P02", "invalid input syntax for type integer", "", "", 13),
        ("'a', -1", "22023", "argument \"count\" of procedure \"p\" has an unusable value", "", "How many there are.", 0),
        ("'a', 1, 'x'", "22P02", "invalid input syntax for type json", &broken, "", 16),
        ("'a', 1, '{'", "22P02", "invalid input syntax for type json", &open, "", 16),
        ("'a', 1, labels => '{} x'::jsonb", "22P02", "invalid input syntax for type json", &trailing, "", 16),
        ("'a', 1, '[1]'", "22023", "argument \"options\" of procedure \"p\" must be a JSON object", "", "What is set.", 16),
        ("'a', 1, 'null'", "22023", "argument \"options\" of procedure \"p\" must be a JSON object", "", "What is set.", 16),
        ("'a', 1, 5", "22023", "argument \"options\" of procedure \"p\" must be of type jsonb, not integer", "", "What is set.", 16),
        (
            "'a', 1, labels => '{\"k\": 5}'",
            "22023",
            "argument \"labels\" of procedure \"p\" has an unusable value",
            "",
            "A JSON object of texts.",
            0,
        ),
        ("'a', 1, test => 'maybe'", "22P02", "invalid input syntax for type boolean", &of_test, "", 16),
        (
            "'a', 1, test => 1",
            "22023",
            "argument \"test\" of procedure \"p\" must be of type boolean, not integer",
            "",
            "Whether it is tried.",
            16,
        ),
        ("'a', 1, at => 'soon'", "22P02", "invalid input syntax for type timestamp with time zone", &of_at, "", 16),
        ("'a', 1, at => 'infinity'", "22023", "argument \"at\" of procedure \"p\" must be a finite time", "", "When it ends.", 16),
        ("'a', 1, at => 5", "22023", &format!("{at_type} integer"), "", "When it ends.", 16),
        ("'a', 1, at => INTERVAL '1 day'", "0A000", "argument \"at\" of procedure \"p\" must be a constant", "", literal, 16),
        ("'a', 1, at => now()", "0A000", "argument \"at\" of procedure \"p\" must be a constant", "", literal, 16),
        ("'a', 1 + 1", "0A000", "argument \"count\" of procedure \"p\" must be a constant", "", literal, 13),
        ("'a', (SELECT 1)", "0A000", "argument \"count\" of procedure \"p\" must be a constant", "", literal, 13),
        ("'a', 1, ARRAY['x']", "0A000", "argument \"options\" of procedure \"p\" must be a constant", "", literal, 16),
        (
            "'a', 1, '1'::interval",
            "22023",
            "argument \"options\" of procedure \"p\" must be of type jsonb, not interval",
            "",
            "What is set.",
            16,
        ),
        ("shop, 1", "42703", "column \"shop\" does not exist", "", "Text is written in single quotes: 'shop'.", 8),
        ("$3, 1", "42P02", "there is no parameter $3", "", "", 8),
    ] {
        let error = bound(arguments, &[]).expect_err(arguments);
        let found =
            (error.code.sqlstate(), error.message.as_str(), error.detail.as_deref().unwrap_or(""), error.hint.as_deref().unwrap_or(""));
        assert_eq!(found, (sqlstate, message, detail, hint), "{arguments}");
        assert_eq!(error.position.unwrap_or(0), position, "{arguments}");
    }
}

#[test]
fn calls_are_listed_as_written() {
    let written = "'a', 1, 3000000000, 1.5, true, NULL, '{}'::jsonb, test => $1, x => now()";
    let types = "unknown, integer, bigint, numeric, boolean, unknown, jsonb, test => unknown, x => unknown";
    assert_eq!(types_as_written(&parse(written).arguments), types);
}
