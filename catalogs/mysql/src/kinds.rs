//! The types of data sources that this connector serves. They differ in their port and in what their transactions can do.

use std::sync::Arc;

use spi::Result;
use spi::connector::{Connector, ConnectorKind, OpenContext};

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
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $kind:literal, $port:literal, $transactions:literal, $summary:literal;)*) => {
        $(
            $(#[$doc])*
            pub struct $name;

            impl ConnectorKind for $name {
                type Options = MySqlOptions;
                const KIND: &'static str = $kind;
                const SUMMARY: &'static str = $summary;

                async fn open(&self, options: MySqlOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
                    open(Flavor { port: $port, read_only_transactions: $transactions }, options, context)
                }
            }
        )*
    };
}

kinds! {
    /// Data sources of type `mysql`.
    MySql = "mysql", 3306, true, "A MySQL server, whose databases are schemas; tested against 8.0.";
    /// Data sources of type `mariadb`.
    MariaDb = "mariadb", 3306, true, "A MariaDB server, whose databases are schemas; tested against 10.11.";
    /// Data sources of type `tidb`.
    TiDb = "tidb", 4000, false, "A TiDB cluster, by the MySQL protocol. Not tested against a server of its own.";
    /// Data sources of type `doris`.
    Doris = "doris", 9030, false, "An Apache Doris cluster, by the MySQL protocol. Not tested against a server of its own.";
    /// Data sources of type `starrocks`.
    StarRocks = "starrocks", 9030, false, "A StarRocks cluster, by the MySQL protocol. Not tested against a server of its own.";
    /// Data sources of type `oceanbase`.
    OceanBase = "oceanbase", 2881, true, "An OceanBase tenant in MySQL mode. Not tested against a server of its own.";
}

fn open(flavor: Flavor, options: MySqlOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
    let connections_max = check_connections_max(options.connections_max)?;
    Ok(Arc::new(MySqlConnector::new(Endpoint::new(options, flavor, context)?, connections_max)))
}
