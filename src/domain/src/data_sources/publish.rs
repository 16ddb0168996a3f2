//! `publish_datasource`, `rollback_datasource`, `unpublish_datasource`: which version is read.
//!
//! A version is published after a test of exactly that version, made at that time: versions do not change, so what passed
//! is what is published. An unpublished source cannot be read; its last metadata stays listed.

use std::time::Instant;

use spi::{Code, Error, Result};
use store::failpoint;

use super::edit::{Applied, Edited, apply};
use super::state::{literal, require_connectable, require_not_dropped, wrong_state};
use super::{DataSource, Outcome, PublicationAction, databases, opened_options, records, test};
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
    databases::require_independent(&replica, &source)?;
    require_movable(&source, number, action)?;
    records::version(&replica, &source, number)?;
    if source.published_version == Some(number) {
        let applied = Applied { oid: source.oid, version: number, revision: replica.revision(), changed: false };
        return applied.outcome(services, started, 0);
    }
    let options = opened_options(&services.keyring, &replica, source.oid, number)?;
    let tested = test::require_passing(services, Some(source.oid), name, &source.kind, &options).await?;
    commit(services, actor, &source, number, action).await?.harvested_outcome(services, started, tested).await
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_sources::{Alter, State, alter, expire, get, pause, publications};
    use crate::testing::{self, actor, failure, options, superuser};

    #[tokio::test]
    async fn the_pointer_moves_and_its_history_is_kept() {
        let services = with_two_versions().await;
        let admin = superuser();
        let published = publish(&services, &admin, "shop", 2).await.expect("published");
        assert_eq!((published.version, published.state, published.changed), (2, State::Published, true));
        assert!(!publish(&services, &admin, "shop", 2).await.expect("as it is").changed);
        let back = rollback(&services, &admin, "shop", 1).await.expect("rolled back");
        assert_eq!((back.version, back.state), (1, State::Edited));
        let hidden = unpublish(&services, &admin, "shop").await.expect("unpublished");
        assert_eq!((hidden.version, hidden.state), (1, State::Draft));

        let history = publications(&services.store.replica(), 16384);
        let moves: Vec<_> = history.iter().map(|one| (one.number, one.action.name(), one.version, one.by.as_str())).collect();
        let expected = [(1, "publish", 1, "admin"), (2, "publish", 2, "admin"), (3, "rollback", 1, "admin"), (4, "unpublish", 1, "admin")];
        assert_eq!(moves, expected);
        assert_eq!(get(&services.store.replica(), "shop").expect("the source").published_version, None);
    }

    #[tokio::test]
    async fn only_a_version_that_passes_its_own_test_is_published() {
        let services = with_two_versions().await;
        let request = Alter { options: Some(options(r#"{"behaviour": "refusing"}"#)), ..Alter::default() };
        alter(&services, &superuser(), "shop", request).await.expect("version 3");
        let request = Alter { options: Some(options(r#"{"behaviour": "good"}"#)), ..Alter::default() };
        alter(&services, &superuser(), "shop", request).await.expect("version 4");
        let (code, message, ..) = failure(publish(&services, &superuser(), "shop", 3).await);
        assert_eq!((code, message.as_str()), ("28P01", "data source \"shop\" did not pass its test"));
        assert_eq!(get(&services.store.replica(), "shop").expect("the source").published_version, Some(1));
        assert_eq!(publish(&services, &superuser(), "shop", 4).await.expect("published").version, 4);
    }

    #[tokio::test]
    async fn refusals() {
        let services = with_two_versions().await;
        let admin = superuser();
        let (code, message, ..) = failure(publish(&services, &admin, "shop", 9).await);
        assert_eq!((code, message.as_str()), ("42704", "version 9 of data source \"shop\" does not exist"));
        let (code, message, _, hint) = failure(rollback(&services, &admin, "shop", 2).await);
        assert_eq!((code, message.as_str()), ("22023", "version 2 of data source \"shop\" is not older than its published version 1"));
        assert_eq!(hint, "CALL publish_datasource('shop', 2) publishes it.");
        let (code, message, _, hint) = failure(publish(&services, &admin, "shap", 1).await);
        assert_eq!((code, message.as_str(), hint.as_str()), ("42704", "data source \"shap\" does not exist", "Did you mean \"shop\"?"));
        assert_eq!(failure(publish(&services, &actor("bob"), "shop", 1).await).0, "42501");
        assert_eq!(failure(rollback(&services, &actor("bob"), "shop", 1).await).0, "42501");
        assert_eq!(failure(unpublish(&services, &actor("bob"), "shop").await).0, "42501");

        unpublish(&services, &admin, "shop").await.expect("a draft");
        for refused in [unpublish(&services, &admin, "shop").await, rollback(&services, &admin, "shop", 1).await] {
            let (code, message, ..) = failure(refused);
            assert_eq!((code, message.as_str()), ("55000", "data source \"shop\" has no published version"));
        }
        pause(&services, &admin, "shop").await.expect("paused");
        assert_eq!(failure(publish(&services, &admin, "shop", 2).await).1, "data source \"shop\" is paused");
        expire(&services, &admin, "shop", 1).await.expect("expired");
        let (code, message, ..) = failure(publish(&services, &admin, "shop", 2).await);
        assert_eq!((code, message.as_str()), ("55000", "data source \"shop\" is expired"));
    }

    async fn with_two_versions() -> std::sync::Arc<Services> {
        let services = testing::start().await;
        testing::create(&services, "shop", r#"{"path": "a"}"#).await;
        let request = Alter { options: Some(options(r#"{"path": "b"}"#)), ..Alter::default() };
        alter(&services, &superuser(), "shop", request).await.expect("version 2");
        services
    }
}
