//! `create_datasource`: registers a source and saves its version 1.

use std::collections::BTreeMap;
use std::time::Instant;

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

/// What `create_datasource` is asked for. Not `Debug`: the options may have secrets in them.
#[derive(Clone)]
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
    let tested = match request.test {
        true => test::require_passing(services, None, &request.name, &request.kind, &request.options).await?,
        false => 0,
    };
    let publish = request.publish;
    let applied = commit(services, actor, request).await?;
    match publish {
        true => applied.harvested_outcome(services, started, tested).await,
        false => applied.outcome(services, started, tested),
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
        member_of: None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_sources::{get, list, masked_options, publications, versions};
    use crate::testing::{self, SECRET, actor, failure, new_source, options, superuser};

    #[tokio::test]
    async fn a_new_source_is_tested_saved_and_published() {
        let services = testing::start().await;
        let request = Create {
            comment: Some("orders".to_owned()),
            labels: BTreeMap::from([("team".to_owned(), "sales".to_owned())]),
            ..new_source("shop", r#"{"path": "a"}"#)
        };
        let outcome = create(&services, &superuser(), request).await.expect("a new source");
        assert_eq!((outcome.name.as_str(), outcome.version, outcome.state, outcome.changed), ("shop", 1, State::Published, true));
        assert!(outcome.remote_calls >= 1 && outcome.revision > 0);

        let replica = services.store.replica();
        let source = get(&replica, "shop").expect("the source");
        assert_eq!((source.oid, source.current_version, source.published_version), (16384, 1, Some(1)));
        assert_eq!((source.comment.as_deref(), source.created_by.as_str()), (Some("orders"), "admin"));
        let version = versions(&replica, source.oid).remove(0);
        assert!(version.published && version.labels["team"] == "sales");
        assert_eq!(masked_options(&services.factories, "fake", &version), options(r#"{"path": "a"}"#));
        assert_eq!(publications(&replica, source.oid)[0].action, PublicationAction::Publish);
    }

    #[tokio::test]
    async fn nothing_is_saved_when_a_check_or_the_test_fails() {
        let services = testing::start().await;
        testing::create(&services, "taken", "{}").await;
        let revision = services.store.replica().revision();
        let good = || new_source("shop", "{}");
        let untested = Create { test: false, ..good() };
        for (request, code, message, hint) in [
            (new_source("taken", "{}"), "42710", "data source \"taken\" already exists", "CALL alter_datasource"),
            (new_source("postgres", "{}"), "22023", "\"postgres\" cannot be the name of a data source", ""),
            (Create { kind: "fak".to_owned(), ..good() }, "42704", "data source type \"fak\" does not exist", "Did you mean \"fake\"?"),
            (
                new_source("shop", r#"{"pth": 1}"#),
                "22023",
                "unknown option \"pth\" for data source type \"fake\"",
                "Did you mean \"path\"?",
            ),
            (new_source("shop", r#"{"refresh_interval": "soon"}"#), "22023", "option \"refresh_interval\" is not a duration", ""),
            (
                untested,
                "22023",
                "version 1 of data source \"shop\" cannot be published without a test",
                "Leave out test => false, or save it with publish => false",
            ),
        ] {
            let found = failure(create(&services, &superuser(), request).await);
            assert_eq!((found.0, found.1.as_str()), (code, message));
            assert!(found.3.starts_with(hint), "{}", found.3);
        }
        let (code, message, ..) = failure(create(&services, &actor("bob"), good()).await);
        assert_eq!((code, message.as_str()), ("42501", "permission denied to create data sources"));
        assert_eq!(services.store.replica().revision(), revision);
    }

    #[tokio::test]
    async fn a_failed_test_is_told_without_the_secret() {
        let services = testing::start().await;
        let given = format!(r#"{{"path": "db1", "behaviour": "refusing", "password": "{SECRET}"}}"#);
        let (code, message, detail, hint) = failure(create(&services, &superuser(), new_source("shop", &given)).await);
        assert_eq!((code, message.as_str()), ("28P01", "data source \"shop\" did not pass its test"));
        assert_eq!(detail, "Stage authenticate: could not log in to db1 with ******** (The server refused ********.).");
        assert_eq!(hint, "CALL test_datasource shows every stage.");
        assert!(list(&services.store.replica()).is_empty());
    }

    #[tokio::test]
    async fn secrets_are_sealed_at_rest_and_masked_when_shown() {
        let services = testing::start().await;
        testing::create(&services, "shop", &format!(r#"{{"path": "a", "password": "{SECRET}"}}"#)).await;
        assert!(!testing::stored_text(&services).contains(SECRET));
        let log = services.store.history(0, 100).await.expect("the log");
        assert!(!log.iter().any(|entry| format!("{:?}", entry.ops).contains(SECRET)));
        assert!(!log.iter().any(|entry| entry.seal().content.windows(SECRET.len()).any(|bytes| bytes == SECRET.as_bytes())));
        let version = versions(&services.store.replica(), 16384).remove(0);
        assert_eq!(masked_options(&services.factories, "fake", &version), options(r#"{"password": "********", "path": "a"}"#));
        assert!(!format!("{version:?}").contains(SECRET));
        assert_eq!(testing::newest_options(&services, "shop")["password"], SECRET);
    }

    #[tokio::test]
    async fn an_existing_source_can_be_left_as_it_is() {
        let services = testing::start().await;
        let first = testing::create(&services, "shop", r#"{"path": "a"}"#).await;
        let request = Create { if_not_exists: true, ..new_source("shop", r#"{"path": "b"}"#) };
        let again = create(&services, &superuser(), request).await.expect("left as it is");
        assert_eq!((again.changed, again.version, again.remote_calls), (false, 1, 0));
        assert_eq!(get(&services.store.replica(), "shop").expect("the source").revision, first.revision);
    }

    #[tokio::test]
    async fn of_many_with_one_name_one_is_made() {
        let services = testing::start().await;
        let admin = superuser();
        let all = (0..8).map(|_| create(&services, &admin, new_source("shop", "{}")));
        let (made, refused): (Vec<_>, Vec<_>) = futures::future::join_all(all).await.into_iter().partition(Result::is_ok);
        assert_eq!((made.len(), refused.len()), (1, 7));
        assert!(refused.into_iter().all(|result| failure(result).0 == "42710"));
        assert_eq!(list(&services.store.replica()).len(), 1);
    }
}
