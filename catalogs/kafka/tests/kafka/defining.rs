//! Tables as operators define them.

use std::collections::BTreeMap;
use std::sync::Arc;

use libtest_mimic::Trial;
use serde_json::{Value, json};
use spi::Code;
use spi::connector::Scope;
use spi::documents::{TableDefinition, TableDefinitions};
use spi::metadata::{Harvest, Relation, SchemaMetadata};

use crate::fixture::{Source, relation, request_of_schema, source};
use crate::server::{Sent, Server, value};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial(shared, "defining::definitions_are_obeyed", definitions_are_obeyed),
        trial(shared, "defining::a_value_may_hold_many_rows", a_value_may_hold_many_rows),
        trial(shared, "defining::csv_has_the_names_of_a_definition", csv_has_the_names_of_a_definition),
        trial(shared, "defining::a_look_keeps_nothing", a_look_keeps_nothing),
        trial(shared, "defining::what_cannot_be_is_refused", what_cannot_be_is_refused),
        trial(shared, "defining::what_fits_no_more_hides_no_table", what_fits_no_more_hides_no_table),
    ]
}

pub(crate) fn definition(definition: Value) -> TableDefinition {
    serde_json::from_value(definition).expect("a definition")
}

/// The metadata of the topics, one of which is defined.
pub(crate) async fn harvest_defined(source: &Source, table: &str, definition: TableDefinition) -> SchemaMetadata {
    let tables = BTreeMap::from([(table.to_owned(), Arc::new(definition))]);
    let definitions = TableDefinitions(BTreeMap::from([("public".to_owned(), tables)]));
    let mut harvest = Harvest::after(Vec::new(), Arc::new(definitions));
    source.connector.harvest(&Scope::default(), &mut harvest).await.expect("a harvest");
    harvest.finish().expect("metadata").remove(0)
}

fn column_names(schema: &SchemaMetadata, table: &str) -> Vec<String> {
    let table = schema.table(table).expect("the table");
    schema.columns_of(table).map(|column| schema.column_name(column).to_owned()).collect()
}

async fn definitions_are_obeyed(server: &Server) {
    server.create("defined", 1, &[]).await;
    let key = |key: &str| Some(key.as_bytes().to_vec());
    let sent = [
        Sent { key: key("a"), ..value(r#"{"n": "12", "who": {"name": "ann"}, "more": 1}"#) },
        Sent { key: key("b"), ..value(r#"{"n": "7"}"#) },
        Sent { key: key("c"), ..value(r#"{"n": "many"}"#) },
    ];
    server.send("defined", &sent);
    let source = source(server).await;
    let columns = json!([{"name": "n", "type": "bigint"}, {"name": "name", "type": "text", "path": "who.name"}]);
    let defined = definition(json!({"columns": columns, "only_these_columns": true, "key": ["_key"], "comment": "who has how many"}));
    let schema = harvest_defined(&source, "defined", defined).await;
    let own = ["_partition", "_offset", "_timestamp", "_key", "_headers", "_value"];
    assert_eq!(column_names(&schema, "defined"), [&own[..], &["n", "name", "_error", "_doc"]].concat());
    assert!(relation(&schema, Relation::Tables, &["name", "comment"]).contains(&"defined|who has how many".to_owned()));
    let mut request = request_of_schema(&schema, "defined");
    request.columns.retain(|column| ["_key", "n", "name", "_error"].contains(&column.name().as_str()));
    let rows = source.rows(request).await.expect("rows");
    assert_eq!(rows[..2], ["a|12|ann|NULL", "b|7|NULL|NULL"]);
    assert!(rows[2].starts_with("c|NULL|NULL|field n: "), "{rows:?}");
    let schema = harvest_defined(&source, "defined", definition(json!({"format": "text"}))).await;
    assert_eq!(column_names(&schema, "defined"), [&own[..], &["_error"]].concat());
}

async fn a_value_may_hold_many_rows(server: &Server) {
    server.create("responses", 1, &[]).await;
    let sent = [
        r#"{"page": 1, "data": {"items": [{"id": 1, "name": "ann"}, {"id": 2}]}}"#,
        r#"{"page": 2, "data": {"items": []}}"#,
        r#"{"page": 3}"#,
        r#"{"data": {"items": {"id": 3}}}"#,
        r#"{"data": "down"}"#,
        r#"{"data": {"items": [{"id": 4}, 5]}}"#,
        "oops",
    ];
    server.send("responses", &sent.map(value));
    // It has no rows.
    server.send("responses", &[Sent { value: None, ..value("") }]);
    let source = source(server).await;
    let defined = definition(json!({"row_path": "data.items"}));
    let sample = source.connector.infer("public", "responses", Some(&defined)).await.expect("a sample");
    assert_eq!(sample.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["id", "name"]);
    let schema = harvest_defined(&source, "responses", defined).await;
    let keys = relation(&schema, Relation::Constraints, &["name"]);
    assert!(!keys.contains(&"responses_pkey".to_owned()), "where a message is, is no key of its rows: {keys:?}");
    let request = request_of_schema(&schema, "responses");
    let wanted = |names: &[&str], limit| {
        let mut request = request.clone();
        request.columns.retain(|column| names.contains(&column.name().as_str()));
        request.limit = limit;
        request
    };
    let expected = [
        "0|1|ann|NULL",
        "0|2|NULL|NULL",
        "3|3|NULL|NULL",
        "4|NULL|NULL|there are no rows at data.items: text \"down\" is not an object",
        "5|4|NULL|NULL",
        "5|NULL|NULL|the document is not an object, but int 5",
    ];
    let rows = source.rows(wanted(&["_offset", "id", "name", "_error"], None)).await.expect("rows");
    assert_eq!(rows[..6], expected);
    assert!(rows[6].starts_with("6|NULL|NULL|invalid JSON"), "{rows:?}");
    assert_eq!(
        source.rows(wanted(&["_offset", "_doc"], Some(2))).await.expect("rows"),
        [r#"0|{"id": 1, "name": "ann"}"#, r#"0|{"id": 2}"#]
    );
    assert_eq!(source.rows(wanted(&["_offset"], None)).await.expect("rows"), ["0", "0", "3", "4", "5", "5", "6"]);
}

async fn csv_has_the_names_of_a_definition(server: &Server) {
    server.create("lines_of_csv", 1, &[]).await;
    let lines = ["1;'a;b';2024-02-29;12.50", "2;;2024-03-01;x", "3;c\n4;d", "5"];
    server.send("lines_of_csv", &lines.map(value));
    let source = source(server).await;
    let columns = json!([{"name": "id", "type": "bigint"}, {"name": "what"}, {"name": "day"}, {"name": "price", "type": "numeric(9,2)"}]);
    let defined = definition(json!({"format": "csv delimiter=; quote='", "columns": columns, "key": ["id"]}));
    let sample = source.connector.infer("public", "lines_of_csv", Some(&defined)).await.expect("a sample");
    assert_eq!(sample.checks.iter().map(|check| check.misfits).collect::<Vec<_>>(), [0, 0, 0, 1]);
    let schema = harvest_defined(&source, "lines_of_csv", defined).await;
    let mut request = request_of_schema(&schema, "lines_of_csv");
    request.columns.retain(|column| ["id", "what", "day", "price", "_error"].contains(&column.name().as_str()));
    let rows = source.rows(request).await.expect("rows");
    let expected = [
        "1|a;b|2024-02-29|12.50|NULL",
        "2|NULL|2024-03-01|NULL|field column_4: text \"x\" is not numeric(9,2)",
        "5|NULL|NULL|NULL|NULL",
        "NULL|NULL|NULL|NULL|invalid CSV: the value holds more than one record",
    ];
    assert_eq!(rows, expected);
}

async fn a_look_keeps_nothing(server: &Server) {
    server.create("looked_at", 1, &[]).await;
    server.send("looked_at", &[value(r#"{"n": "12"}"#), value(r#"{"n": "x"}"#)]);
    let source = source(server).await;
    let sample = source.connector.infer("public", "looked_at", None).await.expect("a sample");
    let inferred: Vec<String> = sample.inferred.iter().map(|column| format!("{} {}", column.name, column.field_type)).collect();
    assert_eq!(inferred, ["n text"]);
    let as_number = definition(json!({"columns": [{"name": "n", "type": "bigint"}]}));
    let sample = source.connector.infer("public", "looked_at", Some(&as_number)).await.expect("a sample");
    assert_eq!((sample.checks[0].present, sample.checks[0].misfits), (2, 1));
    assert_eq!(sample.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["n"]);
    let schema = source.schema().await;
    assert!(column_names(&schema, "looked_at").contains(&"n".to_owned()));
}

async fn what_cannot_be_is_refused(server: &Server) {
    server.create("refusing", 1, &[]).await;
    let source = source(server).await;
    for refused in [
        json!({"filter": "n > 1"}),
        json!({"row_path": "rows..more"}),
        json!({"row_path": "rows", "format": "text"}),
        json!({"format": "xml"}),
        json!({"format": "raw", "columns": [{"name": "n", "type": "bigint"}]}),
        json!({"columns": [{"name": "_offset", "type": "bigint"}]}),
        json!({"key": ["nothing"]}),
    ] {
        let error = source.connector.infer("public", "refusing", Some(&definition(refused.clone()))).await.expect_err("refused");
        assert_eq!(error.code, Code::InvalidArgument, "{refused}: {error:?}");
    }
    let error = source.connector.infer("public", "nowhere", None).await.expect_err("no topic");
    assert_eq!(error.code, Code::UndefinedTable, "{error:?}");
}

/// As when the column of a key is gone, or the format of the source is another one than when the definition was made.
async fn what_fits_no_more_hides_no_table(server: &Server) {
    server.create("unfit", 1, &[]).await;
    server.send("unfit", &[value(r#"{"n": 1}"#)]);
    let source = source(server).await;
    for (unfit, columns) in [
        (json!({"columns": [{"name": "m", "type": "bigint"}], "only_these_columns": true, "key": ["n"]}), vec!["m"]),
        (json!({"filter": "n > 1", "columns": [{"name": "m", "type": "bigint"}]}), vec!["n"]),
    ] {
        let schema = harvest_defined(&source, "unfit", definition(unfit.clone())).await;
        let own = ["_partition", "_offset", "_timestamp", "_key", "_headers", "_value"];
        assert_eq!(column_names(&schema, "unfit"), [&own[..], &columns, &["_error", "_doc"]].concat(), "{unfit}");
        let options = relation(&schema, Relation::TableOptions, &["name", "value"]);
        assert_eq!(options.iter().filter(|option| option.starts_with("definition_problem|")).count(), 1, "{unfit}: {options:?}");
        assert_eq!(source.rows(request_of_schema(&schema, "unfit")).await.expect("rows").len(), 1);
    }
}
