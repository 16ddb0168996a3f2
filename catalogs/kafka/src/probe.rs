//! The connection test, with a client of its own: it says what opening the source means now.

use std::sync::Arc;
use std::time::Instant;

use spi::Result;
use spi::connector::{Stage, TestStage};
use spi::names::{self, look_up};

use crate::client::Client;
use crate::cluster::Cluster;
use crate::failure::unreachable;
use crate::job::{self, Cancelled};
use crate::options;

/// Looks the brokers up, reaches one of them, logs in, and asks a first question, and one of the schema registry if there is one.
/// Encryption and login are one stage: Kafka's client tells which of them has failed, but not how long each took.
pub(crate) async fn probe(cluster: &Arc<Cluster>) -> Vec<TestStage> {
    let mut stages = Vec::new();
    let started = Instant::now();
    if !note(&mut stages, Stage::Resolve, started, resolve(cluster).await) {
        return stages;
    }
    let started = Instant::now();
    if !note(&mut stages, Stage::Connect, started, reach(cluster).await) {
        return stages;
    }
    let tested = {
        let cluster = Arc::clone(cluster);
        job::run(move |cancelled, answer| answer.give(Ok(ask(&cluster, cancelled)))).await
    };
    match tested {
        Ok(more) => stages.extend(more),
        Err(error) => stages.push(TestStage { stage: Stage::Query, latency: started.elapsed(), outcome: Err(error) }),
    }
    if let Some(registry) = cluster.registry.as_ref().filter(|_| stages.iter().all(|stage| stage.outcome.is_ok())) {
        let started = Instant::now();
        let subjects = registry.subjects().await.map(|subjects| format!("schema registry: {} subjects", subjects.len()));
        note(&mut stages, Stage::Query, started, subjects);
    }
    stages
}

/// Notes a stage. Whether it has passed.
fn note(stages: &mut Vec<TestStage>, stage: Stage, started: Instant, outcome: Result<String>) -> bool {
    let passed = outcome.is_ok();
    stages.push(TestStage { stage, latency: started.elapsed(), outcome });
    passed
}

/// The addresses of the brokers that have any; one is enough.
async fn resolve(cluster: &Cluster) -> Result<String> {
    let mut found = Vec::new();
    let mut failed = String::new();
    for (host, port) in options::addresses(&cluster.options)? {
        match look_up(&host, port, cluster.connect_timeout()).await {
            Ok(addresses) => found.extend(addresses),
            Err(detail) => failed = detail,
        }
    }
    match found.is_empty() {
        true => Err(unreachable(&cluster.source, failed)),
        false => Ok(names::shown(&found)),
    }
}

/// The first broker that accepts a connection.
async fn reach(cluster: &Cluster) -> Result<String> {
    let mut failed = String::new();
    for (host, port) in options::addresses(&cluster.options)? {
        let address = format!("{host}:{port}");
        cluster.remote_calls.count();
        match tokio::time::timeout(cluster.connect_timeout(), tokio::net::TcpStream::connect(&address)).await {
            Ok(Ok(_)) => return Ok(format!("{address} accepts connections")),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                failed = format!("Connection to {address} was refused.");
            }
            Ok(Err(error)) => failed = format!("Connection to {address} failed: {error}."),
            Err(_) => failed = format!("{address} had not answered after {} ms.", cluster.connect_timeout().as_millis()),
        }
    }
    Err(unreachable(&cluster.source, failed))
}

fn ask(cluster: &Arc<Cluster>, cancelled: Cancelled) -> Vec<TestStage> {
    let mut stages = Vec::new();
    let started = Instant::now();
    // The breaker is not asked: a test wants to know how it is now.
    let client = match Client::connect(cluster, cancelled) {
        Ok(client) => client,
        Err(error) => {
            note(&mut stages, Stage::Authenticate, started, Err(error));
            return stages;
        }
    };
    let login = cluster.options.sasl_username.as_ref().map(|user| format!("logged in as \"{user}\""));
    let encryption = if cluster.options.security_protocol.encrypts() { "encrypted" } else { "not encrypted" };
    note(&mut stages, Stage::Authenticate, started, Ok(format!("{}, {encryption}", login.unwrap_or_else(|| "no login".to_owned()))));
    let started = Instant::now();
    let metadata = client.metadata(None, "list the topics");
    let found = metadata.map(|metadata| format!("{} brokers, {} topics", metadata.brokers().len(), metadata.topics().len()));
    note(&mut stages, Stage::Query, started, found);
    stages
}
