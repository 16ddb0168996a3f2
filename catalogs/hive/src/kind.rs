//! The type of data source that this connector serves.

use std::sync::Arc;

use spi::Result;
use spi::connector::{Capabilities, Connector, ConnectorKind, OpenContext};
use spi::options::invalid;

use crate::HiveConnector;
use crate::client::Client;
use crate::kerberos::Identity;
use crate::options::{HiveOptions, Settings};
use crate::rota::Rota;
use crate::sasl::Login;
use crate::storage::Storage;

/// Data sources of type `hive`.
pub struct Hive;

impl ConnectorKind for Hive {
    type Options = HiveOptions;
    const KIND: &'static str = "hive";
    const SUMMARY: &'static str =
        "A Hive metastore, and the Parquet, ORC, Avro, JSON and text files of its tables, local, in HDFS or in S3.";
    const CAPABILITIES: Capabilities = Capabilities { fingerprint: true, ..Capabilities::NONE };
    const TESTED_VERSIONS: Option<&'static [&'static str]> = Some(&["3.1", "4.0"]);

    async fn open(&self, options: HiveOptions, context: OpenContext) -> Result<Arc<dyn Connector>> {
        let settings = Settings::new(&options)?;
        let identity = Identity::new(&options)?;
        let storage = Arc::new(Storage::new(&options, identity.clone(), context.clone())?);
        let client = Arc::new(Client::new(&options, identity.as_ref(), context)?);
        if identity.is_some() && !storage.has_kerberos() && !matches!(client.endpoint.login(), Some(Login::Kerberos(_))) {
            return Err(invalid("option \"kerberos_principal\" is given, but neither the metastore nor HDFS has Kerberos")
                .hint("Set \"kerberos_service_principal\", or \"hadoop.security.authentication\" in the option \"hadoop_options\"."));
        }
        Ok(Arc::new(HiveConnector { client, storage, settings, rota: Rota::default() }))
    }
}
