use prost_reflect::prost::Message;
use prost_reflect::{DynamicMessage, MapKey, ReflectMessage, Value};
use spi::documents::json_text;

use super::*;

const SHOP: &str = r#"
    syntax = "proto3";
    package shop;
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/wrappers.proto";
    import "confluent/type/decimal.proto";
    import "customer.proto";
    message Order {
        int32 id = 1;
        optional string note = 2;
        Customer customer = 3;
        repeated Line lines = 4;
        map<string, int64> counts = 5;
        google.protobuf.Timestamp at = 6;
        google.protobuf.Int64Value maybe = 7;
        uint64 big = 8;
        State state = 9;
        confluent.type.Decimal price = 10;
        Order parent = 11;
        message Line { string sku = 1; float weight = 2; }
    }
    enum State { NEW = 0; PAID = 1; }
    message Refund { bytes proof = 1; }
"#;

const CUSTOMER: &str = r#"syntax = "proto3"; package shop; message Customer { string name = 1; }"#;

fn shop() -> Protobuf {
    Protobuf::parse(SHOP, &[("customer.proto".to_owned(), CUSTOMER.to_owned())]).expect("a schema")
}

#[test]
fn declared_types_are_those_of_columns() {
    let described = |message: &[i32]| -> Vec<String> {
        let fields = shop().fields(message).expect("a message");
        fields.iter().map(|field| format!("{} {} {}", field.name, field.field_type, field.native_type)).collect()
    };
    let expected = [
        "id integer int32",
        "note text string",
        "customer struct(name text) shop.Customer",
        "lines struct(sku text, weight real)[] repeated shop.Order.Line",
        "counts jsonb map<string, int64>",
        "at timestamp with time zone google.protobuf.Timestamp",
        "maybe bigint google.protobuf.Int64Value",
        "big numeric(20,0) uint64",
        "state text shop.State",
        "price numeric confluent.type.Decimal",
        "parent jsonb shop.Order",
    ];
    assert_eq!(described(&[0]), expected);
    assert_eq!(described(&[1]), ["proof bytea bytes"]);
    assert_eq!(described(&[0, 0]), ["sku text string", "weight real float"]);
    assert!(shop().fields(&[2]).is_err_and(|error| error.contains("[2]")));
}

#[test]
fn messages_are_read() {
    let schema = shop();
    let empty = concat!(
        r#"{"at": null, "id": 0, "big": 0, "note": null, "lines": [], "maybe": null, "price": null, "state": "NEW", "#,
        r#""counts": {}, "parent": null, "customer": null}"#
    );
    assert_eq!(json_text::write(&schema.read(&[0]).expect("a value")).as_deref(), Ok(empty));
    let mut order = DynamicMessage::new(schema.message(&[0]).expect("a message"));
    let inner = |name: &str| {
        let field = order.descriptor().get_field_by_name(name).expect("a field");
        DynamicMessage::new(field.kind().as_message().expect("a message").clone())
    };
    let (mut customer, mut line, mut at, mut maybe, mut price) =
        (inner("customer"), inner("lines"), inner("at"), inner("maybe"), inner("price"));
    customer.set_field_by_name("name", Value::String("ann".to_owned()));
    line.set_field_by_name("sku", Value::String("x".to_owned()));
    at.set_field_by_name("seconds", Value::I64(1));
    at.set_field_by_name("nanos", Value::I32(2_000));
    maybe.set_field_by_name("value", Value::I64(0));
    price.set_field_by_name("value", Value::Bytes(vec![0x04, 0xd2].into()));
    price.set_field_by_name("scale", Value::I32(2));
    for (name, value) in [
        ("id", Value::I32(-1)),
        ("note", Value::String(String::new())),
        ("customer", Value::Message(customer)),
        ("lines", Value::List(vec![Value::Message(line)])),
        ("counts", Value::Map([(MapKey::String("k".to_owned()), Value::I64(1))].into())),
        ("at", Value::Message(at)),
        ("maybe", Value::Message(maybe)),
        ("big", Value::U64(u64::MAX)),
        ("state", Value::EnumNumber(7)),
        ("price", Value::Message(price)),
    ] {
        order.set_field_by_name(name, value);
    }
    let bytes = [vec![0], order.encode_to_vec()].concat();
    let expected = concat!(
        r#"{"at": "1970-01-01T00:00:01.000002+00:00", "id": -1, "big": 18446744073709551615, "note": "", "#,
        r#""lines": [{"sku": "x", "weight": 0.0}], "maybe": 0, "price": 12.34, "state": "7", "counts": {"k": 1}, "#,
        r#""parent": null, "customer": {"name": "ann"}}"#
    );
    assert_eq!(json_text::write(&schema.read(&bytes).expect("a value")).as_deref(), Ok(expected));
}

#[test]
fn poison_is_refused() {
    let schema = shop();
    // Orders within orders: each is two bytes, the number of the field and a length.
    let deep = (0..200).fold(Vec::new(), |inner: Vec<u8>, _| {
        let mut outer = vec![11 << 3 | 2];
        prost_reflect::prost::encoding::encode_varint(inner.len() as u64, &mut outer);
        [outer, inner].concat()
    });
    for bytes in [&[][..], &[2], &[4, 2, 2], &[0, 0xff], &[vec![0], deep].concat()] {
        assert!(schema.read(bytes).is_err(), "{bytes:?}");
    }
}

#[test]
fn what_is_no_schema_is_told() {
    for (text, problem) in [
        ("message {", "cannot be compiled"),
        ("syntax = \"proto3\"; import \"nowhere.proto\";", "nowhere.proto"),
        (&"{".repeat(100), "too deeply"),
    ] {
        assert!(Protobuf::parse(text, &[]).err().is_some_and(|error| error.contains(problem)), "{text}");
    }
}
