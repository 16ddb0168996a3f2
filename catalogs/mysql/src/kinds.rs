//! The types of data sources that this connector serves. They differ in their port and in what their transactions can do.

use std::sync::Arc;

use spi::Result;
use spi::connector::{Capabilities, Connector, ConnectorKind, OpenContext};

use crate::MySqlConnector;
use crate::endpoint::Endpoint;
use crate::options::{MySqlOptions, check_connections_max};

/// What sets a kind apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flavor {
    /// Where its servers listen, unless the option `port` says otherwise.
    pub(crate) port: u16,
    /// Whether it has read-only transactions, which a harvest then runs in and every session is set to.
    pub(crate) read_only_transactions: bool,
    /// Whether it is MySQL's or MariaDB's own server, which has all that their manuals tell of. The others lack some of it.
    pub(crate) original: bool,
}

/// All but noticing changes: each server of a cluster counts statements of its own.
const OF_A_CLUSTER: Capabilities = Capabilities { fingerprint: false, ..Capabilities::RELATIONAL };

/// Their transactions do not promise all rows or none, and not every release describes a prepared statement.
const OF_A_WAREHOUSE: Capabilities = Capabilities { queries: true, ..Capabilities::NONE };

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $kind:literal, $flavor:expr, $capabilities:expr, tested $versions:expr, $summary:literal;)*) => {
        $(
            $(#[$doc])*
            pub struct $name;

            impl ConnectorKind for $name {
                type Options = MySqlOptions;
                const KIND: &'static str = $kind;
                const SUMMARY: &'static str = $summary;
                const CAPABILITIES: Capabilities = $capabilities;
                const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&$versions);

                async fn open(&self, options: MySqlOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
                    open($flavor, options, context)
                }
            }
        )*
    };
}

/// Port, read-only transactions, original.
const fn flavor(port: u16, read_only_transactions: bool, original: bool) -> Flavor {
    Flavor { port, read_only_transactions, original }
}

kinds! {
    /// Data sources of type `mysql`.
    MySql = "mysql", flavor(3306, true, true), Capabilities::RELATIONAL, tested ["8.0"],
        "A MySQL server, whose databases are schemas.";
    /// Data sources of type `mariadb`.
    MariaDb = "mariadb", flavor(3306, true, true), Capabilities::RELATIONAL, tested ["10.11"],
        "A MariaDB server, whose databases are schemas.";
    /// Data sources of type `tidb`.
    TiDb = "tidb", flavor(4000, false, false), OF_A_CLUSTER, tested [],
        "A TiDB cluster, by the MySQL protocol. Not tested against a server of its own.";
    /// Data sources of type `doris`.
    Doris = "doris", flavor(9030, false, false), OF_A_WAREHOUSE, tested [],
        "An Apache Doris cluster, by the MySQL protocol. Not tested against a server of its own.";
    /// Data sources of type `starrocks`.
    StarRocks = "starrocks", flavor(9030, false, false), OF_A_WAREHOUSE, tested [],
        "A StarRocks cluster, by the MySQL protocol. Not tested against a server of its own.";
    /// Data sources of type `oceanbase`.
    OceanBase = "oceanbase", flavor(2881, true, false), OF_A_CLUSTER, tested [],
        "An OceanBase tenant in MySQL mode. Not tested against a server of its own.";
}

fn open(flavor: Flavor, options: MySqlOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
    let connections_max = check_connections_max(options.connections_max)?;
    Ok(Arc::new(MySqlConnector::new(Endpoint::new(options, flavor, context)?, connections_max)))
}
