//! Values at the edges of their types, in every shape that a key can have.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt};
use serde_json::json;
use spi::Code;
use spi::connector::ReadRequest;

use crate::fixture::{key_is, source, source_with, texts};
use crate::server::Server;

/// Runs one command whose arguments are bytes.
async fn write(server: &Server, arguments: &[&[u8]]) {
    let mut command = redis::Cmd::new();
    arguments.iter().for_each(|argument| {
        command.arg(*argument);
    });
    let _: redis::Value = command.query_async(&mut server.connect().await).await.expect("a command that works");
}

#[tokio::test]
async fn fields_of_hashes_are_typed_if_they_are_canonical() {
    let Some(server) = Server::start().await else { return };
    server
        .run(
            "HSET n:1 int 9223372036854775807 big 9223372036854775808 real 0.1 mixed 1 flag true zip 007
            HSET n:2 int -9223372036854775808 big 1 real -3 mixed x flag false",
        )
        .await;
    let rows = source(&server).await.rows_of("n", &["_key", "int", "big", "real", "mixed", "flag", "zip", "_error"]).await;
    assert_eq!(
        rows,
        ["n:1|9223372036854775807|9223372036854775808|0.1|1|true|007|NULL", "n:2|-9223372036854775808|1|-3.0|x|false|NULL|NULL"]
    );
}

#[tokio::test]
async fn a_document_has_all_fields_as_they_are() {
    let Some(server) = Server::start().await else { return };
    server.run("HSET h:1 a 1 b x").await;
    write(&server, &[b"HSET", b"h:1", "ключ 🔑".as_bytes(), "значение".as_bytes()]).await;
    write(&server, &[b"HSET", b"h:1", b"_key", b"own"]).await;
    let source = source(&server).await;
    let rows = source.rows_of("h", &["_doc"]).await;
    let document: serde_json::Value = serde_json::from_str(&rows[0]).expect("JSON");
    assert_eq!(document, json!({"a": "1", "b": "x", "ключ 🔑": "значение", "_key": "own"}));
    // The field has another name than the column that every table has.
    let request = source.request("h").await;
    let names: Vec<&str> = request.columns.iter().map(|column| column.name().as_str()).collect();
    let other = *names.iter().find(|name| name.contains("_key") && **name != "_key").expect("a column of the field");
    assert_eq!(source.rows_of("h", &["_key", other, "ключ 🔑"]).await, ["h:1|own|значение"]);
}

#[tokio::test]
async fn what_does_not_fit_is_null_and_told_or_an_error() {
    let Some(server) = Server::start().await else { return };
    server.run("HSET p:1 price 5\nHSET p:2 price 6").await;
    let source = source(&server).await;
    let request = source.request_of("p", &["_key", "price", "_error", "_doc"]).await;
    let strict = source_with(&server, json!({"strict": true})).await;
    // Both have looked by now.
    assert_eq!(strict.rows(strict.request("p").await).await.expect("rows").len(), 2);
    server.run("HSET p:2 price 007").await;
    write(&server, &[b"HSET", b"p:3", b"price", b"\xff"]).await;
    let rows = source.rows(request.clone()).await.expect("rows");
    assert!(rows[0].starts_with("p:1|5|NULL|"), "{rows:?}");
    assert!(rows[1].starts_with("p:2|NULL|") && rows[1].contains("price") && rows[1].contains("\"007\""), "{rows:?}");
    assert!(rows[2].starts_with("p:3|NULL|") && rows[2].contains("\\xff"), "{rows:?}");
    let error = strict.rows(request).await.expect_err("a value that does not fit");
    assert_eq!(error.code, Code::BadData);
    assert!(error.message.contains("what key \"p:"), "{error:?}");
}

#[tokio::test]
async fn keys_that_are_no_text_are_shown_as_bytes_and_found() {
    let Some(server) = Server::start().await else { return };
    for key in [&b"k:a"[..], b"k:\xff\xfe", b"k:a\0b", b"k:\\x6b3aff", "k:ключ".as_bytes(), b"k:*", b"k:[a]"] {
        write(&server, &[b"HSET", key, b"f", b"1"]).await;
    }
    let source = source(&server).await;
    let rows = source.rows_of("k", &["_key"]).await;
    assert_eq!(rows, ["\\x6b3a610062", "\\x6b3afffe", "k:*", "k:[a]", "k:\\x6b3aff", "k:a", "k:ключ"]);
    for key in rows {
        let mut request = source.request_of("k", &["_key", "f"]).await;
        request.predicates = vec![key_is(&key)];
        assert_eq!(source.rows(request).await.expect("rows"), [format!("{key}|1")]);
    }
}

#[tokio::test]
async fn strings_are_values_numbers_bytes_or_json() {
    let Some(server) = Server::start().await else { return };
    server.run("SET n:1 5\nSET n:2 6\nSET t:1 5\nSET t:2 x\nSET j:1 {\"a\":1,\"b\":{\"c\":[1,2]}}\nSET j:2 {\"a\":null}").await;
    write(&server, &[b"SET", b"t:3", b""]).await;
    write(&server, &[b"SET", b"b:1", b"\x00\xff"]).await;
    let source = source(&server).await;
    assert_eq!(source.rows_of("n", &["_key", "value"]).await, ["n:1|5", "n:2|6"]);
    assert_eq!(source.rows_of("t", &["_key", "value"]).await, ["t:1|5", "t:2|x", "t:3|"]);
    assert_eq!(source.rows_of("b", &["_key", "value"]).await, ["b:1|00ff"]);
    assert_eq!(source.rows_of("j", &["_key", "a", "b"]).await, ["j:1|1|{c: [1, 2]}", "j:2|NULL|NULL"]);
    let request = source.request_of("j", &["_key", "a", "_error"]).await;
    server.run("SET j:3 {\"a\":\nSET j:4 [1]").await;
    let rows = source.rows(request).await.expect("rows");
    assert_eq!(rows[..2], ["j:1|1|NULL", "j:2|NULL|NULL"]);
    assert!(rows[2].starts_with("j:3|NULL|") && rows[3].starts_with("j:4|NULL|"), "{rows:?}");
    assert!(rows[2..].iter().all(|row| !row.ends_with("NULL")), "{rows:?}");
}

/// The metadata says that all values are objects; since then one is none, which a later sample has noticed.
#[tokio::test]
async fn fields_of_json_are_read_though_a_sample_shows_other_values() {
    let Some(server) = Server::start().await else { return };
    server.run("SET j:1 {\"a\":1}\nSET j:2 {\"a\":2}").await;
    let source = source(&server).await;
    let request = source.request_of("j", &["_key", "a", "_error"]).await;
    server.run("SET j:3 none").await;
    let plain = source.request_of("j", &["_key", "value"]).await;
    assert_eq!(source.rows(plain).await.expect("rows").len(), 3);
    let rows = source.rows(request).await.expect("rows");
    assert_eq!(rows[..2], ["j:1|1|NULL", "j:2|2|NULL"]);
    assert!(rows[2].starts_with("j:3|NULL|") && !rows[2].ends_with("NULL"), "{rows:?}");
}

/// Hashes of long values are not asked for by the thousand.
#[tokio::test]
async fn long_values_are_read_few_at_a_time() {
    let Some(server) = Server::start().await else { return };
    let long = vec![b'x'; 400 << 10];
    let mut pipeline = redis::pipe();
    for number in 0..300 {
        pipeline.cmd("HSET").arg(format!("h:{number}")).arg("f").arg(&long);
    }
    let _: redis::Value = pipeline.query_async(&mut server.connect().await).await.expect("keys");
    let source = source(&server).await;
    let request = source.request_of("h", &["f"]).await;
    let before = source.remote_calls.total();
    let mut stream = source.stream(request).await;
    let mut lengths = Vec::new();
    while let Some(batch) = stream.next().await {
        lengths.push(batch.expect("rows").num_rows());
    }
    assert_eq!(lengths.iter().sum::<usize>(), 300);
    // The first answer is of as many as short ones would be, the others are of ten: 4 MB.
    assert!(source.remote_calls.total() - before >= 10, "{lengths:?}");
}

#[tokio::test]
async fn times_to_live_are_seconds() {
    let Some(server) = Server::start().await else { return };
    server.run("HSET h:1 a 1\nHSET h:2 a 1\nEXPIRE h:2 5000\nSADD s x\nEXPIRE s 600").await;
    let source = source(&server).await;
    let rows = source.rows_of("h", &["_key", "_ttl", "_type"]).await;
    assert_eq!(rows[0], "h:1|NULL|hash");
    let ttl: i64 = rows[1].split('|').nth(1).and_then(|ttl| ttl.parse().ok()).expect("seconds");
    assert!((4_900..=5_000).contains(&ttl), "{rows:?}");
    assert_eq!(source.rows_of("s", &["_ttl"]).await.len(), 1);
}

#[tokio::test]
async fn elements_are_rows() {
    let Some(server) = Server::start().await else { return };
    server
        .run(
            "RPUSH list a b a
            ZADD board 1.5 ann inf bob -0.001 carl
            XADD log 1700000000000-5 a 1 b x
            XADD log 18446744073709551615-0 a 2",
        )
        .await;
    let source = source(&server).await;
    assert_eq!(source.rows_of("list", &["_key", "index", "value"]).await, ["list|0|a", "list|1|b", "list|2|a"]);
    assert_eq!(source.rows_of("board", &["member", "score"]).await, ["ann|1.5", "bob|inf", "carl|-0.001"]);
    let entries = source.rows_of("log", &["_id", "_timestamp", "a", "b"]).await;
    assert_eq!(entries, ["1700000000000-5|2023-11-14T22:13:20Z|1|x", "18446744073709551615-0|NULL|2|NULL"]);
    let errors = source.rows_of("log", &["_id", "_timestamp", "_error"]).await;
    assert!(errors[1].contains("_timestamp"), "{errors:?}");
}

/// Longer than a page, so that they are read page by page.
#[tokio::test]
async fn long_collections_are_read_whole() {
    const LENGTH: usize = 12_345;
    let Some(server) = Server::start().await else { return };
    let mut pipeline = redis::pipe();
    for number in 0..LENGTH {
        pipeline.cmd("RPUSH").arg("list").arg(number);
        pipeline.cmd("SADD").arg("set").arg(format!("m{number}"));
        pipeline.cmd("ZADD").arg("board").arg(number).arg(format!("m{number}"));
        pipeline.cmd("XADD").arg("log").arg(format!("{}-1", number + 1)).arg("n").arg(number);
        pipeline.cmd("HSET").arg("wide").arg(format!("f{number}")).arg(number);
    }
    let _: redis::Value = pipeline.query_async(&mut server.connect().await).await.expect("keys");
    let source = source(&server).await;
    for (table, column) in [("list", "value"), ("set", "member"), ("board", "member"), ("log", "n")] {
        let rows = source.rows_of(table, &[column]).await;
        assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), LENGTH, "{table}");
        assert_eq!(source.count(source.request_of(table, &[column]).await).await, (LENGTH, LENGTH.div_ceil(8192)), "{table}");
        // Counting looks at no element.
        let before = source.remote_calls.total();
        let mut request = source.request(table).await;
        let of_request = source.remote_calls.total() - before;
        request.columns.clear();
        assert_eq!(source.count(request).await.0, LENGTH, "{table}");
        assert!(source.remote_calls.total() - before - of_request <= 3, "{table}");
    }
    let indexes = source.rows_of("list", &["index", "value"]).await;
    assert!(indexes.iter().all(|row| row.split_once('|').is_some_and(|(index, value)| index == value)));
    let documents = source.rows_of("wide", &["_doc"]).await;
    let document: serde_json::Value = serde_json::from_str(&documents[0]).expect("JSON");
    assert_eq!(document.as_object().map(serde_json::Map::len), Some(LENGTH));
}

/// The server shows a member twice to one who is looking when it shrinks its table: in about every fourth of such rounds.
#[tokio::test]
async fn members_are_rows_once_though_a_set_shrinks() {
    const MEMBERS: usize = 30_000;
    const KEPT_EACH: usize = 20;
    let Some(server) = Server::start().await else { return };
    server.run("SADD set m0").await;
    let mut connection = server.connect().await;
    let source = source(&server).await;
    let request = source.request_of("set", &["member"]).await;
    for round in 0..16 {
        let name = |number| format!("{round}:{number}");
        let mut pipeline = redis::pipe();
        pipeline.cmd("DEL").arg("set").cmd("SADD").arg("set").arg((0..MEMBERS).map(name).collect::<Vec<_>>());
        let _: redis::Value = pipeline.query_async(&mut connection).await.expect("a set");
        let mut stream = source.stream(request.clone()).await;
        let first = stream.next().await.expect("a batch").expect("members");
        let mut pipeline = redis::pipe();
        pipeline.cmd("SREM").arg("set").arg((0..MEMBERS).filter(|number| number % KEPT_EACH != 0).map(name).collect::<Vec<_>>());
        // With each question the server moves a part of the members to the smaller table; these are enough for all.
        (0..MEMBERS).for_each(|_| _ = pipeline.cmd("SISMEMBER").arg("set").arg("none"));
        let _: redis::Value = pipeline.query_async(&mut connection).await.expect("a small set");
        let rest: Vec<_> = stream.try_collect().await.expect("members");
        let members: Vec<String> = std::iter::once(&first).chain(&rest).flat_map(texts).collect();
        let each: BTreeSet<&String> = members.iter().collect();
        assert_eq!(each.len(), members.len(), "round {round}");
        assert!((0..MEMBERS / KEPT_EACH).all(|number| each.contains(&name(number * KEPT_EACH))), "round {round}");
    }
}

/// Those that are short are asked for at once, others after a look at their length; most of the first pages are short, and then none is.
#[tokio::test]
async fn strings_of_every_length_are_read_whole() {
    let Some(server) = Server::start().await else { return };
    let lengths = |number: usize| match number {
        0..10 => 4_190 + number,
        10..2_000 => number % 7,
        _ => 5_000,
    };
    let mut pipeline = redis::pipe();
    for number in 0..6_000 {
        pipeline.cmd("SET").arg(format!("k:{number}")).arg("x".repeat(lengths(number)));
    }
    pipeline.cmd("EXPIRE").arg("k:0").arg(5_000);
    let _: redis::Value = pipeline.query_async(&mut server.connect().await).await.expect("keys");
    let source = source(&server).await;
    let mut expected: Vec<String> = (0..6_000).map(|number| format!("k:{number}|{}", "x".repeat(lengths(number)))).collect();
    expected.sort();
    assert_eq!(source.rows_of("k", &["_key", "value"]).await, expected);
    let with_ttl = source.rows_of("k", &["_key", "value", "_ttl"]).await;
    assert_eq!(with_ttl.iter().filter(|row| !row.ends_with("|NULL")).count(), 1);
    let without: Vec<&str> = with_ttl.iter().filter_map(|row| row.rsplit_once('|').map(|(rest, _)| rest)).collect();
    assert_eq!(without, expected);
    for limit in [1, 1_500] {
        let mut request = source.request_of("k", &["value"]).await;
        request.limit = Some(limit);
        assert_eq!(source.count(request).await.0, limit);
    }
}

/// A hash that has none of the wanted fields is a row, and one that is gone is none.
#[tokio::test]
async fn hashes_without_the_wanted_fields_are_rows() {
    let Some(server) = Server::start().await else { return };
    server.run("HSET h:1 a 1\nHSET h:2 b 2\nHSET h:3 b 3\nEXPIRE h:3 5000").await;
    let source = source(&server).await;
    let request = source.request_of("h", &["_key", "a"]).await;
    assert_eq!(source.rows(request.clone()).await.expect("rows"), ["h:1|1", "h:2|NULL", "h:3|NULL"]);
    for (key, expected) in [("h:2", &["h:2|NULL"][..]), ("h:4", &[])] {
        let named = ReadRequest { predicates: vec![key_is(key)], ..request.clone() };
        assert_eq!(source.rows(named).await.expect("rows"), expected);
    }
    let rows = source.rows_of("h", &["_key", "a", "_ttl"]).await;
    assert!(rows[1] == "h:2|NULL|NULL" && rows[2].starts_with("h:3|NULL|") && !rows[2].ends_with("NULL"), "{rows:?}");
}

/// A value of 16 MB is one row like any other.
#[tokio::test]
async fn a_large_value_is_read() {
    let Some(server) = Server::start().await else { return };
    write(&server, &[b"SET", b"big:1", &vec![b'x'; 16 << 20]]).await;
    server.run("SET big:2 small").await;
    let source = source(&server).await;
    let rows = source.rows_of("big", &["value"]).await;
    assert_eq!(rows.iter().map(String::len).collect::<Vec<_>>(), [5, 16 << 20]);
}
