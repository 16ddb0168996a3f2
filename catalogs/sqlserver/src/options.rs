//! What an operator says about a data source.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use spi::options::{invalid, within};
use spi::{Result, Secret};

/// A server is shared: more sessions than this from one gateway would starve its other users.
const CONNECTIONS_MAX: u32 = 100;

/// Longer than any session wants to hang.
const CONNECT_TIMEOUT_MAX: u32 = 300;

/// The protocol counts the characters of a name or a password in the login with so many (`sysname`).
const NAME_CHARS_MAX: usize = 128;

/// What an operator says about a database of a SQL Server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct SqlServerOptions {
    /// Name or address of the server. A named instance is reached by its port.
    pub host: String,
    /// Port of the server.
    #[serde(default = "default_port")]
    pub port: u16,
    /// The database. A data source covers one.
    pub database: String,
    /// The login, one of SQL Server itself. What it may not see is not in the data source.
    pub user: String,
    /// The login's password.
    #[serde(default)]
    pub password: Option<Secret<String>>,
    /// Whether the connection is encrypted, as in Microsoft's drivers.
    #[serde(default)]
    pub encrypt: Encrypt,
    /// Takes any certificate of the server for good. Whoever stands between can then read along; `strict` does not allow it.
    #[serde(default)]
    pub trust_server_certificate: bool,
    /// Certificates of authorities that are trusted beside the public ones: PEM text, or a file on the gateway's machine.
    #[serde(default)]
    pub ca_certificate: Option<String>,
    /// Only these schemas.
    #[serde(default)]
    pub schemas: Vec<String>,
    /// Not these schemas.
    #[serde(default)]
    pub exclude_schemas: Vec<String>,
    /// How long opening a connection may take, in seconds, 1 to 300.
    #[serde(default = "default_connect_timeout")]
    pub connect_timeout: u32,
    /// The most connections that are open at a time, 1 to 100. A table that is being read needs one.
    #[serde(default = "default_connections_max")]
    pub connections_max: u32,
    /// Refuse INSERT and execute_on. The server has no read-only sessions: query() takes nothing but one SELECT, whatever this option
    /// says. A listener of an availability group may answer from a secondary.
    #[serde(default = "default_read_only")]
    pub read_only: bool,
}

/// What of a connection is encrypted.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Encrypt {
    /// The login alone, or all of it where the server insists. The certificate is checked only if `ca_certificate` is given.
    False,
    /// All of it.
    #[default]
    True,
    /// All of it from the first byte on, with a certificate that is checked: SQL Server 2022 and later, Azure SQL.
    Strict,
}

fn default_port() -> u16 {
    1433
}

/// As Microsoft's drivers have it.
fn default_connect_timeout() -> u32 {
    15
}

/// A join of as many tables of one source, or as many sessions, and few enough for a server that is busy with others.
fn default_connections_max() -> u32 {
    5
}

fn default_read_only() -> bool {
    true
}

/// Refuses what the types of the options let through.
pub(crate) fn check(options: &SqlServerOptions) -> Result<()> {
    for (name, value) in [("host", &options.host), ("database", &options.database), ("user", &options.user)] {
        if value.is_empty() || value.chars().count() > NAME_CHARS_MAX {
            return Err(invalid(format!("option \"{name}\" must have 1 to {NAME_CHARS_MAX} characters")));
        }
    }
    if options.password.as_ref().is_some_and(|password| password.expose().chars().count() > NAME_CHARS_MAX) {
        return Err(invalid(format!("option \"password\" must not have more than {NAME_CHARS_MAX} characters")));
    }
    if options.host.contains('\\') {
        return Err(invalid("option \"host\" cannot name an instance").hint("Give the port of the instance as option \"port\"."));
    }
    within("connections_max", options.connections_max, CONNECTIONS_MAX)?;
    within("connect_timeout", options.connect_timeout, CONNECT_TIMEOUT_MAX)?;
    match (options.encrypt, options.trust_server_certificate, &options.ca_certificate) {
        (Encrypt::Strict, true, _) => Err(invalid("option \"encrypt\" cannot be strict when any certificate is trusted")),
        (_, true, Some(_)) => Err(invalid("options \"trust_server_certificate\" and \"ca_certificate\" exclude each other")),
        _ => Ok(()),
    }
}

pub(crate) fn connect_timeout(options: &SqlServerOptions) -> Duration {
    Duration::from_secs(options.connect_timeout.into())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn refused(more: Value) -> Option<String> {
        let mut options = json!({"host": "h", "database": "d", "user": "u"});
        options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        check(&serde_json::from_value(options).expect("options")).err().map(|error| error.message)
    }

    #[test]
    fn options_that_cannot_work_are_refused() {
        assert_eq!(refused(json!({})), None);
        for (more, name) in [
            (json!({"host": ""}), "host"),
            (json!({"host": "db1\\SQLEXPRESS"}), "host"),
            (json!({"user": "u".repeat(129)}), "user"),
            (json!({"password": "p".repeat(129)}), "password"),
            (json!({"connections_max": 0}), "connections_max"),
            (json!({"connect_timeout": 301}), "connect_timeout"),
            (json!({"encrypt": "strict", "trust_server_certificate": true}), "encrypt"),
            (json!({"trust_server_certificate": true, "ca_certificate": "x"}), "ca_certificate"),
        ] {
            assert!(refused(more.clone()).is_some_and(|message| message.contains(name)), "{more}");
        }
    }

    #[test]
    fn encryption_is_named_as_in_microsofts_drivers() {
        let specs = spi::options::describe::<SqlServerOptions>();
        let encrypt = specs.iter().find(|spec| spec.name == "encrypt").expect("the option");
        assert_eq!(encrypt.choices, ["false", "true", "strict"]);
        assert_eq!(specs.iter().filter(|spec| spec.secret).map(|spec| spec.name.as_str()).collect::<Vec<_>>(), ["password"]);
    }
}
