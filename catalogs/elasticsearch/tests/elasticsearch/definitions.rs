//! What operators say about tables, what reads then ask, and what documents tell besides the mapping.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{Field, FieldRef};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use spi::Code;
use spi::connector::{ReadRequest, Scope};
use spi::documents::{TableDefinition, TableDefinitions};
use spi::metadata::{Harvest, Relation, SchemaMetadata};
use spi::predicate::{Comparison, Predicate, Value as Constant};

use crate::fixture::{Source, columns_of, relation, source};
use crate::server::{Product, Server};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    let mut trials = vec![
        trial(shared, "definitions_are_obeyed", definitions_are_obeyed),
        trial(shared, "a_look_keeps_nothing", a_look_keeps_nothing),
        trial(shared, "what_a_definition_cannot_say_is_refused", refused),
        trial(shared, "what_fits_no_more_hides_no_table", what_fits_no_more_hides_no_table),
        trial(shared, "copies_are_gathered", copies),
        trial(shared, "arrays_stay_arrays", arrays_stay_arrays),
    ];
    if shared.0 == Product::Elasticsearch {
        trials.push(trial(shared, "what_is_asked_is_explained", explained));
    }
    trials
}

fn definition(definition: Value) -> TableDefinition {
    serde_json::from_value(definition).expect("a definition")
}

/// The metadata after what was known, where a table is defined.
async fn harvest(source: &Source, earlier: Vec<Arc<SchemaMetadata>>, defined: Option<(&str, TableDefinition)>) -> SchemaMetadata {
    let tables = defined.into_iter().map(|(table, definition)| (table.to_owned(), Arc::new(definition))).collect();
    let definitions = TableDefinitions(BTreeMap::from([("public".to_owned(), tables)]));
    let mut harvest = Harvest::after(earlier, Arc::new(definitions));
    source.connector.harvest(&Scope::default(), &mut harvest).await.expect("a harvest");
    harvest.finish().expect("schemas").remove(0)
}

fn request(schema: &SchemaMetadata, table: &str, columns: &[&str]) -> ReadRequest {
    let row = schema.table(table).expect("the table");
    let field = |name: &&str| -> FieldRef {
        let column = schema.columns_of(row).find(|column| schema.column_name(*column) == *name);
        let column = column.unwrap_or_else(|| panic!("no column {name}"));
        Arc::new(Field::new(*name, schema.column_type(column).arrow.clone(), true))
    };
    ReadRequest {
        schema: "public".to_owned(),
        table: table.to_owned(),
        columns: columns.iter().map(field).collect(),
        recipe: schema.recipe(row).map(Arc::from),
        user: "ann".to_owned(),
        ..ReadRequest::default()
    }
}

fn compare(column: &str, comparison: Comparison, value: Constant) -> Predicate {
    Predicate::Compare { column: column.to_owned(), comparison, value }
}

/// Orders, and something else.
async fn fill(server: &Server, index: &str) {
    let keyword = || json!({"type": "keyword"});
    let properties = json!({"kind": keyword(), "price": keyword(), "tags": keyword(), "o": {"properties": {"at": keyword()}}});
    server.create(index, json!({"mappings": {"dynamic": false, "properties": properties}})).await;
    let documents = [
        r#"{"kind": "order", "price": "1.50", "o": {"at": "2024-01-31"}, "more": {"rank": 7}}"#,
        r#"{"kind": "order", "price": "20", "tags": "x", "o.at": "2024-02-01"}"#,
        r#"{"kind": "order", "price": "n/a"}"#,
        r#"{"kind": "note"}"#,
    ];
    server.add(index, &documents.map(str::to_owned)).await;
}

fn orders() -> TableDefinition {
    definition(json!({
        "columns": [{"name": "price", "type": "double precision"}, {"name": "day", "type": "date", "path": "o.at", "comment": "when"},
            {"name": "rank", "type": "integer", "path": "more.rank"}, {"name": "tags", "type": "text[]"},
            {"name": "what", "path": "kind", "nullable": false}],
        "key": ["_id", "day"],
        "filter": "{\"term\": {\"kind\": \"order\"}}",
        "comment": "orders",
    }))
}

async fn definitions_are_obeyed(server: &Server) {
    fill(server, "defined").await;
    let source = source(server, "defined").await;
    let schema = harvest(&source, Vec::new(), Some(("defined", orders()))).await;
    assert_eq!(
        columns_of(&schema, "defined"),
        [
            "_id text _id",
            "what text keyword",
            "day date keyword",
            "price double precision keyword",
            "tags text[] keyword",
            "rank integer unmapped",
            "_error text text",
            "_doc jsonb _source",
        ]
    );
    let constraints = relation(&schema, Relation::Constraints, "defined");
    assert!(constraints[0].contains("PRIMARY KEY|[_id, day]"), "{constraints:?}");
    let request = request(&schema, "defined", &["_id", "price", "day", "rank", "tags", "what"]);
    let all = ["0|1.5|2024-01-31|7|NULL|order", "1|20.0|2024-02-01|NULL|[x]|order", "2|NULL|NULL|NULL|NULL|order"];
    assert_eq!(source.rows(request.clone()).await.expect("rows"), all);
    // What has another type than the field is compared here, and only among the rows.
    for (predicate, expected) in [
        (compare("price", Comparison::Greater, Constant::Float(2.0)), &all[1..2]),
        (compare("rank", Comparison::Equal, Constant::Int(7)), &all[..1]),
        (compare("what", Comparison::Equal, Constant::Text("note".to_owned())), &[]),
        (compare("what", Comparison::Equal, Constant::Text("order".to_owned())), &all),
    ] {
        assert!(source.connector.applies(&predicate));
        let found = source.rows(ReadRequest { predicates: vec![predicate.clone()], ..request.clone() }).await.expect("rows");
        assert_eq!(found, expected, "{predicate:?}");
    }
    let none = ReadRequest { columns: Vec::new(), ..request };
    assert_eq!(source.count(none).await.expect("a count"), 3);
    let only = definition(json!({"columns": [{"name": "price"}], "only_these_columns": true}));
    let schema = harvest(&source, Vec::new(), Some(("defined", only))).await;
    assert_eq!(columns_of(&schema, "defined"), ["_id text _id", "price text keyword", "_error text text", "_doc jsonb _source"]);
}

async fn a_look_keeps_nothing(server: &Server) {
    fill(server, "looked-at").await;
    let source = source(server, "looked-at").await;
    let sample = source.connector.infer("public", "looked-at", None).await.expect("a sample");
    let inferred: Vec<String> =
        sample.inferred.iter().map(|column| format!("{} {} {}", column.path, column.field_type, column.evidence.present)).collect();
    assert_eq!(inferred, ["kind text 4", "o.at text 2", "price text 3", "tags text 1"]);
    let sample = source.connector.infer("public", "looked-at", Some(&orders())).await.expect("a sample");
    let checks: Vec<_> = sample.checks.iter().map(|check| (check.column.as_str(), check.present, check.misfits)).collect();
    assert_eq!(checks, [("what", 3, 0), ("day", 2, 0), ("price", 3, 1), ("tags", 1, 0), ("rank", 1, 0)]);
    assert_eq!(sample.columns.iter().filter(|column| column.declared).count(), 3, "{:?}", sample.columns);
    let schema = harvest(&source, Vec::new(), None).await;
    assert!(columns_of(&schema, "looked-at").contains(&"price text keyword".to_owned()));
}

async fn refused(server: &Server) {
    fill(server, "refusing").await;
    let source = source(server, "refusing").await;
    for given in [
        json!({"format": "json"}),
        json!({"row_path": "items"}),
        json!({"filter": "kind = 1"}),
        json!({"filter": "[]"}),
        json!({"filter": "{\"no_such_query\": {}}"}),
        json!({"key": ["none"]}),
        json!({"columns": [{"name": "_id", "type": "text"}]}),
    ] {
        let error = source.connector.infer("public", "refusing", Some(&definition(given.clone()))).await.expect_err("refused");
        assert_eq!(error.code, Code::InvalidArgument, "{given}: {error:?}");
    }
    for (schema, table) in [("public", "nowhere"), ("other", "refusing"), ("public", "refus*")] {
        let error = source.connector.infer(schema, table, None).await.expect_err("no such table");
        assert_eq!(error.code, Code::UndefinedTable, "{schema}.{table}");
    }
}

/// As when the column of a key is gone, or another release takes less than when the definition was made.
async fn what_fits_no_more_hides_no_table(server: &Server) {
    fill(server, "unfit-one").await;
    fill(server, "unfit-two").await;
    let source = source(server, "unfit-*").await;
    let without = columns_of(&harvest(&source, Vec::new(), None).await, "unfit-one");
    let day = json!([{"name": "day", "type": "date", "path": "o.at"}]);
    for (unfit, with_day, rows) in [
        (json!({"columns": day, "key": ["gone"], "filter": "{\"term\": {\"kind\": \"order\"}}"}), true, 3),
        (json!({"columns": [{"name": "day", "type": "tree", "path": "o.at"}], "filter": "{\"term\": {\"kind\": \"order\"}}"}), false, 3),
        (json!({"columns": day, "row_path": "items"}), false, 4),
        (json!({"columns": day, "filter": "kind = 1"}), false, 4),
    ] {
        let schema = harvest(&source, Vec::new(), Some(("unfit-one", definition(unfit.clone())))).await;
        let has_day = columns_of(&schema, "unfit-one").contains(&"day date keyword".to_owned());
        assert_eq!(has_day, with_day, "{unfit}");
        if !with_day {
            assert_eq!(columns_of(&schema, "unfit-one"), without, "{unfit}");
        }
        let problems = |table: &str| {
            relation(&schema, Relation::TableOptions, table).iter().filter(|option| option.contains("definition_problem|")).count()
        };
        assert_eq!((problems("unfit-one"), problems("unfit-two")), (1, 0), "{unfit}");
        assert_eq!(source.rows(request(&schema, "unfit-one", &["_id", "price"])).await.expect("rows").len(), rows, "{unfit}");
        assert_eq!(source.rows(request(&schema, "unfit-two", &["_id"])).await.expect("rows").len(), 4);
    }
}

async fn explained(server: &Server) {
    let long = json!({"type": "long"});
    let properties = json!({"n": long, "k": {"type": "keyword"}, "more": long, "d": {"type": "date"}});
    server.create("explained", json!({"mappings": {"properties": properties}})).await;
    server.add("explained", &[r#"{"n": 1, "k": "a"}"#.to_owned()]).await;
    let source = source(server, "explained").await;
    let schema = harvest(&source, Vec::new(), None).await;
    let before = source.remote_calls.total();
    let one = compare("n", Comparison::Equal, Constant::Int(1));
    let wanted = ReadRequest { predicates: vec![one], ..request(&schema, "explained", &["k"]) };
    let shown = source.connector.explain(&wanted).expect("a request");
    let (head, body) = shown.split_once("; POST /_search ").expect("two requests");
    assert_eq!(head, "POST /explained/_pit?keep_alive=5m");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["query"], json!({"bool": {"filter": [{"terms": {"n": [1]}}]}}));
    let mut fields: Vec<&str> = body["_source"].as_array().expect("fields").iter().filter_map(Value::as_str).collect();
    fields.sort_unstable();
    assert_eq!((fields, &body["slice"], &body["size"]), (vec!["k", "n"], &json!({"id": 0, "max": 2}), &json!(50)));
    // Of a document of which all is wanted, nothing is left out. A date is asked for in one form, whatever the document's is.
    let all = source.connector.explain(&request(&schema, "explained", &["d", "k", "more", "n"])).expect("a request");
    let body: Value = serde_json::from_str(all.split_once("; POST /_search ").expect("two requests").1).expect("JSON");
    assert_eq!((&body["_source"], &body["fields"], &body["docvalue_fields"][0]["field"]), (&json!(true), &Value::Null, &json!("d")));
    let count = source.connector.explain(&request(&schema, "explained", &[])).expect("a request");
    assert_eq!(count, r#"POST /explained/_search {"size":0,"track_total_hits":true}"#);
    assert_eq!(source.remote_calls.total(), before, "nobody is asked");
    // The server takes what is shown.
    server.request("POST", "/explained/_search", r#"{"size": 0, "track_total_hits": true}"#).await;
}

async fn copies(server: &Server) {
    let text = |to: Value| json!({"type": "text", "copy_to": to});
    let named = json!({"properties": {"first": text(json!("full")), "last": text(json!(["full", "key"]))}});
    let properties = json!({"name": named, "full": {"type": "text"}, "key": {"type": "keyword"}, "n": {"type": "long", "copy_to": "sum"},
        "sum": {"type": "long"}, "day": {"type": "date", "format": "dd.MM.yyyy", "copy_to": "days"},
        "days": {"type": "date", "format": "dd.MM.yyyy"}});
    server.create("copied", json!({"mappings": {"properties": properties}})).await;
    server.add("copied", &[r#"{"name": {"first": "Ann", "last": "Lee"}, "n": 5, "day": "02.01.2024"}"#.to_owned(), "{}".to_owned()]).await;
    let source = source(server, "copied").await;
    let schema = harvest(&source, Vec::new(), None).await;
    let columns = columns_of(&schema, "copied");
    for expected in ["full text[] text", "key text[] keyword", "sum bigint[] long", "n bigint long", "days timestamp with time zone[] date"]
    {
        assert!(columns.contains(&expected.to_owned()), "{columns:?}");
    }
    let rows = source.rows(request(&schema, "copied", &["_id", "full", "key", "sum", "days", "n", "_error"])).await.expect("rows");
    // The server has no order of the fields that it copies from.
    let first = ["[Ann, Lee]", "[Lee, Ann]"].map(|full| format!("0|{full}|[Lee]|[5]|[2024-01-02T00:00:00Z]|5|NULL"));
    assert!(first.contains(&rows[0]) && rows[1] == "1|NULL|NULL|NULL|NULL|NULL|NULL", "{rows:?}");
}

async fn arrays_stay_arrays(server: &Server) {
    server.create("flips", json!({"mappings": {"properties": {"k": {"type": "keyword"}, "n": {"type": "long"}}}})).await;
    server.add("flips", &[r#"{"k": ["a", "b"], "n": 1}"#.to_owned()]).await;
    let source = source(server, "flips").await;
    let first = harvest(&source, Vec::new(), None).await;
    assert_eq!(columns_of(&first, "flips")[1..3], ["k text[] keyword", "n bigint long"]);
    let evidence = relation(&first, Relation::InferredColumns, "flips");
    assert!(
        evidence[0].contains(r#"|k|k|text[]|1|1|0|{"list":1}|"#) && evidence[1].contains(r#"|n|n|bigint|1|1|0|{"int":1}|"#),
        "{evidence:?}"
    );
    // Now the other way round.
    server.add("flips", &[r#"{"k": "a", "n": [1, 2]}"#.to_owned()]).await;
    let wanted = request(&first, "flips", &["k", "n", "_error"]);
    let rows = source.rows(wanted).await.expect("rows");
    assert!(rows[0].starts_with("[a]|NULL|field n: "), "{rows:?}");
    let second = harvest(&source, vec![Arc::new(first)], None).await;
    assert_eq!(columns_of(&second, "flips")[1..3], ["k text[] keyword", "n bigint[] long"]);
    assert_eq!(source.rows(request(&second, "flips", &["k", "n", "_error"])).await.expect("rows"), ["[a]|[1, 2]|NULL"]);
}
