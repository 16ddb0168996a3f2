//! `comment`: what a source is for. It holds at once and makes no version.

use std::time::Instant;

use spi::Result;

use super::edit::{Edited, apply};
use super::state::require_not_dropped;
use super::{Outcome, check};
use crate::access;
use crate::audit::Actor;
use crate::services::Services;

/// Sets the comment, or removes it.
pub async fn comment(services: &Services, actor: &Actor, name: &str, text: Option<String>) -> Result<Outcome> {
    let started = Instant::now();
    access::require_superuser(actor, "comment on data sources")?;
    check::comment(text.as_deref())?;
    let applied = apply(services, actor, name, move |_, source| {
        require_not_dropped(source)?;
        let changed = source.comment != text;
        source.comment = text.clone();
        Ok(Edited::source(source, changed))
    });
    applied.await?.outcome(services, started, 0)
}
