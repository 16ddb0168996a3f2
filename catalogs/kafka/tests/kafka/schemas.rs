//! Topics whose values have schemas in a schema registry.

use std::sync::Arc;

use apache_avro::Decimal;
use apache_avro::types::Value as AvroValue;
use apache_avro::writer::datum::GenericDatumWriter;
use libtest_mimic::Trial;
use prost_reflect::prost::Message;
use prost_reflect::prost_types::FileDescriptorSet;
use prost_reflect::{DescriptorPool, DynamicMessage, Value as ProtobufValue};
use serde_json::{Value, json};
use spi::Code;
use spi::connector::{Scope, Stage};
use spi::metadata::{Harvest, Relation, SchemaMetadata};

use crate::defining::{definition, harvest_defined};
use crate::fixture::{Source, open, relation, request_of_schema, source_with};
use crate::registry::Registry;
use crate::server::{Sent, Server, value};
use crate::{Shared, trial_with_registry};

pub(crate) fn trials(shared: &Arc<Shared>) -> Vec<Trial> {
    vec![
        trial_with_registry(shared, "schemas::avro_is_exact", avro_is_exact),
        trial_with_registry(shared, "schemas::each_message_is_read_by_its_schema", each_message_is_read_by_its_schema),
        trial_with_registry(shared, "schemas::poison_has_an_error", poison_has_an_error),
        trial_with_registry(shared, "schemas::protobuf_messages_are_rows", protobuf_messages_are_rows),
        trial_with_registry(shared, "schemas::a_second_message_of_a_file_is_found", a_second_message_of_a_file_is_found),
        trial_with_registry(shared, "schemas::json_is_read_as_its_schema_says", json_is_read_as_its_schema_says),
        trial_with_registry(shared, "schemas::a_registry_decides_nothing_alone", a_registry_decides_nothing_alone),
        trial_with_registry(shared, "schemas::types_of_other_subjects_are_found", types_of_other_subjects_are_found),
        trial_with_registry(shared, "schemas::definitions_stand_over_schemas", definitions_stand_over_schemas),
        trial_with_registry(shared, "schemas::schemas_are_asked_for_once", schemas_are_asked_for_once),
        trial_with_registry(shared, "schemas::a_lost_registry_is_told", a_lost_registry_is_told),
    ]
}

/// What a serializer puts before what it writes.
fn framed(id: u32, payload: &[u8]) -> Vec<u8> {
    [&[0][..], &id.to_be_bytes(), payload].concat()
}

fn avro(id: u32, schema: &str, fields: Vec<(&str, AvroValue)>) -> Sent {
    let schema = apache_avro::Schema::parse_str(schema).expect("a schema");
    let record = AvroValue::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    let writer = GenericDatumWriter::builder(&schema).build().expect("a writer");
    value(framed(id, &writer.write_value_to_vec(record).expect("a value")))
}

async fn source(server: &Server, registry: &Registry, more: Value) -> Source {
    // While another one starts, a registry may be slow.
    let mut options = json!({"schema_registry_url": registry.url(), "request_timeout": 120_000});
    options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    source_with(server, options).await
}

/// Names and types of the columns that are not those of every topic.
fn columns(schema: &SchemaMetadata, table: &str) -> Vec<String> {
    let table = schema.table(table).expect("the table");
    let column = |column| format!("{} {}", schema.column_name(column), schema.column_type(column).pg.format());
    schema.columns_of(table).map(column).filter(|column| !column.starts_with('_')).collect()
}

/// An option of a table.
fn option(schema: &SchemaMetadata, table: &str, name: &str) -> Option<String> {
    let table = schema.table(table).expect("the table");
    let options = relation(schema, Relation::TableOptions, &["name", "value"]);
    let own = &options[schema.rows_of(Relation::TableOptions, table)];
    own.iter().find_map(|option| option.strip_prefix(&format!("{name}|"))).map(str::to_owned)
}

const ORDER: &str = r#"{"type": "record", "name": "order", "fields": [
    {"name": "id", "type": "long", "doc": "which order"},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 4}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "day", "type": ["null", {"type": "int", "logicalType": "date"}], "default": null},
    {"name": "key", "type": {"type": "string", "logicalType": "uuid"}},
    {"name": "raw", "type": "bytes"},
    {"name": "who", "type": {"type": "record", "name": "person", "fields": [{"name": "name", "type": "string"}]}}
]}"#;

fn order(id: u32, number: i64, day: Option<i32>) -> Sent {
    let day = day.map_or(AvroValue::Union(0, Box::new(AvroValue::Null)), |day| AvroValue::Union(1, Box::new(AvroValue::Date(day))));
    let uuid = apache_avro::Uuid::from_u128(0xa0eebc99_9c0b_4ef8_bb6d_6bb9bd380a11);
    let fields = vec![
        ("id", AvroValue::Long(number)),
        // 1234567890123456.7891
        ("price", AvroValue::Decimal(Decimal::from(12_345_678_901_234_567_891_i128.to_be_bytes().to_vec()))),
        ("at", AvroValue::TimestampMicros(1_700_000_000_123_456)),
        ("day", day),
        ("key", AvroValue::Uuid(uuid)),
        ("raw", AvroValue::Bytes(vec![0, 255])),
        ("who", AvroValue::Record(vec![("name".to_owned(), AvroValue::String("ann".to_owned()))])),
    ];
    avro(id, ORDER, fields)
}

async fn avro_is_exact(server: &Server, registry: &Registry) {
    server.create("avro_orders", 1, &[]).await;
    let id = registry.register("avro_orders-value", "AVRO", ORDER, &[]).await;
    server.send("avro_orders", &[order(id, 1, Some(19_782)), order(id, i64::MAX, None), Sent { value: None, ..Sent::default() }]);
    let nested = source(server, registry, json!({})).await;
    let schema = nested.schema().await;
    let expected = ["id bigint", "price numeric(20,4)", "at timestamp with time zone", "day date", "key uuid", "raw bytea", "who jsonb"];
    assert_eq!(columns(&schema, "avro_orders"), expected);
    let comments = relation(&schema, Relation::Columns, &["name", "comment"]);
    assert!(comments.contains(&"id|which order".to_owned()), "{comments:?}");
    for (name, expected) in [("format", "avro"), ("schema_subject", "avro_orders-value"), ("schema_version", "1")] {
        assert_eq!(option(&schema, "avro_orders", name).as_deref(), Some(expected));
    }
    let wanted = ["id", "price", "at", "day", "key", "raw", "who", "_error"];
    let key = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    assert_eq!(
        nested.rows_of("avro_orders", &wanted).await,
        [
            format!("1|1234567890123456.7891|2023-11-14T22:13:20.123456Z|2024-02-29|{key}|00ff|{{name: ann}}|NULL"),
            format!("9223372036854775807|1234567890123456.7891|2023-11-14T22:13:20.123456Z|NULL|{key}|00ff|{{name: ann}}|NULL"),
            "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL".to_owned(),
        ]
    );
    let flat = source(server, registry, json!({"flatten": true})).await;
    assert_eq!(flat.rows_of("avro_orders", &["_offset", "who.name"]).await, ["0|ann", "1|ann", "2|NULL"]);
    let whole = nested.rows_of("avro_orders", &["_doc"]).await;
    assert!(whole[1].contains(r#""price": 1234567890123456.7891"#) && whole[1].contains(r#""raw": "\\x00ff""#), "{whole:?}");
}

async fn each_message_is_read_by_its_schema(server: &Server, registry: &Registry) {
    let of = |fields: &str| format!(r#"{{"type": "record", "name": "event", "fields": [{fields}]}}"#);
    let old = of(r#"{"name": "n", "type": "int"}, {"name": "gone", "type": "string", "default": ""}"#);
    let new = of(r#"{"name": "more", "type": ["null", "string"], "default": null}, {"name": "n", "type": "long"}"#);
    server.create("evolving", 1, &[]).await;
    let first = registry.register("evolving-value", "AVRO", &old, &[]).await;
    let second = registry.register("evolving-value", "AVRO", &new, &[]).await;
    assert_ne!(first, second);
    let more = AvroValue::Union(1, Box::new(AvroValue::String("x".to_owned())));
    let sent = [
        avro(first, &old, vec![("n", AvroValue::Int(7)), ("gone", AvroValue::String("y".to_owned()))]),
        avro(second, &new, vec![("more", more), ("n", AvroValue::Long(1 << 40))]),
    ];
    server.send("evolving", &sent);
    let source = source(server, registry, json!({})).await;
    assert_eq!(columns(&source.schema().await, "evolving"), ["more text", "n bigint"]);
    assert_eq!(source.rows_of("evolving", &["_offset", "n", "more", "_error"]).await, ["0|7|NULL|NULL", "1|1099511627776|x|NULL"]);
    assert_eq!(source.rows_of("evolving", &["_offset", "_doc"]).await[0], r#"0|{"n": 7, "gone": "y"}"#);
}

async fn poison_has_an_error(server: &Server, registry: &Registry) {
    server.create("poisoned_avro", 1, &[]).await;
    let id = registry.register("poisoned_avro-value", "AVRO", ORDER, &[]).await;
    let other = registry.register("poisoned_json-value", "JSON", r#"{"type": "object", "properties": {}}"#, &[]).await;
    let sent = [
        order(id, 1, None),
        value("not framed"),
        value(framed(id, &[2])),
        value(framed(1_000_000, &[2])),
        value(framed(other, b"{}")),
        order(id, 2, None),
    ];
    server.send("poisoned_avro", &sent);
    let lenient = source(server, registry, json!({})).await;
    let rows = lenient.rows_of("poisoned_avro", &["_offset", "id", "_error"]).await;
    for (row, expected) in rows.iter().zip([
        "0|1|NULL",
        "1|NULL|the value does not begin with the number of a schema",
        "2|NULL|invalid Avro at byte 1: ",
        "3|NULL|the schema registry is not known to have a schema 1000000",
        "4|NULL|schema ",
        "5|2|NULL",
    ]) {
        assert!(row.starts_with(expected), "{row} is not {expected}");
    }
    assert!(rows[4].ends_with("is one of json_schema, not of avro"), "{rows:?}");
    // Columns that every topic has need no schema.
    assert_eq!(lenient.rows_of("poisoned_avro", &["_offset"]).await.len(), sent.len());
    let strict = source(server, registry, json!({"strict": true})).await;
    let error = strict.rows(strict.request_of("poisoned_avro", &["id"]).await).await.expect_err("an error");
    assert_eq!(error.code, Code::BadData);
    assert!(error.message.contains("message 1 of partition 0 of topic \"poisoned_avro\""), "{error:?}");
}

const CUSTOMER: &str = r#"syntax = "proto3"; package shop; message Customer { string name = 1; }"#;

const SHOP: &str = r#"
    syntax = "proto3";
    package shop;
    import "google/protobuf/timestamp.proto";
    import "customer.proto";
    message Refund { int64 amount = 1; }
    message Order { int32 id = 1; Customer customer = 2; google.protobuf.Timestamp at = 3; repeated string tags = 4; }
"#;

/// The messages of the file, compiled as a producer would.
fn shop() -> DescriptorPool {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("customer.proto", CUSTOMER), ("shop.proto", SHOP)] {
        std::fs::write(folder.path().join(name), text).expect("a file");
    }
    let files: FileDescriptorSet = protox::compile(["shop.proto"], [folder.path()]).expect("a schema");
    DescriptorPool::from_file_descriptor_set(files).expect("messages")
}

fn message(pool: &DescriptorPool, name: &str, fields: Vec<(&str, ProtobufValue)>) -> DynamicMessage {
    let mut message = DynamicMessage::new(pool.get_message_by_name(name).expect("a message"));
    fields.into_iter().for_each(|(name, value)| message.set_field_by_name(name, value));
    message
}

async fn register_shop(registry: &Registry, subject: &str) -> u32 {
    registry.register("customer.proto", "PROTOBUF", CUSTOMER, &[]).await;
    registry.register(subject, "PROTOBUF", SHOP, &[("customer.proto", "customer.proto")]).await
}

async fn protobuf_messages_are_rows(server: &Server, registry: &Registry) {
    server.create("shop_orders", 1, &[]).await;
    let (id, pool) = (register_shop(registry, "shop_orders-value").await, shop());
    let customer = message(&pool, "shop.Customer", vec![("name", ProtobufValue::String("ann".to_owned()))]);
    let seconds = ("seconds", ProtobufValue::I64(1_700_000_000));
    let at = message(&pool, "google.protobuf.Timestamp", vec![seconds, ("nanos", ProtobufValue::I32(5_000))]);
    let fields = vec![
        ("id", ProtobufValue::I32(7)),
        ("customer", ProtobufValue::Message(customer)),
        ("at", ProtobufValue::Message(at)),
        ("tags", ProtobufValue::List(vec![ProtobufValue::String("a".to_owned())])),
    ];
    // The second message of the file: one index, which is 1, both as signed numbers.
    let order = [&[2, 2][..], &message(&pool, "shop.Order", fields).encode_to_vec()].concat();
    server.send("shop_orders", &[value(framed(id, &order)), value(framed(id, &[2, 2])), value(framed(id, &[2, 4]))]);
    let source = source(server, registry, json!({"flatten": true})).await;
    let schema = source.schema().await;
    let expected = ["id integer", "customer.name text", "at timestamp with time zone", "tags text[]"];
    assert_eq!(columns(&schema, "shop_orders"), expected);
    let rows = source.rows_of("shop_orders", &["_offset", "id", "customer.name", "at", "tags", "_error"]).await;
    let expected = [
        "0|7|ann|2023-11-14T22:13:20.000005Z|[a]|NULL",
        "1|0|NULL|NULL|[]|NULL",
        "2|NULL|NULL|NULL|NULL|the schema has no message at the place [2]",
    ];
    assert_eq!(rows, expected);
}

async fn a_second_message_of_a_file_is_found(server: &Server, registry: &Registry) {
    server.create("shop_refunds", 1, &[]).await;
    let (id, pool) = (register_shop(registry, "shop_refunds-value").await, shop());
    let refund = message(&pool, "shop.Refund", vec![("amount", ProtobufValue::I64(5))]).encode_to_vec();
    // The first message of a file is one zero.
    server.send("shop_refunds", &[value(framed(id, &[&[0][..], &refund].concat()))]);
    let source = source(server, registry, json!({})).await;
    assert_eq!(columns(&source.schema().await, "shop_refunds"), ["amount bigint"]);
    assert_eq!(source.rows_of("shop_refunds", &["amount", "_doc"]).await, [r#"5|{"amount": 5}"#]);
}

async fn json_is_read_as_its_schema_says(server: &Server, registry: &Registry) {
    let schema = r##"{"type": "object", "properties": {
        "id": {"type": "integer", "description": "which one"},
        "at": {"type": "string", "format": "date-time"},
        "who": {"$ref": "#/definitions/person"}
    }, "definitions": {"person": {"type": "object", "properties": {"name": {"type": "string"}}}}}"##;
    server.create("json_events", 1, &[]).await;
    let id = registry.register("json_events-value", "JSON", schema, &[]).await;
    let sent = [
        value(framed(id, br#"{"id": 1, "at": "2024-02-29T12:00:00+01:00", "who": {"name": "ann"}, "more": true}"#)),
        value(framed(id, br#"{"id": "x""#)),
    ];
    server.send("json_events", &sent);
    let source = source(server, registry, json!({})).await;
    let schema = source.schema().await;
    assert_eq!(columns(&schema, "json_events"), ["id bigint", "at timestamp with time zone", "who jsonb"]);
    assert_eq!(option(&schema, "json_events", "format").as_deref(), Some("json_schema"));
    let rows = source.rows_of("json_events", &["id", "at", "who", "_error"]).await;
    assert_eq!(rows[0], "1|2024-02-29T11:00:00Z|{name: ann}|NULL");
    assert!(rows[1].starts_with("NULL|NULL|NULL|invalid JSON at byte "), "{rows:?}");
}

/// With `auto`, messages have to say that they have schemas.
async fn a_registry_decides_nothing_alone(server: &Server, registry: &Registry) {
    let schema = r#"{"type": "record", "name": "r", "fields": [{"name": "declared", "type": "int"}]}"#;
    for topic in ["plain_json", "empty_topic", "other_strategy", "zeros"] {
        server.create(topic, 1, &[]).await;
    }
    for subject in ["plain_json-value", "empty_topic-value"] {
        registry.register(subject, "AVRO", schema, &[]).await;
    }
    let id = registry.register("some.Record", "AVRO", schema, &[]).await;
    server.send("plain_json", &[value(r#"{"seen": 1}"#)]);
    server.send("other_strategy", &[avro(id, schema, vec![("declared", AvroValue::Int(5))])]);
    server.send("zeros", &[value([0, 0, 0x0f, 0xff, 0xff, 1]), value("text")]);
    let automatic = source(server, registry, json!({})).await;
    let found = automatic.schema().await;
    assert_eq!(columns(&found, "plain_json"), ["seen bigint"]);
    assert_eq!(columns(&found, "empty_topic"), ["declared integer"]);
    assert_eq!(columns(&found, "other_strategy"), ["declared integer"]);
    assert_eq!(option(&found, "other_strategy", "schema_id"), Some(id.to_string()));
    assert_eq!(option(&found, "zeros", "format").as_deref(), Some("raw"));
    assert_eq!(automatic.rows_of("other_strategy", &["declared"]).await, ["5"]);
    // Who says so is believed.
    let told = source(server, registry, json!({"format": "avro"})).await;
    assert_eq!(columns(&told.schema().await, "plain_json"), ["declared integer"]);
    let wrong = source(server, registry, json!({"format": "protobuf"})).await;
    let found = wrong.schema().await;
    assert!(columns(&found, "plain_json").is_empty());
    assert_eq!(option(&found, "plain_json", "schema_problem").as_deref(), Some("the schema is one of avro"));
    // Without a registry nothing of it is known.
    let alone = source_with(server, json!({})).await.schema().await;
    assert_eq!(option(&alone, "other_strategy", "format").as_deref(), Some("raw"));
}

async fn types_of_other_subjects_are_found(server: &Server, registry: &Registry) {
    let person = r#"{"type": "record", "name": "person", "namespace": "shop", "fields": [{"name": "name", "type": "string"}]}"#;
    let visit = r#"{"type": "record", "name": "visit", "namespace": "shop", "fields": [{"name": "who", "type": "shop.person"}]}"#;
    server.create("visits", 1, &[]).await;
    registry.register("person", "AVRO", person, &[]).await;
    let id = registry.register("visits-value", "AVRO", visit, &[("shop.person", "person")]).await;
    server.send("visits", &[value(framed(id, &[6, b'a', b'n', b'n']))]);
    let source = source(server, registry, json!({"flatten": true})).await;
    assert_eq!(source.rows_of("visits", &["who.name", "_error"]).await, ["ann|NULL"]);
}

async fn definitions_stand_over_schemas(server: &Server, registry: &Registry) {
    server.create("defined_avro", 1, &[]).await;
    let id = registry.register("defined_avro-value", "AVRO", ORDER, &[]).await;
    server.send("defined_avro", &[order(id, 1, None)]);
    let source = source(server, registry, json!({})).await;
    let columns_defined = json!([{"name": "buyer", "type": "text", "path": "who.name"}, {"name": "id", "type": "text"}]);
    let only = definition(json!({"columns": columns_defined, "only_these_columns": true}));
    let schema = harvest_defined(&source, "defined_avro", only).await;
    assert_eq!(columns(&schema, "defined_avro"), ["buyer text", "id text"]);
    let mut request = request_of_schema(&schema, "defined_avro");
    request.columns.retain(|column| !column.name().starts_with('_'));
    assert_eq!(source.rows(request).await.expect("rows"), ["ann|1"]);
    let schema = harvest_defined(&source, "defined_avro", definition(json!({"format": "raw"}))).await;
    assert!(columns(&schema, "defined_avro").is_empty());
    let sample = source.connector.infer("public", "defined_avro", None).await.expect("a sample");
    let checked: Vec<_> = sample.columns.iter().zip(&sample.checks).map(|(column, check)| (column.name.as_str(), check.misfits)).collect();
    assert_eq!(checked[..2], [("id", 0), ("price", 0)]);
    assert!(sample.inferred.iter().any(|column| column.name == "who"), "{:?}", sample.inferred);
    // Without a registry there is nothing that such a format could mean.
    let avro = definition(json!({"format": "avro"}));
    let alone = source_with(server, json!({})).await;
    let error = alone.connector.infer("public", "defined_avro", Some(&avro)).await.expect_err("refused");
    assert!(error.code == Code::InvalidArgument && error.message.contains("schema_registry_url"), "{error:?}");
}

async fn schemas_are_asked_for_once(server: &Server, registry: &Registry) {
    server.create("asked_once", 1, &[]).await;
    let id = registry.register("asked_once-value", "AVRO", ORDER, &[]).await;
    server.send("asked_once", &[order(id, 1, None), order(id, 2, None)]);
    let source = source(server, registry, json!({})).await;
    let request = source.request_of("asked_once", &["id"]).await;
    let only_own = source.request_of("asked_once", &["_offset"]).await;
    let cost = async |request: &spi::connector::ReadRequest| {
        let before = source.remote_calls.total();
        source.rows(request.clone()).await.expect("rows");
        source.remote_calls.total() - before
    };
    // The harvest has read the schema; its values cost no more than what every message has.
    assert_eq!(cost(&request).await, cost(&only_own).await);
}

/// A registry of its own, which ends.
async fn a_lost_registry_is_told(server: &Server, _: &Registry) {
    let mut registry = Registry::start().await;
    for topic in ["lost_avro", "kept_json"] {
        server.create(topic, 1, &[]).await;
    }
    let id = registry.register("lost_avro-value", "AVRO", ORDER, &[]).await;
    server.send("lost_avro", &[order(id, 1, None)]);
    server.send("kept_json", &[value(r#"{"n": 1}"#)]);
    let known = source(server, &registry, json!({})).await;
    let stages = known.connector.test().await;
    let told: Vec<_> = stages.iter().filter(|stage| stage.stage == Stage::Query).map(|stage| stage.outcome.as_deref().ok()).collect();
    assert_eq!(told.last(), Some(&Some("schema registry: 1 subjects")), "{stages:?}");
    let schema = known.schema().await;
    let request = |table: &str| request_of_schema(&schema, table);
    registry.kill();
    // What is known goes on being read, and so does what needs no schema.
    assert_eq!(known.rows(request("lost_avro")).await.expect("rows").len(), 1);
    let fresh = source(server, &registry, json!({})).await;
    assert_eq!(fresh.rows(request("kept_json")).await.expect("rows").len(), 1);
    let error = fresh.rows(request("lost_avro")).await.expect_err("no schema");
    assert!(error.code == Code::Unreachable && error.message.contains("schema registry") && error.retryable, "{error:?}");
    // The metadata of the last harvest goes on being served.
    let mut harvest = Harvest::new();
    let error = fresh.connector.harvest(&Scope::default(), &mut harvest).await.expect_err("no registry");
    assert_eq!(error.code, Code::Unreachable, "{error:?}");
    let stages = fresh.connector.test().await;
    assert!(stages.last().is_some_and(|stage| stage.outcome.is_err()), "{stages:?}");
    let refused = open(json!({"bootstrap_servers": server.address(), "schema_registry_url": "registry:8081"})).await;
    assert!(refused.is_err_and(|error| error.code == Code::InvalidArgument && error.message.contains("schema_registry_url")));
}
