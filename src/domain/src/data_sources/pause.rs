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
