//! Tables as operators define them: which keys they have, what these hold, and which columns that makes.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use serde_json::{Value, json};
use spi::Code;
use spi::connector::{ReadRequest, Scope};
use spi::documents::TableDefinition;
use spi::metadata::{Relation, SchemaMetadata};
use spi::predicate::{Predicate, Value as Constant};

use crate::fixture::{Defined, Source, columns, key_is, options, relation, some_of, source, source_with, tables};
use crate::server::Server;

fn definition(definition: &Value) -> TableDefinition {
    serde_json::from_value(definition.clone()).expect("a definition")
}

fn defined<const N: usize>(tables: [(&str, Value); N]) -> Defined {
    tables.map(|(name, given)| (name.to_owned(), Arc::new(definition(&given)))).into()
}

/// The metadata of `db0` where tables are defined, and nothing was known before.
async fn harvest(source: &Source, tables: &Defined) -> SchemaMetadata {
    let nothing = source.schema("db0").await;
    source.schema_after(&nothing, tables, &Scope::default()).await.expect("a harvest")
}

async fn rows(source: &Source, schema: &SchemaMetadata, table: &str, columns: &[&str]) -> Vec<String> {
    source.rows(some_of(source.request_as(schema, table), columns)).await.expect("rows")
}

const USERS: &str = "
    HSET user:1 name ann born 2001-02-03 balance 10.5 tags [\"a\",\"b\"] code 007
    HSET user:2 name bob born none balance 7
    HSET user:2:more name carl
    SADD user:1:friends 2
    HSET account:1 name dora";

#[tokio::test]
async fn a_definition_makes_a_table() {
    let Some(server) = Server::start().await else { return };
    server.run(USERS).await;
    let source = source(&server).await;
    let people = json!({
        "pattern": "user:[0-9]*", "type": "hash",
        "columns": [{"name": "born", "type": "date", "comment": "the day"}, {"name": "money", "path": "balance", "type": "numeric(12,2)"},
            {"name": "tags", "type": "text[]"}, {"name": "number", "path": "code", "type": "integer"}],
        "key": ["name"], "comment": "who there is",
    });
    let sample = source.connector.infer("db0", "people", Some(&definition(&people))).await.expect("a sample");
    let checks: BTreeSet<_> = sample.checks.iter().map(|check| (check.column.as_str(), check.present, check.misfits)).collect();
    assert_eq!(checks, BTreeSet::from([("born", 2, 1), ("money", 2, 0), ("name", 3, 0), ("number", 1, 0), ("tags", 1, 0)]));
    assert_eq!(sample.columns.iter().filter(|column| column.declared).count(), 4);

    let schema = harvest(&source, &defined([("people", people)])).await;
    // What was found stays beside it.
    assert_eq!(tables(&schema), ["account|1", "people|3", "user|2", "user:friends|1", "user:more|1"]);
    let mut found = columns(&schema, "people");
    found.sort();
    let mut expected = ["_key text", "_type text", "_ttl bigint", "name text", "born date", "money numeric(12,2)", "tags text[]"].to_vec();
    expected.extend(["number integer", "_error text", "_doc jsonb"]);
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(relation(&schema, Relation::Tables, &["name", "comment"]).contains(&"people|who there is".to_owned()));
    assert!(relation(&schema, Relation::Constraints, &["name", "kind", "columns"]).contains(&"people_pkey|PRIMARY KEY|[name]".to_owned()));
    assert_eq!(options(&schema, "people", "key_pattern"), ["user:[0-9]*"]);
    let found = rows(&source, &schema, "people", &["_key", "name", "born", "money", "tags", "number"]).await;
    assert_eq!(found, ["user:1|ann|2001-02-03|10.50|[a, b]|7", "user:2:more|carl|NULL|NULL|NULL|NULL", "user:2|bob|NULL|7.00|NULL|NULL"]);
    // The same out of whole hashes.
    let wholes = rows(&source, &schema, "people", &["_key", "born", "money", "_error", "_doc"]).await;
    assert!(wholes[0].starts_with("user:1|2001-02-03|10.50|NULL|{") && wholes[0].contains("\"code\": \"007\""), "{wholes:?}");
    assert!(wholes[2].starts_with("user:2|NULL|7.00|field born: "), "{wholes:?}");
}

#[tokio::test]
async fn a_key_is_looked_up_if_it_is_in_the_pattern() {
    let Some(server) = Server::start().await else { return };
    server.run(USERS).await;
    let source = source(&server).await;
    let schema = harvest(&source, &defined([("people", json!({"pattern": "user:?"})), ("one", json!({"pattern": "account:1"}))])).await;
    let request = some_of(source.request_as(&schema, "people"), &["_key", "name"]);
    for (key, expected) in
        [("user:2", &["user:2|bob"][..]), ("user:2:more", &[]), ("user:1:friends", &[]), ("account:1", &[]), ("user:3", &[])]
    {
        let before = source.remote_calls.total();
        let found = source.rows(ReadRequest { predicates: vec![key_is(key)], ..request.clone() }).await.expect("rows");
        assert_eq!(found, expected, "{key}");
        // One selects the database.
        assert!(source.remote_calls.total() - before <= 2, "{key}");
    }
    // A pattern that is one key needs no walk either.
    let before = source.remote_calls.total();
    assert_eq!(rows(&source, &schema, "one", &["_key", "name"]).await, ["account:1|dora"]);
    assert!(source.remote_calls.total() - before <= 2);
}

#[tokio::test]
async fn a_definition_overrules_a_found_table() {
    let Some(server) = Server::start().await else { return };
    server.run(USERS).await;
    let source = source(&server).await;
    let found = source.schema("db0").await;
    let after = async |given: Value| {
        let tables = defined([("user", given)]);
        source.schema_after(&found, &tables, &Scope::default()).await.expect("a harvest")
    };
    // Other keys.
    let schema = after(json!({"pattern": "account:*"})).await;
    assert_eq!(rows(&source, &schema, "user", &["_key", "name"]).await, ["account:1|dora"]);
    assert_eq!(tables(&schema), ["account|1", "user|1", "user:friends|1", "user:more|1"]);
    // The same keys, and other columns.
    let schema = after(json!({"columns": [{"name": "born", "type": "text"}], "only_these_columns": true})).await;
    assert_eq!(columns(&schema, "user"), ["_key text", "_type text", "_ttl bigint", "born text", "_error text", "_doc jsonb"]);
    assert_eq!(rows(&source, &schema, "user", &["_key", "born"]).await, ["user:1|2001-02-03", "user:2|none"]);
    // Without the definition it is as it was.
    let schema = source.schema_after(&schema, &Defined::default(), &Scope::default()).await.expect("a harvest");
    assert_eq!(tables(&schema), tables(&found));
    let sorted = |schema: &SchemaMetadata| columns(schema, "user").into_iter().collect::<BTreeSet<_>>();
    assert_eq!(sorted(&schema), sorted(&found));
}

#[tokio::test]
async fn every_type_of_keys_can_be_defined() {
    let Some(server) = Server::start().await else { return };
    server
        .run(
            "SET x:1 {\"a\":\"1\"}\nSET x:2 {\"a\":\"2.5\"}\nSET n:1 007\nSET n:2 8\nRPUSH l:1 2024-01-31 2024-02-01
            SADD s:1 5 06\nZADD z:1 1.5 7\nXADD log:1 1700000000000-0 code 07",
        )
        .await;
    let source = source(&server).await;
    let typed = |pattern: &str, kind: &str, column: &str, data_type: &str| json!({"pattern": pattern, "type": kind, "columns": [{"name": column, "type": data_type}]});
    let tables = defined([
        ("json", typed("x:*", "json", "a", "numeric(5,1)")),
        ("plain", json!({"pattern": "x:*", "type": "string"})),
        ("numbers", typed("n:*", "string", "value", "integer")),
        ("days", typed("l:*", "list", "value", "date")),
        ("members", typed("s:*", "set", "member", "smallint")),
        ("scores", typed("z:*", "zset", "member", "bigint")),
        ("entries", typed("log:*", "stream", "code", "integer")),
    ]);
    let schema = harvest(&source, &tables).await;
    for (table, columns, expected) in [
        ("json", &["_key", "a"][..], &["x:1|1.0", "x:2|2.5"][..]),
        ("plain", &["value"], &["{\"a\":\"1\"}", "{\"a\":\"2.5\"}"]),
        ("numbers", &["_key", "value"], &["n:1|7", "n:2|8"]),
        ("days", &["index", "value"], &["0|2024-01-31", "1|2024-02-01"]),
        ("members", &["member"], &["5", "6"]),
        ("scores", &["member", "score"], &["7|1.5"]),
        ("entries", &["_id", "code"], &["1700000000000-0|7"]),
    ] {
        assert_eq!(rows(&source, &schema, table, columns).await, expected, "{table}");
        let sample = source.connector.infer("db0", table, Some(&*tables[table])).await.expect("a sample");
        assert!(sample.checks.iter().all(|check| check.present > 0 && check.misfits == 0), "{table}: {:?}", sample.checks);
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let Some(server) = Server::start().await else { return };
    server.run(USERS).await;
    let source = source(&server).await;
    for given in [
        json!({"pattern": "nobody:*"}),
        json!({"pattern": "user:*", "type": "list"}),
        json!({"pattern": "user:*", "type": "tree"}),
        json!({"pattern": ""}),
        json!({"pattern": "user:*", "row_path": "a"}),
        json!({"pattern": "user:*", "type": "hash", "columns": [{"name": "a", "path": "b.c"}]}),
        json!({"pattern": "user:*", "type": "hash", "columns": [{"name": "_ttl"}]}),
        json!({"pattern": "user:*", "type": "hash", "key": ["nothing"]}),
        json!({"pattern": "user:*", "type": "set", "columns": [{"name": "name"}]}),
    ] {
        let error = source.connector.infer("db0", "t", Some(&definition(&given))).await.expect_err("refused");
        assert_eq!(error.code, Code::InvalidArgument, "{given}: {error:?}");
    }
    server.run("SET text:1 x").await;
    let given = definition(&json!({"pattern": "text:*", "type": "json"}));
    let error = source.connector.infer("db0", "t", Some(&given)).await.expect_err("no JSON");
    assert!(error.message.contains("JSON"), "{error:?}");
    // A column that fits none of its values is for the caller to refuse.
    let given = definition(&json!({"pattern": "user:*", "type": "hash", "columns": [{"name": "name", "type": "date"}]}));
    let sample = source.connector.infer("db0", "t", Some(&given)).await.expect("a sample");
    assert!(sample.checks.iter().any(|check| check.column == "name" && check.misfits == check.present));
    for (schema, table, code) in [("db0", "nobody", Code::UndefinedTable), ("public", "user", Code::UndefinedSchema)] {
        assert_eq!(source.connector.infer(schema, table, None).await.expect_err("nothing").code, code);
    }
    let shown = source.connector.infer("db0", "user", None).await.expect("a sample");
    assert!(shown.columns.iter().any(|column| column.name == "balance"));
}

#[tokio::test]
async fn what_fits_no_more_hides_no_table() {
    let Some(server) = Server::start().await else { return };
    server.run("HSET user:1 n 1\nHSET other:1 m 1").await;
    let source = source(&server).await;
    for (unfit, names) in [
        (json!({"pattern": "user:*", "type": "hash", "key": ["gone"]}), ["n", "m"]),
        (json!({"pattern": "user:*", "type": "hash", "columns": [{"name": "x", "path": "a.b"}]}), ["n", "m"]),
        (json!({"type": "tree"}), ["n", "m"]),
        (json!({"type": "list", "columns": [{"name": "value", "type": "date"}]}), ["n", "m"]),
    ] {
        let schema = harvest(&source, &defined([("user", unfit.clone())])).await;
        assert_eq!(tables(&schema), ["other|1", "user|1"], "{unfit}");
        assert_eq!(options(&schema, "user", "definition_problem").len(), 1, "{unfit}");
        assert!(options(&schema, "other", "definition_problem").is_empty());
        assert_eq!(rows(&source, &schema, "user", &names[..1]).await, ["1"]);
        assert_eq!(rows(&source, &schema, "other", &names[1..]).await, ["1"]);
    }
}

/// Keys come and go; what somebody has said of them stays.
#[tokio::test]
async fn a_defined_table_stays_without_keys() {
    let Some(server) = Server::start().await else { return };
    server.run("HSET session:1 n 1\nHSET other:1 m 1").await;
    let source = source(&server).await;
    let tables_of = defined([("sessions", json!({"pattern": "session:*", "columns": [{"name": "n", "type": "integer"}]}))]);
    let first = harvest(&source, &tables_of).await;
    server.run("DEL session:1").await;
    let second = source.schema_after(&first, &tables_of, &Scope::default()).await.expect("a harvest");
    assert_eq!(tables(&second), ["other|1", "sessions|0"]);
    assert_eq!(columns(&second, "sessions"), columns(&first, "sessions"));
    assert!(options(&second, "sessions", "definition_problem")[0].contains("session:*"));
    assert_eq!(rows(&source, &second, "sessions", &["n"]).await, Vec::<String>::new());
    // Not even a key in the whole database is needed.
    server.run("FLUSHALL").await;
    let third = source.schema_after(&second, &tables_of, &Scope::default()).await.expect("a harvest");
    assert_eq!(tables(&third), ["sessions|0"]);
    server.run("HSET session:2 n 2").await;
    let fourth = source.schema_after(&third, &tables_of, &Scope::default()).await.expect("a harvest");
    assert!(options(&fourth, "sessions", "definition_problem").is_empty());
    assert_eq!(rows(&source, &fourth, "sessions", &["n"]).await, ["2"]);
    // It goes with its definition.
    let scope = Scope { schema: Some("db0".to_owned()), table: Some("sessions".to_owned()) };
    let dropped = source.schema_after(&fourth, &Defined::default(), &scope).await.expect("a harvest");
    assert_eq!(dropped.table_count(), 0);
}

/// Its keys are looked for where a sample of the database shows none.
#[tokio::test]
async fn rare_keys_are_found() {
    let Some(server) = Server::start().await else { return };
    let mut pipeline = redis::pipe();
    for key in 0..50_000 {
        pipeline.cmd("SET").arg(format!("k:{key}")).arg(key);
    }
    let _: redis::Value = pipeline.query_async(&mut server.connect().await).await.expect("keys");
    server.run("HSET rare:1 a 1").await;
    let source = source_with(&server, json!({"sample_keys": 1, "sample_values": 5})).await;
    let given = json!({"pattern": "rare:*"});
    let sample = source.connector.infer("db0", "few", Some(&definition(&given))).await.expect("a sample");
    assert_eq!(sample.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["a"]);
    let tables_of = defined([("few", given)]);
    let first = harvest(&source, &tables_of).await;
    assert!(tables(&first).contains(&"few|1".to_owned()), "{:?}", tables(&first));
    // Once is enough.
    let before = source.remote_calls.total();
    let second = source.schema_after(&first, &tables_of, &Scope::default()).await.expect("a harvest");
    assert!(source.remote_calls.total() - before < 20, "{} requests", source.remote_calls.total() - before);
    assert_eq!((columns(&second, "few"), options(&second, "few", "confirmed")), (columns(&first, "few"), vec!["false".to_owned()]));
}

/// Patterns mean here what they mean at the server.
#[tokio::test]
async fn patterns_are_those_of_the_server() {
    let Some(server) = Server::start().await else { return };
    let mut random = 7_u64;
    let mut text = |alphabet: &[u8], length_max: usize| -> String {
        let mut below = |end: usize| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) as usize % end
        };
        let length = 1 + below(length_max);
        (0..length).map(|_| char::from(alphabet[below(alphabet.len())])).collect()
    };
    let keys: BTreeSet<String> = (0..400).map(|_| text(b"abc:*?[]^-\\", 6)).collect();
    let mut pipeline = redis::pipe();
    keys.iter().for_each(|key| _ = pipeline.cmd("HSET").arg(key).arg("f").arg(1));
    let mut connection = server.connect().await;
    let _: redis::Value = pipeline.query_async(&mut connection).await.expect("keys");
    let source = source(&server).await;
    let values = keys.iter().map(|key| Constant::Text(key.clone())).collect();
    // Each key is looked up, so that only the connector compares it with the pattern.
    let mut request = ReadRequest {
        schema: "db0".to_owned(),
        table: "t".to_owned(),
        columns: vec![Arc::new(Field::new("_key", DataType::Utf8, true))],
        predicates: vec![Predicate::In { column: "_key".to_owned(), values }],
        user: "ann".to_owned(),
        ..ReadRequest::default()
    };
    let mut compared = 0;
    for _ in 0..400 {
        let pattern = text(b"abc:**?[]^-\\", 7);
        let mut expected: Vec<String> = redis::cmd("KEYS").arg(&pattern).query_async(&mut connection).await.expect("keys");
        expected.sort();
        compared += expected.len();
        request.recipe = Some(json!({"defined": pattern, "kind": "hash"}).to_string().into());
        assert_eq!(source.rows(request.clone()).await.expect("rows"), expected, "{pattern}");
    }
    assert!(compared > 1_000, "{compared}");
}
