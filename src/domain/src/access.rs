//! Who may log in, and who may see and read which data source.
//!
//! Roles and grants are records like everything else. Superusers see all sources and administrate; every other role sees
//! and reads the sources whose USAGE is granted to it, and nothing tells it that there are others. Writing to them and
//! statements in their own language are privileges by themselves. A privilege on the source of a server holds for the server's
//! databases.

use std::collections::BTreeSet;

use spi::{Code, Error, Result};
use store::Replica;

use crate::audit::Actor;
use crate::data_sources::{self, DataSource, databases};

mod grants;
mod privilege;
mod roles;
mod scram;

pub use grants::{Grant, grant, grants, revoke};
pub use privilege::{Privilege, has_privilege, require_privilege};
pub use roles::{ADMIN_OID, AlterRole, CreateRole, Role, alter_role, create_role, drop_role, ensure_admin, reset_password, role, roles};
pub use scram::{Verifier, verifier};

pub(crate) use grants::revocations;

/// The data sources that a role may see. Made once per statement, in one pass over the role's grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visible {
    /// A superuser sees all.
    All,
    Only(BTreeSet<u32>),
}

impl Visible {
    pub fn sees(&self, source_oid: u32) -> bool {
        match self {
            Visible::All => true,
            Visible::Only(sources) => sources.contains(&source_oid),
        }
    }
}

pub fn visible(replica: &Replica, role: &Role) -> Visible {
    // What is granted on the source of a server holds for its databases.
    let with_members = |source| databases::members(replica, source).chain([source]);
    match role.superuser {
        true => Visible::All,
        false => Visible::Only(grants::sources_of(replica, role.oid).flat_map(with_members).collect()),
    }
}

/// `what` completes "permission denied to …", for example `create data sources`.
pub fn require_superuser(actor: &Actor, what: &str) -> Result<()> {
    if actor.superuser {
        return Ok(());
    }
    Err(Error::new(Code::Privilege, format!("permission denied to {what}")).detail(format!("Role \"{}\" is not a superuser.", actor.role)))
}

/// The data source, if the actor may use it. One that it may not see does not exist for it, so there is no hint either.
pub fn require_usage(replica: &Replica, actor: &Actor, name: &str) -> Result<DataSource> {
    if actor.superuser {
        return data_sources::get(replica, name);
    }
    let granted = |source: &DataSource| role(replica, &actor.role).is_some_and(|role| visible(replica, &role).sees(source.oid));
    data_sources::get(replica, name).ok().filter(granted).ok_or_else(|| Error::not_found("data source", name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, actor, superuser};

    #[tokio::test]
    async fn a_role_uses_what_is_granted_to_it_and_hears_of_nothing_else() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        testing::create(&services, "bank", "{}").await;
        create_role(&services, &superuser(), CreateRole::named("bob")).await.expect("a new role");
        grant(&services, &superuser(), &[Privilege::Usage], "shop", "bob").await.expect("a grant");

        let replica = services.store.replica();
        let bob = actor("bob");
        let source = require_usage(&replica, &bob, "shop").expect("a granted source");
        let error = require_usage(&replica, &bob, "bank").expect_err("a hidden source");
        assert_eq!((error.code.sqlstate(), error.message.as_str()), ("42704", "data source \"bank\" does not exist"));
        assert_eq!((error.detail, error.hint), (None, None));
        let sees = visible(&replica, &role(&replica, "bob").expect("the role"));
        assert!(sees.sees(source.oid));
        assert!(!sees.sees(data_sources::get(&replica, "bank").expect("a source").oid));
        assert!(visible(&replica, &role(&replica, "admin").expect("the role")).sees(1));
    }

    #[test]
    fn only_superusers_pass() {
        assert!(require_superuser(&superuser(), "create data sources").is_ok());
        let error = require_superuser(&actor("bob"), "create data sources").expect_err("no superuser");
        assert_eq!((error.code.sqlstate(), error.message.as_str()), ("42501", "permission denied to create data sources"));
        assert_eq!(error.detail.as_deref(), Some("Role \"bob\" is not a superuser."));
    }
}
