//! Clusters, and primaries behind sentinels.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use spi::Code;
use spi::connector::{Scope, Stage};
use spi::documents::TableDefinition;
use spi::metadata::Relation;

use crate::fixture::{Defined, key_is, open, relation, some_of};
use crate::server::{Server, free_port};

/// Until servers that were told of each other have agreed.
const AGREEMENT_TIMEOUT: Duration = Duration::from_secs(60);

/// Three servers that share the slots.
async fn cluster() -> Option<Vec<Server>> {
    let mut servers = Vec::new();
    for _ in 0..3 {
        let arguments = |_: &std::path::Path, _| {
            let bus = free_port().to_string();
            let arguments = ["--cluster-enabled", "yes", "--cluster-node-timeout", "5000", "--cluster-port", &bus];
            arguments.map(str::to_owned).into()
        };
        servers.push((Server::start_with(arguments).await?, 0u16));
    }
    let mut buses = Vec::new();
    for (server, _) in &servers {
        let answer: Vec<redis::Value> =
            redis::cmd("CONFIG").arg("GET").arg("cluster-port").query_async(&mut server.connect().await).await.expect("the port");
        let port: u16 = redis::from_redis_value(answer.into_iter().nth(1).expect("a value")).expect("a number");
        buses.push(port);
    }
    for (place, (server, _)) in servers.iter().enumerate() {
        let (first, last) = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)][place];
        server.run(&format!("CLUSTER ADDSLOTSRANGE {first} {last}")).await;
        if place > 0 {
            server.run(&format!("CLUSTER MEET 127.0.0.1 {} {}", servers[0].0.port, buses[0])).await;
        }
    }
    let servers: Vec<Server> = servers.into_iter().map(|(server, _)| server).collect();
    let started = Instant::now();
    for server in &servers {
        while !agrees(server).await {
            assert!(started.elapsed() < AGREEMENT_TIMEOUT, "the cluster does not come about");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Some(servers)
}

async fn agrees(server: &Server) -> bool {
    let mut connection = server.connect().await;
    let state: String = redis::cmd("CLUSTER").arg("INFO").query_async(&mut connection).await.expect("a state");
    state.contains("cluster_state:ok") && state.contains("cluster_known_nodes:3")
}

/// Writes to whichever server has the key.
async fn write(servers: &[Server], words: &[&str]) {
    let mut command = redis::Cmd::new();
    words.iter().for_each(|word| {
        command.arg(*word);
    });
    for server in servers {
        match command.query_async::<redis::Value>(&mut server.connect().await).await {
            Ok(_) => return,
            Err(error) if error.code() == Some("MOVED") => {}
            Err(error) => panic!("{words:?}: {error}"),
        }
    }
    panic!("no server has {words:?}");
}

#[tokio::test]
async fn a_cluster_is_read_whole() {
    let Some(servers) = cluster().await else { return };
    let mut expected = Vec::new();
    for number in 0..90 {
        write(&servers, &["HSET", &format!("user:{number}"), "n", &number.to_string()]).await;
        expected.push(format!("user:{number}|{number}"));
    }
    expected.sort();
    let options = json!({"host": "127.0.0.1", "port": servers[1].port, "mode": "cluster"});
    let source = open(options.clone()).await.expect("a connector");
    assert!(source.connector.test().await.iter().all(|stage| stage.outcome.is_ok()));
    assert_eq!(relation(&source.schema("db0").await, Relation::Tables, &["name", "row_estimate"]), ["user|90"]);
    assert_eq!(source.rows_of("user", &["_key", "n"]).await, expected);
    for number in [0, 17, 89] {
        let mut request = source.request_of("user", &["n"]).await;
        request.predicates = vec![key_is(&format!("user:{number}"))];
        assert_eq!(source.rows(request).await.expect("rows"), [number.to_string()]);
    }
    // So do keys that somebody says are in a table.
    let given: TableDefinition = serde_json::from_value(json!({"pattern": "user:?5", "type": "hash"})).expect("a definition");
    let defined = Defined::from([("some".to_owned(), Arc::new(given.clone()))]);
    let schema = source.schema_after(&source.schema("db0").await, &defined, &Scope::default()).await.expect("a harvest");
    assert_eq!(relation(&schema, Relation::Tables, &["name", "row_estimate"]), ["some|8", "user|90"]);
    let found = source.rows(some_of(source.request_as(&schema, "some"), &["n"])).await.expect("rows");
    assert_eq!(found, ["15", "25", "35", "45", "55", "65", "75", "85"]);
    let sample = source.connector.infer("db0", "some", Some(&given)).await.expect("a sample");
    assert_eq!((sample.checks[0].present, sample.checks[0].misfits), (8, 0));
    assert!(source.connector.fingerprint().await.expect("an answer").is_some_and(|fingerprint| fingerprint.matches(';').count() == 3));
    // Another server of the cluster is asked where the first one does not answer.
    let mut further = options;
    further["port"] = free_port().into();
    further["nodes"] = json!([format!("127.0.0.1:{}", servers[2].port)]);
    assert_eq!(open(further).await.expect("a connector").rows_of("user", &["_key", "n"]).await, expected);
}

/// Keys that move while others are read may be at a server that was read before.
#[tokio::test]
async fn slots_that_move_while_keys_are_read_are_told() {
    let Some(servers) = cluster().await else { return };
    // More than a batch, all of them in one slot, which stays.
    let mut pipeline = redis::pipe();
    (0..20_000).for_each(|number| _ = pipeline.cmd("HSET").arg(format!("user:{{1}}:{number}")).arg("n").arg(number));
    let mut owner = servers.iter();
    while let Some(server) = owner.next()
        && pipeline.query_async::<redis::Value>(&mut server.connect().await).await.is_err()
    {}
    let source = open(json!({"host": "127.0.0.1", "port": servers[0].port, "mode": "cluster"})).await.expect("a connector");
    let request = source.request_of("user", &["_key"]).await;
    assert_eq!(source.count(request.clone()).await.0, 20_000);
    let mut stream = source.stream(request.clone()).await;
    stream.next().await.expect("a batch").expect("keys");
    let id: String = redis::cmd("CLUSTER").arg("MYID").query_async(&mut servers[0].connect().await).await.expect("an id");
    for server in &servers {
        server.run(&format!("CLUSTER SETSLOT 16383 NODE {id}")).await;
    }
    let error = stream.try_collect::<Vec<_>>().await.expect_err("slots that have moved");
    assert_eq!((error.code, error.retryable), (Code::Unavailable, true), "{error:?}");
    assert_eq!(source.count(request).await.0, 20_000);
}

#[tokio::test]
async fn a_server_that_is_no_cluster_says_so() {
    let Some(server) = Server::start().await else { return };
    let source = open(json!({"host": "127.0.0.1", "port": server.port, "mode": "cluster"})).await.expect("a connector");
    let error = source.harvest(&Default::default()).await.expect_err("no cluster");
    assert_eq!(error.code, Code::Unsupported, "{error:?}");
}

#[tokio::test]
async fn sentinels_name_the_primary() {
    let Some(primary) = Server::start().await else { return };
    primary.run("HSET user:1 n 1").await;
    let configuration = format!("sentinel monitor main 127.0.0.1 {} 1\nsentinel resolve-hostnames yes", primary.port);
    let Some(sentinel) = Server::start_sentinel(&configuration).await else { return };
    let options = |name: &str, more: Value| {
        let mut options = json!({"host": "127.0.0.1", "port": sentinel.port, "mode": "sentinel", "master_name": name});
        options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        options
    };
    let source = open(options("main", json!({}))).await.expect("a connector");
    let stages = source.connector.test().await;
    assert!(stages.iter().all(|stage| stage.outcome.is_ok()), "{stages:?}");
    assert!(stages.iter().any(|stage| {
        stage.stage == Stage::Connect && stage.outcome.as_ref().is_ok_and(|said| said.contains(&primary.port.to_string()))
    }));
    assert_eq!(source.rows_of("user", &["_key", "n"]).await, ["user:1|1"]);
    let stages = open(options("other", json!({}))).await.expect("a connector").connector.test().await;
    let error = stages.last().and_then(|stage| stage.outcome.as_ref().err()).expect("a failure");
    assert_eq!(error.code, Code::Unreachable);
    assert!(error.detail.as_deref().is_some_and(|detail| detail.contains("does not know")), "{error:?}");
}
