//! What an operator says about a data source.

use std::time::Duration;

use mongodb::options::{AuthMechanism, Credential, ReadPreference, ServerAddress, Tls, TlsOptions};
use schemars::JsonSchema;
use serde::Deserialize;
use spi::options::{invalid, within};
use spi::{Result, Secret};

/// Where servers listen.
const PORT: u16 = 27_017;

/// A server is shared: more connections than this from one gateway would starve its other users.
const CONNECTIONS_MAX: u32 = 64;

/// Longer than any session wants to wait for a server that does not answer.
const CONNECT_TIMEOUT_MS_MAX: u32 = 60_000;

/// The most documents of a collection that a refresh looks at.
const SAMPLE_SIZE_MAX: u32 = 100_000;

/// Databases of the server itself, which the source shows only where the options name them.
pub(crate) const SYSTEM_DATABASES: &[&str] = &["admin", "config", "local"];

/// Where logins with a certificate, and those of other services, are.
const EXTERNAL: &str = "$external";

/// Options of every kind that this connector serves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct MongoOptions {
    /// Name or address of the server. Of a replica set or a sharded cluster one member is enough; more of them, with commas between,
    /// are tried as well, each with its own port if it is not `port`: `db1,db2:27018`.
    pub host: String,
    /// The port, where `host` names none.
    #[serde(default = "default_port")]
    pub port: u16,
    /// `host` is a name for which the DNS lists the servers, as in `mongodb+srv://`. TLS is on then, unless `tls` says otherwise.
    #[serde(default)]
    pub srv: bool,
    /// The login. It needs the role `read`, or `readAnyDatabase`, on what is to be seen. Without the option nobody logs in.
    #[serde(default)]
    pub user: Option<String>,
    /// The login's password.
    #[serde(default)]
    pub password: Option<Secret<String>>,
    /// The database that knows the login: `admin` if it is not said, and `$external` for PLAIN and MONGODB-X509.
    #[serde(default)]
    pub auth_source: Option<String>,
    /// How to log in, as MongoDB names it: `SCRAM-SHA-256`, `SCRAM-SHA-1`, `PLAIN` or `MONGODB-X509`; without the option the
    /// best SCRAM that the server knows.
    #[serde(default)]
    pub auth_mechanism: Option<String>,
    /// The name that the replica set must have.
    #[serde(default)]
    pub replica_set: Option<String>,
    /// Talk to `host` alone, not to the replica set that it belongs to.
    #[serde(default)]
    pub direct_connection: bool,
    /// From which members of a replica set is read, as MongoDB names them: `primary`, `primaryPreferred`, `secondary`,
    /// `secondaryPreferred` or `nearest`.
    #[serde(default = "default_read_preference")]
    pub read_preference: String,
    /// Encrypt connections. Off if it is not said, but on with `srv`.
    #[serde(default)]
    pub tls: Option<bool>,
    /// Certificates of the authorities that are trusted instead of the public ones: a PEM file on the gateway's machine.
    #[serde(default)]
    pub tls_ca_file: Option<String>,
    /// The gateway's own certificate and its key, for a server that asks for one: a PEM file of both on the gateway's machine.
    #[serde(default)]
    pub tls_certificate_key_file: Option<String>,
    /// Do not check the server's certificate. Whoever is between the gateway and the server can then read everything.
    #[serde(default)]
    pub tls_allow_invalid_certificates: bool,
    /// The databases that the source shows, as its schemas; without the option all that the login may see, except the server's
    /// own. The first one is where names without a schema are looked up.
    #[serde(default)]
    pub databases: Vec<String>,
    /// How many documents of a collection a refresh looks at, to find its columns, 1 to 100000.
    #[serde(default = "default_sample_size")]
    pub sample_size: u32,
    /// Make columns of the fields of nested objects, named by their dotted path. Without it such an object is one column.
    #[serde(default)]
    pub flatten: bool,
    /// Let a query fail whose rows have a value that does not fit its column. Without it the value is NULL, and `_error` says why.
    #[serde(default)]
    pub strict: bool,
    /// How long opening a connection, or waiting for a server that can answer, may take, in milliseconds, 1 to 60000.
    #[serde(default = "default_connect_timeout")]
    pub connect_timeout: u32,
    /// The most connections to a server that are open at a time, 1 to 64. A reader needs one only while it waits for more rows.
    #[serde(default = "default_connections_max")]
    pub connections_max: u32,
}

fn default_port() -> u16 {
    PORT
}

/// The driver's own.
fn default_read_preference() -> String {
    "primary".to_owned()
}

/// As many as tools look at that guess schemas; a field that one document in 200 has is then missed in one sample of 150.
fn default_sample_size() -> u32 {
    1_000
}

fn default_connect_timeout() -> u32 {
    10_000
}

/// A join of as many collections of one source, or as many sessions, and few enough for a server that is busy with others.
fn default_connections_max() -> u32 {
    5
}

impl MongoOptions {
    /// Refuses what cannot be meant.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(unnamed) = self.databases.iter().find(|name| name.is_empty() || name.contains(['/', '\\', '.', '"', '$', ' ', '\0'])) {
            return Err(invalid(format!("option \"databases\" names \"{unnamed}\"")).detail("No database can be called so."));
        }
        within("connections_max", self.connections_max, CONNECTIONS_MAX)?;
        within("connect_timeout", self.connect_timeout, CONNECT_TIMEOUT_MS_MAX)?;
        within("sample_size", self.sample_size, SAMPLE_SIZE_MAX)?;
        if self.srv && self.direct_connection {
            return Err(invalid("option \"direct_connection\" cannot be used with \"srv\""));
        }
        if self.password.is_some() && self.user.is_none() {
            return Err(invalid("option \"password\" needs \"user\""));
        }
        let of_tls = [
            ("tls_ca_file", self.tls_ca_file.is_some()),
            ("tls_certificate_key_file", self.tls_certificate_key_file.is_some()),
            ("tls_allow_invalid_certificates", self.tls_allow_invalid_certificates),
        ];
        if let (false, Some((name, _))) = (self.encrypts(), of_tls.iter().find(|(_, given)| *given)) {
            return Err(invalid(format!("option \"{name}\" needs \"tls\"")).hint("Set the option \"tls\" to true."));
        }
        let addresses = self.addresses()?;
        if self.srv && (addresses.len() != 1 || self.host.contains(':')) {
            return Err(invalid("option \"host\" must be one name without a port, with \"srv\""));
        }
        self.credential()?;
        self.read_preference().map(drop)
    }

    /// Whether a database is one of the source's schemas.
    pub(crate) fn shows(&self, database: &str) -> bool {
        match self.databases.is_empty() {
            true => !SYSTEM_DATABASES.contains(&database),
            false => self.databases.iter().any(|shown| shown == database),
        }
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout.into())
    }

    pub(crate) fn encrypts(&self) -> bool {
        self.tls.unwrap_or(self.srv)
    }

    /// The members that the option `host` names, with their ports.
    pub(crate) fn addresses(&self) -> Result<Vec<ServerAddress>> {
        self.host.split(',').map(|member| address(member.trim(), self.port)).collect()
    }

    pub(crate) fn tls(&self) -> Tls {
        if !self.encrypts() {
            return Tls::Disabled;
        }
        let mut options = TlsOptions::default();
        options.ca_file_path = self.tls_ca_file.as_ref().map(Into::into);
        options.cert_key_file_path = self.tls_certificate_key_file.as_ref().map(Into::into);
        options.allow_invalid_certificates = Some(self.tls_allow_invalid_certificates);
        Tls::Enabled(options)
    }

    /// Who logs in, where somebody does.
    pub(crate) fn credential(&self) -> Result<Option<Credential>> {
        let mechanism = match self.auth_mechanism.as_deref().map(str::to_ascii_uppercase).as_deref() {
            None => None,
            Some("SCRAM-SHA-256") => Some(AuthMechanism::ScramSha256),
            Some("SCRAM-SHA-1") => Some(AuthMechanism::ScramSha1),
            Some("PLAIN") => Some(AuthMechanism::Plain),
            Some("MONGODB-X509") => Some(AuthMechanism::MongoDbX509),
            Some(_) => {
                return Err(invalid("option \"auth_mechanism\" has an unknown value")
                    .hint("Known values: SCRAM-SHA-256, SCRAM-SHA-1, PLAIN, MONGODB-X509."));
            }
        };
        if self.user.is_none() && mechanism.is_none() {
            return Ok(None);
        }
        if self.user.is_none() && !matches!(mechanism, Some(AuthMechanism::MongoDbX509)) {
            return Err(invalid("option \"auth_mechanism\" needs \"user\""));
        }
        let is_external = matches!(mechanism, Some(AuthMechanism::Plain | AuthMechanism::MongoDbX509));
        let mut credential = Credential::default();
        credential.username = self.user.clone();
        credential.password = self.password.as_ref().map(|password| password.expose().clone());
        credential.source = self.auth_source.clone().or(Some(if is_external { EXTERNAL } else { "admin" }.to_owned()));
        if let Some(mechanism) = mechanism {
            // The driver's own message may quote what it was given.
            let checked = mechanism.validate_credential(&credential);
            checked.map_err(|_| invalid("options \"user\", \"password\" and \"auth_source\" do not fit \"auth_mechanism\""))?;
            credential.mechanism = Some(mechanism);
        }
        Ok(Some(credential))
    }

    pub(crate) fn read_preference(&self) -> Result<ReadPreference> {
        let options = None;
        match self.read_preference.as_str() {
            "primary" => Ok(ReadPreference::Primary),
            "primaryPreferred" => Ok(ReadPreference::PrimaryPreferred { options }),
            "secondary" => Ok(ReadPreference::Secondary { options }),
            "secondaryPreferred" => Ok(ReadPreference::SecondaryPreferred { options }),
            "nearest" => Ok(ReadPreference::Nearest { options }),
            _ => Err(invalid("option \"read_preference\" has an unknown value")
                .hint("Known values: primary, primaryPreferred, secondary, secondaryPreferred, nearest.")),
        }
    }
}

/// `db1`, `db1:27018`, `[::1]:27018` or `::1`.
fn address(member: &str, port: u16) -> Result<ServerAddress> {
    let wrong = || invalid("option \"host\" is not a list of names or addresses").hint("For example db1 or db1,db2:27018.");
    let (host, own_port) = match member.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':').or((!rest.is_empty()).then_some("none"))),
        None if member.matches(':').count() > 1 => (member, None),
        None => member.split_once(':').map_or((member, None), |(host, port)| (host, Some(port))),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':' | '%');
    if host.is_empty() || !host.chars().all(is_name) {
        return Err(wrong());
    }
    let port = own_port.map_or(Ok(port), |own| own.parse().map_err(|_| wrong()))?;
    Ok(ServerAddress::Tcp { host: host.to_owned(), port: Some(port) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use spi::Code;

    use super::*;

    fn options(given: serde_json::Value) -> MongoOptions {
        let mut all = json!({"host": "db"});
        all.as_object_mut().expect("an object").extend(given.as_object().expect("an object").clone());
        serde_json::from_value(all).expect("options")
    }

    #[test]
    fn hosts_have_ports_of_their_own() {
        for (host, expected) in [
            ("db1", Some(vec!["db1:27017"])),
            ("db1, db2:27018", Some(vec!["db1:27017", "db2:27018"])),
            ("[::1]:9", Some(vec!["::1:9"])),
            ("::1", Some(vec!["::1:27017"])),
            ("", None),
            ("db1,", None),
            ("db1:x", None),
            ("user:password@db1", None),
            ("db1/?tls=false", None),
            ("[::1]9", None),
        ] {
            let found = options(json!({ "host": host })).addresses().ok();
            assert_eq!(
                found.map(|all| all.iter().map(ToString::to_string).collect()),
                expected.map(|all| all.into_iter().map(str::to_owned).collect::<Vec<_>>()),
                "{host}"
            );
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert!(options(json!({"user": "u", "password": "p", "auth_mechanism": "scram-sha-256"})).check().is_ok());
        assert!(options(json!({"srv": true, "tls_ca_file": "/ca.pem", "read_preference": "nearest"})).check().is_ok());
        for given in [
            json!({"connections_max": 0}),
            json!({"connect_timeout": 60_001}),
            json!({"sample_size": 0}),
            json!({"srv": true, "direct_connection": true}),
            json!({"srv": true, "host": "a,b"}),
            json!({"password": "hunter2"}),
            json!({"tls_ca_file": "/ca.pem"}),
            json!({"auth_mechanism": "MONGODB-CR", "user": "u"}),
            json!({"auth_mechanism": "SCRAM-SHA-1"}),
            json!({"read_preference": "any"}),
            json!({"databases": ["a.b"]}),
        ] {
            let error = options(given.clone()).check().expect_err("refused");
            assert_eq!(error.code, Code::InvalidArgument, "{given}");
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }
}
