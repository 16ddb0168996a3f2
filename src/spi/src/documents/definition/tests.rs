//! What definitions make of inferred columns, and what is refused.

use super::*;
use crate::documents::inference::{Inference, InferenceOptions};
use crate::documents::json;

fn definition(json: &str) -> TableDefinition {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn inferred() -> Vec<InferredColumn> {
    let mut inference = Inference::new(InferenceOptions::default());
    let sample = json::read(br#"{"id": 1, "at": "2024-02-29", "customer": {"name": "x"}, "_doc": 7}"#).expect("valid");
    inference.add(&sample);
    inference.finish(&[]).columns
}

fn listed(definition: &TableDefinition) -> Result<String> {
    let columns = definition.columns(&inferred(), &["_doc".to_owned()])?;
    Ok(columns.iter().map(|column| format!("{} {} <- {}", column.name, column.field_type, column.path)).collect::<Vec<_>>().join(", "))
}

#[test]
fn what_is_not_defined_is_inferred() {
    assert_eq!(
        listed(&TableDefinition::default()).expect("valid"),
        "id bigint <- id, at text <- at, customer struct(name text) <- customer, _doc_field bigint <- _doc"
    );
}

#[test]
fn columns_take_the_place_of_inferred_ones() {
    let defined = definition(
        r#"{"columns": [
            {"name": "name", "path": "customer.name", "type": "varchar(9)", "nullable": false, "comment": "of the customer"},
            {"name": "day", "path": "at", "type": "date"},
            {"name": "_doc_field", "type": "text"},
            {"name": "id", "path": "customer.id"}
        ], "key": ["day", "name"]}"#,
    );
    assert_eq!(
        listed(&defined).expect("valid"),
        "day date <- at, customer struct(name text) <- customer, _doc_field text <- _doc, \
         name character varying(9) <- customer.name, id jsonb <- customer.id"
    );
    let only = TableDefinition { only_these_columns: true, ..defined };
    let columns = only.columns(&inferred(), &[]).expect("valid");
    let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["name", "day", "_doc_field", "id"]);
    assert_eq!((columns[0].nullable, columns[0].comment.as_deref(), columns[0].declared), (false, Some("of the customer"), true));
    assert_eq!((columns[1].native_type.as_str(), columns[3].declared), ("text", false));
}

#[test]
fn what_cannot_be_is_refused() {
    for (json, message) in [
        (r#"{"columns": [{"name": "a", "type": "txt"}]}"#, "column \"a\" of the table definition has the unknown type \"txt\""),
        (r#"{"columns": [{"name": ""}]}"#, "a column of the table definition has no name that a column can have"),
        (r#"{"columns": [{"name": "a"}, {"name": "a"}]}"#, "column \"a\" is in the table definition twice"),
        (r#"{"columns": [{"name": "a", "path": "a..b"}]}"#, "the path of column \"a\" of the table definition, \"a..b\", is no path"),
        (
            r#"{"columns": [{"name": "_doc"}]}"#,
            "column \"_doc\" of the table definition has the name of a column that every such table has",
        ),
        (r#"{"key": ["nope"]}"#, "key column \"nope\" of the table definition is no column of the table"),
        (r#"{"key": ["id"], "only_these_columns": true}"#, "key column \"id\" of the table definition is no column of the table"),
    ] {
        assert_eq!(listed(&definition(json)).map_err(|error| error.message), Err(message.to_owned()), "{json}");
    }
    for json in [r#"{"colums": []}"#, r#"{"columns": [{"name": "a", "typ": "text"}]}"#, r#"{"columns": [{}]}"#] {
        assert!(serde_json::from_str::<TableDefinition>(json).is_err(), "{json}");
    }
    assert_eq!(definition(r#"{"row_path": "a["}"#).row_path().map_err(|error| error.code), Err(Code::InvalidArgument));
}

#[test]
fn the_key_may_be_a_column_that_every_table_has() {
    let own = definition(r#"{"key": ["_doc", "id"]}"#);
    assert_eq!(own.columns(&inferred(), &["_doc".to_owned()]).expect("valid").len(), 4);
    assert!(own.columns(&inferred(), &[]).is_err());
}

#[test]
fn what_a_source_has_no_meaning_for_is_refused_by_name() {
    let given = definition(r#"{"pattern": "user:*"}"#);
    assert_eq!(given.filter.as_deref(), Some("user:*"));
    assert_eq!(definition(r#"{"type": "hash"}"#).format.as_deref(), Some("hash"));
    assert!(given.refuse(Part::Format, "topics", "").is_ok() && given.refuse(Part::RowPath, "topics", "").is_ok());
    let error = given.refuse(Part::Filter, "topics", "Filter in a view.").expect_err("refused");
    assert_eq!(error.message, "the table definition has a filter, which topics cannot have");
}

#[test]
fn definitions_say_no_more_than_they_were_told() {
    let json = r#"{"columns":[{"name":"a","type":"date","nullable":true}],"row_path":"a.b","comment":"c"}"#;
    assert_eq!(serde_json::to_string(&definition(json)).expect("JSON"), json);
    assert_eq!(serde_json::to_string(&TableDefinition::default()).expect("JSON"), "{}");
    let options = crate::options::describe::<TableDefinition>();
    assert!(options.iter().all(|option| !option.description.is_empty() && !option.required));
}

#[test]
fn rows_are_found_in_documents() {
    let rows_of = |text: &str, path: &str| {
        let document = json::read(text.as_bytes()).expect("valid");
        rows(&document, &Path::try_from(path.to_owned()).expect("a path")).map(<[_]>::len)
    };
    assert_eq!(rows_of(r#"{"r": {"items": [{}, 1, null]}}"#, "r.items"), Ok(3));
    assert_eq!(rows_of(r#"{"r": {"items": {"a": 1}}}"#, "r.items"), Ok(1));
    assert_eq!(rows_of(r#"{"r": null}"#, "r.items"), Ok(0));
    assert_eq!(rows_of(r#"{}"#, "r.items"), Ok(0));
    assert_eq!(rows_of("[1, 2]", ""), Ok(1));
    assert_eq!(rows_of(r#"{"r": 5}"#, "r.items"), Err("there are no rows at r.items: int 5 is not an object".to_owned()));
}
