//! What an operator says about a data source.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use spi::options::{invalid, within};
use spi::{Error, Result, Secret};

use crate::schema::Kind;

/// Each reader has threads and connections of its own, on both sides.
const CONNECTIONS_MAX: u32 = 100;

/// Longer than any session wants to wait for a broker that does not answer.
const TIMEOUT_MS_MAX: u32 = 600_000;

/// More messages of one topic tell nothing new about its columns.
const SAMPLE_MESSAGES_MAX: u32 = 10_000;

/// Options of the kind `kafka`, named as Kafka's clients name theirs, with underscores for dots.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct KafkaOptions {
    /// Brokers to begin with, as `host:port`, separated by commas. They name the others.
    pub bootstrap_servers: String,
    /// How brokers are talked to.
    #[serde(default)]
    pub security_protocol: SecurityProtocol,
    /// How the gateway logs in, where the protocol has SASL.
    #[serde(default)]
    pub sasl_mechanism: SaslMechanism,
    /// The user. It needs to describe the cluster and its topics, and to read those that are read; for `metagate_groups` it needs to
    /// describe the groups.
    #[serde(default)]
    pub sasl_username: Option<String>,
    /// The user's password.
    #[serde(default)]
    pub sasl_password: Option<Secret<String>>,
    /// Certificates of authorities that are trusted, instead of those of the gateway's machine: PEM text, or a file there.
    #[serde(default)]
    pub ssl_ca: Option<String>,
    /// The gateway's own certificate, for brokers that ask for one: PEM text, or a file on the gateway's machine.
    #[serde(default)]
    pub ssl_certificate: Option<String>,
    /// The key of `ssl_certificate`: PEM text, or a file on the gateway's machine.
    #[serde(default)]
    pub ssl_key: Option<Secret<String>>,
    /// The password of `ssl_key`, if it has one.
    #[serde(default)]
    pub ssl_key_password: Option<Secret<String>>,
    /// Take a broker's certificate for good even if it is not for the broker's host.
    #[serde(default)]
    pub ssl_any_host: bool,
    /// Show internal topics too: those whose name begins with two underscores.
    #[serde(default)]
    pub internal_topics: bool,
    /// What the values of messages are. `auto` decides for each topic by its sample: what the schema registry has a schema of, JSON
    /// objects, else text, else bytes.
    #[serde(default)]
    pub format: Format,
    /// The address of a schema registry with the REST API of Confluent's, or several with commas between them. Its schemas of
    /// `<topic>-value`, or else those that messages name, say which columns topics have, and messages are read with the schemas that they
    /// name.
    #[serde(default)]
    pub schema_registry_url: Option<String>,
    /// The login at the schema registry, as `user:password`.
    #[serde(default)]
    pub schema_registry_basic_auth_user_info: Option<Secret<String>>,
    /// A bearer token for the schema registry, instead of a login.
    #[serde(default)]
    pub schema_registry_bearer_auth_token: Option<Secret<String>>,
    /// Certificates of authorities that are trusted to sign the schema registry's, instead of the public ones: PEM text, or a file on the
    /// gateway's machine.
    #[serde(default)]
    pub schema_registry_ssl_ca: Option<String>,
    /// Make objects within values columns of their own, named by their dotted path.
    #[serde(default)]
    pub flatten: bool,
    /// How many messages of a topic a refresh looks at, 0 to 10000, the last ones of each partition, to find out which columns it has. Of
    /// each partition it is at least one, unless it is none at all.
    #[serde(default = "default_sample_messages")]
    pub sample_messages: u32,
    /// Whether messages of transactions that are under way or were aborted are rows.
    #[serde(default)]
    pub isolation_level: IsolationLevel,
    /// The consumer group that the gateway names to the brokers, where access depends on it. It is never joined, and nothing is committed.
    #[serde(default = "default_group_id")]
    pub group_id: String,
    /// Make a message that does not decode an error of the query. Otherwise what does not decode is NULL, and `_error` says why.
    #[serde(default)]
    pub strict: bool,
    /// How long reaching a first broker and logging in may take, in milliseconds, 1 to 600000.
    #[serde(default = "default_connect_timeout")]
    pub connect_timeout: u32,
    /// How long brokers may take for one answer, or send nothing while a topic is read, in milliseconds, 1 to 600000.
    #[serde(default = "default_request_timeout")]
    pub request_timeout: u32,
    /// How many topics may be read at a time, 1 to 100. Each reader has its own connections.
    #[serde(default = "default_connections_max")]
    pub connections_max: u32,
}

/// How brokers are talked to.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum SecurityProtocol {
    /// Neither encryption nor a login.
    #[default]
    Plaintext,
    /// TLS.
    Ssl,
    /// A login that others can read along.
    #[serde(rename = "sasl_plaintext")]
    SaslPlaintext,
    /// TLS and a login.
    #[serde(rename = "sasl_ssl")]
    SaslSsl,
}

/// How the gateway logs in.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
pub enum SaslMechanism {
    /// The broker sees the password.
    #[default]
    #[serde(rename = "PLAIN")]
    Plain,
    /// The broker sees a proof of the password.
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// The same with a longer hash.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
}

/// What the values of messages are.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Whatever the sample says.
    #[default]
    Auto,
    /// Avro with a schema of the schema registry, whose fields are columns.
    Avro,
    /// Protobuf with such a schema.
    Protobuf,
    /// JSON with such a schema.
    JsonSchema,
    /// JSON objects, whose fields are columns.
    Json,
    /// CSV, one record each, whose fields are columns.
    Csv,
    /// Text.
    Text,
    /// Bytes.
    Raw,
}

/// Which messages of transactions are rows.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum IsolationLevel {
    /// Those of transactions that were committed.
    #[default]
    ReadCommitted,
    /// All.
    ReadUncommitted,
}

impl Format {
    /// The format of this name.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        match word {
            "auto" => Some(Format::Auto),
            "avro" => Some(Format::Avro),
            "protobuf" => Some(Format::Protobuf),
            "json_schema" => Some(Format::JsonSchema),
            "json" => Some(Format::Json),
            "csv" => Some(Format::Csv),
            "text" => Some(Format::Text),
            "raw" => Some(Format::Raw),
            _ => None,
        }
    }

    /// The kind of its schemas, where a schema registry has them.
    pub(crate) fn kind(self) -> Option<Kind> {
        match self {
            Format::Avro => Some(Kind::Avro),
            Format::Protobuf => Some(Kind::Protobuf),
            Format::JsonSchema => Some(Kind::JsonSchema),
            Format::Auto | Format::Json | Format::Csv | Format::Text | Format::Raw => None,
        }
    }
}

impl SecurityProtocol {
    /// As librdkafka has it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            SecurityProtocol::Plaintext => "plaintext",
            SecurityProtocol::Ssl => "ssl",
            SecurityProtocol::SaslPlaintext => "sasl_plaintext",
            SecurityProtocol::SaslSsl => "sasl_ssl",
        }
    }

    pub(crate) fn encrypts(self) -> bool {
        matches!(self, SecurityProtocol::Ssl | SecurityProtocol::SaslSsl)
    }

    pub(crate) fn logs_in(self) -> bool {
        matches!(self, SecurityProtocol::SaslPlaintext | SecurityProtocol::SaslSsl)
    }
}

impl SaslMechanism {
    pub(crate) fn word(self) -> &'static str {
        match self {
            SaslMechanism::Plain => "PLAIN",
            SaslMechanism::ScramSha256 => "SCRAM-SHA-256",
            SaslMechanism::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

fn default_sample_messages() -> u32 {
    200
}

fn default_group_id() -> String {
    "metagate".to_owned()
}

fn default_connect_timeout() -> u32 {
    5_000
}

/// A broker that is started again is back within this, and a query that was reading goes on.
fn default_request_timeout() -> u32 {
    20_000
}

/// A join of as many topics, or as many sessions.
fn default_connections_max() -> u32 {
    5
}

/// Refuses what the types of the options let through.
pub(crate) fn check(options: &KafkaOptions) -> Result<()> {
    within("connections_max", options.connections_max, CONNECTIONS_MAX)?;
    within("connect_timeout", options.connect_timeout, TIMEOUT_MS_MAX)?;
    within("request_timeout", options.request_timeout, TIMEOUT_MS_MAX)?;
    if options.sample_messages > SAMPLE_MESSAGES_MAX {
        return Err(invalid(format!("option \"sample_messages\" must be from 0 to {SAMPLE_MESSAGES_MAX}")));
    }
    if options.group_id.is_empty() {
        return Err(invalid("option \"group_id\" must not be empty"));
    }
    addresses(options)?;
    let protocol = options.security_protocol;
    if protocol.logs_in() && (options.sasl_username.is_none() || options.sasl_password.is_none()) {
        let message = format!("security protocol \"{}\" needs the options \"sasl_username\" and \"sasl_password\"", protocol.word());
        return Err(invalid(message));
    }
    if !protocol.logs_in() && (options.sasl_username.is_some() || options.sasl_password.is_some()) {
        return Err(invalid("options \"sasl_username\" and \"sasl_password\" need a security protocol with SASL")
            .hint("Set the option \"security_protocol\" to \"sasl_plaintext\" or \"sasl_ssl\"."));
    }
    if options.ssl_certificate.is_some() != options.ssl_key.is_some() {
        return Err(invalid("options \"ssl_certificate\" and \"ssl_key\" go together"));
    }
    if options.ssl_key_password.is_some() && options.ssl_key.is_none() {
        return Err(invalid("option \"ssl_key_password\" needs the option \"ssl_key\""));
    }
    check_registry(options)?;
    let of_tls = [("ssl_ca", options.ssl_ca.is_some()), ("ssl_certificate", options.ssl_certificate.is_some())];
    match of_tls.into_iter().chain([("ssl_any_host", options.ssl_any_host)]).find(|(_, given)| *given && !protocol.encrypts()) {
        Some((name, _)) => Err(invalid(format!("option \"{name}\" needs a security protocol with TLS"))),
        None => Ok(()),
    }
}

fn check_registry(options: &KafkaOptions) -> Result<()> {
    if options.schema_registry_url.is_some() {
        return Ok(());
    }
    let given = [
        ("schema_registry_basic_auth_user_info", options.schema_registry_basic_auth_user_info.is_some()),
        ("schema_registry_bearer_auth_token", options.schema_registry_bearer_auth_token.is_some()),
        ("schema_registry_ssl_ca", options.schema_registry_ssl_ca.is_some()),
    ];
    if let Some((name, _)) = given.into_iter().find(|(_, given)| *given) {
        return Err(invalid(format!("option \"{name}\" needs the option \"schema_registry_url\"")));
    }
    options.format.kind().map_or(Ok(()), |kind| Err(needs_registry(kind)))
}

/// The error that a format has no meaning without a schema registry.
pub(crate) fn needs_registry(kind: Kind) -> Error {
    invalid(format!("the format \"{}\" needs the option \"schema_registry_url\"", kind.word()))
}

/// The brokers to begin with: host, as a URL has it, and port.
pub(crate) fn addresses(options: &KafkaOptions) -> Result<Vec<(String, u16)>> {
    let address = |text: &str| {
        let (host, port) = text.trim().rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port > 0)?;
        let is_bracketed = host.starts_with('[') && host.ends_with(']');
        (!host.is_empty() && (is_bracketed || !host.contains([':', '/', ' ']))).then(|| (host.to_owned(), port))
    };
    let addresses: Option<Vec<_>> = options.bootstrap_servers.split(',').map(address).collect();
    addresses.ok_or_else(|| {
        invalid("option \"bootstrap_servers\" must hold addresses").hint("Write each as \"host:port\", with commas between them.")
    })
}

pub(crate) fn millis(value: u32) -> Duration {
    Duration::from_millis(value.into())
}

#[cfg(test)]
mod tests;
