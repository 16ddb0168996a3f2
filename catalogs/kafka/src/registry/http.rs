//! Requests to a schema registry: to the first of its addresses that answers, each with a deadline.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Certificate, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use spi::breaker::Breaker;
use spi::connector::{OpenContext, RemoteCalls};
use spi::options::invalid;
use spi::{Code, Error, Result};

use crate::options::{KafkaOptions, millis};

/// A list of a million subjects stays below.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// A connection that nobody uses is closed after this: firewalls forget it silently.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// What registries call their answers.
const MEDIA_TYPES: &str = "application/vnd.schemaregistry.v1+json, application/json";

/// The way to a registry with one login.
pub(super) struct Http {
    client: reqwest::Client,
    addresses: Vec<Url>,
    request_timeout: Duration,
    /// The data source's name, for messages.
    pub(super) source: String,
    remote_calls: RemoteCalls,
    breaker: Breaker,
}

/// What a registry says of a request that it refuses.
#[derive(Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
}

impl Http {
    pub(super) fn new(options: &KafkaOptions, context: &OpenContext) -> Result<Option<Self>> {
        let Some(given) = &options.schema_registry_url else { return Ok(None) };
        let addresses = given.split(',').map(|address| parse(address.trim())).collect::<Result<Vec<_>>>()?;
        let mut headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(MEDIA_TYPES))]);
        headers.extend(authorization(options)?.map(|value| (AUTHORIZATION, value)));
        let mut builder = reqwest::Client::builder()
            .connect_timeout(millis(options.connect_timeout))
            .pool_idle_timeout(IDLE_TIMEOUT)
            .default_headers(headers)
            // A registry redirects nobody, and a password must not follow who does.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if let Some(given) = &options.schema_registry_ssl_ca {
            let unreadable = || invalid("option \"schema_registry_ssl_ca\" does not hold certificates");
            let certificates = Certificate::from_pem_bundle(&pem(given)?).map_err(|_| unreadable())?;
            if certificates.is_empty() {
                return Err(unreadable());
            }
            builder = certificates.into_iter().fold(builder.tls_built_in_root_certs(false), reqwest::ClientBuilder::add_root_certificate);
        }
        let client = builder.build().map_err(|error| invalid("the options of the schema registry cannot be used").detail(said(&error)))?;
        Ok(Some(Self {
            client,
            addresses,
            request_timeout: millis(options.request_timeout),
            source: context.source.clone(),
            remote_calls: context.remote_calls.clone(),
            breaker: Breaker::default(),
        }))
    }

    /// What is at a path, whose parts are not encoded; none if there is nothing. `what` says what for: `read schema 7`.
    pub(super) async fn get<T: DeserializeOwned>(&self, what: &str, path: &[&str]) -> Result<Option<T>> {
        self.breaker.check(Instant::now())?;
        let late = || {
            let detail = format!("It had not answered after {} ms.", self.request_timeout.as_millis());
            self.unreachable(detail)
        };
        let answer = tokio::time::timeout(self.request_timeout, self.ask(path)).await.unwrap_or_else(|_| Err(late()));
        match &answer {
            Err(error) => self.breaker.failed(Instant::now(), error),
            Ok(_) => self.breaker.succeeded(),
        }
        let (status, bytes) = answer?;
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !status.is_success() {
            return Err(self.refused(what, status, &bytes));
        }
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            self.failed(Code::BadData, what)
                .detail(format!("What the schema registry answered cannot be read: {error}."))
                .hint("Check the option \"schema_registry_url\".")
        })
    }

    /// The error that there is no registry at the address.
    pub(super) fn is_none(&self, what: &str) -> Error {
        self.refused(what, StatusCode::NOT_FOUND, &[])
    }

    /// The answer of the first address that has one.
    async fn ask(&self, path: &[&str]) -> Result<(StatusCode, Vec<u8>)> {
        let mut outcome = Err(Error::internal("a schema registry without an address"));
        for address in &self.addresses {
            let mut url = address.clone();
            // Addresses were checked to have a path.
            if let Ok(mut own) = url.path_segments_mut() {
                own.pop_if_empty().extend(path);
            }
            self.remote_calls.count();
            outcome = match self.client.get(url).send().await {
                Ok(response) => return self.body(response).await,
                Err(error) => Err(self.unreachable(said(&error))),
            };
        }
        outcome
    }

    async fn body(&self, mut response: Response) -> Result<(StatusCode, Vec<u8>)> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(said(&error)))? {
            if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(self.unreachable(format!("Its answer has more than {ANSWER_BYTES_MAX} bytes.")));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((response.status(), bytes))
    }

    fn refused(&self, what: &str, status: StatusCode, body: &[u8]) -> Error {
        let message = serde_json::from_slice::<Refusal>(body).unwrap_or_default().message;
        let message = message.trim_end_matches('.');
        let detail = match message.is_empty() {
            true => format!("The schema registry answered {}.", status.as_u16()),
            false => format!("The schema registry answered {}: {message}.", status.as_u16()),
        };
        let options = "Check the options \"schema_registry_basic_auth_user_info\" and \"schema_registry_bearer_auth_token\".";
        match status {
            StatusCode::UNAUTHORIZED => self.failed(Code::Password, what).detail(detail).hint(options),
            StatusCode::FORBIDDEN => self.failed(Code::Privilege, what).detail(detail).hint("The login needs to read all subjects."),
            _ if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                self.failed(Code::Unavailable, what).detail(detail).hint("Ask again in a moment.").retryable()
            }
            _ => self.failed(Code::BadData, what).detail(detail).hint("Check the option \"schema_registry_url\"."),
        }
    }

    fn failed(&self, code: Code, what: &str) -> Error {
        Error::source(code, &self.source, format!("could not {what} of the schema registry of data source \"{}\"", self.source))
    }

    fn unreachable(&self, detail: String) -> Error {
        Error::source(Code::Unreachable, &self.source, format!("could not reach the schema registry of data source \"{}\"", self.source))
            .detail(detail)
            .hint("Check the options that begin with \"schema_registry\". Topics whose values need no schema can be read meanwhile.")
            .retryable()
    }
}

fn parse(address: &str) -> Result<Url> {
    let wrong = || invalid("option \"schema_registry_url\" must hold addresses like https://registry:8081, with commas between them");
    let url = Url::parse(address).map_err(|error| wrong().detail(format!("One of them cannot be read: {error}.")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong().detail("One of them holds a login.").hint("Use the option \"schema_registry_basic_auth_user_info\"."));
    }
    Ok(url)
}

/// The header that says who asks.
fn authorization(options: &KafkaOptions) -> Result<Option<HeaderValue>> {
    let text = match (&options.schema_registry_basic_auth_user_info, &options.schema_registry_bearer_auth_token) {
        (None, None) => return Ok(None),
        (Some(login), None) => format!("Basic {}", STANDARD.encode(login.expose())),
        (None, Some(token)) => format!("Bearer {}", token.expose()),
        (Some(_), Some(_)) => {
            return Err(invalid(
                "only one of the options \"schema_registry_basic_auth_user_info\" and \"schema_registry_bearer_auth_token\" can be given",
            ));
        }
    };
    let mut value = HeaderValue::from_str(&text).map_err(|_| invalid("the login holds characters that a header cannot have"))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// PEM text, or a file of it.
fn pem(given: &str) -> Result<Vec<u8>> {
    if given.trim_start().starts_with("-----BEGIN") {
        return Ok(given.as_bytes().to_vec());
    }
    let unreadable = || invalid("could not read the file of option \"schema_registry_ssl_ca\"");
    std::fs::read(given).map_err(|error| unreadable().detail(format!("{error}.")))
}

/// The innermost cause of a library's error, which says most.
fn said(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    format!("{}.", innermost.to_string().trim_end_matches('.'))
}
