//! What an operator says about a data source.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use spi::options::{invalid, within};
use spi::{Result, Secret};
use sqlx::mysql::MySqlSslMode;

/// A server is shared: more sessions than this from one gateway would starve its other users.
const CONNECTIONS_MAX: u32 = 64;

/// Longer than any session wants to wait for a server that does not answer.
const CONNECT_TIMEOUT_MS_MAX: u32 = 60_000;

/// Options of every kind that this connector serves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct MySqlOptions {
    /// Name or address of the server.
    pub host: String,
    /// The port, if it is not the usual one: 3306 for `mysql` and `mariadb`, 4000 for `tidb`, 9030 for `doris` and `starrocks`,
    /// 2881 for `oceanbase`.
    #[serde(default)]
    pub port: Option<u16>,
    /// The login, exactly as the server knows it: for OceanBase `user@tenant#cluster`. It needs SELECT on what is to be seen. With
    /// PROCESS on a MySQL or MariaDB server, a refresh finds out at once that nothing has changed.
    pub user: String,
    /// The login's password.
    #[serde(default)]
    pub password: Option<Secret<String>>,
    /// The databases that the source shows, as its schemas; without the option all that the login may see, except the server's
    /// own. The first one is where names without a schema are looked up.
    #[serde(default)]
    pub databases: Vec<String>,
    /// As the `mysql` client has it, in capitals or not: `DISABLED`, `PREFERRED` (encrypted if the server can), `REQUIRED`,
    /// `VERIFY_CA` (the certificate comes from a known authority) or `VERIFY_IDENTITY` (and is the host's).
    #[serde(default = "default_ssl_mode")]
    pub ssl_mode: String,
    /// Certificates of authorities that are trusted beside the public ones: PEM text, or a file on the gateway's machine.
    #[serde(default)]
    pub ssl_ca: Option<String>,
    /// The gateway's own certificate, for a server that asks for one: PEM text, or a file on the gateway's machine.
    #[serde(default)]
    pub ssl_cert: Option<String>,
    /// The key of `ssl_cert`: PEM text, or a file on the gateway's machine.
    #[serde(default)]
    pub ssl_key: Option<Secret<String>>,
    /// How long opening a connection may take, in milliseconds, 1 to 60000.
    #[serde(default = "default_connect_timeout")]
    pub connect_timeout: u32,
    /// The most connections that are open at a time, 1 to 64. A table that is being read needs one.
    #[serde(default = "default_connections_max")]
    pub connections_max: u32,
    /// Refuse INSERT and execute_on; sessions of the source are read-only.
    #[serde(default = "default_read_only")]
    pub read_only: bool,
}

fn default_ssl_mode() -> String {
    "PREFERRED".to_owned()
}

/// The `mysql` client's own.
fn default_connect_timeout() -> u32 {
    10_000
}

/// A join of as many tables of one source, or as many sessions, and few enough for a server that is busy with others.
fn default_connections_max() -> u32 {
    5
}

fn default_read_only() -> bool {
    true
}

/// The number of connections that the option asks for.
pub(crate) fn check_connections_max(connections_max: u32) -> Result<u32> {
    within("connections_max", connections_max, CONNECTIONS_MAX)
}

pub(crate) fn check_connect_timeout(connect_timeout: u32) -> Result<Duration> {
    within("connect_timeout", connect_timeout, CONNECT_TIMEOUT_MS_MAX).map(|ms| Duration::from_millis(ms.into()))
}

pub(crate) fn check_ssl_mode(ssl_mode: &str) -> Result<MySqlSslMode> {
    match ssl_mode.to_ascii_uppercase().as_str() {
        "DISABLED" => Ok(MySqlSslMode::Disabled),
        "PREFERRED" => Ok(MySqlSslMode::Preferred),
        "REQUIRED" => Ok(MySqlSslMode::Required),
        "VERIFY_CA" => Ok(MySqlSslMode::VerifyCa),
        "VERIFY_IDENTITY" => Ok(MySqlSslMode::VerifyIdentity),
        _ => Err(invalid("option \"ssl_mode\" has an unknown value")
            .hint("Known values: DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY.")),
    }
}

#[cfg(test)]
mod tests {
    use spi::Code;

    use super::*;

    #[test]
    fn ssl_modes_are_those_of_the_client_in_any_case() {
        for given in ["REQUIRED", "required", "verify_ca", "Verify_Identity", "disabled", "PREFERRED"] {
            assert!(check_ssl_mode(given).is_ok(), "{given}");
        }
        for given in ["", "require", "verify-ca", "true"] {
            assert_eq!(check_ssl_mode(given).expect_err(given).code, Code::InvalidArgument);
        }
    }

    #[test]
    fn limits_are_kept() {
        assert!(check_connections_max(1).is_ok() && check_connections_max(64).is_ok() && check_connect_timeout(1).is_ok());
        assert!(check_connections_max(0).is_err() && check_connections_max(65).is_err());
        assert!(check_connect_timeout(0).is_err() && check_connect_timeout(60_001).is_err());
    }
}
