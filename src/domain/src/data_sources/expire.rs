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
