//! The connection test. TLS, the login and the first question are one exchange of the HTTP client: what fails says which it was.

use std::time::Instant;

use spi::connector::{Stage, TestStage};
use spi::names::{self, look_up};
use spi::{Code, Error, Result};
use tokio::net::TcpStream;

use crate::client::{Client, Request};
use crate::failure::address;
use crate::kinds::Flavor;
use crate::options::Settings;

const ELASTICSEARCH: &str = "Elasticsearch";

/// The first version with a tiebreak in its points in time.
const VERSION_MIN: (u32, u32) = (7, 12);

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
            note(Stage::Authenticate, started, Ok(format!("let in by {} {}", product.name, product.version)));
            if let Err(error) = product.check(settings.flavor, &client.source) {
                note(Stage::Query, started, Err(error));
                return stages;
            }
        }
    }
    let started = Instant::now();
    note(Stage::Query, started, indices(client, settings).await);
    stages
}

/// What a server says that it is.
struct Product {
    name: &'static str,
    version: String,
}

impl Product {
    /// Refuses what cannot be read as the type of the data source says. OpenSearch may pass itself off as version 7.10.
    fn check(&self, flavor: Flavor, source: &str) -> Result<()> {
        let mut numbers = self.version.split('.').map(|number| number.parse().unwrap_or(0));
        let version: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if flavor == Flavor::OpenSearch || (self.name == ELASTICSEARCH && version >= VERSION_MIN) {
            return Ok(());
        }
        let message = format!("data source \"{source}\" cannot be of type \"elasticsearch\"");
        Err(Error::source(Code::Unsupported, source, message)
            .detail(format!("Its server is {} {}, and only Elasticsearch from 7.12 on has what reads need.", self.name, self.version))
            .hint("Create it with type \"opensearch\"."))
    }
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
async fn greet(client: &Client) -> Result<Product> {
    let answer = client.ask(&Request::get("test the connection", &[])).await;
    let answer = answer.map_err(|failure| failure.into_error(client, "test the connection"))?;
    let version = &answer["version"];
    match (version["distribution"].as_str(), version["number"].as_str()) {
        (Some("opensearch"), Some(number)) => Ok(Product { name: "OpenSearch", version: number.to_owned() }),
        (_, Some(number)) => Ok(Product { name: ELASTICSEARCH, version: number.to_owned() }),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_that_of_the_server() {
        for (name, version, flavor, fits) in [
            (ELASTICSEARCH, "7.12.0", Flavor::Elasticsearch, true),
            (ELASTICSEARCH, "10.0.0-SNAPSHOT", Flavor::Elasticsearch, true),
            (ELASTICSEARCH, "7.10.2", Flavor::Elasticsearch, false),
            ("OpenSearch", "3.1.0", Flavor::Elasticsearch, false),
            ("OpenSearch", "3.1.0", Flavor::OpenSearch, true),
            (ELASTICSEARCH, "7.10.2", Flavor::OpenSearch, true),
        ] {
            let product = Product { name, version: version.to_owned() };
            assert_eq!(product.check(flavor, "s").is_ok(), fits, "{name} {version} {flavor:?}");
        }
    }
}
