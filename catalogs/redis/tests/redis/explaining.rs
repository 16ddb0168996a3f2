//! What EXPLAIN shows is what the server is asked.

use redis::Value;
use serde_json::json;
use spi::connector::ReadRequest;

use crate::fixture::{Source, key_is, source, source_with};
use crate::server::Server;

/// The commands that the server has run since the last look, without those that every connection sends.
async fn seen(server: &Server) -> Vec<String> {
    let mut connection = server.connect().await;
    let entries: Vec<Value> = redis::cmd("SLOWLOG").arg("GET").arg(-1).query_async(&mut connection).await.expect("commands");
    let words = |entry: Value| -> Vec<String> {
        let Value::Array(parts) = entry else { panic!("an entry: {entry:?}") };
        redis::from_redis_value(parts[3].clone()).expect("words")
    };
    let own = ["SLOWLOG", "CLIENT", "HELLO", "AUTH", "SELECT", "PING"];
    let mut seen: Vec<Vec<String>> = entries.into_iter().map(words).filter(|words| !own.contains(&words[0].as_str())).collect();
    seen.reverse();
    let _: Value = redis::cmd("SLOWLOG").arg("RESET").query_async(&mut connection).await.expect("a reset");
    seen.into_iter().map(|words| words.join(" ")).collect()
}

/// Explains and reads, and compares.
async fn check(server: &Server, source: &Source, request: ReadRequest, key: &str, expected: &str) {
    let before = source.remote_calls.total();
    let explained = source.connector.explain(&request).expect("commands");
    assert_eq!(source.remote_calls.total(), before, "nobody is asked");
    assert_eq!(explained, expected);
    seen(server).await;
    source.rows(request).await.expect("rows");
    let seen = seen(server).await;
    for command in explained.split("; ").filter(|command| !command.starts_with("SELECT") && !command.starts_with("and for")) {
        let command = command.replace("<key>", key);
        assert!(seen.contains(&command), "{command} is not among {seen:?}");
    }
}

#[tokio::test]
async fn what_is_shown_is_asked() {
    let everything = |_: &_, _| ["--slowlog-log-slower-than", "0", "--slowlog-max-len", "1000"].map(str::to_owned).into();
    let Some(server) = Server::start_with(everything).await else { return };
    server.run("HSET user:1 name ann age 42\nHSET user:2 name bob\nSET hits:home 12\nSET hits:about 7\nHSET settings theme dark").await;
    server.run("ZADD board 1.5 ann").await;
    let source = source(&server).await;
    let scan = "SCAN 0 COUNT 1000 MATCH user:* TYPE hash";
    let of_user = async |columns: &[&str]| source.request_of("user", columns).await;
    let request = of_user(&["_key", "name", "age"]).await;
    check(&server, &source, request.clone(), "user:1", &format!("{scan}; HMGET <key> name age")).await;
    check(&server, &source, of_user(&["_key"]).await, "", scan).await;
    check(&server, &source, of_user(&["name", "_ttl"]).await, "user:1", &format!("{scan}; HMGET <key> name; TTL <key>")).await;
    check(&server, &source, of_user(&["_doc"]).await, "user:1", &format!("{scan}; HLEN <key>; HGETALL <key>")).await;
    let one = ReadRequest { predicates: vec![key_is("user:2")], ..request.clone() };
    check(&server, &source, one, "", "HMGET user:2 name age; EXISTS user:2").await;
    let request = source.request_of("board", &["member", "score"]).await;
    check(&server, &source, request, "", "ZCARD board; ZRANGE board 0 -1 WITHSCORES").await;
    let request = source.request_of("hits", &["_key", "value"]).await;
    let scan = "SCAN 0 COUNT 1000 MATCH hits:* TYPE string";
    let beginning = |key: &str, exists: &str| format!("GETRANGE {key} 0 4193{exists}; and for longer values STRLEN, EXISTS and GET");
    check(&server, &source, request.clone(), "hits:home", &format!("{scan}; {}", beginning("<key>", ""))).await;
    let one = ReadRequest { predicates: vec![key_is("hits:home")], ..request };
    check(&server, &source, one, "", &beginning("hits:home", "; EXISTS hits:home")).await;
    let nobody = ReadRequest { predicates: vec![key_is("other:2")], ..of_user(&["name"]).await };
    assert_eq!(source.connector.explain(&nobody), None);
}

#[tokio::test]
async fn no_secret_is_shown() {
    let Some(server) = Server::start().await else { return };
    server.run("SET a:1 x\nACL SETUSER app on >hidden ~* +@all").await;
    let source = source_with(&server, json!({"user": "app", "password": "hidden"})).await;
    let explained = source.connector.explain(&source.request("a").await).expect("commands");
    assert!(!explained.contains("hidden"), "{explained}");
}
