//! Grants: USAGE on a data source, a record under `grant/<role>/<source>`.
//!
//! The role comes first in the key: what a role may see is asked with every statement, who may see a source hardly ever.

use serde::{Deserialize, Serialize};
use spi::Result;
use store::{Op, Record, Replica};

use super::roles;
use crate::audit::Actor;
use crate::data_sources;
use crate::services::Services;
use crate::{change, record, time};

const KIND: &str = "grant";
const PREFIX: &str = "grant/";

/// USAGE on a data source, held by a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub source_oid: u32,
    pub role_oid: u32,
    pub granted_at: i64,
    pub granted_by: String,
}

/// A grant as its record holds it.
#[derive(Serialize, Deserialize)]
struct Body {
    granted_at: i64,
    granted_by: String,
}

/// All grants, by role and source.
pub fn grants(replica: &Replica) -> Vec<Grant> {
    let mut grants: Vec<Grant> = replica.scan(PREFIX).filter_map(decode).collect();
    grants.sort_unstable_by_key(|grant| (grant.role_oid, grant.source_oid));
    grants
}

/// Gives the revision. A role that has the grant already keeps it as it was.
pub async fn grant_usage(services: &Services, actor: &Actor, source_name: &str, role_name: &str) -> Result<u64> {
    super::require_superuser(actor, "grant privileges")?;
    let (source_name, role_name, granted_by) = (source_name.to_owned(), role_name.to_owned(), actor.role.clone());
    let done = change::commit(&services.store, &actor.role, move |replica| {
        let source = data_sources::get_live(replica, &source_name)?;
        let key = key(roles::existing(replica, &role_name)?.oid, source.oid);
        if replica.get(&key).is_some() {
            return Ok((Vec::new(), ()));
        }
        Ok((vec![record::put(key, KIND, &Body { granted_at: time::now(), granted_by: granted_by.clone() })?], ()))
    });
    Ok(done.await?.revision)
}

/// Gives the revision. Revoking what was not granted changes nothing, as in PostgreSQL.
pub async fn revoke_usage(services: &Services, actor: &Actor, source_name: &str, role_name: &str) -> Result<u64> {
    super::require_superuser(actor, "revoke privileges")?;
    let (source_name, role_name) = (source_name.to_owned(), role_name.to_owned());
    let done = change::commit(&services.store, &actor.role, move |replica| {
        let source = data_sources::get_live(replica, &source_name)?;
        let key = key(roles::existing(replica, &role_name)?.oid, source.oid);
        let ops = if replica.get(&key).is_some() { vec![Op::delete(key)] } else { Vec::new() };
        Ok((ops, ()))
    });
    Ok(done.await?.revision)
}

/// The data sources that a role may use. Reads keys only.
pub(super) fn sources_of(replica: &Replica, role_oid: u32) -> impl Iterator<Item = u32> {
    let prefix = format!("{PREFIX}{role_oid}/");
    let sources: Vec<u32> = replica.scan(&prefix).filter_map(|record| record.key[prefix.len()..].parse().ok()).collect();
    sources.into_iter()
}

/// The roles that may use a source, and what removes their grants.
pub(crate) fn revocations(replica: &Replica, source_oid: u32) -> Vec<(String, Op)> {
    let granted: Vec<Grant> = grants(replica).into_iter().filter(|grant| grant.source_oid == source_oid).collect();
    let roles = roles::roles(replica);
    let name = |oid: u32| roles.iter().find(|role| role.oid == oid).map_or_else(|| oid.to_string(), |role| role.name.clone());
    granted.into_iter().map(|grant| (name(grant.role_oid), Op::delete(key(grant.role_oid, source_oid)))).collect()
}

fn key(role_oid: u32, source_oid: u32) -> String {
    format!("{PREFIX}{role_oid}/{source_oid}")
}

fn decode(record: &Record) -> Option<Grant> {
    let (role, source) = record.key.strip_prefix(PREFIX)?.split_once('/')?;
    let Body { granted_at, granted_by } = record::read(record)?;
    Some(Grant { source_oid: source.parse().ok()?, role_oid: role.parse().ok()?, granted_at, granted_by })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{CreateRole, create_role};
    use crate::testing::{self, actor, failure, superuser};

    #[tokio::test]
    async fn grants_are_given_once_and_taken_back() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        create_role(&services, &superuser(), CreateRole::named("bob")).await.expect("a role");
        let first = grant_usage(&services, &superuser(), "shop", "bob").await.expect("granted");
        assert_eq!(grant_usage(&services, &superuser(), "shop", "bob").await.expect("as it is"), first);
        let granted = grants(&services.store.replica());
        assert_eq!((granted.len(), granted[0].source_oid, granted[0].granted_by.as_str()), (1, 16384, "admin"));
        revoke_usage(&services, &superuser(), "shop", "bob").await.expect("revoked");
        revoke_usage(&services, &superuser(), "shop", "bob").await.expect("nothing to revoke");
        assert_eq!(grants(&services.store.replica()), []);
    }

    #[tokio::test]
    async fn refusals() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        let (code, message, ..) = failure(grant_usage(&services, &superuser(), "shop", "eve").await);
        assert_eq!((code, message.as_str()), ("42704", "role \"eve\" does not exist"));
        assert_eq!(failure(grant_usage(&services, &superuser(), "shap", "admin").await).3, "Did you mean \"shop\"?");
        assert_eq!(failure(grant_usage(&services, &actor("bob"), "shop", "bob").await).1, "permission denied to grant privileges");
        assert_eq!(failure(revoke_usage(&services, &actor("bob"), "shop", "bob").await).1, "permission denied to revoke privileges");
    }
}
