//! What an operator says about a data source.

use schemars::JsonSchema;
use serde::Deserialize;
use spi::{Code, Error, Result, Secret};

/// A server gives each connection a process of several megabytes.
const CONNECTIONS_MAX: u32 = 100;

/// Longer than any session wants to hang.
const CONNECT_TIMEOUT_MAX: u32 = 300;

/// What an operator says about a database of a PostgreSQL server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct PostgresOptions {
    /// Name or address of the server.
    pub host: String,
    /// Port of the server; by default that of its kind: 5432, for `ppas` 5444, for `kingbase` 54321.
    pub port: Option<u16>,
    /// The database. A data source covers one.
    pub database: String,
    /// The role that logs in. What it may not see is not in the data source.
    pub user: String,
    /// The role's password.
    pub password: Option<Secret<String>>,
    /// Whether the connection is encrypted, and what of the server's certificate is checked, as in libpq.
    #[serde(default)]
    pub sslmode: SslMode,
    /// Certificates of the authorities that may sign the server's certificate, beside the public ones: PEM text, or a file on the
    /// gateway's machine. With `require`, giving it means `verify-ca`, as in libpq.
    pub sslrootcert: Option<String>,
    /// The client's certificate: PEM text, or a file on the gateway's machine.
    pub sslcert: Option<String>,
    /// The key of the client's certificate: PEM text, or a file on the gateway's machine.
    pub sslkey: Option<Secret<String>>,
    /// How long opening a connection may take, in seconds, 1 to 300.
    #[serde(default = "default_connect_timeout")]
    pub connect_timeout: u32,
    /// The most connections that are open at a time, 1 to 100. A table that is being read needs one.
    #[serde(default = "default_connections_max")]
    pub connections_max: u32,
    /// Only these schemas.
    #[serde(default)]
    pub schemas: Vec<String>,
    /// Not these schemas.
    #[serde(default)]
    pub exclude_schemas: Vec<String>,
}

/// What is asked of TLS.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    /// Never encrypt.
    Disable,
    /// Encrypt where the server can.
    #[default]
    Prefer,
    /// Encrypt, whoever the server is.
    Require,
    /// Encrypt, with a certificate that a known authority signed.
    VerifyCa,
    /// Encrypt, with a certificate that a known authority signed for this host.
    VerifyFull,
}

/// Ten times what a handshake with a busy server on another continent takes.
fn default_connect_timeout() -> u32 {
    10
}

/// A join of as many tables of one source, or as many sessions; servers allow 100 in all unless told otherwise.
fn default_connections_max() -> u32 {
    5
}

/// Refuses what the types of the options let through.
pub(crate) fn check(options: &PostgresOptions) -> Result<()> {
    let refuse = |message: String| Err(Error::new(Code::InvalidArgument, message));
    for (name, value) in [("host", &options.host), ("database", &options.database), ("user", &options.user)] {
        // The protocol ends its strings with a zero byte.
        if value.is_empty() || value.contains('\0') {
            return refuse(format!("option \"{name}\" is empty or has a zero byte"));
        }
    }
    if options.host.starts_with('/') {
        return refuse("option \"host\" must name a host, not the folder of a socket".to_owned());
    }
    if !(1..=CONNECTIONS_MAX).contains(&options.connections_max) {
        return refuse(format!("option \"connections_max\" must be from 1 to {CONNECTIONS_MAX}"));
    }
    if !(1..=CONNECT_TIMEOUT_MAX).contains(&options.connect_timeout) {
        return refuse(format!("option \"connect_timeout\" must be from 1 to {CONNECT_TIMEOUT_MAX}"));
    }
    if options.sslcert.is_some() != options.sslkey.is_some() {
        return refuse("options \"sslcert\" and \"sslkey\" belong together, and one is missing".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(more: serde_json::Value) -> Option<String> {
        let mut options = serde_json::json!({"host": "h", "database": "d", "user": "u"});
        options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        check(&serde_json::from_value(options).expect("options")).err().map(|error| error.message)
    }

    #[test]
    fn options_that_cannot_work_are_refused() {
        assert_eq!(refused(serde_json::json!({})), None);
        for (more, name) in [
            (serde_json::json!({"host": ""}), "host"),
            (serde_json::json!({"host": "/var/run/postgresql"}), "host"),
            (serde_json::json!({"user": "a\u{0}b"}), "user"),
            (serde_json::json!({"connections_max": 0}), "connections_max"),
            (serde_json::json!({"connect_timeout": 301}), "connect_timeout"),
            (serde_json::json!({"sslcert": "c"}), "sslkey"),
        ] {
            assert!(refused(more.clone()).is_some_and(|message| message.contains(name)), "{more}");
        }
    }

    #[test]
    fn ssl_modes_are_named_as_in_libpq() {
        let specs = spi::options::describe::<PostgresOptions>();
        let mode = specs.iter().find(|spec| spec.name == "sslmode").expect("the option");
        assert_eq!(mode.choices, ["disable", "prefer", "require", "verify-ca", "verify-full"]);
        let secrets: Vec<_> = specs.iter().filter(|spec| spec.secret).map(|spec| spec.name.as_str()).collect();
        assert_eq!(secrets, ["password", "sslkey"]);
    }
}
