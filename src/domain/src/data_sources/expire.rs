//! `expire_datasource` and `renew_datasource`: from when on nothing connects to a source.

use std::time::Instant;

use spi::{Code, Error, Result};

use super::edit::{Edited, apply};
use super::state::require_not_dropped;
use super::{Outcome, State};
use crate::audit::Actor;
use crate::services::Services;
use crate::{access, time};

/// Sets the end of a source's time. One in the past expires it at once.
pub async fn expire(services: &Services, actor: &Actor, name: &str, at: i64) -> Result<Outcome> {
    let started = Instant::now();
    access::require_superuser(actor, "expire data sources")?;
    let applied = apply(services, actor, name, move |_, source| {
        require_not_dropped(source)?;
        let changed = source.expires_at.replace(at) != Some(at);
        Ok(Edited::source(source, changed))
    });
    applied.await?.outcome(services, started, 0)
}

/// Moves the end of a source's time, or removes it. An expired source is then what it was before.
pub async fn renew(services: &Services, actor: &Actor, name: &str, until: Option<i64>) -> Result<Outcome> {
    let started = Instant::now();
    access::require_superuser(actor, "renew data sources")?;
    if until.is_some_and(|until| until <= time::now()) {
        return Err(Error::new(Code::InvalidArgument, format!("data source \"{name}\" cannot be renewed until a time in the past"))
            .hint("CALL expire_datasource to end its time now."));
    }
    let was_expired = super::get(&services.store.replica(), name)?.state == State::Expired;
    let applied = apply(services, actor, name, move |_, source| {
        require_not_dropped(source)?;
        let changed = source.expires_at != until;
        source.expires_at = until;
        Ok(Edited::source(source, changed))
    })
    .await?;
    match was_expired {
        true => applied.harvested_outcome(services, started, 0).await,
        false => applied.outcome(services, started, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_sources::get;
    use crate::testing::{self, actor, failure, superuser};

    #[tokio::test]
    async fn an_expired_source_is_listed_but_not_connected_to_until_it_is_renewed() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        let connector = async || services.connectors.get(&services.store.replica(), 16384).await;
        assert!(connector().await.is_ok());
        assert_eq!(expire(&services, &superuser(), "shop", 1_000_000).await.expect("expired").state, State::Expired);
        let (code, message, detail, _) = failure(connector().await);
        assert_eq!((code, message.as_str()), ("55000", "data source \"shop\" is expired"));
        assert_eq!(detail, "It expired at 1970-01-01T00:00:01Z.");
        assert!(!expire(&services, &superuser(), "shop", 1_000_000).await.expect("as it is").changed);
        assert_eq!(renew(&services, &superuser(), "shop", None).await.expect("renewed").state, State::Published);
        assert!(connector().await.is_ok());
    }

    #[tokio::test]
    async fn a_source_expires_by_time_alone() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        let soon = time::now() + 200_000;
        assert_eq!(expire(&services, &superuser(), "shop", soon).await.expect("to expire").state, State::Published);
        let state = || get(&services.store.replica(), "shop").expect("the source").state;
        testing::eventually("the expiry", || state() == State::Expired).await;
        assert!(time::now() >= soon);
    }

    #[tokio::test]
    async fn refusals() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        let (code, message, ..) = failure(renew(&services, &superuser(), "shop", Some(1)).await);
        assert_eq!((code, message.as_str()), ("22023", "data source \"shop\" cannot be renewed until a time in the past"));
        assert_eq!(failure(expire(&services, &actor("bob"), "shop", 1).await).0, "42501");
        assert_eq!(failure(renew(&services, &actor("bob"), "shop", None).await).0, "42501");
        assert_eq!(failure(renew(&services, &superuser(), "none", None).await).0, "42704");
    }
}
