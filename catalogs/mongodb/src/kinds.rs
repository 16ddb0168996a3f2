//! The types of data sources that this connector serves. They speak one protocol.

use std::sync::Arc;

use spi::Result;
use spi::connector::{Capabilities, Connector, ConnectorKind, OpenContext};

use crate::MongoConnector;
use crate::options::MongoOptions;
use crate::server::Server;

/// Commands that read are passed through. None that writes is: every source is read-only.
const CAPABILITIES: Capabilities = Capabilities { native_statements: true, definitions: true, ..Capabilities::NONE };

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $kind:literal, tested $versions:expr, $summary:literal;)*) => {
        $(
            $(#[$doc])*
            pub struct $name;

            impl ConnectorKind for $name {
                type Options = MongoOptions;
                const KIND: &'static str = $kind;
                const SUMMARY: &'static str = $summary;
                const CAPABILITIES: Capabilities = CAPABILITIES;
                const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&$versions);

                async fn open(&self, options: MongoOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
                    Ok(Arc::new(MongoConnector { server: Arc::new(Server::new(options, context)?) }))
                }
            }
        )*
    };
}

kinds! {
    /// Data sources of type `mongodb`.
    MongoDb = "mongodb", tested [],
        "A MongoDB server or cluster, whose databases are schemas. Tested against mongo-java-server 1.47, not against a server of its own.";
    /// Data sources of type `ferretdb`.
    FerretDb = "ferretdb", tested ["1.24"],
        "A FerretDB server, by the MongoDB protocol. Version 1 lets the gateway log in with PLAIN alone; its SCRAM is not the driver's.";
    /// Data sources of type `documentdb`.
    DocumentDb = "documentdb", tested [],
        "An Amazon DocumentDB cluster, by the MongoDB protocol. Not tested against a server of its own.";
}
