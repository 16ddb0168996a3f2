//! `create_datasource`: registers a source and saves its version 1.

use std::collections::BTreeMap;
use std::time::Instant;

use spi::connector::RemoteCalls;
use spi::options::Options;
use spi::{Error, Result};
use store::{Op, Replica, failpoint};

use super::edit::Applied;
use super::options::SealedOptions;
use super::{DataSource, Outcome, PublicationAction, State, Version, check, publish, records, test};
use crate::access;
use crate::audit::Actor;
use crate::services::Services;
use crate::{change, time};

/// What `create_datasource` is asked for.
#[derive(Clone, Debug)]
pub struct Create {
    pub name: String,
    /// The type of the source.
    pub kind: String,
    pub options: Options,
    pub comment: Option<String>,
    pub labels: BTreeMap<String, String>,
    /// Test the connection first, and save nothing if it fails.
    pub test: bool,
    /// Publish version 1 at once. Needs the test.
    pub publish: bool,
    /// An existing source of that name is left as it is, whatever its type.
    pub if_not_exists: bool,
}

pub async fn create(services: &Services, actor: &Actor, request: Create) -> Result<Outcome> {
    let started = Instant::now();
    access::require_superuser(actor, "create data sources")?;
    check_request(services, &request)?;
    if let Some(existing) = existing(&services.store.replica(), &request)? {
        let revision = services.store.replica().revision();
        let applied = Applied { oid: existing.oid, version: existing.current_version, revision, changed: false };
        return applied.outcome(services, started, 0);
    }
    let tested = RemoteCalls::default();
    if request.test {
        test::require_passing(services, &request.name, &request.kind, &request.options, &tested).await?;
    }
    let publish = request.publish;
    let applied = commit(services, actor, request).await?;
    services.connectors.add_remote_calls(applied.oid, &tested);
    match publish {
        true => applied.harvested_outcome(services, started, tested.total()).await,
        false => applied.outcome(services, started, tested.total()),
    }
}

/// Everything that can be refused without the store.
fn check_request(services: &Services, request: &Create) -> Result<()> {
    check::name(&request.name)?;
    check::comment(request.comment.as_deref())?;
    check::labels(&request.labels)?;
    check::options(&services.factories, &request.kind, &request.options)?;
    if request.publish && !request.test {
        return Err(publish::untested(&request.name, 1));
    }
    Ok(())
}

/// The source that has the name already, where that is no error.
fn existing(replica: &Replica, request: &Create) -> Result<Option<DataSource>> {
    match records::named(replica, &request.name) {
        Some(_) if !request.if_not_exists => Err(Error::exists("data source", &request.name)
            .hint("CALL alter_datasource to change it, or say if_not_exists => true to leave it as it is.")),
        found => Ok(found),
    }
}

async fn commit(services: &Services, actor: &Actor, request: Create) -> Result<Applied> {
    let (keyring, factories, role) = (services.keyring.clone(), services.factories.clone(), actor.role.clone());
    failpoint::reach("create.before_commit");
    let done = change::commit(&services.store, &actor.role, move |replica| {
        if let Some(existing) = existing(replica, &request)? {
            return Ok((Vec::new(), (existing.oid, existing.current_version, false)));
        }
        let (oid, counted) = records::next_oid(replica)?;
        let key = records::version_key(oid, 1);
        let options = SealedOptions::seal(&keyring, &key, factories.options(&request.kind)?, &request.options)?;
        let mut ops = vec![counted];
        ops.extend(first_records(oid, &request, options, &role)?);
        if request.publish {
            ops.extend(records::put_publication(replica, oid, PublicationAction::Publish, 1, &role)?);
        }
        Ok((ops, (oid, 1, true)))
    })
    .await?;
    failpoint::reach("create.after_commit");
    let (oid, version, changed) = done.decision;
    Ok(Applied { oid, version, revision: done.revision, changed })
}

fn first_records(oid: u32, request: &Create, options: SealedOptions, role: &str) -> Result<Vec<Op>> {
    let now = time::now();
    let source = DataSource {
        oid,
        name: request.name.clone(),
        kind: request.kind.clone(),
        state: State::Draft,
        comment: request.comment.clone(),
        labels: request.labels.clone(),
        current_version: 1,
        published_version: None,
        expires_at: None,
        paused: false,
        dropped_at: None,
        created_at: now,
        created_by: role.to_owned(),
        changed_at: now,
        changed_by: role.to_owned(),
        revision: 0,
    };
    let version = Version {
        number: 1,
        options,
        comment: request.comment.clone(),
        labels: request.labels.clone(),
        created_at: now,
        created_by: role.to_owned(),
        published: false,
    };
    let mut ops = vec![records::put_source(&source)?, records::put_name(&request.name, oid)?];
    ops.extend(records::put_version(oid, version)?);
    Ok(ops)
}
