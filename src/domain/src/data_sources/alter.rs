//! `alter_datasource`: merges options into a new version, which leaves all earlier ones as they are.

use std::collections::BTreeMap;
use std::time::Instant;

use spi::options::Options;
use spi::{Code, Error, Result};
use store::{Replica, failpoint};

use super::edit::{Applied, Edited, apply};
use super::options::SealedOptions;
use super::state::{require_active, require_connectable};
use super::{DataSource, Outcome, PublicationAction, Version, check, databases, publish, records, test};
use crate::access;
use crate::audit::Actor;
use crate::factories::Factories;
use crate::keyring::Keyring;
use crate::services::Services;
use crate::time;

/// How often a tested change is made again because others changed the source meanwhile. Each time one of them succeeded,
/// so this lets 32 others go first before the caller hears of it.
const ATTEMPTS_MAX: usize = 32;

/// What `alter_datasource` is asked for; what is `None` stays. Not `Debug`: the options may have secrets in them.
#[derive(Clone, Default)]
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
    let publish = request.publish;
    let (applied, tested) = alter_tested(services, actor, name, request).await?;
    match publish {
        true => applied.harvested_outcome(services, started, tested).await,
        false => applied.outcome(services, started, tested),
    }
}

/// Tests what the merge gives now and commits exactly that; where the source was changed meanwhile, does so again.
/// Also gives the number of requests that the tests made.
async fn alter_tested(services: &Services, actor: &Actor, name: &str, request: Alter) -> Result<(Applied, u64)> {
    let mut tested = 0;
    let merge = Merge { request, factories: services.factories.clone(), keyring: services.keyring.clone() };
    for _ in 0..ATTEMPTS_MAX {
        let replica = services.store.replica();
        let base = records::get(&replica, name)?;
        databases::require_independent(&replica, &base)?;
        let merged = merge.on(&replica, &base)?;
        let passed = if merge.request.test && merged.needs_test(&base) {
            require_connectable(&base).map_err(|error| skip_the_test(error, &merge.request))?;
            tested += test::require_passing(services, Some(base.oid), name, &base.kind, &merged.options).await?;
            Some((base.oid, base.current_version))
        } else {
            None
        };
        match commit(services, actor, name, merge.clone(), passed).await {
            Err(error) if error.code == Code::Conflict => {}
            done => return done.map(|applied| (applied, tested)),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use store::MemoryBackend;

    use super::*;
    use crate::data_sources::{State, drop, expire, get, opened_options, pause, unpublish, versions};
    use crate::testing::{self, SECRET, actor, failure, newest_options, options, superuser};

    #[tokio::test]
    async fn options_are_merged_into_a_new_version() {
        let services = testing::start().await;
        testing::create(&services, "shop", &format!(r#"{{"path": "a", "password": "{SECRET}"}}"#)).await;
        let outcome = altered(&services, r#"{"path": "b"}"#).await;
        assert_eq!((outcome.version, outcome.state, outcome.changed), (2, State::Edited, true));
        assert_eq!(newest_options(&services, "shop"), options(&format!(r#"{{"path": "b", "password": "{SECRET}"}}"#)));

        let outcome = altered(&services, r#"{"password": null}"#).await;
        assert_eq!(outcome.version, 3);
        assert_eq!(newest_options(&services, "shop"), options(r#"{"path": "b"}"#));

        let replica = services.store.replica();
        let first = opened_options(&services.keyring, &replica, 16384, 1).expect("version 1");
        assert_eq!(first, options(&format!(r#"{{"path": "a", "password": "{SECRET}"}}"#)), "versions do not change");
        assert_eq!(versions(&replica, 16384).iter().map(|version| version.published).collect::<Vec<_>>(), [true, false, false]);
        assert!(!testing::stored_text(&services).contains(SECRET));
    }

    #[tokio::test]
    async fn what_changes_nothing_makes_no_version() {
        let services = testing::start().await;
        let created = testing::create(&services, "shop", r#"{"path": "a"}"#).await;
        let outcome = altered(&services, r#"{"path": "a", "password": null}"#).await;
        assert_eq!((outcome.version, outcome.state, outcome.changed, outcome.remote_calls), (1, State::Published, false, 0));
        assert_eq!(get(&services.store.replica(), "shop").expect("the source").revision, created.revision);

        let request = Alter { comment: Some("orders".to_owned()), ..Alter::default() };
        let outcome = alter(&services, &superuser(), "shop", request).await.expect("a comment");
        assert_eq!((outcome.version, outcome.changed), (1, true));
        assert_eq!(get(&services.store.replica(), "shop").expect("the source").comment.as_deref(), Some("orders"));
    }

    #[tokio::test]
    async fn a_version_is_published_only_with_a_test() {
        let services = testing::start().await;
        testing::create(&services, "shop", r#"{"path": "a"}"#).await;
        let with = |test, publish, given: &str| Alter { options: Some(options(given)), test, publish, ..Alter::default() };
        let refusing = r#"{"behaviour": "refusing"}"#;
        let (code, message, ..) = failure(alter(&services, &superuser(), "shop", with(true, true, refusing)).await);
        assert_eq!((code, message.as_str()), ("28P01", "data source \"shop\" did not pass its test"));
        let (code, message, ..) = failure(alter(&services, &superuser(), "shop", with(false, true, refusing)).await);
        assert_eq!((code, message.as_str()), ("22023", "version 2 of data source \"shop\" cannot be published without a test"));
        assert_eq!(get(&services.store.replica(), "shop").expect("the source").current_version, 1);

        let saved = alter(&services, &superuser(), "shop", with(false, false, refusing)).await.expect("saved untested");
        assert_eq!((saved.version, saved.state), (2, State::Edited));
        let published = alter(&services, &superuser(), "shop", with(true, true, r#"{"behaviour": "good"}"#)).await.expect("published");
        assert_eq!((published.version, published.state), (3, State::Published));

        unpublish(&services, &superuser(), "shop").await.expect("a draft");
        let again = alter(&services, &superuser(), "shop", with(true, true, "{}")).await.expect("published as it is");
        assert_eq!((again.version, again.state, again.changed), (3, State::Published, true));
    }

    #[tokio::test]
    async fn lost_updates_are_refused_with_both_versions() {
        let services = testing::start().await;
        testing::create(&services, "shop", r#"{"path": "a"}"#).await;
        altered(&services, r#"{"path": "b"}"#).await;
        let request = Alter { options: Some(options(r#"{"path": "c"}"#)), expected_version: Some(1), ..Alter::default() };
        let (code, message, detail, _) = failure(alter(&services, &superuser(), "shop", request).await);
        assert_eq!((code, message.as_str()), ("40001", "data source \"shop\" was changed meanwhile"));
        assert_eq!(detail, "Version 1 was expected to be its newest, but that is version 2.");
    }

    #[tokio::test]
    async fn sixteen_at_once_lose_nothing() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        let admin = superuser();
        let request = |i: usize, expected_version| Alter {
            options: Some(options(&format!(r#"{{"path": "p{i}"}}"#))),
            expected_version,
            test: true,
            ..Alter::default()
        };
        let all = (0..16).map(|i| alter(&services, &admin, "shop", request(i, None)));
        let mut saved: Vec<u64> = futures::future::join_all(all).await.into_iter().map(|done| done.expect("saved").version).collect();
        saved.sort_unstable();
        assert_eq!(saved, (2..=17).collect::<Vec<_>>());

        let all = (16..32).map(|i| alter(&services, &admin, "shop", request(i, Some(17))));
        let (won, lost): (Vec<_>, Vec<_>) = futures::future::join_all(all).await.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 15));
        assert!(lost.into_iter().all(|result| failure(result).0 == "40001"));
        assert_eq!(get(&services.store.replica(), "shop").expect("the source").current_version, 18);
    }

    #[tokio::test]
    async fn the_state_of_the_source_is_respected() {
        let services = testing::start().await;
        for name in ["paused", "expired", "dropped"] {
            testing::create(&services, name, "{}").await;
        }
        pause(&services, &superuser(), "paused").await.expect("paused");
        expire(&services, &superuser(), "expired", 1_000_000).await.expect("expired");
        drop(&services, &superuser(), "dropped", false).await.expect("dropped");
        let request = |test| Alter { options: Some(options(r#"{"path": "b"}"#)), test, ..Alter::default() };
        for name in ["paused", "expired", "dropped"] {
            let (code, message, ..) = failure(alter(&services, &superuser(), name, request(true)).await);
            assert_eq!((code, message), ("55000", format!("data source \"{name}\" is {name}")));
        }
        assert_eq!(alter(&services, &superuser(), "paused", request(false)).await.expect("saved").version, 2);
        let (_, _, detail, hint) = failure(alter(&services, &superuser(), "expired", request(false)).await);
        assert_eq!((detail.as_str(), hint.as_str()), ("It expired at 1970-01-01T00:00:01Z.", "CALL renew_datasource('expired')."));
        assert_eq!(failure(alter(&services, &superuser(), "none", request(false)).await).0, "42704");
        assert_eq!(failure(alter(&services, &actor("bob"), "paused", request(false)).await).0, "42501");
    }

    #[tokio::test]
    async fn a_source_comes_back_after_its_key_was_lost() {
        let backend = Arc::new(MemoryBackend::new());
        let services = testing::start_on(backend.clone(), testing::keyring(1)).await;
        testing::create(&services, "shop", &format!(r#"{{"path": "a", "password": "{SECRET}"}}"#)).await;
        services.stop().await;

        let services = testing::start_on(backend, testing::keyring(2)).await;
        let lost = format!("key \"{}\" is not known", testing::keyring(1).key_id());
        let request = |given: &str| Alter { options: Some(options(given)), publish: true, test: true, ..Alter::default() };
        let (code, message, ..) = failure(alter(&services, &superuser(), "shop", request(r#"{"path": "b"}"#)).await);
        assert_eq!((code, &message), ("55000", &lost));
        assert_eq!(failure(services.connectors.get(&services.store.replica(), 16384).await).1, lost);
        alter(&services, &superuser(), "shop", request(r#"{"password": "new"}"#)).await.expect("sealed anew");
        assert!(services.connectors.get(&services.store.replica(), 16384).await.is_ok());
        assert_eq!(newest_options(&services, "shop"), options(r#"{"path": "a", "password": "new"}"#));
    }

    async fn altered(services: &Services, given: &str) -> Outcome {
        let request = Alter { options: Some(options(given)), test: true, ..Alter::default() };
        alter(services, &superuser(), "shop", request).await.expect("altered")
    }
}
