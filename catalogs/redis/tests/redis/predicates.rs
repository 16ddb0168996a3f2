//! Keys that are wanted are looked up, and give what the same condition gives over all rows.

use std::collections::BTreeMap;

use spi::connector::ReadRequest;
use spi::predicate::{Comparison, Predicate, Value};

use crate::fixture::{Source, key_is, source};
use crate::server::Server;

/// A small generator of numbers, so that what failed once fails again.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

fn is_in(keys: &[&str]) -> Predicate {
    Predicate::In { column: "_key".to_owned(), values: keys.iter().map(|key| Value::Text((*key).to_owned())).collect() }
}

/// A predicate on keys, and how deep it may still be.
fn random_predicate(random: &mut Random, keys: &[&str], depth: usize) -> Predicate {
    let column = || "_key".to_owned();
    match random.below(if depth == 0 { 4 } else { 6 }) {
        0 | 1 => key_is(keys[random.below(keys.len())]),
        2 => {
            let some: Vec<&str> = (0..random.below(5)).map(|_| keys[random.below(keys.len())]).collect();
            is_in(&some)
        }
        3 if random.below(2) == 0 => Predicate::IsNotNull { column: column() },
        3 => Predicate::IsNull { column: column() },
        4 => Predicate::And((0..random.below(3) + 1).map(|_| random_predicate(random, keys, depth - 1)).collect()),
        _ => Predicate::Or((0..random.below(3) + 1).map(|_| random_predicate(random, keys, depth - 1)).collect()),
    }
}

/// What PostgreSQL would say of a row with the key.
fn holds(predicate: &Predicate, key: &str) -> bool {
    let is = |value: &Value| matches!(value, Value::Text(text) if text == key);
    match predicate {
        Predicate::Compare { value, comparison: Comparison::Equal, .. } => is(value),
        Predicate::Compare { .. } => panic!("no other comparison is made here"),
        Predicate::In { values, .. } => values.iter().any(is),
        Predicate::IsNull { .. } => false,
        Predicate::IsNotNull { .. } => true,
        Predicate::And(all) => all.iter().all(|one| holds(one, key)),
        Predicate::Or(any) => any.iter().any(|one| holds(one, key)),
    }
}

/// Keys of all kinds that nearly have the same patterns.
async fn fill(server: &Server) {
    let mut pipeline = redis::pipe();
    for number in 0..40 {
        pipeline.cmd("HSET").arg(format!("user:{number}")).arg("n").arg(number);
        pipeline.cmd("RPUSH").arg(format!("user:{number}:list")).arg("a").arg("b");
        pipeline.cmd("SADD").arg(format!("user:{}", number + 100)).arg(number);
        pipeline.cmd("SET").arg(format!("text:{number}")).arg("x".repeat(number));
    }
    pipeline.cmd("HSET").arg(&b"user:\xff"[..]).arg("n").arg(1);
    pipeline.cmd("HSET").arg("user:\\x757365723aff").arg("n").arg(2);
    let _: redis::Value = pipeline.query_async(&mut server.connect().await).await.expect("keys");
}

#[tokio::test]
async fn lookups_give_what_a_filter_over_all_rows_gives() {
    let Some(server) = Server::start().await else { return };
    fill(&server).await;
    let source = source(&server).await;
    let keys = [
        "user:1",
        "user:2",
        "user:39",
        "user:40",
        "user:101",
        "user:1:list",
        "text:0",
        "text:5",
        "\\x757365723aff",
        "user:\\xff",
        "user:\\x757365723aff",
        "",
        "user:*",
        "nobody",
        "user:1:list:x",
    ];
    let mut random = Random(7);
    for table in ["user", "user_set", "user:list", "text"] {
        let request = source.request(table).await;
        let place = request.columns.iter().position(|column| column.name() == "_key").expect("the key");
        let all = source.rows(request.clone()).await.expect("rows");
        let by_key: Vec<(String, String)> =
            all.iter().map(|row| (row.split('|').nth(place).expect("a key").to_owned(), row.clone())).collect();
        for _ in 0..60 {
            let predicates: Vec<Predicate> = (0..random.below(2) + 1).map(|_| random_predicate(&mut random, &keys, 2)).collect();
            assert!(predicates.iter().all(|predicate| source.connector.applies(predicate)), "{predicates:?}");
            let expected: Vec<String> = by_key
                .iter()
                .filter(|(key, _)| predicates.iter().all(|predicate| holds(predicate, key)))
                .map(|(_, row)| row.clone())
                .collect();
            let found = source.rows(ReadRequest { predicates: predicates.clone(), ..request.clone() }).await.expect("rows");
            assert_eq!(found, expected, "{table}: {predicates:?}");
        }
    }
}

/// How many requests reading takes, beyond those of the harvest.
async fn cost(source: &Source, request: ReadRequest) -> (usize, u64) {
    let before = source.remote_calls.total();
    let rows = source.rows(request).await.expect("rows").len();
    (rows, source.remote_calls.total() - before)
}

#[tokio::test]
async fn a_lookup_does_not_walk_through_the_keys() {
    let Some(server) = Server::start().await else { return };
    let mut pipeline = redis::pipe();
    for number in 0..30_000 {
        pipeline.cmd("HSET").arg(format!("user:{number}")).arg("n").arg(number);
    }
    let _: redis::Value = pipeline.query_async(&mut server.connect().await).await.expect("keys");
    let source = source(&server).await;
    let mut request = source.request_of("user", &["_key", "n"]).await;
    // The walk has a page for each thousand keys, and asks for the fields of each page.
    let (rows, walk) = cost(&source, request.clone()).await;
    assert!(rows == 30_000 && walk >= 60, "{rows} {walk}");
    let keys: Vec<String> = (0..700).map(|number| format!("user:{}", number * 50)).collect();
    request.predicates = vec![is_in(&keys.iter().map(String::as_str).collect::<Vec<_>>())];
    let (rows, lookup) = cost(&source, request.clone()).await;
    assert_eq!(rows, 600);
    // One selects the database, which also shows that the connection lives; the others are pipelines, the first of which is short.
    assert_eq!(lookup, 3);
    // Nor does a limit read much more than it gives.
    request.predicates.clear();
    request.limit = Some(5);
    let (rows, limited) = cost(&source, request).await;
    assert!(rows == 5 && limited <= 3, "{rows} {limited}");
}

#[tokio::test]
async fn limits_are_kept_in_every_shape() {
    let Some(server) = Server::start().await else { return };
    fill(&server).await;
    let source = source(&server).await;
    let mut found = BTreeMap::new();
    for table in ["user", "user_set", "user:list", "text"] {
        for columns in [&[][..], &["_key"], &["_key", "_ttl"]] {
            for limit in [0, 1, 7, 1_000] {
                let mut request = source.request_of(table, columns).await;
                let all = source.count(request.clone()).await.0;
                request.limit = Some(limit);
                let rows = source.count(request).await.0;
                assert_eq!(rows, all.min(limit), "{table} {columns:?} {limit}");
                found.insert(table, all);
            }
        }
    }
    assert_eq!(found, BTreeMap::from([("text", 40), ("user", 42), ("user:list", 80), ("user_set", 40)]));
}
