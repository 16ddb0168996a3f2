//! What a statement may do with a data source beyond reading its tables: what the role was granted, what the source's kind can, and
//! what its options allow.

use std::sync::Arc;

use domain::access::{self, Privilege};
use domain::data_sources::DataSource;
use domain::{Actor, Services};
use spi::connector::{Capabilities, Connector};
use spi::{Code, Error, Result};

/// The data source, if the role may do this with it and its kind can. It is not asked for anything.
pub(crate) fn require(services: &Services, actor: &Actor, name: &str, privilege: Privilege) -> Result<DataSource> {
    let source = access::require_privilege(&services.store.replica(), actor, name, privilege)?;
    match lack(services.factories.get(&source.kind)?.capabilities(), privilege) {
        None => Ok(source),
        Some(lack) => Err(Error::new(Code::Unsupported, format!("data source \"{name}\" {lack}"))
            .detail(format!("No data source of type \"{}\" can do this.", source.kind))),
    }
}

/// What a kind cannot do of what a privilege allows.
fn lack(capabilities: Capabilities, privilege: Privilege) -> Option<&'static str> {
    match privilege {
        Privilege::Insert if !capabilities.writes => Some("takes no rows"),
        Privilege::Query | Privilege::Execute if !capabilities.native_statements => Some("takes no statements of its own language"),
        _ => None,
    }
}

/// The source's connector, for a statement that may change it.
pub(crate) async fn writable(services: &Services, source: &DataSource) -> Result<Arc<dyn Connector>> {
    let connector = connector(services, source).await?;
    if !connector.is_read_only() {
        return Ok(connector);
    }
    let name = source.name.replace('\'', "''");
    Err(Error::new(Code::ReadOnly, format!("data source \"{}\" is read-only", source.name))
        .detail("Its option read_only, which is true by default, forbids INSERT and execute_on.")
        .hint(format!("CALL alter_datasource('{name}', options => '{{\"read_only\": false}}', publish => true).")))
}

/// The source's connector.
pub(crate) async fn connector(services: &Services, source: &DataSource) -> Result<Arc<dyn Connector>> {
    services.connectors.get(&services.store.replica(), source.oid).await
}
