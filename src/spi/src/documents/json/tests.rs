//! What JSON is read as, and what is refused as none.

use proptest::prelude::*;

use super::*;
use crate::documents::json_text;

fn check(json: &str, expected: Document<'_>) {
    assert_eq!(read(json.as_bytes()), Ok(expected), "{json}");
}

#[test]
fn numbers_keep_all_that_they_say() {
    let decimal = |text| Document::Decimal(Decimal::parse(text).expect("a number"));
    check("9223372036854775807", Document::Int(i64::MAX));
    check("-0", Document::Int(0));
    check("9223372036854775808", decimal("9223372036854775808"));
    check("1.5", Document::Float(1.5));
    check("1.0", Document::Float(1.0));
    check("0.1", Document::Float(0.1));
    check("1e2", Document::Float(100.0));
    check("123456789012345678.5", decimal("123456789012345678.5"));
    check("0.12345678901234567890", decimal("0.12345678901234567890"));
    check("1e400", decimal("1e400"));
    check("1e-400", decimal("1e-400"));
    check("0.1000000000000000000000", Document::Float(0.1));
}

#[test]
fn strings_are_unescaped() {
    check(r#""""#, Document::text(""));
    check(r#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00ü""#, Document::text("a\"\\/\u{8}\u{c}\n\r\té😀ü"));
    check(r#""\u0000""#, Document::text("\0"));
    let long = "x".repeat(1 << 20);
    check(&format!("\"{long}\""), Document::text(long.as_str()));
    assert!(matches!(read(b"\"abc\""), Ok(Document::Text(Cow::Borrowed("abc")))));
}

#[test]
fn of_repeated_names_the_last_counts() {
    check(
        r#" {"a": 1, "": true, "a.b": null, "A": [ ], "a": {}} "#,
        Document::object([
            ("a", Document::Object(Vec::new())),
            ("", Document::Bool(true)),
            ("a.b", Document::Null),
            ("A", Document::List(Vec::new())),
        ]),
    );
    let many: Vec<String> = (0..40).map(|number| format!("\"k{}\": {number}", number % 20)).collect();
    let json = format!("{{{}}}", many.join(","));
    let document = read(json.as_bytes()).expect("valid");
    assert_eq!(document.get("k3"), Some(&Document::Int(23)));
    assert!(matches!(document, Document::Object(fields) if fields.len() == 20));
}

#[test]
fn what_is_no_json_is_refused_with_its_place() {
    for (json, position, problem) in [
        ("", 0, "the text ends too early"),
        ("[1,]", 3, "a value was expected"),
        ("[1 2]", 3, "a comma was expected"),
        ("{\"a\" 1}", 5, "a colon was expected"),
        ("{a: 1}", 1, "a name in double quotes was expected"),
        ("{\"a\": 1", 7, "the text ends too early"),
        ("01", 2, "a number begins with a needless zero"),
        ("1.", 2, "a digit was expected"),
        ("-", 1, "a digit was expected"),
        ("1e999999999", 0, "a number is beyond what numeric holds"),
        ("nul", 0, "a value was expected"),
        ("1 2", 2, "there is more behind the document"),
        ("\"\\x\"", 2, "an escape is unknown"),
        ("\"\\ud800\"", 1, "half of a surrogate pair stands alone"),
        ("\"\\ud800\\u0041\"", 1, "half of a surrogate pair stands alone"),
        ("\"\\udc00\"", 1, "half of a surrogate pair stands alone"),
        ("\"\\u12\"", 3, "four hexadecimal digits were expected"),
        ("\"a\nb\"", 2, "a control character in a string is not escaped"),
        ("NaN", 0, "a value was expected"),
    ] {
        assert_eq!(read(json.as_bytes()), Err(JsonError { position, problem }), "{json}");
    }
    let error = read(b"{\"a\": \"\xff\"}").expect_err("not UTF-8");
    assert_eq!(error.to_string(), "invalid JSON at byte 7: the text is not valid UTF-8");
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(nested(DEPTH_MAX).as_bytes()).is_ok());
    assert_eq!(read(nested(DEPTH_MAX + 1).as_bytes()).map_err(|error| error.problem), Err("it is nested too deeply"));
    assert!(read_wanted(nested(100_000).as_bytes(), &Wanted::Fields(HashMap::new())).is_err());
}

#[test]
fn what_is_not_wanted_is_left_out_but_checked() {
    let wanted = Wanted::Fields([("b".to_owned(), Wanted::Fields([("c".to_owned(), Wanted::All)].into()))].into());
    let read = |json: &'static str| read_wanted(json.as_bytes(), &wanted);
    let found = read(r#"{"a": [1, {"x": 1e999999999}], "b": {"c": [1, {"d": 2}], "e": 3}}"#).expect("valid");
    let list = Document::List(vec![Document::Int(1), Document::object([("d", Document::Int(2))])]);
    assert_eq!(found, Document::object([("b", Document::object([("c", list)]))]));
    assert_eq!(read(r#"{"b": [{"c": 1}]}"#), Ok(Document::object([("b", Document::List(Vec::new()))])));
    assert_eq!(read(r#"{"b": 5}"#), Ok(Document::object([("b", Document::Int(5))])));
    assert!(read(r#"{"a": [1, "\ud800"]}"#).is_err());
}

#[test]
fn rows_within_a_document_are_read_as_far_as_wanted() {
    let fields = Wanted::Fields([("a".to_owned(), Wanted::All)].into());
    let wanted = fields.of_rows(&Path::parse("hits.hits").expect("a path"));
    let check = |json: &str, expected: &str| {
        let document = read_wanted(json.as_bytes(), &wanted).expect("valid");
        assert_eq!(json_text::write(&document).as_deref(), Ok(expected), "{json}");
    };
    check(
        r#"{"took": 3, "hits": {"total": 2, "hits": [{"a": [1, {"c": 2}], "b": 2}, 5]}}"#,
        r#"{"hits": {"hits": [{"a": [1, {"c": 2}]}, 5]}}"#,
    );
    check(r#"{"hits": {"hits": {"a": 1, "b": 2}}}"#, r#"{"hits": {"hits": {"a": 1}}}"#);
    check(r#"{"hits": [{"hits": []}]}"#, r#"{"hits": []}"#);
    assert_eq!(Wanted::All.of_rows(&Path::default()), Wanted::All);
}

/// Any JSON, as serde_json has it.
fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_filter("JSON has no others", |value| value.is_finite()).prop_map(Into::into),
        "[^\0]*".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec(("[^\0]{0,3}", inner), 0..6).prop_map(|fields| serde_json::Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The document that it is.
fn document(value: &serde_json::Value) -> Document<'_> {
    use serde_json::Value;
    match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(value) => Document::Int(value),
            None => Document::Float(number.as_f64().expect("a double")),
        },
        Value::String(text) => Document::text(text.as_str()),
        Value::Array(items) => Document::List(items.iter().map(document).collect()),
        Value::Object(fields) => Document::Object(fields.iter().map(|(name, value)| (name.as_str().into(), document(value))).collect()),
    }
}

proptest! {
    #[test]
    fn everything_of_serde_json_is_read(value in any_json()) {
        for json in [value.to_string(), serde_json::to_string_pretty(&value).expect("JSON")] {
            let read_back = read(json.as_bytes());
            prop_assert_eq!(read_back, Ok(document(&value)));
        }
        let written = json_text::write(&document(&value)).expect("no NUL");
        let again = read(written.as_bytes()).map(|again| json_text::write(&again));
        prop_assert_eq!(again, Ok(Ok(written.clone())));
    }

    #[test]
    fn no_text_makes_it_panic(json: Vec<u8>, text in r#"[\[\]{}":,\\u0-9a-fdDe.+ -]*"#) {
        let nothing = Wanted::Fields(HashMap::new());
        for json in [&json[..], text.as_bytes()] {
            let whole = read(json);
            prop_assert!(whole.is_err() || read_wanted(json, &nothing).is_ok());
            prop_assert!(whole.is_err() || serde_json::from_slice::<serde::de::IgnoredAny>(json).is_ok());
        }
    }
}
