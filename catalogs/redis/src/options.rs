//! What an operator says about a data source.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use spi::options::{invalid, within};
use spi::{Result, Secret};

use crate::endpoint::Address;

/// A server is shared: more connections than this from one gateway would starve its other users.
const CONNECTIONS_MAX: u32 = 100;

/// Longer than any session wants to wait for a server that does not answer.
const TIMEOUT_MS_MAX: u32 = 600_000;

/// What a refresh may hold in memory: a million keys of ordinary length are about 100 MB.
const SAMPLE_KEYS_MAX: u32 = 1_000_000;

/// More values of one table tell nothing new about its columns.
const SAMPLE_VALUES_MAX: u32 = 10_000;

/// Servers number their databases with less than this, in practice with less than 16.
const DATABASE_MAX: u16 = 9_999;

/// Options of every kind that this connector serves. Those of TLS are named as `redis-cli` names them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct RedisOptions {
    /// Name or address of the server; of one of the servers in a cluster; of one of the sentinels.
    pub host: String,
    /// Its port.
    #[serde(default = "default_port")]
    pub port: u16,
    /// What is there: `standalone` is one server, `cluster` a Redis Cluster, `sentinel` sentinels that know which server is the primary.
    #[serde(default)]
    pub mode: Mode,
    /// Further servers of the cluster, or sentinels, as `host:port`. They are asked where the first one does not answer.
    #[serde(default)]
    pub nodes: Vec<String>,
    /// The name under which the sentinels know the primary.
    #[serde(default)]
    pub master_name: Option<String>,
    /// The user, as ACLs know it; without the option the server's `default`. It needs the categories `@read`, `@connection` and
    /// `@keyspace` for what is to be seen; with INFO a refresh finds out at once that nothing has changed.
    #[serde(default)]
    pub user: Option<String>,
    /// The user's password.
    #[serde(default)]
    pub password: Option<Secret<String>>,
    /// The user that the sentinels want, if they want one.
    #[serde(default)]
    pub sentinel_user: Option<String>,
    /// That user's password.
    #[serde(default)]
    pub sentinel_password: Option<Secret<String>>,
    /// The numbers of the logical databases that the source shows, as its schemas `db0`, `db1` and so on; without the option those that
    /// hold keys. The first one is where names without a schema are looked up. A cluster has only database 0.
    #[serde(default)]
    pub databases: Vec<u16>,
    /// What separates the parts of a key. In the pattern of a table that was found (the table option `key_pattern`) a star is one part; in
    /// one that an operator gives to `define_table` it is any text, as in SCAN.
    #[serde(default = "default_key_delimiter")]
    pub key_delimiter: String,
    /// How many keys of a database a refresh looks at, 1 to 1000000, to find out which tables there are.
    #[serde(default = "default_sample_keys")]
    pub sample_keys: u32,
    /// How many values of a table a refresh looks at, 1 to 10000, to find out which columns it has.
    #[serde(default = "default_sample_values")]
    pub sample_values: u32,
    /// Make a value that does not have its column's type an error of the query. Otherwise it is NULL, and `_error` says why.
    #[serde(default)]
    pub strict: bool,
    /// Encrypt the connections.
    #[serde(default)]
    pub tls: bool,
    /// Certificates of authorities that are trusted beside the public ones: PEM text, or a file on the gateway's machine.
    #[serde(default)]
    pub cacert: Option<String>,
    /// The gateway's own certificate, for a server that asks for one: PEM text, or a file on the gateway's machine.
    #[serde(default)]
    pub cert: Option<String>,
    /// The key of `cert`: PEM text, or a file on the gateway's machine.
    #[serde(default)]
    pub key: Option<Secret<String>>,
    /// The name that the server's certificate must have, if it is not its host.
    #[serde(default)]
    pub sni: Option<String>,
    /// Take any certificate of the server for good. Whoever stands between can then read along.
    #[serde(default)]
    pub insecure: bool,
    /// How long opening a connection may take, in milliseconds, 1 to 600000.
    #[serde(default = "default_connect_timeout")]
    pub connect_timeout: u32,
    /// How long the server may take for one answer, in milliseconds, 1 to 600000.
    #[serde(default = "default_command_timeout")]
    pub command_timeout: u32,
    /// The most connections that are open at a time, 1 to 100. A table that is being read needs one.
    #[serde(default = "default_connections_max")]
    pub connections_max: u32,
    /// Refuse execute_on.
    #[serde(default = "default_read_only")]
    pub read_only: bool,
}

/// What is at the address.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One server.
    #[default]
    Standalone,
    /// A Redis Cluster.
    Cluster,
    /// Sentinels.
    Sentinel,
}

fn default_port() -> u16 {
    6379
}

fn default_key_delimiter() -> String {
    ":".to_owned()
}

/// Ten round trips, and enough to meet every kind of key that is not rare.
fn default_sample_keys() -> u32 {
    10_000
}

fn default_sample_values() -> u32 {
    200
}

fn default_connect_timeout() -> u32 {
    5_000
}

/// A server that computes serves nobody else meanwhile: longer than this it does not take where all is well.
fn default_command_timeout() -> u32 {
    20_000
}

/// A join of as many tables of one source, or as many sessions, and few enough for a server that is busy with others.
fn default_connections_max() -> u32 {
    5
}

fn default_read_only() -> bool {
    true
}

/// Refuses what the types of the options let through.
pub(crate) fn check(options: &RedisOptions) -> Result<()> {
    within("connections_max", options.connections_max, CONNECTIONS_MAX)?;
    within("connect_timeout", options.connect_timeout, TIMEOUT_MS_MAX)?;
    within("command_timeout", options.command_timeout, TIMEOUT_MS_MAX)?;
    within("sample_keys", options.sample_keys, SAMPLE_KEYS_MAX)?;
    within("sample_values", options.sample_values, SAMPLE_VALUES_MAX)?;
    if options.host.is_empty() {
        return Err(invalid("option \"host\" must not be empty"));
    }
    if options.key_delimiter.is_empty() {
        return Err(invalid("option \"key_delimiter\" must not be empty"));
    }
    if options.databases.iter().any(|number| *number > DATABASE_MAX) {
        return Err(invalid(format!("option \"databases\" must hold numbers from 0 to {DATABASE_MAX}")));
    }
    if options.mode == Mode::Cluster && options.databases.iter().any(|number| *number != 0) {
        return Err(invalid("option \"databases\" can only name database 0 of a cluster"));
    }
    if (options.mode == Mode::Sentinel) != options.master_name.is_some() {
        return Err(invalid("option \"master_name\" and the mode \"sentinel\" go together"));
    }
    if options.user.is_some() && options.password.is_none() {
        return Err(invalid("option \"user\" needs option \"password\""));
    }
    check_tls(options)
}

fn check_tls(options: &RedisOptions) -> Result<()> {
    if options.cert.is_some() != options.key.is_some() {
        return Err(invalid("options \"cert\" and \"key\" go together"));
    }
    if options.insecure && options.cacert.is_some() {
        return Err(invalid("options \"insecure\" and \"cacert\" exclude each other"));
    }
    let of_tls = [("cacert", options.cacert.is_some()), ("cert", options.cert.is_some()), ("sni", options.sni.is_some())];
    match of_tls.into_iter().chain([("insecure", options.insecure)]).find(|(_, given)| *given && !options.tls) {
        Some((name, _)) => Err(invalid(format!("option \"{name}\" needs option \"tls\""))),
        None => Ok(()),
    }
}

/// The servers or sentinels to begin with: the first one, and those of the option `nodes`.
pub(crate) fn addresses(options: &RedisOptions) -> Result<Vec<Address>> {
    let further = options.nodes.iter().map(|node| {
        Address::parse(node).ok_or_else(|| invalid("option \"nodes\" must hold addresses").hint("Write each as \"host:port\"."))
    });
    let first = Address { host: options.host.clone(), port: options.port };
    std::iter::once(Ok(first)).chain(further).collect()
}

pub(crate) fn millis(value: u32) -> Duration {
    Duration::from_millis(value.into())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn options(more: &Value) -> RedisOptions {
        let mut options = json!({"host": "h"});
        options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        serde_json::from_value(options).expect("options")
    }

    #[test]
    fn options_that_cannot_work_are_refused() {
        assert!(check(&options(&json!({}))).is_ok());
        for (more, name) in [
            (json!({"host": ""}), "host"),
            (json!({"connections_max": 0}), "connections_max"),
            (json!({"command_timeout": 600_001}), "command_timeout"),
            (json!({"sample_keys": 0}), "sample_keys"),
            (json!({"sample_values": 10_001}), "sample_values"),
            (json!({"key_delimiter": ""}), "key_delimiter"),
            (json!({"databases": [10_000]}), "databases"),
            (json!({"mode": "cluster", "databases": [1]}), "databases"),
            (json!({"mode": "sentinel"}), "master_name"),
            (json!({"master_name": "m"}), "master_name"),
            (json!({"user": "u"}), "password"),
            (json!({"tls": true, "cert": "c"}), "key"),
            (json!({"tls": true, "insecure": true, "cacert": "c"}), "cacert"),
            (json!({"cacert": "c"}), "cacert"),
        ] {
            let error = check(&options(&more)).expect_err("refused");
            assert!(error.message.contains(name), "{more}: {error}");
        }
    }

    #[test]
    fn further_nodes_are_addresses() {
        let given = addresses(&options(&json!({"nodes": ["a:7000", "[::1]:7001"]}))).expect("addresses");
        assert_eq!(given.iter().map(Address::to_string).collect::<Vec<_>>(), ["h:6379", "a:7000", "[::1]:7001"]);
        assert!(addresses(&options(&json!({"nodes": ["a"]}))).is_err());
    }

    #[test]
    fn secrets_are_marked() {
        let specs = spi::options::describe::<RedisOptions>();
        let secrets: Vec<&str> = specs.iter().filter(|spec| spec.secret).map(|spec| spec.name.as_str()).collect();
        assert_eq!(secrets, ["password", "sentinel_password", "key"]);
    }
}
