//! Requests to a cluster: to the first of its nodes that answers, each with a deadline, at most so many at a time.
//!
//! Every request here only reads, so that it can be given to the next node if one does not answer; but not the next page of a scroll,
//! which moves on with every question.
//! A request that is dropped closes its connection, and the server stops working on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Certificate, Identity, Method, Response, Url};
use serde_json::Value;
use spi::breaker::Breaker;
use spi::connector::{OpenContext, RemoteCalls};
use spi::options::invalid;
use spi::turns::Turns;
use spi::{Error, Result, Secret};

use crate::failure::{self, Failure};
use crate::options::{ElasticsearchOptions, connect_timeout, connections_max, request_timeout};

/// What is not a page of documents: mappings of a very large cluster stay below.
pub(crate) const ANSWER_BYTES_MAX: usize = 256 << 20;

/// A connection that nobody uses is closed after this: firewalls forget it silently.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// A peer that is gone without a word is noticed by the kernel, also while a request waits.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// How often a request is sent again that a busy node turns away. Its queues are short, and one such answer would end a long read.
const BUSY_RETRIES: usize = 5;

/// How long the first of them is put off; each following one twice as long.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// The way to one cluster with one login.
pub(crate) struct Client {
    http: reqwest::Client,
    hosts: Vec<Url>,
    /// The host that has answered last.
    current: AtomicUsize,
    authorization: Option<HeaderValue>,
    pub(crate) connect_timeout: Duration,
    request_timeout: Duration,
    /// The data source's name, for messages.
    pub(crate) source: String,
    remote_calls: RemoteCalls,
    breaker: Breaker,
    turns: Arc<Turns>,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: Method,
    /// The parts of the path between its slashes, not encoded.
    path: Vec<String>,
    parameters: Vec<(&'static str, String)>,
    body: Option<String>,
    content_type: &'static str,
    /// A longer answer is not taken.
    pub(crate) bytes_max: usize,
    /// Whether a second question would be answered differently.
    once: bool,
    /// What for, to whoever waits: `read table "t"`.
    purpose: String,
}

impl Request {
    pub(crate) fn get(purpose: impl Into<String>, path: &[&str]) -> Self {
        Self {
            method: Method::GET,
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            parameters: Vec::new(),
            body: None,
            content_type: "application/json",
            bytes_max: ANSWER_BYTES_MAX,
            once: false,
            purpose: purpose.into(),
        }
    }

    pub(crate) fn post(purpose: impl Into<String>, path: &[&str]) -> Self {
        Self { method: Method::POST, ..Self::get(purpose, path) }
    }

    pub(crate) fn delete(purpose: impl Into<String>, path: &[&str]) -> Self {
        Self { method: Method::DELETE, ..Self::get(purpose, path) }
    }

    pub(crate) fn parameter(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.parameters.push((name, value.into()));
        self
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self
    }

    /// One JSON text per line.
    pub(crate) fn lines(mut self, lines: String) -> Self {
        self.body = Some(lines);
        self.content_type = "application/x-ndjson";
        self
    }

    pub(crate) fn bytes_max(mut self, bytes_max: usize) -> Self {
        self.bytes_max = bytes_max;
        self
    }

    /// Not to be asked again once a node may have got it.
    pub(crate) fn once(mut self) -> Self {
        self.once = true;
        self
    }
}

impl Client {
    /// Opens nothing: the first request does.
    pub(crate) fn new(options: &ElasticsearchOptions, context: OpenContext) -> Result<Self> {
        let hosts = options.hosts.iter().map(|host| parse_host(host)).collect::<Result<Vec<_>>>()?;
        if hosts.is_empty() {
            return Err(invalid("option \"hosts\" must name at least one host").hint("For example [\"https://es1:9200\"]."));
        }
        let connect_timeout = connect_timeout(options)?;
        let builder = reqwest::Client::builder()
            .connect_timeout(connect_timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .tcp_keepalive(KEEPALIVE)
            // A cluster redirects nobody, and a password must not follow who does.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        let http = trust(builder, options)?.build();
        Ok(Self {
            http: http.map_err(|error| invalid("the options for TLS cannot be used").detail(sentence(&error)))?,
            hosts,
            current: AtomicUsize::new(0),
            authorization: authorization(options)?,
            connect_timeout,
            request_timeout: request_timeout(options)?,
            turns: Turns::new(&context.source, connections_max(options)?),
            source: context.source,
            remote_calls: context.remote_calls,
            breaker: Breaker::default(),
        })
    }

    /// The host that is asked first.
    pub(crate) fn host(&self) -> &Url {
        &self.hosts[self.current.load(Ordering::Relaxed) % self.hosts.len()]
    }

    /// The answer, as JSON.
    pub(crate) async fn ask(&self, request: &Request) -> Result<Value, Failure> {
        let bytes = self.send(request).await?;
        serde_json::from_slice(&bytes).map_err(|error| Failure::Own(failure::not_json(&self.source, &error)))
    }

    /// The answer's bytes.
    pub(crate) async fn send(&self, request: &Request) -> Result<Vec<u8>, Failure> {
        let _turn = self.turns.take(request.purpose.clone()).await?;
        self.breaker.check(Instant::now())?;
        let answer = tokio::time::timeout(self.request_timeout, self.send_patiently(request));
        let outcome = answer.await.unwrap_or_else(|_| Err(Failure::Own(failure::late(self, self.request_timeout))));
        match &outcome {
            Err(Failure::Own(error)) if failure::is_of_the_way(error) => self.breaker.failed(Instant::now(), error),
            Err(failure) if failure.is_refused() => {
                self.breaker.failed(Instant::now(), &failure.clone().into_error(self, &request.purpose))
            }
            _ => self.breaker.succeeded(),
        }
        outcome
    }

    /// Asks again, a few times, if the cluster is too busy.
    async fn send_patiently(&self, request: &Request) -> Result<Vec<u8>, Failure> {
        for retry in 0..BUSY_RETRIES {
            match self.send_to_any(request).await {
                Err(failure) if failure.is_of_load() && !request.once => tokio::time::sleep(BUSY_PAUSE * (1 << retry)).await,
                outcome => return outcome,
            }
        }
        self.send_to_any(request).await
    }

    /// Asks the hosts one after the other, beginning with the one that has answered last, until one takes the request and is well.
    async fn send_to_any(&self, request: &Request) -> Result<Vec<u8>, Failure> {
        let first = self.current.load(Ordering::Relaxed);
        let mut outcome = Err(Failure::Own(Error::internal("a data source without hosts")));
        for place in (first..first + self.hosts.len()).map(|place| place % self.hosts.len()) {
            self.remote_calls.count();
            let host = &self.hosts[place];
            outcome = match self.request_to(host, request).send().await {
                Ok(response) => {
                    // It may be a node that has not found its cluster, or a proxy that has not found a node: another one may have.
                    let is_lost = !request.once && matches!(response.status().as_u16(), 502..=504);
                    let answer = self.body(response, request.bytes_max).await;
                    if !is_lost {
                        self.current.store(place, Ordering::Relaxed);
                        return answer;
                    }
                    answer
                }
                Err(error) if request.once && !error.is_connect() => {
                    return Err(Failure::Own(failure::unsent(&self.source, host, error)));
                }
                Err(error) => Err(Failure::Own(failure::unsent(&self.source, host, error))),
            };
        }
        outcome
    }

    fn request_to(&self, host: &Url, request: &Request) -> reqwest::RequestBuilder {
        let mut url = host.clone();
        // Hosts were checked to be addresses with a path.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(&request.path);
        }
        let mut headers = HeaderMap::new();
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        if request.body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(request.content_type));
        }
        let builder = self.http.request(request.method.clone(), url).query(&request.parameters).headers(headers);
        match &request.body {
            Some(body) => builder.body(body.clone()),
            None => builder,
        }
    }

    async fn body(&self, mut response: Response, bytes_max: usize) -> Result<Vec<u8>, Failure> {
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::Own(failure::interrupted(&self.source, error)))? {
            if bytes.len() + chunk.len() > bytes_max {
                return Err(Failure::TooLong);
            }
            bytes.extend_from_slice(&chunk);
        }
        if status.is_success() { Ok(bytes) } else { Err(Failure::remote(status.as_u16(), &bytes)) }
    }
}

fn parse_host(host: &str) -> Result<Url> {
    let wrong = || invalid("option \"hosts\" must be a list of addresses like https://es1:9200");
    let url = Url::parse(host).map_err(|error| wrong().detail(format!("One of them cannot be read: {error}.")))?;
    let is_plain = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() && url.fragment().is_none();
    if !is_plain {
        return Err(wrong());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong().detail("One of them holds a login.").hint("Use the options \"username\" and \"password\"."));
    }
    Ok(url)
}

/// The header that says who asks.
fn authorization(options: &ElasticsearchOptions) -> Result<Option<HeaderValue>> {
    let text = match (&options.username, &options.api_key, &options.bearer_auth) {
        (None, None, None) if options.password.is_some() => return Err(invalid("option \"password\" needs option \"username\"")),
        (None, None, None) => return Ok(None),
        (Some(username), None, None) => {
            let password = options.password.as_ref().map_or("", |password| password.expose());
            format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
        }
        (None, Some(key), None) if key.expose().contains(':') => format!("ApiKey {}", STANDARD.encode(key.expose())),
        (None, Some(key), None) => format!("ApiKey {}", key.expose()),
        (None, None, Some(token)) => format!("Bearer {}", token.expose()),
        _ => return Err(invalid("only one of the options \"username\", \"api_key\" and \"bearer_auth\" can be given")),
    };
    let mut value = HeaderValue::from_str(&text).map_err(|_| invalid("the login holds characters that a header cannot have"))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// Whose certificates are trusted, and the gateway's own.
fn trust(mut builder: reqwest::ClientBuilder, options: &ElasticsearchOptions) -> Result<reqwest::ClientBuilder> {
    if let Some(given) = &options.ca_certs {
        let certificates = Certificate::from_pem_bundle(&pem("ca_certs", given)?).map_err(|error| unreadable("ca_certs", &error))?;
        if certificates.is_empty() {
            return Err(invalid("option \"ca_certs\" holds no certificate"));
        }
        builder = certificates.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
    }
    if !options.verify_certs {
        builder = builder.danger_accept_invalid_certs(true);
    }
    match (&options.client_cert, options.client_key.as_ref().map(Secret::expose)) {
        (None, None) => Ok(builder),
        (Some(certificate), Some(key)) => {
            let both = [pem("client_cert", certificate)?, b"\n".to_vec(), pem("client_key", key)?].concat();
            Ok(builder.identity(Identity::from_pem(&both).map_err(|error| unreadable("client_cert", &error))?))
        }
        _ => Err(invalid("options \"client_cert\" and \"client_key\" need each other")),
    }
}

/// The text of an option that is PEM or the name of a file.
fn pem(option: &str, given: &str) -> Result<Vec<u8>> {
    if given.trim_start().starts_with("-----BEGIN") {
        return Ok(given.as_bytes().to_vec());
    }
    std::fs::read(given).map_err(|error| invalid(format!("could not read the file of option \"{option}\"")).detail(format!("{error}.")))
}

fn unreadable(option: &str, error: &reqwest::Error) -> Error {
    invalid(format!("option \"{option}\" does not hold what it should")).detail(sentence(error))
}

/// The innermost cause of a library's error, which says most.
pub(crate) fn sentence(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    format!("{}.", innermost.to_string().trim_end_matches('.'))
}
