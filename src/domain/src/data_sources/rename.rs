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
