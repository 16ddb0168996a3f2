//! What Hadoop's own options say of HDFS: which file systems there are, and which namenodes keep them.
//!
//! Source of the names: Hadoop's `core-default.xml` and `hdfs-default.xml`; of how they go together: its `DFSUtilClient`.

use std::collections::BTreeMap;

use spi::Result;
use spi::options::invalid;

use crate::dial::Address;

const DEFAULT_FILE_SYSTEM: &str = "fs.defaultFS";
const NAME_SERVICES: &str = "dfs.nameservices";
const NAMENODES: &str = "dfs.ha.namenodes.";
const NAMENODE_ADDRESS: &str = "dfs.namenode.rpc-address.";
const DATANODES_BY_NAME: &str = "dfs.client.use.datanode.hostname";
const AUTHENTICATION: &str = "hadoop.security.authentication";
const DATA_PROTECTION: &str = "dfs.data.transfer.protection";

/// Who finds the active namenode. Here all are asked in turn, as the usual one does.
const FAILOVER_PROVIDER: &str = "dfs.client.failover.proxy.provider.";

const KNOWN: [&str; 5] = [DEFAULT_FILE_SYSTEM, NAME_SERVICES, DATANODES_BY_NAME, AUTHENTICATION, DATA_PROTECTION];
const KNOWN_PREFIXES: [&str; 3] = [NAMENODES, NAMENODE_ADDRESS, FAILOVER_PROVIDER];

/// The port of a namenode whose address has none.
const PORT: u16 = 8020;

/// One file system. Of its namenodes one is active at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) name: String,
    /// There is at least one.
    pub(crate) namenodes: Vec<Address>,
}

/// The file systems that may be read.
#[derive(Debug, Default)]
pub(crate) struct Services {
    /// That of locations that name none: `hdfs:///warehouse`.
    default: Option<Service>,
    named: Vec<Service>,
    /// Whether datanodes are reached by their names, not by the addresses that the namenode knows.
    pub(crate) datanodes_by_name: bool,
    /// Whether servers are shown tickets of Kerberos.
    pub(crate) has_kerberos: bool,
    /// What datanodes ask for where there is Kerberos.
    pub(crate) data_protection: Option<String>,
}

impl Services {
    /// Reads the option `hadoop_options`.
    pub(crate) fn new(options: &BTreeMap<String, String>) -> Result<Self> {
        let is_known = |name: &str| KNOWN.contains(&name) || KNOWN_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        if let Some(name) = options.keys().find(|name| !is_known(name)) {
            let prefixed = KNOWN_PREFIXES.map(|prefix| format!("{prefix}*"));
            let known: Vec<&str> = KNOWN.into_iter().chain(prefixed.iter().map(String::as_str)).collect();
            return Err(invalid(format!("option \"hadoop_options\" has \"{name}\", which is not obeyed"))
                .hint(format!("Known are: {}.", known.join(", "))));
        }
        let authentication = options.get(AUTHENTICATION).map(|authentication| authentication.to_ascii_lowercase());
        let has_kerberos = match authentication.as_deref() {
            None | Some("simple") => false,
            Some("kerberos") => true,
            Some(_) => return Err(invalid(format!("option \"hadoop_options\" has \"{AUTHENTICATION}\" other than simple or kerberos"))),
        };
        let names = options.get(NAME_SERVICES).map(|names| list(names).collect::<Vec<_>>()).unwrap_or_default();
        let named = names.into_iter().map(|name| named(name, options)).collect::<Result<Vec<_>>>()?;
        let default = options.get(DEFAULT_FILE_SYSTEM).map(|url| default(url, &named)).transpose()?;
        let datanodes_by_name = options.get(DATANODES_BY_NAME).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let data_protection = options.get(DATA_PROTECTION).cloned();
        Ok(Self { default, named, datanodes_by_name, has_kerberos, data_protection })
    }

    /// The file system that a location means by what stands between `hdfs://` and its path. `None` if the options do not name it: whoever
    /// writes locations in a metastore is not to say where the gateway connects to.
    pub(crate) fn find(&self, authority: &str) -> Option<Service> {
        if authority.is_empty() {
            return self.default.clone();
        }
        if let Some(service) = self.named.iter().find(|service| service.name == authority) {
            return Some(service.clone());
        }
        let Address { host, port } = Address::with_port(authority, PORT)?;
        let mut namenodes = self.default.iter().chain(&self.named).flat_map(|service| &service.namenodes);
        let is_meant = |namenode: &&Address| namenode.port == port && namenode.host.eq_ignore_ascii_case(&host);
        namenodes.find(is_meant).cloned().map(of_one)
    }
}

/// A name service, whose namenodes are listed, or of which there is one.
fn named(name: &str, options: &BTreeMap<String, String>) -> Result<Service> {
    let address = |key: String| {
        let address = options.get(&key).and_then(|address| Address::with_port(address.trim(), PORT));
        let missing = || invalid(format!("option \"hadoop_options\" has no address as \"{key}\"")).hint("For example \"namenode1:8020\".");
        address.ok_or_else(missing)
    };
    let namenodes = match options.get(&format!("{NAMENODES}{name}")) {
        Some(ids) => list(ids).map(|id| address(format!("{NAMENODE_ADDRESS}{name}.{id}"))).collect::<Result<Vec<_>>>()?,
        None => vec![address(format!("{NAMENODE_ADDRESS}{name}"))?],
    };
    match namenodes.is_empty() {
        true => Err(invalid(format!("option \"hadoop_options\" names no namenode as \"{NAMENODES}{name}\""))),
        false => Ok(Service { name: name.to_owned(), namenodes }),
    }
}

fn default(url: &str, named: &[Service]) -> Result<Service> {
    let authority = url.trim().strip_prefix("hdfs://").map(|rest| rest.trim_end_matches('/'));
    let service = authority.and_then(|authority| {
        let named = named.iter().find(|service| service.name == authority);
        named.cloned().or_else(|| Address::with_port(authority, PORT).map(of_one))
    });
    service.ok_or_else(|| {
        invalid(format!("option \"hadoop_options\" has no HDFS as \"{DEFAULT_FILE_SYSTEM}\"")).hint("For example \"hdfs://namenode:8020\".")
    })
}

fn of_one(namenode: Address) -> Service {
    Service { name: namenode.to_string(), namenodes: vec![namenode] }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(options: &[(&str, &str)]) -> Result<Services> {
        Services::new(&options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn found(services: &Services, authority: &str) -> String {
        let shown = |service: Service| {
            let namenodes: Vec<String> = service.namenodes.iter().map(Address::to_string).collect();
            format!("{} at {}", service.name, namenodes.join(", "))
        };
        services.find(authority).map(shown).unwrap_or_default()
    }

    #[test]
    fn locations_mean_what_the_options_name() {
        let services = services(&[
            ("fs.defaultFS", "hdfs://lake/"),
            ("dfs.nameservices", "lake, old"),
            ("dfs.ha.namenodes.lake", "nn1,nn2"),
            ("dfs.namenode.rpc-address.lake.nn1", "a.example:8020"),
            ("dfs.namenode.rpc-address.lake.nn2", "b.example"),
            ("dfs.namenode.rpc-address.old", "c.example:9000"),
            ("dfs.client.failover.proxy.provider.lake", "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider"),
            ("dfs.client.use.datanode.hostname", "true"),
            ("hadoop.security.authentication", "simple"),
        ])
        .expect("services");
        for (authority, expected) in [
            ("", "lake at a.example:8020, b.example:8020"),
            ("lake", "lake at a.example:8020, b.example:8020"),
            ("old", "old at c.example:9000"),
            ("b.example", "b.example:8020 at b.example:8020"),
            ("C.example:9000", "c.example:9000 at c.example:9000"),
            ("c.example", ""),
            ("elsewhere:8020", ""),
        ] {
            assert_eq!(found(&services, authority), expected, "{authority}");
        }
        assert!(services.datanodes_by_name);
    }

    #[test]
    fn one_namenode_needs_one_option() {
        let services = services(&[("fs.defaultFS", "hdfs://nn")]).expect("services");
        assert_eq!(found(&services, "nn:8020"), "nn:8020 at nn:8020");
        assert_eq!(found(&services, ""), "nn:8020 at nn:8020");
        assert_eq!(found(&Services::default(), ""), "");
    }

    #[test]
    fn what_would_not_be_obeyed_is_refused() {
        for (options, expected) in [
            (&[("io.file.buffer.size", "1")][..], "option \"hadoop_options\" has \"io.file.buffer.size\", which is not obeyed"),
            (
                &[("hadoop.security.authentication", "ldap")],
                "option \"hadoop_options\" has \"hadoop.security.authentication\" other than simple or kerberos",
            ),
            (&[("fs.defaultFS", "s3a://bucket")], "option \"hadoop_options\" has no HDFS as \"fs.defaultFS\""),
            (&[("dfs.nameservices", "x")], "option \"hadoop_options\" has no address as \"dfs.namenode.rpc-address.x\""),
            (
                &[("dfs.nameservices", "x"), ("dfs.ha.namenodes.x", "n")],
                "option \"hadoop_options\" has no address as \"dfs.namenode.rpc-address.x.n\"",
            ),
            (
                &[("dfs.nameservices", "x"), ("dfs.ha.namenodes.x", ",")],
                "option \"hadoop_options\" names no namenode as \"dfs.ha.namenodes.x\"",
            ),
        ] {
            assert_eq!(services(options).expect_err("refused").message, expected);
        }
    }
}
