//! `publish_datasource`, `rollback_datasource`, `unpublish_datasource`: which version is read.
//!
//! A version is published after a test of exactly that version, made at that time: versions do not change, so what passed
//! is what is published. An unpublished source cannot be read; its last metadata stays listed.

use std::time::Instant;

use spi::connector::RemoteCalls;
use spi::{Code, Error, Result};
use store::failpoint;

use super::edit::{Applied, Edited, apply};
use super::state::{literal, require_connectable, require_not_dropped, wrong_state};
use super::{DataSource, Outcome, PublicationAction, opened_options, records, test};
use crate::access;
use crate::audit::Actor;
use crate::services::Services;

pub async fn publish(services: &Services, actor: &Actor, name: &str, version: u64) -> Result<Outcome> {
    access::require_superuser(actor, "publish data sources")?;
    move_to(services, actor, name, version, PublicationAction::Publish).await
}

/// Publishes a version that is older than the published one.
pub async fn rollback(services: &Services, actor: &Actor, name: &str, to_version: u64) -> Result<Outcome> {
    access::require_superuser(actor, "roll back data sources")?;
    move_to(services, actor, name, to_version, PublicationAction::Rollback).await
}

/// Leaves the source without a version to read.
pub async fn unpublish(services: &Services, actor: &Actor, name: &str) -> Result<Outcome> {
    let started = Instant::now();
    access::require_superuser(actor, "unpublish data sources")?;
    let role = actor.role.clone();
    let applied = apply(services, actor, name, move |replica, source| {
        require_not_dropped(source)?;
        let version = source.published_version.ok_or_else(|| wrong_state(source, "has no published version"))?;
        let ops = records::put_publication(replica, source.oid, PublicationAction::Unpublish, version, &role)?;
        Ok(Edited { version, ops: Some(ops.into()) })
    });
    applied.await?.outcome(services, started, 0)
}

async fn move_to(services: &Services, actor: &Actor, name: &str, number: u64, action: PublicationAction) -> Result<Outcome> {
    let started = Instant::now();
    let replica = services.store.replica();
    let source = records::get(&replica, name)?;
    require_movable(&source, number, action)?;
    records::version(&replica, &source, number)?;
    if source.published_version == Some(number) {
        let applied = Applied { oid: source.oid, version: number, revision: replica.revision(), changed: false };
        return applied.outcome(services, started, 0);
    }
    let options = opened_options(&services.keyring, &replica, source.oid, number)?;
    let tested = RemoteCalls::default();
    let passed = test::require_passing(services, name, &source.kind, &options, &tested).await;
    services.connectors.add_remote_calls(source.oid, &tested);
    passed?;
    commit(services, actor, &source, number, action).await?.harvested_outcome(services, started, tested.total()).await
}

async fn commit(services: &Services, actor: &Actor, tested: &DataSource, number: u64, action: PublicationAction) -> Result<Applied> {
    let (oid, role) = (tested.oid, actor.role.clone());
    failpoint::reach("publish.before_commit");
    let applied = apply(services, actor, &tested.name, move |replica, source| {
        require_movable(source, number, action)?;
        if source.oid != oid {
            return Err(Error::new(Code::Conflict, format!("data source \"{}\" was replaced meanwhile", source.name)).retryable());
        }
        if source.published_version == Some(number) {
            return Ok(Edited { version: number, ops: None });
        }
        let ops = records::put_publication(replica, oid, action, number, &role)?;
        Ok(Edited { version: number, ops: Some(ops.into()) })
    })
    .await?;
    failpoint::reach("publish.after_commit");
    Ok(applied)
}

fn require_movable(source: &DataSource, number: u64, action: PublicationAction) -> Result<()> {
    require_connectable(source)?;
    if action != PublicationAction::Rollback {
        return Ok(());
    }
    let call = format!("CALL publish_datasource({}, {number}) publishes it.", literal(&source.name));
    match source.published_version {
        None => Err(wrong_state(source, "has no published version").hint(call)),
        Some(published) if published < number => Err(Error::new(
            Code::InvalidArgument,
            format!("version {number} of data source \"{}\" is not older than its published version {published}", source.name),
        )
        .hint(call)),
        Some(_) => Ok(()),
    }
}

/// The refusal to publish what was not tested.
pub(super) fn untested(name: &str, version: u64) -> Error {
    Error::new(Code::InvalidArgument, format!("version {version} of data source \"{name}\" cannot be published without a test"))
        .hint("Leave out test => false, or save it with publish => false and CALL publish_datasource later.")
}
