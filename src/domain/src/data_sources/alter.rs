//! `alter_datasource`: merges options into a new version, which leaves all earlier ones as they are.

use std::collections::BTreeMap;
use std::time::Instant;

use spi::connector::RemoteCalls;
use spi::options::Options;
use spi::{Code, Error, Result};
use store::{Replica, failpoint};

use super::edit::{Applied, Edited, apply};
use super::options::SealedOptions;
use super::state::{require_active, require_connectable};
use super::{DataSource, Outcome, PublicationAction, Version, check, publish, records, test};
use crate::access;
use crate::audit::Actor;
use crate::factories::Factories;
use crate::keyring::Keyring;
use crate::services::Services;
use crate::time;

/// How often a tested change is made again because others changed the source meanwhile. Each time one of them succeeded,
/// so this lets 32 others go first before the caller hears of it.
const ATTEMPTS_MAX: usize = 32;

/// What `alter_datasource` is asked for; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Alter {
    /// Merged into the newest version's options; a null value removes an option.
    pub options: Option<Options>,
    pub comment: Option<String>,
    pub labels: Option<BTreeMap<String, String>>,
    /// The newest version that the caller knows. If there is a newer one, nothing is changed.
    pub expected_version: Option<u64>,
    /// Publish the version at once. Needs the test.
    pub publish: bool,
    /// Test the connection first, and save nothing if it fails.
    pub test: bool,
}

pub async fn alter(services: &Services, actor: &Actor, name: &str, request: Alter) -> Result<Outcome> {
    let started = Instant::now();
    access::require_superuser(actor, "alter data sources")?;
    check::comment(request.comment.as_deref())?;
    check::labels(request.labels.as_ref().unwrap_or(&BTreeMap::new()))?;
    let tested = RemoteCalls::default();
    let publish = request.publish;
    let applied = alter_tested(services, actor, name, request, &tested).await?;
    services.connectors.add_remote_calls(applied.oid, &tested);
    match publish {
        true => applied.harvested_outcome(services, started, tested.total()).await,
        false => applied.outcome(services, started, tested.total()),
    }
}

/// Tests what the merge gives now and commits exactly that; where the source was changed meanwhile, does so again.
async fn alter_tested(services: &Services, actor: &Actor, name: &str, request: Alter, tested: &RemoteCalls) -> Result<Applied> {
    let merge = Merge { request, factories: services.factories.clone(), keyring: services.keyring.clone() };
    for _ in 0..ATTEMPTS_MAX {
        let replica = services.store.replica();
        let base = records::get(&replica, name)?;
        let merged = merge.on(&replica, &base)?;
        let passed = if merge.request.test && merged.needs_test(&base) {
            require_connectable(&base).map_err(|error| skip_the_test(error, &merge.request))?;
            test::require_passing(services, name, &base.kind, &merged.options, tested).await?;
            Some((base.oid, base.current_version))
        } else {
            None
        };
        match commit(services, actor, name, merge.clone(), passed).await {
            Err(error) if error.code == Code::Conflict => {}
            done => return done,
        }
    }
    Err(Error::new(Code::Conflict, format!("data source \"{name}\" was changed by others at the same time"))
        .detail(format!("Each of {ATTEMPTS_MAX} attempts found another version when it had passed its test."))
        .retryable())
}

/// `passed` is the version whose merge passed the test.
async fn commit(services: &Services, actor: &Actor, name: &str, merge: Merge, passed: Option<(u32, u64)>) -> Result<Applied> {
    let role = actor.role.clone();
    failpoint::reach("alter.before_commit");
    let applied = apply(services, actor, name, move |replica, source| {
        let merged = merge.on(replica, source)?;
        if merge.request.test && merged.needs_test(source) {
            require_connectable(source)?;
            if passed != Some((source.oid, source.current_version)) {
                return Err(Error::new(Code::Conflict, format!("data source \"{}\" was changed during its test", source.name)));
            }
        }
        merge.edit(replica, source, &merged, &role)
    })
    .await?;
    failpoint::reach("alter.after_commit");
    Ok(applied)
}

/// A request, and what it takes to run it on a state.
#[derive(Clone)]
struct Merge {
    request: Alter,
    factories: Factories,
    keyring: Keyring,
}

/// What a request makes of the newest version of a source.
struct Merged {
    options: Options,
    /// Whether the options differ from those of the newest version.
    differ: bool,
    publish: bool,
}

impl Merged {
    /// The version that the request is about.
    fn version(&self, source: &DataSource) -> u64 {
        source.current_version + u64::from(self.differ)
    }

    fn publishes(&self, source: &DataSource) -> bool {
        self.publish && source.published_version != Some(self.version(source))
    }

    fn needs_test(&self, source: &DataSource) -> bool {
        self.differ || self.publishes(source)
    }
}

impl Merge {
    /// The merge, if the source is in a state for it.
    fn on(&self, replica: &Replica, source: &DataSource) -> Result<Merged> {
        require_active(source)?;
        if let Some(expected) = self.request.expected_version.filter(|expected| *expected != source.current_version) {
            return Err(conflict(source, expected));
        }
        let given = self.request.options.as_ref();
        let key = records::version_key(source.oid, source.current_version);
        let newest = records::version(replica, source, source.current_version)?;
        let before = newest.options.open_unless(&self.keyring, &key, |name| given.is_some_and(|given| given.contains_key(name)))?;
        let mut options = before.clone();
        for (name, value) in given.into_iter().flatten() {
            match value.is_null() {
                true => options.remove(name),
                false => options.insert(name.clone(), value.clone()),
            };
        }
        check::options(&self.factories, &source.kind, &options)?;
        let merged = Merged { differ: options != before, options, publish: self.request.publish };
        match !self.request.test && merged.publishes(source) {
            true => Err(publish::untested(&source.name, merged.version(source))),
            false => Ok(merged),
        }
    }

    fn edit(&self, replica: &Replica, source: &mut DataSource, merged: &Merged, role: &str) -> Result<Edited> {
        let before = (source.comment.clone(), source.labels.clone());
        source.comment = self.request.comment.clone().or_else(|| source.comment.take());
        source.labels = self.request.labels.clone().unwrap_or_else(|| source.labels.clone());
        let (version, publishes) = (merged.version(source), merged.publishes(source));
        let changed = merged.differ || publishes || (&source.comment, &source.labels) != (&before.0, &before.1);
        let mut ops = Vec::new();
        if merged.differ {
            ops.extend(records::put_version(source.oid, self.version(source, version, merged, role)?)?);
        }
        if publishes {
            ops.extend(records::put_publication(replica, source.oid, PublicationAction::Publish, version, role)?);
        }
        Ok(Edited { version, ops: changed.then_some(ops) })
    }

    fn version(&self, source: &DataSource, number: u64, merged: &Merged, role: &str) -> Result<Version> {
        let key = records::version_key(source.oid, number);
        Ok(Version {
            number,
            options: SealedOptions::seal(&self.keyring, &key, self.factories.options(&source.kind)?, &merged.options)?,
            comment: self.request.comment.clone(),
            labels: source.labels.clone(),
            created_at: time::now(),
            created_by: role.to_owned(),
            published: false,
        })
    }
}

fn conflict(source: &DataSource, expected: u64) -> Error {
    Error::new(Code::Conflict, format!("data source \"{}\" was changed meanwhile", source.name))
        .detail(format!("Version {expected} was expected to be its newest, but that is version {}.", source.current_version))
        .hint("Look at the newest version, and try again with its number as expected_version.")
        .retryable()
}

/// A paused source can be altered, but not tested.
fn skip_the_test(error: Error, request: &Alter) -> Error {
    match (error.hint.clone(), request.publish) {
        (Some(hint), false) => error.hint(format!("{} Or say test => false to save without a test.", hint)),
        _ => error,
    }
}
