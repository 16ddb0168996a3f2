use serde_json::{Value, json};

use super::*;

fn options(more: &Value) -> KafkaOptions {
    let mut options = json!({"bootstrap_servers": "h:9092"});
    options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    serde_json::from_value(options).expect("options")
}

#[test]
fn options_that_cannot_work_are_refused() {
    assert!(check(&options(&json!({}))).is_ok());
    for (more, name) in [
        (json!({"bootstrap_servers": ""}), "bootstrap_servers"),
        (json!({"bootstrap_servers": "h"}), "bootstrap_servers"),
        (json!({"bootstrap_servers": "h:1,h:0"}), "bootstrap_servers"),
        (json!({"bootstrap_servers": "ssl://h:1"}), "bootstrap_servers"),
        (json!({"connections_max": 0}), "connections_max"),
        (json!({"connect_timeout": 0}), "connect_timeout"),
        (json!({"request_timeout": 600_001}), "request_timeout"),
        (json!({"sample_messages": 10_001}), "sample_messages"),
        (json!({"group_id": ""}), "group_id"),
        (json!({"security_protocol": "sasl_ssl", "sasl_username": "u"}), "sasl_password"),
        (json!({"sasl_username": "u", "sasl_password": "p"}), "security protocol"),
        (json!({"security_protocol": "ssl", "ssl_certificate": "c"}), "ssl_key"),
        (json!({"security_protocol": "ssl", "ssl_key_password": "p"}), "ssl_key_password"),
        (json!({"ssl_ca": "c"}), "ssl_ca"),
        (json!({"ssl_any_host": true}), "ssl_any_host"),
        (json!({"format": "avro"}), "schema_registry_url"),
        (json!({"schema_registry_ssl_ca": "c"}), "schema_registry_url"),
    ] {
        let error = check(&options(&more)).expect_err("refused");
        assert!(error.message.contains(name), "{more}: {error}");
    }
}

#[test]
fn brokers_are_addresses() {
    let given = addresses(&options(&json!({"bootstrap_servers": "a:1, [::1]:2"}))).expect("addresses");
    assert_eq!(given, [("a".to_owned(), 1), ("[::1]".to_owned(), 2)]);
}

#[test]
fn secrets_are_marked() {
    let specs = spi::options::describe::<KafkaOptions>();
    let secrets: Vec<&str> = specs.iter().filter(|spec| spec.secret).map(|spec| spec.name.as_str()).collect();
    assert_eq!(
        secrets,
        ["sasl_password", "ssl_key", "ssl_key_password", "schema_registry_basic_auth_user_info", "schema_registry_bearer_auth_token"]
    );
}
