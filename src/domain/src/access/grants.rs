//! Grants: what a role may do with a data source, a record for each privilege.
//!
//! USAGE is `grant/<role>/<source>`, any other privilege `grant/<role>/<source>/<privilege>`. The role comes first in the key:
//! what a role may see is asked with every statement, who may see a source hardly ever.

use serde::{Deserialize, Serialize};
use spi::Result;
use store::{Op, Record, Replica};

use super::privilege::Privilege;
use super::roles;
use crate::audit::Actor;
use crate::data_sources;
use crate::services::Services;
use crate::{change, record, time};

const KIND: &str = "grant";
const PREFIX: &str = "grant/";

/// A privilege on a data source, held by a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub source_oid: u32,
    pub role_oid: u32,
    pub privilege: Privilege,
    pub granted_at: i64,
    pub granted_by: String,
}

/// A grant as its record holds it.
#[derive(Serialize, Deserialize)]
struct Body {
    granted_at: i64,
    granted_by: String,
}

/// All grants, by role, source and privilege.
pub fn grants(replica: &Replica) -> Vec<Grant> {
    let mut grants: Vec<Grant> = replica.scan(PREFIX).filter_map(decode).collect();
    grants.sort_unstable_by_key(|grant| (grant.role_oid, grant.source_oid, grant.privilege));
    grants
}

/// Gives the revision. A privilege that the role has already stays as it was granted.
pub async fn grant(services: &Services, actor: &Actor, privileges: &[Privilege], source_name: &str, role_name: &str) -> Result<u64> {
    super::require_superuser(actor, "grant privileges")?;
    let (source_name, role_name, granted_by) = (source_name.to_owned(), role_name.to_owned(), actor.role.clone());
    let privileges = privileges.to_vec();
    let done = change::commit(&services.store, &actor.role, move |replica| {
        let source = data_sources::get_live(replica, &source_name)?;
        let role = roles::existing(replica, &role_name)?;
        let keys = privileges.iter().map(|privilege| key(role.oid, source.oid, *privilege)).filter(|key| replica.get(key).is_none());
        let body = Body { granted_at: time::now(), granted_by: granted_by.clone() };
        Ok((keys.map(|key| record::put(key, KIND, &body)).collect::<Result<_>>()?, ()))
    });
    Ok(done.await?.revision)
}

/// Gives the revision. Revoking what was not granted changes nothing, as in PostgreSQL.
pub async fn revoke(services: &Services, actor: &Actor, privileges: &[Privilege], source_name: &str, role_name: &str) -> Result<u64> {
    super::require_superuser(actor, "revoke privileges")?;
    let (source_name, role_name, privileges) = (source_name.to_owned(), role_name.to_owned(), privileges.to_vec());
    let done = change::commit(&services.store, &actor.role, move |replica| {
        let source = data_sources::get_live(replica, &source_name)?;
        let role = roles::existing(replica, &role_name)?;
        let keys = privileges.iter().map(|privilege| key(role.oid, source.oid, *privilege)).filter(|key| replica.get(key).is_some());
        Ok((keys.map(Op::delete).collect(), ()))
    });
    Ok(done.await?.revision)
}

/// Whether a role was granted the privilege.
pub(super) fn has(replica: &Replica, role_oid: u32, source_oid: u32, privilege: Privilege) -> bool {
    replica.get(&key(role_oid, source_oid, privilege)).is_some()
}

/// The data sources that a role sees. Reads keys only.
pub(super) fn sources_of(replica: &Replica, role_oid: u32) -> impl Iterator<Item = u32> {
    let usage = |(source, privilege)| (privilege == Privilege::Usage).then_some(source);
    privileges_of(replica, role_oid).into_iter().filter_map(usage)
}

/// The data sources on which a role has any privilege, each once. Reads keys only.
pub(super) fn granted_sources_of(replica: &Replica, role_oid: u32) -> Vec<u32> {
    let mut sources: Vec<u32> = privileges_of(replica, role_oid).into_iter().map(|(source, _)| source).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

fn privileges_of(replica: &Replica, role_oid: u32) -> Vec<(u32, Privilege)> {
    let prefix = format!("{PREFIX}{role_oid}/");
    replica.scan(&prefix).filter_map(|record| source_and_privilege(&record.key[prefix.len()..])).collect()
}

/// The roles that have privileges on any of some sources, and what removes each of them.
pub(crate) fn revocations(replica: &Replica, source_oids: &[u32]) -> Vec<(String, Op)> {
    let granted: Vec<Grant> = grants(replica).into_iter().filter(|grant| source_oids.contains(&grant.source_oid)).collect();
    let roles = roles::roles(replica);
    let name = |oid: u32| roles.iter().find(|role| role.oid == oid).map_or_else(|| oid.to_string(), |role| role.name.clone());
    granted.into_iter().map(|grant| (name(grant.role_oid), Op::delete(key(grant.role_oid, grant.source_oid, grant.privilege)))).collect()
}

fn key(role_oid: u32, source_oid: u32, privilege: Privilege) -> String {
    match privilege {
        Privilege::Usage => format!("{PREFIX}{role_oid}/{source_oid}"),
        other => format!("{PREFIX}{role_oid}/{source_oid}/{}", other.name().to_ascii_lowercase()),
    }
}

/// What follows the role in a key.
fn source_and_privilege(rest: &str) -> Option<(u32, Privilege)> {
    match rest.split_once('/') {
        None => Some((rest.parse().ok()?, Privilege::Usage)),
        Some((source, privilege)) => Some((source.parse().ok()?, Privilege::named(privilege)?)),
    }
}

fn decode(record: &Record) -> Option<Grant> {
    let (role, rest) = record.key.strip_prefix(PREFIX)?.split_once('/')?;
    let (source_oid, privilege) = source_and_privilege(rest)?;
    let Body { granted_at, granted_by } = record::read(record)?;
    Some(Grant { source_oid, role_oid: role.parse().ok()?, privilege, granted_at, granted_by })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{CreateRole, create_role};
    use crate::testing::{self, actor, failure, superuser};

    const USAGE: &[Privilege] = &[Privilege::Usage];

    #[tokio::test]
    async fn grants_are_given_once_and_taken_back() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        create_role(&services, &superuser(), CreateRole::named("bob")).await.expect("a role");
        let first = grant(&services, &superuser(), USAGE, "shop", "bob").await.expect("granted");
        assert_eq!(grant(&services, &superuser(), USAGE, "shop", "bob").await.expect("as it is"), first);
        let granted = grants(&services.store.replica());
        assert_eq!((granted.len(), granted[0].source_oid, granted[0].granted_by.as_str()), (1, 16384, "admin"));
        revoke(&services, &superuser(), USAGE, "shop", "bob").await.expect("revoked");
        revoke(&services, &superuser(), USAGE, "shop", "bob").await.expect("nothing to revoke");
        assert_eq!(grants(&services.store.replica()), []);
    }

    #[tokio::test]
    async fn each_privilege_comes_and_goes_by_itself() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        create_role(&services, &superuser(), CreateRole::named("bob")).await.expect("a role");
        let bob = roles::existing(&services.store.replica(), "bob").expect("the role").oid;
        let held = || grants(&services.store.replica()).into_iter().map(|grant| grant.privilege).collect::<Vec<_>>();
        grant(&services, &superuser(), &[Privilege::Query, Privilege::Insert], "shop", "bob").await.expect("granted");
        assert_eq!(held(), [Privilege::Insert, Privilege::Query]);
        assert_eq!(sources_of(&services.store.replica(), bob).count(), 0, "only USAGE shows a source");
        assert_eq!(granted_sources_of(&services.store.replica(), bob), [16384]);
        grant(&services, &superuser(), &Privilege::ALL, "shop", "bob").await.expect("granted");
        assert_eq!(held(), Privilege::ALL);
        assert_eq!(sources_of(&services.store.replica(), bob).collect::<Vec<_>>(), [16384]);
        revoke(&services, &superuser(), &[Privilege::Insert], "shop", "bob").await.expect("revoked");
        assert_eq!(held(), [Privilege::Usage, Privilege::Query, Privilege::Execute]);
        assert!(!has(&services.store.replica(), bob, 16384, Privilege::Insert));
        assert!(has(&services.store.replica(), bob, 16384, Privilege::Execute));
        assert_eq!(revocations(&services.store.replica(), &[16384]).len(), 3);
    }

    #[tokio::test]
    async fn refusals() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        let (code, message, ..) = failure(grant(&services, &superuser(), USAGE, "shop", "eve").await);
        assert_eq!((code, message.as_str()), ("42704", "role \"eve\" does not exist"));
        assert_eq!(failure(grant(&services, &superuser(), USAGE, "shap", "admin").await).3, "Did you mean \"shop\"?");
        assert_eq!(failure(grant(&services, &actor("bob"), USAGE, "shop", "bob").await).1, "permission denied to grant privileges");
        assert_eq!(failure(revoke(&services, &actor("bob"), USAGE, "shop", "bob").await).1, "permission denied to revoke privileges");
    }
}
