//! What all verbs on one existing source have in common: find it, change it in one commit, answer.

use std::time::{Duration, Instant};

use spi::Result;
use store::{Op, Replica};

use super::{DataSource, Outcome, databases, records, require_readable};
use crate::audit::Actor;
use crate::services::Services;
use crate::{change, time};

/// How long a verb waits for the first harvest of what it made readable. The harvest goes on without it.
const HARVEST_DEADLINE: Duration = Duration::from_secs(30);

/// What a verb makes of a source on the state that its change is made on.
pub(super) struct Edited {
    /// The version that the verb is about.
    pub version: u64,
    /// What to write besides the source's own record; `None` if there is nothing to change.
    pub ops: Option<Vec<Op>>,
}

impl Edited {
    /// A change of the source's own record alone, if `changed`.
    pub(super) fn source(source: &DataSource, changed: bool) -> Self {
        Self { version: source.current_version, ops: changed.then(Vec::new) }
    }
}

/// A verb that was committed, or had nothing to do.
pub(super) struct Applied {
    pub oid: u32,
    /// The version that the verb was about.
    pub version: u64,
    pub revision: u64,
    /// Whether anything was written.
    pub changed: bool,
}

/// Changes the source of a name in one commit. `edit` may run more than once, each time on a newer state.
pub(super) async fn apply(
    services: &Services,
    actor: &Actor,
    name: &str,
    edit: impl Fn(&Replica, &mut DataSource) -> Result<Edited> + Send + Sync + 'static,
) -> Result<Applied> {
    let (name, role) = (name.to_owned(), actor.role.clone());
    let done = change::commit(&services.store, &actor.role, move |replica| {
        let mut source = records::get(replica, &name)?;
        databases::require_independent(replica, &source)?;
        let Edited { version, ops } = edit(replica, &mut source)?;
        let decision = (source.oid, version, ops.is_some());
        let ops = ops.map(|ops| with_source(source, &role, ops)).transpose()?;
        Ok((ops.unwrap_or_default(), decision))
    })
    .await?;
    let (oid, version, changed) = done.decision;
    Ok(Applied { oid, version, revision: done.revision, changed }.settled(services).await)
}

/// The ops of an edit, with the source's own record, which every change touches.
pub(super) fn with_source(mut source: DataSource, role: &str, mut ops: Vec<Op>) -> Result<Vec<Op>> {
    source.changed_at = time::now();
    source.changed_by = role.to_owned();
    ops.push(records::put_source(&source)?);
    Ok(ops)
}

impl Applied {
    /// The same, once the members of the source have followed it, if it has any.
    pub(super) async fn settled(self, services: &Services) -> Self {
        let settled = if self.changed { databases::settled(&services.store, self.oid).await } else { None };
        Self { revision: self.revision.max(settled.unwrap_or_default()), ..self }
    }

    /// The answer of a verb that makes nothing readable. `tested` counts the requests of its test.
    pub(super) fn outcome(self, services: &Services, started: Instant, tested: u64) -> Result<Outcome> {
        let source = records::by_oid(&services.store.replica(), self.oid)?;
        Ok(Outcome {
            name: source.name,
            version: self.version,
            state: source.state,
            revision: self.revision,
            changed: self.changed,
            objects: 0,
            remote_calls: tested,
            elapsed_ms: started.elapsed().as_millis() as u64,
        })
    }

    /// The answer of a verb that made a source readable: waits until this node has tried to harvest it once. What the
    /// harvest came to does not matter to the verb; `metadata.freshness` shows it.
    pub(super) async fn harvested_outcome(self, services: &Services, started: Instant, tested: u64) -> Result<Outcome> {
        let source = records::by_oid(&services.store.replica(), self.oid)?;
        let Ok(version) = require_readable(&source) else { return self.outcome(services, started, tested) };
        let harvested = services.refreshes.first_harvest(self.oid, version, HARVEST_DEADLINE).await;
        let outcome = self.outcome(services, started, tested)?;
        Ok(Outcome { objects: harvested.objects, remote_calls: tested + harvested.remote_calls, ..outcome })
    }
}
