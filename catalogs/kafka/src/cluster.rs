//! Opens clients of a cluster for whoever has a turn, and none for a while when the last ones failed. Only a connection test opens its
//! own, without a turn: it wants to know how the cluster is now.
//!
//! A client is opened for each job, and closed at its end: it has threads and buffers of its own, which nobody has to keep in order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use spi::Result;
use spi::breaker::Breaker;
use spi::connector::{OpenContext, RemoteCalls};
use spi::turns::{Turn, Turns};

use crate::client::Client;
use crate::job::{self, Cancelled};
use crate::options::{self, KafkaOptions, millis};
use crate::registry::Registry;

/// What a client may hold of messages that were not looked at yet, in KiB. One message may exceed it.
const QUEUED_KIB: &str = "16384";

/// No more is fetched of a partition while so many messages wait: each costs half a kilobyte beside what it holds.
const QUEUED_MESSAGES: &str = "50000";

/// How soon a full queue is looked at again. A reader takes what is in it within a tenth of a second.
const QUEUE_BACKOFF_MS: &str = "10";

/// What a broker sends at a time, in bytes, of one partition and of all. One message may exceed it.
const FETCH_PARTITION_BYTES: &str = "1048576";
const FETCH_BYTES: &str = "4194304";

/// A data source's cluster.
pub(crate) struct Cluster {
    pub(crate) source: String,
    pub(crate) options: KafkaOptions,
    pub(crate) remote_calls: RemoteCalls,
    /// Where schemas of values are, if the options say so.
    pub(crate) registry: Option<Registry>,
    breaker: Breaker,
    turns: Arc<Turns>,
}

impl Cluster {
    pub(crate) fn new(options: KafkaOptions, context: OpenContext) -> Result<Self> {
        options::check(&options)?;
        let turns = Turns::new(&context.source, options.connections_max);
        let registry = Registry::new(&options, &context)?;
        let OpenContext { source, remote_calls } = context;
        Ok(Self { source, options, remote_calls, registry, breaker: Breaker::default(), turns })
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        millis(self.options.connect_timeout)
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        millis(self.options.request_timeout)
    }

    /// Waits for the right to one client. `purpose` says what for, to whoever waits for it.
    pub(crate) async fn turn(&self, purpose: String) -> Result<Turn> {
        self.turns.take(purpose).await
    }

    /// Does something with a client of its own.
    pub(crate) async fn with_client<T: Send + 'static>(
        self: &Arc<Self>,
        purpose: String,
        work: impl FnOnce(&Client) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let turn = self.turn(purpose).await?;
        let cluster = Arc::clone(self);
        job::run(move |cancelled, answer| {
            let _turn = turn;
            match cluster.open(cancelled) {
                // The client is closed after the answer.
                Ok(client) => answer.give(work(&client)),
                Err(error) => answer.give(Err(error)),
            }
        })
        .await
    }

    /// Opens a client: a broker has answered, and has let us in. It blocks.
    pub(crate) fn open(self: &Arc<Self>, cancelled: Cancelled) -> Result<Client> {
        self.breaker.check(Instant::now())?;
        let opened = Client::connect(self, cancelled.clone());
        match &opened {
            Ok(_) => self.breaker.succeeded(),
            // Nobody knows what would have come.
            Err(_) if cancelled.is_set() => {}
            Err(error) => self.breaker.failed(Instant::now(), error),
        }
        opened
    }

    /// What librdkafka has to know.
    pub(crate) fn config(&self) -> ClientConfig {
        let options = &self.options;
        let mut config = ClientConfig::new();
        let request_timeout = options.request_timeout.clamp(10, 300_000).to_string();
        config
            .set("bootstrap.servers", &options.bootstrap_servers)
            .set("client.id", "metagate")
            .set("group.id", &options.group_id)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            // An offset that is not there any more is told, and not passed over.
            .set("auto.offset.reset", "error")
            .set("allow.auto.create.topics", "false")
            .set("isolation.level", isolation_level(options))
            .set("queued.max.messages.kbytes", QUEUED_KIB)
            .set("fetch.message.max.bytes", FETCH_PARTITION_BYTES)
            .set("fetch.max.bytes", FETCH_BYTES)
            .set("fetch.wait.max.ms", "100")
            .set("queued.min.messages", QUEUED_MESSAGES)
            .set("fetch.queue.backoff.ms", QUEUE_BACKOFF_MS)
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            .set("socket.connection.setup.timeout.ms", options.connect_timeout.clamp(1_000, 300_000).to_string())
            .set("socket.timeout.ms", request_timeout)
            .set("security.protocol", options.security_protocol.word());
        if let (Some(user), Some(password)) = (&options.sasl_username, &options.sasl_password) {
            config.set("sasl.mechanism", options.sasl_mechanism.word()).set("sasl.username", user).set("sasl.password", password.expose());
        }
        // OpenSSL is built with the gateway, and does not know where this machine keeps its authorities.
        let authorities = options.ssl_ca.as_deref().or(options.security_protocol.encrypts().then_some("probe"));
        set_certificate(&mut config, "ssl.ca", authorities);
        set_certificate(&mut config, "ssl.certificate", options.ssl_certificate.as_deref());
        set_certificate(&mut config, "ssl.key", options.ssl_key.as_ref().map(|key| key.expose().as_str()));
        if let Some(password) = &options.ssl_key_password {
            config.set("ssl.key.password", password.expose());
        }
        if options.ssl_any_host {
            config.set("ssl.endpoint.identification.algorithm", "none");
        }
        config
    }
}

fn isolation_level(options: &KafkaOptions) -> &'static str {
    match options.isolation_level {
        options::IsolationLevel::ReadCommitted => "read_committed",
        options::IsolationLevel::ReadUncommitted => "read_uncommitted",
    }
}

/// PEM text, or a file of it.
fn set_certificate(config: &mut ClientConfig, name: &str, given: Option<&str>) {
    if let Some(given) = given {
        let form = if given.trim_start().starts_with("-----BEGIN") { "pem" } else { "location" };
        config.set(format!("{name}.{form}"), given);
    }
}
