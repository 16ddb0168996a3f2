//! What an operator says about a data source.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use spi::options::{invalid, within};
use spi::{Result, Secret};

use crate::dial::Address;
use crate::kerberos::{Identity, Kerberos};
use crate::sasl::Login;

/// A metastore serves each connection by a thread: more from one gateway would starve its other users.
const CONNECTIONS_MAX: u32 = 64;

/// Longer than any session wants to wait for a server that does not answer.
const CONNECT_TIMEOUT_MS_MAX: u32 = 60_000;

/// A question that takes longer than this is better narrowed.
const REQUEST_TIMEOUT_MS_MAX: u32 = 3_600_000;

/// The names of so many partitions are still held in memory without thought.
const PARTITIONS_MAX: u32 = 10_000_000;

/// So many questions take a metastore an hour or more.
const PARTITION_REQUESTS_MAX: u32 = 1_000_000;

/// The metadata of so many files is still held in memory without thought.
const FILES_MAX: u32 = 1_000_000;

/// So many questions for keys take a metastore about a minute.
const PRIMARY_KEYS_MAX: u32 = 10_000;

/// The scheme of an address, as Hive's own configuration writes it.
const SCHEME: &str = "thrift://";

/// The port of a metastore whose address has none.
const PORT: u16 = 9083;

/// Options of a Hive data source.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub struct HiveOptions {
    /// Addresses of the metastore, as `hive.metastore.uris` has them: `["thrift://hms1:9083", "thrift://hms2:9083"]`. The first one that
    /// can be reached is asked.
    pub uris: Vec<String>,
    /// The user as whom the metastore is asked, and files of HDFS are read. Without a password both believe this name. If there is none,
    /// the metastore is told none, and HDFS that of the gateway's process. Where there is Kerberos, the principal is the user instead.
    #[serde(default)]
    pub username: Option<String>,
    /// The user's password, for a metastore that wants one (`hive.metastore.client.auth.mode` is `PLAIN`, since Hive 4). Encrypt the
    /// connection then, so that nobody reads it on its way.
    #[serde(default)]
    pub password: Option<Secret<String>>,
    /// The metastore's own principal, for a metastore with Kerberos, as `hive.metastore.kerberos.principal` has it:
    /// `hive/_HOST@EXAMPLE.COM`, where `_HOST` stands for the host of each address. Which realms there are, and where their KDCs, says the
    /// file krb5.conf of the gateway's machine, whose library libgssapi_krb5 is used. What follows
    /// the login is encrypted or signed as far as `hadoop.rpc.protection` of the metastore allows, unless `use_ssl` encrypts it already.
    #[serde(default)]
    pub kerberos_service_principal: Option<String>,
    /// The principal of the gateway, with `kerberos_keytab`: `metagate@EXAMPLE.COM`. The metastore and HDFS are asked as it. If there is
    /// none, the gateway's process has to have tickets or keys, where `KRB5CCNAME` or `KRB5_CLIENT_KTNAME` of its environment say.
    #[serde(default)]
    pub kerberos_principal: Option<String>,
    /// The keys of the principal: the content of its keytab in base64, as `base64 -w0 metagate.keytab` shows it.
    #[serde(default)]
    pub kerberos_keytab: Option<Secret<String>>,
    /// Encrypt the connection, as `hive.metastore.use.SSL` does.
    #[serde(default)]
    pub use_ssl: bool,
    /// Certificates of authorities that are trusted beside the public ones: PEM text, or a file on the gateway's machine.
    #[serde(default)]
    pub ca_certs: Option<String>,
    /// Whether the metastore's certificate has to be one for its host, from a trusted authority.
    #[serde(default = "default_true")]
    pub verify_certs: bool,
    /// Show the partitions of tables.
    #[serde(default = "default_true")]
    pub partitions: bool,
    /// The most partitions of one table, 1 to 10000000. A refresh lists no more, and a query that needs more is refused.
    #[serde(default = "default_partitions_max")]
    pub partitions_max: u32,
    /// The most questions about partitions that one refresh asks, 1 to 1000000. A table of less than 1000 partitions costs one; a larger
    /// one costs two, and one for every 5000 partitions, or for fewer where the table is wide. What is left over, later refreshes list:
    /// first what the metastore announces as changed, then what was never listed, then the others in turn. Until then the table keeps the
    /// partitions that an earlier refresh saw. Its option `partitions_listed` in `information_schema.foreign_table_options` is `no` where
    /// none did, and `in turn` where they may be older than the rest. Queries always read the partitions that there are, and a refresh of
    /// one table lists all of its partitions.
    #[serde(default = "default_partition_requests_max")]
    pub partition_requests_max: u32,
    /// Up to so many tables, a refresh asks for the primary key of each: the protocol has no question about all. With more tables only
    /// those primary keys are shown that foreign keys refer to. 0 to 10000.
    #[serde(default = "default_primary_keys_max")]
    pub primary_keys_max: u32,
    /// The most files that one query reads of one table, 1 to 1000000.
    #[serde(default = "default_files_max")]
    pub files_max: u32,
    /// Folders of the gateway's machine whose files may be read, for tables with `file:` locations: `["/data/warehouse"]`. Without any,
    /// no such table is read.
    #[serde(default)]
    pub local_folders: Vec<String>,
    /// What Hadoop's configuration says of HDFS, by its own names, for tables with `hdfs:` locations: `{"fs.defaultFS":
    /// "hdfs://namenode:8020"}`, or for a name service `lake` of two namenodes `{"dfs.nameservices": "lake", "dfs.ha.namenodes.lake":
    /// "nn1,nn2", "dfs.namenode.rpc-address.lake.nn1": "namenode1:8020", "dfs.namenode.rpc-address.lake.nn2": "namenode2:8020"}`. Only
    /// namenodes that are named here are asked. With `"dfs.client.use.datanode.hostname": "true"` datanodes are reached by their names.
    /// With `"hadoop.security.authentication": "kerberos"` the gateway's principal reads, otherwise HDFS is told the user's name.
    /// `"dfs.data.transfer.protection"` is what datanodes ask for.
    #[serde(default)]
    pub hadoop_options: BTreeMap<String, String>,
    /// The address of the S3 service, if it is not Amazon's.
    #[serde(default)]
    pub s3_endpoint: Option<String>,
    /// The region of the S3 service.
    #[serde(default = "default_s3_region")]
    pub s3_region: String,
    /// The access key of S3, with `s3_secret_access_key`.
    #[serde(default)]
    pub s3_access_key_id: Option<String>,
    /// The secret of the access key.
    #[serde(default)]
    pub s3_secret_access_key: Option<Secret<String>>,
    /// Whether an S3 endpoint may be spoken to without TLS.
    #[serde(default)]
    pub s3_allow_http: bool,
    /// How long opening a connection may take, in milliseconds, 1 to 60000.
    #[serde(default = "default_connect_timeout")]
    pub connect_timeout: u32,
    /// How long one question to the metastore may take, in milliseconds, 1 to 3600000. A refresh takes many.
    #[serde(default = "default_request_timeout")]
    pub request_timeout: u32,
    /// The most connections to the metastore at a time, 1 to 64.
    #[serde(default = "default_connections_max")]
    pub connections_max: u32,
}

fn default_true() -> bool {
    true
}

/// Ten years of hours.
fn default_partitions_max() -> u32 {
    100_000
}

/// Half of the questions that a refresh of a large metastore takes anyway; a table of 100,000 partitions takes 22.
fn default_partition_requests_max() -> u32 {
    30
}

/// Half of the questions that a refresh of a large metastore takes anyway.
fn default_primary_keys_max() -> u32 {
    30
}

/// A hundred S3 listing pages.
fn default_files_max() -> u32 {
    100_000
}

fn default_s3_region() -> String {
    "us-east-1".to_owned()
}

fn default_connect_timeout() -> u32 {
    10_000
}

/// A page of a thousand partitions takes a busy metastore some seconds.
fn default_request_timeout() -> u32 {
    60_000
}

/// A refresh reads as many pages at a time.
fn default_connections_max() -> u32 {
    4
}

/// What of the options concerns metadata and reading, checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) partitions: bool,
    pub(crate) partitions_max: usize,
    pub(crate) partition_requests_max: usize,
    pub(crate) primary_keys_max: usize,
    pub(crate) files_max: usize,
    /// How many pages are asked for at a time.
    pub(crate) pages_at_once: usize,
}

impl Settings {
    pub(crate) fn new(options: &HiveOptions) -> Result<Self> {
        if options.primary_keys_max > PRIMARY_KEYS_MAX {
            return Err(invalid(format!("option \"primary_keys_max\" must be from 0 to {PRIMARY_KEYS_MAX}")));
        }
        Ok(Self {
            partitions: options.partitions,
            partitions_max: within("partitions_max", options.partitions_max, PARTITIONS_MAX)? as usize,
            partition_requests_max: within("partition_requests_max", options.partition_requests_max, PARTITION_REQUESTS_MAX)? as usize,
            primary_keys_max: options.primary_keys_max as usize,
            files_max: within("files_max", options.files_max, FILES_MAX)? as usize,
            pages_at_once: connections_max(options)? as usize,
        })
    }
}

/// How the gateway logs in to the metastore, if it does.
pub(crate) fn login(options: &HiveOptions, identity: Option<&Arc<Identity>>) -> Result<Option<Login>> {
    let kerberos = Kerberos::new(options, identity)?;
    match (&options.username, &options.password) {
        (_, None) => Ok(kerberos.map(Login::Kerberos)),
        (_, Some(_)) if kerberos.is_some() => Err(invalid("options \"password\" and \"kerberos_service_principal\" exclude each other")),
        (Some(username), Some(_)) if username.is_empty() || username.contains('\0') => Err(invalid("option \"username\" is no name")),
        (Some(username), Some(password)) => Ok(Some(Login::Password { username: username.clone(), password: password.clone() })),
        (None, Some(_)) => Err(invalid("option \"password\" needs the option \"username\"")),
    }
}

/// The metastore's addresses; there is at least one.
pub(crate) fn addresses(options: &HiveOptions) -> Result<Vec<Address>> {
    let wrong = || invalid("option \"uris\" must be a list of addresses").hint("For example [\"thrift://metastore:9083\"].");
    let addresses: Option<Vec<_>> = options.uris.iter().map(|uri| address(uri)).collect();
    addresses.filter(|addresses| !addresses.is_empty()).ok_or_else(wrong)
}

fn address(uri: &str) -> Option<Address> {
    let place = uri.strip_prefix(SCHEME).unwrap_or(uri).trim_end_matches('/');
    Address::with_port(place, PORT)
}

pub(crate) fn connect_timeout(options: &HiveOptions) -> Result<Duration> {
    within("connect_timeout", options.connect_timeout, CONNECT_TIMEOUT_MS_MAX).map(|ms| Duration::from_millis(ms.into()))
}

pub(crate) fn request_timeout(options: &HiveOptions) -> Result<Duration> {
    within("request_timeout", options.request_timeout, REQUEST_TIMEOUT_MS_MAX).map(|ms| Duration::from_millis(ms.into()))
}

pub(crate) fn connections_max(options: &HiveOptions) -> Result<u32> {
    within("connections_max", options.connections_max, CONNECTIONS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_hive() {
        for (uri, expected) in [
            ("thrift://hms1:9083", Some("hms1:9083")),
            ("thrift://hms1", Some("hms1:9083")),
            ("hms1:1", Some("hms1:1")),
            ("thrift://[::1]:7", Some("[::1]:7")),
            ("http://hms1:9083", None),
            ("thrift://", None),
            ("thrift://a b:1", None),
        ] {
            assert_eq!(address(uri).map(|address| address.to_string()).as_deref(), expected, "{uri}");
        }
    }
}
