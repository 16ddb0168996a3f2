//! What a harvest says: databases, tables of keys that look alike, columns, keys, and how little that costs.

use serde_json::json;
use spi::connector::Scope;
use spi::metadata::{Relation, SchemaMetadata};

use crate::fixture::{Defined, columns, options, relation, source, source_with, tables};
use crate::server::Server;

/// Keys of every kind, and some that are like no others.
const KEYS: &str = "
    HSET user:1 name ann age 42 balance 10.5 active true zip 01234
    HSET user:2 name bob age 7 active false
    SADD user:1:friends 2 3
    SADD user:2:friends 1
    SET session:abc {\"user\":1,\"tags\":[\"a\"],\"geo\":{\"lat\":1.5}}
    SET session:def {\"user\":2}
    SET hits:home 12
    SET hits:about 7
    RPUSH queue a b c
    ZADD board 1.5 ann -inf bob
    XADD log 1700000000000-0 level info code 5
    XADD log 1700000000001-0 level warn
    SET lonely x
    EXPIRE session:abc 1000";

#[tokio::test]
async fn keys_that_look_alike_are_a_table() {
    let Some(server) = Server::start().await else { return };
    server.run(KEYS).await;
    server.run_in(3, "HSET a:1 f 1\nHSET a:2 f 2").await;
    let source = source(&server).await;
    let schemas = source.harvest(&Scope::default()).await.expect("a harvest");
    assert_eq!(schemas.iter().map(|schema| schema.name.as_str()).collect::<Vec<_>>(), ["db0", "db3"]);
    let first = &schemas[0];
    assert_eq!(tables(first), ["board|2", "hits|2", "log|2", "queue|3", "session|2", "strings|1", "user|2", "user:friends|3"]);
    assert_eq!(tables(&schemas[1]), ["a|2"]);
    let sizes = relation(first, Relation::Tables, &["size_bytes"]);
    assert!(sizes.iter().all(|bytes| bytes.parse::<i64>().is_ok_and(|bytes| bytes > 0)), "{sizes:?}");

    let common = ["_key text", "_type text", "_ttl bigint"];
    for (table, own) in [
        ("user", &["name text", "age bigint", "balance double precision", "active boolean", "zip text", "_error text", "_doc jsonb"][..]),
        ("user:friends", &["member text", "_error text"]),
        ("session", &["user bigint", "tags text[]", "geo jsonb", "_error text", "_doc jsonb"]),
        ("hits", &["value bigint", "_error text"]),
        ("strings", &["value text", "_error text"]),
        ("queue", &["index bigint", "value text", "_error text"]),
        ("board", &["member text", "score double precision", "_error text"]),
        ("log", &["_id text", "_timestamp timestamp with time zone", "level text", "code bigint", "_error text", "_doc jsonb"]),
    ] {
        let (mut found, mut expected) = (columns(first, table), [&common, own].concat());
        // The server has no order of the fields of a hash.
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{table}");
    }
    assert_eq!(columns(first, "user").last().map(String::as_str), Some("_doc jsonb"));
    let keys = relation(first, Relation::Constraints, &["name", "kind", "columns"]);
    assert!(keys.contains(&"user_pkey|PRIMARY KEY|[_key]".to_owned()), "{keys:?}");
    assert!(keys.contains(&"queue_pkey|PRIMARY KEY|[_key, index]".to_owned()), "{keys:?}");
    let indexes = relation(first, Relation::Indexes, &["name", "primary", "unique", "columns"]);
    assert!(indexes.contains(&"user_pkey|true|true|[_key]".to_owned()), "{indexes:?}");
    assert!(indexes.contains(&"queue_pkey|true|true|[_key, index]".to_owned()), "{indexes:?}");
    let options = relation(first, Relation::TableOptions, &["name", "value"]);
    assert!(options.contains(&"key_pattern|user:*:friends".to_owned()) && options.contains(&"key_type|zset".to_owned()), "{options:?}");
}

#[tokio::test]
async fn a_scope_is_a_part() {
    let Some(server) = Server::start().await else { return };
    server.run(KEYS).await;
    server.run_in(3, "HSET a:1 f 1").await;
    let source = source(&server).await;
    let scope = Scope { schema: Some("db0".to_owned()), table: Some("user".to_owned()) };
    let schemas = source.harvest(&scope).await.expect("a harvest");
    assert_eq!(
        schemas.iter().map(|schema| (schema.name.as_str(), tables(schema))).collect::<Vec<_>>(),
        [("db0", vec!["user|2".to_owned()])]
    );
}

#[tokio::test]
async fn an_empty_server_has_its_first_database() {
    let Some(server) = Server::start().await else { return };
    let schemas = source(&server).await.harvest(&Scope::default()).await.expect("a harvest");
    assert_eq!(schemas.iter().map(|schema| (schema.name.as_str(), tables(schema).len())).collect::<Vec<_>>(), [("db0", 0)]);
}

#[tokio::test]
async fn options_say_which_databases_and_what_separates_parts() {
    let Some(server) = Server::start().await else { return };
    server.run_in(5, "HSET a/1 f 1\nHSET a/2 f 2\nHSET a/1/b f 1").await;
    let source = source_with(&server, json!({"databases": [5, 7], "key_delimiter": "/"})).await;
    assert_eq!(source.connector.default_schema(), "db5");
    let schemas = source.harvest(&Scope::default()).await.expect("a harvest");
    let found: Vec<_> = schemas.iter().map(|schema| (schema.name.as_str(), tables(schema))).collect();
    assert_eq!(found, [("db5", vec!["a|2".to_owned(), "a/b|1".to_owned()]), ("db7", Vec::new())]);
}

/// Requests are for keys, a few hundred at a time, however many tables there are.
#[tokio::test]
async fn tables_cost_no_requests() {
    const KEYS: usize = 8_000;
    let mut costs = Vec::new();
    for tables in [10, 400] {
        let Some(server) = Server::start().await else { return };
        let mut pipeline = redis::pipe();
        for key in 0..KEYS {
            pipeline.cmd("HSET").arg(format!("t{}x:{}", key % tables, key / tables)).arg("f").arg(key);
        }
        let _: redis::Value = pipeline.query_async(&mut server.connect().await).await.expect("keys");
        let source = source_with(&server, json!({"sample_values": KEYS / 400})).await;
        let found = source.schema("db0").await.relation(Relation::Tables).num_rows();
        costs.push((found, source.remote_calls.total()));
    }
    assert_eq!((costs[0].0, costs[1].0), (10, 400));
    // Nine pages of keys with their types, and the values of 8,000 keys: their lengths 1,000 at a time, and at most 200 of the values.
    assert!(costs[1].1 <= 80, "{costs:?}");
}

#[tokio::test]
async fn a_sample_is_bounded_and_estimates_the_rest() {
    let Some(server) = Server::start().await else { return };
    let mut pipeline = redis::pipe();
    for key in 0..20_000 {
        pipeline.cmd("SET").arg(format!("k:{key}")).arg(key);
    }
    let _: redis::Value = pipeline.query_async(&mut server.connect().await).await.expect("keys");
    let source = source_with(&server, json!({"sample_keys": 2_000, "sample_values": 10})).await;
    assert_eq!(tables(&source.schema("db0").await), ["k|20000"]);
    // Connecting, INFO, DBSIZE, two pages of keys with their types, one page of values.
    let total = source.remote_calls.total();
    assert!(total <= 12, "{total} requests");
}

/// The server gives up whoever asks for more than it may at once.
#[tokio::test]
async fn large_values_are_looked_at_few_at_a_time() {
    let Some(server) = Server::start().await else { return };
    let (element, field) = ("x".repeat(500_000), "x".repeat(100_000));
    let mut connection = server.connect().await;
    for key in 0..20 {
        let mut pipeline = redis::pipe();
        pipeline.cmd("RPUSH").arg(format!("list:{key}")).arg(vec![&element; 10]);
        let _: redis::Value = pipeline.query_async(&mut connection).await.expect("a list");
    }
    for number in 0..300 {
        let mut pipeline = redis::pipe();
        pipeline.cmd("HSET").arg("hash:1").arg(format!("f{number}")).arg(&field);
        let _: redis::Value = pipeline.query_async(&mut connection).await.expect("a field");
    }
    let limit = redis::cmd("CONFIG").arg("SET").arg("client-output-buffer-limit").arg("normal 16mb 0 0").to_owned();
    let _: redis::Value = limit.query_async(&mut connection).await.expect("a limit");
    assert_eq!(tables(&source(&server).await.schema("db0").await), ["hash|1", "list|200"]);
}

#[tokio::test]
async fn a_fingerprint_is_another_one_after_a_change() {
    let Some(server) = Server::start().await else { return };
    server.run(KEYS).await;
    let source = source(&server).await;
    let fingerprint = async || source.connector.fingerprint().await.expect("an answer").expect("a fingerprint");
    let first = fingerprint().await;
    source.rows_of("user", &["name"]).await;
    assert_eq!(fingerprint().await, first, "reading changes nothing");
    server.run("HSET user:1 email a@b.c").await;
    let second = fingerprint().await;
    assert_ne!(second, first);
    server.kill();
    server.restart().await;
    assert_ne!(fingerprint().await, second, "nobody knows what happened meanwhile");
}

/// Without INFO, databases are looked for one by one, and nothing tells of changes.
#[tokio::test]
async fn a_user_without_info_sees_the_same() {
    let Some(server) = Server::start().await else { return };
    server.run(KEYS).await;
    server.run_in(3, "HSET a:1 f 1").await;
    server.run("ACL SETUSER app on >secret ~* +@read +@connection +select").await;
    let all: Vec<_> = source(&server).await.harvest(&Scope::default()).await.expect("a harvest").iter().map(tables).collect();
    let source = source_with(&server, json!({"user": "app", "password": "secret"})).await;
    let seen: Vec<_> = source.harvest(&Scope::default()).await.expect("a harvest").iter().map(tables).collect();
    assert_eq!(seen, all);
    assert_eq!(source.connector.fingerprint().await.expect("an answer"), None);
}

/// Operators rename commands that not everybody should have. Nobody has them then.
#[tokio::test]
async fn a_server_without_info_and_memory_is_harvested() {
    let renamed = ["--rename-command", "INFO", "", "--rename-command", "MEMORY", ""].map(str::to_owned);
    let Some(server) = Server::start_with(|_, _| renamed.into()).await else { return };
    server.run("HSET a:1 f 1\nHSET a:2 f 2").await;
    let source = source(&server).await;
    let schema = source.schema("db0").await;
    assert_eq!(relation(&schema, Relation::Tables, &["name", "row_estimate", "size_bytes"]), ["a|2|NULL"]);
    assert_eq!(source.connector.fingerprint().await.expect("an answer"), None);
}

/// Far more keys than a sample looks at.
async fn bury(server: &Server) {
    let mut pipeline = redis::pipe();
    for key in 0..50_000 {
        pipeline.cmd("SET").arg(format!("k:{key}")).arg(key);
    }
    let _: redis::Value = pipeline.query_async(&mut server.connect().await).await.expect("keys");
}

/// What a bounded sample does not show any more is still there, whichever gateway looks.
#[tokio::test]
async fn tables_and_columns_stay_though_a_sample_misses_them() {
    let Some(server) = Server::start().await else { return };
    server.run("HSET rare:1 a 1 b 5\nSADD rare:1x m\nRPUSH rare:1y 7\nSET rare:1z 007").await;
    // A connector of its own for each look: nothing is remembered but the metadata.
    let open = async || source_with(&server, json!({"sample_keys": 1_000, "sample_values": 5})).await;
    let after = async |earlier: &SchemaMetadata| {
        open().await.schema_after(earlier, &Defined::default(), &Scope::default()).await.expect("a harvest")
    };
    let first = open().await.schema("db0").await;
    assert_eq!(tables(&first), ["rare|1", "rare_list|1", "rare_set|1", "rare_string|1"]);
    assert!(options(&first, "rare", "confirmed").is_empty());
    bury(&server).await;
    let second = after(&after(&first).await).await;
    assert_eq!(tables(&second)[1..], tables(&first));
    for table in ["rare", "rare_list", "rare_set", "rare_string"] {
        assert_eq!(columns(&second, table), columns(&first, table));
        assert_eq!(options(&second, table, "confirmed"), ["false"]);
        assert_eq!(open().await.rows(open().await.request_as(&second, table)).await.expect("rows").len(), 1);
    }
    assert!(options(&second, "k", "confirmed").is_empty());
    let evidence = relation(&second, Relation::InferredColumns, &["column", "data_type", "present", "confirmed"]);
    assert_eq!(evidence.len(), 2);
    assert!(evidence.iter().all(|column| column.ends_with("|bigint|1|false")), "{evidence:?}");
    // Somebody who asks for one table gets its keys looked for.
    let scope = Scope { schema: Some("db0".to_owned()), table: Some("rare".to_owned()) };
    server.run("HSET rare:2 a 2").await;
    let one = open().await.schema_after(&second, &Defined::default(), &scope).await.expect("a harvest");
    assert_eq!(tables(&one), ["rare|2"]);
    assert!(options(&one, "rare", "confirmed").is_empty());
    server.run("DEL rare:1 rare:2").await;
    let none = open().await.schema_after(&second, &Defined::default(), &scope).await.expect("a harvest");
    assert_eq!(none.table_count(), 0);
    // Where all keys were looked at, what is not among them is gone.
    server.run("FLUSHALL\nHSET rare:2 a 7 c x").await;
    let third = after(&second).await;
    assert_eq!(relation(&third, Relation::Tables, &["name"]), ["rare"]);
    let found = columns(&third, "rare");
    assert!(["a bigint", "b bigint", "c text"].iter().all(|column| found.contains(&(*column).to_owned())), "{found:?}");
    let mut evidence = relation(&third, Relation::InferredColumns, &["column", "data_type", "present", "confirmed"]);
    evidence.sort();
    assert_eq!(evidence, ["a|bigint|1|true", "b|bigint|1|false", "c|text|1|true"]);
    assert_eq!(open().await.rows(open().await.request_as(&third, "rare")).await.expect("rows").len(), 1);
}

/// Another kind of the same pattern does not take its name.
#[tokio::test]
async fn tables_keep_their_names() {
    let Some(server) = Server::start().await else { return };
    server.run("SADD user:1 m").await;
    let source = source(&server).await;
    let first = source.schema("db0").await;
    assert_eq!(options(&first, "user", "key_type"), ["set"]);
    server.run("HSET user:2 n 1").await;
    let second = source.schema_after(&first, &Defined::default(), &Scope::default()).await.expect("a harvest");
    assert_eq!((options(&second, "user", "key_type"), options(&second, "user:*", "key_type")), (vec!["set".into()], vec!["hash".into()]));
    // Parts are others by now, and what they made a table of means nothing.
    let other = source_with(&server, json!({"key_delimiter": "/", "sample_keys": 1})).await;
    let third = other.schema_after(&second, &Defined::default(), &Scope::default()).await.expect("a harvest");
    assert_eq!(third.table_count(), 1, "{:?}", tables(&third));
}
