//! The connection test. TLS, the login and the first question are one exchange of the HTTP client: what fails says which it was.

use std::time::Instant;

use spi::connector::{Stage, TestStage};
use spi::names::{self, look_up};
use spi::{Code, Error, Result};
use tokio::net::TcpStream;

use crate::client::{Client, Request};
use crate::failure::address;
use crate::options::Settings;

/// Looks the host up, connects, encrypts and logs in, and counts what there is to be seen.
pub(crate) async fn probe(client: &Client, settings: &Settings) -> Vec<TestStage> {
    let mut stages = Vec::new();
    let mut note = |stage, started: Instant, outcome: Result<String>| {
        let passed = outcome.is_ok();
        stages.push(TestStage { stage, latency: started.elapsed(), outcome });
        passed
    };
    let started = Instant::now();
    if !note(Stage::Resolve, started, resolve(client).await) {
        return stages;
    }
    let started = Instant::now();
    if !note(Stage::Connect, started, reach(client).await) {
        return stages;
    }
    let started = Instant::now();
    let greeted = greet(client).await;
    let is_encrypted = client.host().scheme() == "https";
    let of_tls = || Ok(if is_encrypted { "used" } else { "not used" }.to_owned());
    match greeted {
        Err(error) if matches!(error.code, Code::Password | Code::Privilege) => {
            note(Stage::Tls, started, of_tls());
            note(Stage::Authenticate, started, Err(error));
            return stages;
        }
        Err(error) => {
            note(if is_encrypted { Stage::Tls } else { Stage::Connect }, started, Err(error));
            return stages;
        }
        Ok(product) => {
            note(Stage::Tls, started, of_tls());
            note(Stage::Authenticate, started, Ok(format!("let in by {product}")));
        }
    }
    let started = Instant::now();
    note(Stage::Query, started, indices(client, settings).await);
    stages
}

/// Host and port, without the brackets of an IPv6 address.
fn place(client: &Client) -> (String, u16) {
    let host = client.host();
    let name = host.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    (name, host.port_or_known_default().unwrap_or_default())
}

async fn resolve(client: &Client) -> Result<String> {
    let (name, port) = place(client);
    let found = look_up(&name, port, client.connect_timeout).await;
    found.map(|addresses| names::shown(&addresses)).map_err(|detail| unreachable(client, detail))
}

async fn reach(client: &Client) -> Result<String> {
    let (name, port) = place(client);
    let address = address(client.host());
    match tokio::time::timeout(client.connect_timeout, TcpStream::connect((name.as_str(), port))).await {
        Ok(Ok(_)) => Ok(format!("{address} accepts connections")),
        Ok(Err(error)) => Err(unreachable(client, format!("Connection to {address} failed: {error}.")).cause(error)),
        Err(_) => Err(unreachable(client, format!("{address} had not answered after {} ms.", client.connect_timeout.as_millis()))),
    }
}

fn unreachable(client: &Client, detail: String) -> Error {
    let source = &client.source;
    Error::source(Code::Unreachable, source, format!("could not reach data source \"{source}\""))
        .detail(detail)
        .hint("Check the option \"hosts\".")
        .retryable()
}

/// The server's product and version.
async fn greet(client: &Client) -> Result<String> {
    let answer = client.ask(&Request::get("test the connection", &[])).await;
    let answer = answer.map_err(|failure| failure.into_error(client, "test the connection"))?;
    let version = &answer["version"];
    match (version["distribution"].as_str(), version["number"].as_str()) {
        (Some("opensearch"), Some(number)) => Ok(format!("OpenSearch {number}")),
        (_, Some(number)) => Ok(format!("Elasticsearch {number}")),
        _ => Err(Error::source(Code::BadData, &client.source, format!("data source \"{}\" is no Elasticsearch server", client.source))
            .detail(format!("{} answers, but names no version.", address(client.host())))),
    }
}

async fn indices(client: &Client, settings: &Settings) -> Result<String> {
    let request = Request::get("test the connection", &["_cat", "indices", &settings.indices])
        .parameter("format", "json")
        .parameter("h", "index")
        .parameter("expand_wildcards", settings.expand_wildcards());
    match client.ask(&request).await {
        Ok(answer) => Ok(format!("{} indices", answer.as_array().map_or(0, Vec::len))),
        Err(failure) if failure.is_missing() => Ok("0 indices".to_owned()),
        Err(failure) => Err(failure.into_error(client, "list the indices")),
    }
}
