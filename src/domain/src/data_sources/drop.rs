//! `drop_datasource` and `restore_datasource`. A dropped source keeps everything but its name and its grants.

use std::time::Instant;

use spi::{Code, Error, Result};
use store::{Op, Replica};

use super::edit::{Applied, with_source};
use super::state::{literal, require_not_dropped, wrong_state};
use super::{DataSource, Outcome, databases, records};
use crate::audit::Actor;
use crate::services::Services;
use crate::{access, change, time};

/// Grants that one change revokes. A change writes at most 100 records, and the drop itself needs a few.
pub(super) const REVOCATIONS_MAX: usize = 90;
/// Roles that a refusal names; the rest is counted.
const DEPENDENTS_SHOWN_MAX: usize = 10;

/// Refuses while roles have grants on the source, unless `cascade` revokes them.
pub async fn drop(services: &Services, actor: &Actor, name: &str, cascade: bool) -> Result<Outcome> {
    let started = Instant::now();
    access::require_superuser(actor, "drop data sources")?;
    loop {
        // More grants than one change revokes: each round revokes some, and the last one drops the source.
        if let Some(applied) = drop_or_revoke(services, actor, name, cascade).await? {
            return applied.outcome(services, started, 0);
        }
    }
}

async fn drop_or_revoke(services: &Services, actor: &Actor, name: &str, cascade: bool) -> Result<Option<Applied>> {
    let (name, role) = (name.to_owned(), actor.role.clone());
    let done = change::commit(&services.store, &actor.role, move |replica| {
        let mut source = records::get(replica, &name)?;
        databases::require_independent(replica, &source)?;
        require_not_dropped(&source)?;
        let with_members: Vec<u32> = databases::members(replica, source.oid).chain([source.oid]).collect();
        let granted = access::revocations(replica, &with_members);
        if !granted.is_empty() && !cascade {
            return Err(has_grants(&source, &granted));
        }
        let dropped = granted.len() <= REVOCATIONS_MAX;
        let mut ops: Vec<Op> = granted.into_iter().take(REVOCATIONS_MAX).map(|(_, revocation)| revocation).collect();
        if dropped {
            ops.push(records::delete_name(&source.name));
            source.dropped_at = Some(time::now());
        }
        let decision = (source.oid, source.current_version, dropped);
        Ok((with_source(source, &role, ops)?, decision))
    })
    .await?;
    let (oid, version, dropped) = done.decision;
    let applied = Applied { oid, version, revision: done.revision, changed: true };
    Ok(if dropped { Some(applied.settled(services).await) } else { None })
}

fn has_grants(source: &DataSource, granted: &[(String, Op)]) -> Error {
    let mut names: Vec<&str> = granted.iter().map(|(role, _)| role.as_str()).collect();
    // A role may have several privileges, and some of them on databases of a server.
    names.sort_unstable();
    names.dedup();
    let mut roles: Vec<String> = names.iter().take(DEPENDENTS_SHOWN_MAX).map(|role| format!("\"{role}\"")).collect();
    if names.len() > DEPENDENTS_SHOWN_MAX {
        roles.push(format!("{} more", names.len() - DEPENDENTS_SHOWN_MAX));
    }
    Error::new(Code::DependentObjects, format!("data source \"{}\" cannot be dropped because roles have grants on it", source.name))
        .detail(format!("Privileges are granted to {}.", roles.join(", ")))
        .hint("Say cascade => true to revoke them too. A restored source does not get them back.")
}

/// Gives the source that was dropped last under a name its name back, and makes it what it was.
pub async fn restore(services: &Services, actor: &Actor, name: &str) -> Result<Outcome> {
    let started = Instant::now();
    access::require_superuser(actor, "restore data sources")?;
    let (wanted, role) = (name.to_owned(), actor.role.clone());
    let done = change::commit(&services.store, &actor.role, move |replica| {
        let mut source = require_dropped(replica, &wanted)?;
        databases::require_independent(replica, &source)?;
        if records::named(replica, &wanted).is_some() {
            return Err(Error::exists("data source", &wanted)
                .detail("The dropped data source of that name cannot have its name back.")
                .hint(format!("CALL rename_datasource({}, …) to give the existing one another name first.", literal(&wanted))));
        }
        source.dropped_at = None;
        let decision = (source.oid, source.current_version);
        let name = records::put_name(&wanted, source.oid)?;
        Ok((with_source(source, &role, vec![name])?, decision))
    })
    .await?;
    let (oid, version) = done.decision;
    let applied = Applied { oid, version, revision: done.revision, changed: true }.settled(services).await;
    applied.harvested_outcome(services, started, 0).await
}

/// The source that was dropped last under a name, or why there is none.
pub(super) fn require_dropped(replica: &Replica, name: &str) -> Result<DataSource> {
    match records::dropped(replica, name) {
        Some(source) => Ok(source),
        None => Err(wrong_state(&records::get(replica, name)?, "is not dropped")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{CreateRole, Privilege, create_role, grant, grants};
    use crate::data_sources::{State, get, list, rename};
    use crate::testing::{self, actor, failure, superuser};

    #[tokio::test]
    async fn a_dropped_source_is_restored_as_it_was() {
        let services = testing::start().await;
        testing::create(&services, "shop", r#"{"path": "a"}"#).await;
        assert_eq!(drop(&services, &superuser(), "shop", false).await.expect("dropped").state, State::Dropped);
        let (code, message, _, hint) = failure(drop(&services, &superuser(), "shop", false).await);
        assert_eq!((code, message.as_str()), ("55000", "data source \"shop\" is dropped"));
        assert_eq!(hint, "CALL restore_datasource('shop').");
        assert_eq!(list(&services.store.replica()).len(), 1, "it is still listed");
        assert_eq!(restore(&services, &superuser(), "shop").await.expect("restored").state, State::Published);
        assert_eq!(get(&services.store.replica(), "shop").expect("the source").oid, 16384);
    }

    #[tokio::test]
    async fn a_name_that_was_taken_meanwhile_is_not_given_back() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        drop(&services, &superuser(), "shop", false).await.expect("dropped");
        testing::create(&services, "shop", "{}").await;
        let (code, message, _, hint) = failure(restore(&services, &superuser(), "shop").await);
        assert_eq!((code, message.as_str()), ("42710", "data source \"shop\" already exists"));
        assert_eq!(hint, "CALL rename_datasource('shop', …) to give the existing one another name first.");
        rename(&services, &superuser(), "shop", "shop2").await.expect("renamed");
        restore(&services, &superuser(), "shop").await.expect("restored");
        assert_eq!(get(&services.store.replica(), "shop").expect("the source").oid, 16384);
        assert_eq!(get(&services.store.replica(), "shop2").expect("the source").oid, 16385);
    }

    #[tokio::test]
    async fn grants_hold_a_source_unless_they_go_with_it() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        // More than one change can revoke.
        for i in 0..95 {
            let role = format!("role{i}");
            create_role(&services, &superuser(), CreateRole::named(&role)).await.expect("a role");
            grant(&services, &superuser(), &[Privilege::Usage], "shop", &role).await.expect("a grant");
        }
        let (code, message, detail, hint) = failure(drop(&services, &superuser(), "shop", false).await);
        assert_eq!((code, message.as_str()), ("2BP01", "data source \"shop\" cannot be dropped because roles have grants on it"));
        assert!(detail.starts_with("Privileges are granted to \"role0\",") && detail.ends_with("85 more."), "{detail}");
        assert!(hint.starts_with("Say cascade => true"));
        assert_eq!(drop(&services, &superuser(), "shop", true).await.expect("dropped").state, State::Dropped);
        assert_eq!(grants(&services.store.replica()), []);
    }

    #[tokio::test]
    async fn refusals() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        let (code, message, ..) = failure(restore(&services, &superuser(), "shop").await);
        assert_eq!((code, message.as_str()), ("55000", "data source \"shop\" is not dropped"));
        assert_eq!(failure(restore(&services, &superuser(), "none").await).0, "42704");
        assert_eq!(failure(drop(&services, &superuser(), "none", false).await).0, "42704");
        assert_eq!(failure(drop(&services, &actor("bob"), "shop", false).await).0, "42501");
        assert_eq!(failure(restore(&services, &actor("bob"), "shop").await).0, "42501");
    }
}
