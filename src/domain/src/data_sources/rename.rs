//! `rename_datasource`: another name for the same source, with the same OID, versions and metadata.

use std::time::Instant;

use spi::{Error, Result};

use super::edit::{Edited, apply};
use super::state::require_not_dropped;
use super::{Outcome, check, records};
use crate::access;
use crate::audit::Actor;
use crate::services::Services;

pub async fn rename(services: &Services, actor: &Actor, name: &str, new_name: &str) -> Result<Outcome> {
    let started = Instant::now();
    access::require_superuser(actor, "rename data sources")?;
    check::name(new_name)?;
    let new_name = new_name.to_owned();
    let applied = apply(services, actor, name, move |replica, source| {
        require_not_dropped(source)?;
        if source.name == new_name {
            return Ok(Edited::source(source, false));
        }
        if records::named(replica, &new_name).is_some() {
            return Err(Error::exists("data source", &new_name));
        }
        let ops = vec![records::delete_name(&source.name), records::put_name(&new_name, source.oid)?];
        source.name = new_name.clone();
        Ok(Edited { version: source.current_version, ops: Some(ops) })
    });
    applied.await?.outcome(services, started, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_sources::get;
    use crate::testing::{self, actor, failure, superuser};

    #[tokio::test]
    async fn only_the_name_changes() {
        let services = testing::start().await;
        testing::create(&services, "shop", r#"{"password": "x"}"#).await;
        let outcome = rename(&services, &superuser(), "shop", "Läden 2").await.expect("renamed");
        assert_eq!((outcome.name.as_str(), outcome.version, outcome.changed), ("Läden 2", 1, true));
        let replica = services.store.replica();
        assert_eq!(get(&replica, "Läden 2").expect("the source").oid, 16384);
        assert_eq!(failure(get(&replica, "shop")).0, "42704");
        assert_eq!(testing::newest_options(&services, "Läden 2")["password"], "x");
        assert!(!rename(&services, &superuser(), "Läden 2", "Läden 2").await.expect("as it is").changed);
        testing::create(&services, "shop", "{}").await;
    }

    #[tokio::test]
    async fn refusals() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        testing::create(&services, "bank", "{}").await;
        let (code, message, ..) = failure(rename(&services, &superuser(), "shop", "bank").await);
        assert_eq!((code, message.as_str()), ("42710", "data source \"bank\" already exists"));
        assert_eq!(failure(rename(&services, &superuser(), "shop", "metagate").await).0, "22023");
        assert_eq!(failure(rename(&services, &superuser(), "none", "some").await).0, "42704");
        assert_eq!(failure(rename(&services, &actor("bob"), "shop", "some").await).0, "42501");
    }
}
