//! What an operator says about a data source.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use spi::options::{invalid, within};
use spi::{Result, Secret};

use crate::kinds::Flavor;

/// A cluster is shared: more requests than this at a time from one gateway would starve its other users.
const CONNECTIONS_MAX: u32 = 64;

/// Longer than any session wants to wait for a server that does not answer.
const CONNECT_TIMEOUT_MS_MAX: u32 = 60_000;

/// A request that takes longer than this is better narrowed.
const REQUEST_TIMEOUT_MS_MAX: u32 = 3_600_000;

/// The server refuses more slices than 1,024, and each costs it memory.
const SLICES_MAX: u32 = 32;

/// The server refuses longer answers without a setting of its own.
const SAMPLE_DOCUMENTS_MAX: u32 = 10_000;

/// Options of both kinds. Where Elasticsearch's own clients have an option of that meaning, it has their name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct ElasticsearchOptions {
    /// Addresses of nodes of the cluster, for example `["https://es1:9200", "https://es2:9200"]`. The first one that answers is asked.
    pub hosts: Vec<String>,
    /// The login, with `password`. It needs `view_index_metadata`, `monitor` and `read` on the indices that are to be seen, and
    /// `monitor` on the cluster for a refresh that finds out at once that nothing has changed.
    #[serde(default)]
    pub username: Option<String>,
    /// The login's password.
    #[serde(default)]
    pub password: Option<Secret<String>>,
    /// An API key instead of a login: its encoded form, or `id:key`.
    #[serde(default)]
    pub api_key: Option<Secret<String>>,
    /// A bearer token instead of a login.
    #[serde(default)]
    pub bearer_auth: Option<Secret<String>>,
    /// Certificates of authorities that are trusted beside the public ones: PEM text, or a file on the gateway's machine.
    #[serde(default)]
    pub ca_certs: Option<String>,
    /// Whether the certificate of an `https` host has to be one for that host, from a trusted authority.
    #[serde(default = "default_true")]
    pub verify_certs: bool,
    /// The gateway's own certificate, for a server that asks for one: PEM text, or a file on the gateway's machine.
    #[serde(default)]
    pub client_cert: Option<String>,
    /// The key of `client_cert`: PEM text, or a file on the gateway's machine.
    #[serde(default)]
    pub client_key: Option<Secret<String>>,
    /// The indices, aliases and data streams that the source shows, as patterns: `logs-*`, and `-logs-old` for what is left out.
    /// Of an alias that means others too, only the documents of these are shown.
    #[serde(default = "default_indices")]
    pub indices: Vec<String>,
    /// Show hidden indices too, and those whose names begin with a dot.
    #[serde(default)]
    pub show_hidden: bool,
    /// Make the fields of objects columns of their own, with dotted names, as the product's own tools show them. Else an object is one
    /// column of type jsonb, and no condition on its fields is given to the server.
    #[serde(default = "default_true")]
    pub flatten: bool,
    /// Any field may hold an array, and mappings do not tell. A field that has an array in one of so many documents of the table is an
    /// array column. 0 to 10000; with 0 no column is.
    #[serde(default = "default_sample_documents")]
    pub sample_documents: u32,
    /// Make a value that does not fit its column an error of the query. Else it is NULL, and the row's `_error` says why.
    #[serde(default)]
    pub strict: bool,
    /// In how many parts a table is read at the same time, 1 to 32.
    #[serde(default = "default_slices")]
    pub slices: u32,
    /// How long opening a connection may take, in milliseconds, 1 to 60000.
    #[serde(default = "default_connect_timeout")]
    pub connect_timeout: u32,
    /// How long one request may take, in milliseconds, 1 to 3600000. Reading a table takes many.
    #[serde(default = "default_request_timeout")]
    pub request_timeout: u32,
    /// The most requests that are under way at a time, 1 to 64.
    #[serde(default = "default_connections_max")]
    pub connections_max: u32,
}

fn default_true() -> bool {
    true
}

fn default_indices() -> Vec<String> {
    vec!["*".to_owned()]
}

/// Enough to meet an array where they are usual, in one answer of moderate size.
fn default_sample_documents() -> u32 {
    100
}

/// One part is decoded while the server collects the other.
fn default_slices() -> u32 {
    2
}

fn default_connect_timeout() -> u32 {
    10_000
}

/// The product's clients wait 10 s, which large pages of busy clusters exceed.
fn default_request_timeout() -> u32 {
    60_000
}

/// A join of a few tables, and few enough for a cluster that is busy with others.
fn default_connections_max() -> u32 {
    8
}

/// What of the options concerns metadata and reading, checked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) flavor: Flavor,
    /// Joined with commas, as paths of requests have it.
    pub(crate) indices: String,
    pub(crate) show_hidden: bool,
    pub(crate) flatten: bool,
    pub(crate) sample_documents: usize,
    pub(crate) strict: bool,
    pub(crate) slices: usize,
}

impl Settings {
    pub(crate) fn new(flavor: Flavor, options: &ElasticsearchOptions) -> Result<Self> {
        let indices = &options.indices;
        if indices.is_empty() || indices.iter().any(|pattern| pattern.is_empty() || pattern.contains([',', '/', ' '])) {
            return Err(invalid("option \"indices\" must be a list of names or patterns").hint("For example [\"logs-*\", \"-logs-old\"]."));
        }
        if options.sample_documents > SAMPLE_DOCUMENTS_MAX {
            return Err(invalid(format!("option \"sample_documents\" must be from 0 to {SAMPLE_DOCUMENTS_MAX}")));
        }
        Ok(Self {
            flavor,
            indices: indices.join(","),
            show_hidden: options.show_hidden,
            flatten: options.flatten,
            sample_documents: options.sample_documents as usize,
            strict: options.strict,
            slices: within("slices", options.slices, SLICES_MAX)? as usize,
        })
    }

    /// Whether no index is left out.
    pub(crate) fn shows_all(&self) -> bool {
        self.indices == "*"
    }

    /// Which of the indices that a pattern means are listed: not closed ones, which nobody can read.
    pub(crate) fn expand_wildcards(&self) -> &'static str {
        if self.show_hidden { "open,hidden" } else { "open" }
    }
}

pub(crate) fn connect_timeout(options: &ElasticsearchOptions) -> Result<Duration> {
    within("connect_timeout", options.connect_timeout, CONNECT_TIMEOUT_MS_MAX).map(|ms| Duration::from_millis(ms.into()))
}

pub(crate) fn request_timeout(options: &ElasticsearchOptions) -> Result<Duration> {
    within("request_timeout", options.request_timeout, REQUEST_TIMEOUT_MS_MAX).map(|ms| Duration::from_millis(ms.into()))
}

pub(crate) fn connections_max(options: &ElasticsearchOptions) -> Result<u32> {
    within("connections_max", options.connections_max, CONNECTIONS_MAX)
}
