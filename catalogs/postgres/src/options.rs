//! What an operator says about a data source.

use schemars::JsonSchema;
use serde::Deserialize;
use spi::options::within;
use spi::{Code, Error, Result, Secret};

/// A server gives each connection a process of several megabytes.
const CONNECTIONS_MAX: u32 = 100;

/// Longer than any session wants to hang.
const CONNECT_TIMEOUT_MAX: u32 = 300;

/// The database that every server is made with, for those who want none in particular.
const MAINTENANCE_DATABASE: &str = "postgres";

/// What an operator says about a database of a PostgreSQL server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct PostgresOptions {
    /// Name or address of the server.
    pub host: String,
    /// Port of the server; by default that of its kind: 5432, for `ppas` 5444, for `kingbase` 54321, for `gaussdb` 8000.
    pub port: Option<u16>,
    /// The database that the data source covers, required without `databases`; with it, the one in which the others are looked up, by
    /// default `postgres`.
    pub database: Option<String>,
    /// `*` makes a data source of each database that the role may connect to, named after this one: `shop_db` of `shop` and `db`.
    pub databases: Option<Databases>,
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
    /// Refuse INSERT and execute_on; sessions of the source are read-only.
    #[serde(default = "default_read_only")]
    pub read_only: bool,
    /// Only these schemas.
    #[serde(default)]
    pub schemas: Vec<String>,
    /// Not these schemas.
    #[serde(default)]
    pub exclude_schemas: Vec<String>,
}

/// Which databases of the server become data sources.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
pub enum Databases {
    /// All of them, and those that are made later.
    #[serde(rename = "*")]
    All,
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

impl PostgresOptions {
    /// The database to connect to.
    pub(crate) fn database(&self) -> &str {
        self.database.as_deref().unwrap_or(MAINTENANCE_DATABASE)
    }
}

/// Ten times what a handshake with a busy server on another continent takes.
fn default_connect_timeout() -> u32 {
    10
}

/// A join of as many tables of one source, or as many sessions; servers allow 100 in all unless told otherwise.
fn default_connections_max() -> u32 {
    5
}

fn default_read_only() -> bool {
    true
}

/// Refuses what the types of the options let through.
pub(crate) fn check(options: &PostgresOptions) -> Result<()> {
    let refuse = |message: String| Err(Error::new(Code::InvalidArgument, message));
    if options.database.is_none() && options.databases.is_none() {
        return Err(Error::new(Code::InvalidArgument, "option \"database\" is missing")
            .hint("It names the database. Option \"databases\" with the value * makes a data source of each database of the server."));
    }
    for (name, value) in [("host", options.host.as_str()), ("database", options.database()), ("user", &options.user)] {
        // The protocol ends its strings with a zero byte.
        if value.is_empty() || value.contains('\0') {
            return refuse(format!("option \"{name}\" is empty or has a zero byte"));
        }
    }
    if options.host.starts_with('/') {
        return refuse("option \"host\" must name a host, not the folder of a socket".to_owned());
    }
    within("connections_max", options.connections_max, CONNECTIONS_MAX)?;
    within("connect_timeout", options.connect_timeout, CONNECT_TIMEOUT_MAX)?;
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
    fn a_source_is_of_one_database_or_of_all() {
        let parse = |more: serde_json::Value| {
            let mut options = serde_json::json!({"host": "h", "user": "u"});
            options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            serde_json::from_value::<PostgresOptions>(options)
        };
        let error = check(&parse(serde_json::json!({})).expect("options")).expect_err("no database");
        assert_eq!((error.code, error.message.as_str()), (Code::InvalidArgument, "option \"database\" is missing"));
        let all = parse(serde_json::json!({"databases": "*"})).expect("options");
        assert!(check(&all).is_ok() && all.database() == "postgres");
        assert_eq!(parse(serde_json::json!({"databases": "*", "database": "d"})).expect("options").database(), "d");
        assert!(parse(serde_json::json!({"databases": "a, b"})).is_err());
        let specs = spi::options::describe::<PostgresOptions>();
        let spec = |name: &str| specs.iter().find(|spec| spec.name == name).expect("the option");
        assert_eq!(spec(spi::connector::DATABASES_OPTION).choices, ["*"]);
        assert_eq!(spec(spi::connector::DATABASE_OPTION).data_type, "string");
    }

    #[test]
    fn a_source_is_read_only_unless_it_is_said() {
        let read_only = |more: serde_json::Value| {
            let mut options = serde_json::json!({"host": "h", "database": "d", "user": "u"});
            options.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            serde_json::from_value::<PostgresOptions>(options).expect("options").read_only
        };
        assert!(read_only(serde_json::json!({})) && !read_only(serde_json::json!({"read_only": false})));
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
