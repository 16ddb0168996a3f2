//! `pause_datasource` and `resume_datasource`: no request to the source at all while it is paused.
//!
//! What is being read at that moment is read to its end; nothing new begins.

use std::time::Instant;

use spi::Result;

use super::Outcome;
use super::edit::{Applied, Edited, apply};
use super::state::require_not_dropped;
use crate::access;
use crate::audit::Actor;
use crate::services::Services;

pub async fn pause(services: &Services, actor: &Actor, name: &str) -> Result<Outcome> {
    let started = Instant::now();
    access::require_superuser(actor, "pause data sources")?;
    set_paused(services, actor, name, true).await?.outcome(services, started, 0)
}

pub async fn resume(services: &Services, actor: &Actor, name: &str) -> Result<Outcome> {
    let started = Instant::now();
    access::require_superuser(actor, "resume data sources")?;
    set_paused(services, actor, name, false).await?.harvested_outcome(services, started, 0).await
}

async fn set_paused(services: &Services, actor: &Actor, name: &str, paused: bool) -> Result<Applied> {
    let applied = apply(services, actor, name, move |_, source| {
        require_not_dropped(source)?;
        let changed = source.paused != paused;
        source.paused = paused;
        Ok(Edited::source(source, changed))
    });
    applied.await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_sources::get;
    use crate::testing::{self, actor, failure, superuser};

    #[tokio::test]
    async fn a_paused_source_is_not_connected_to() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        assert!(pause(&services, &superuser(), "shop").await.expect("paused").changed);
        assert!(!pause(&services, &superuser(), "shop").await.expect("as it is").changed);
        assert!(get(&services.store.replica(), "shop").expect("the source").paused);
        let (code, message, _, hint) = failure(services.connectors.get(&services.store.replica(), 16384).await);
        assert_eq!((code, message.as_str()), ("55000", "data source \"shop\" is paused"));
        assert_eq!(hint, "CALL resume_datasource('shop').");
        assert!(resume(&services, &superuser(), "shop").await.expect("resumed").changed);
        assert!(services.connectors.get(&services.store.replica(), 16384).await.is_ok());
        assert!(!resume(&services, &superuser(), "shop").await.expect("as it is").changed);
    }

    #[tokio::test]
    async fn only_superusers_pause() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        assert_eq!(failure(pause(&services, &actor("bob"), "shop").await).1, "permission denied to pause data sources");
        assert_eq!(failure(resume(&services, &actor("bob"), "shop").await).1, "permission denied to resume data sources");
    }
}
