//! What a role may be granted on a data source, and the check that it was.

use spi::{Code, Error, Result};
use store::Replica;

use super::{Role, grants, require_usage, roles};
use crate::audit::Actor;
use crate::data_sources::DataSource;

/// A privilege on a data source. None implies another, but without USAGE the source does not exist for the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privilege {
    /// To see it and to read it.
    Usage,
    /// To add rows to its tables.
    Insert,
    /// To read it with queries in its own language.
    Query,
    /// To run any other statement in its own language.
    Execute,
}

impl Privilege {
    pub const ALL: [Self; 4] = [Self::Usage, Self::Insert, Self::Query, Self::Execute];

    /// As GRANT writes it.
    pub fn name(self) -> &'static str {
        match self {
            Privilege::Usage => "USAGE",
            Privilege::Insert => "INSERT",
            Privilege::Query => "QUERY",
            Privilege::Execute => "EXECUTE",
        }
    }

    /// The privilege of a word, in upper or lower case.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|privilege| privilege.name().eq_ignore_ascii_case(word))
    }
}

/// The data source, if the actor has the privilege on it. Only of one that it may see does it hear what it lacks.
pub fn require_privilege(replica: &Replica, actor: &Actor, name: &str, privilege: Privilege) -> Result<DataSource> {
    let source = require_usage(replica, actor, name)?;
    let granted = || roles::role(replica, &actor.role).is_some_and(|role| has_privilege(replica, &role, &source, privilege));
    if actor.superuser || granted() {
        return Ok(source);
    }
    let privilege = privilege.name();
    Err(Error::new(Code::Privilege, format!("permission denied for foreign server {name}"))
        .detail(format!("Role \"{}\" does not have the privilege {privilege} on it.", actor.role))
        .hint(format!("A superuser can say GRANT {privilege} ON FOREIGN SERVER {} TO {}.", identifier(name), identifier(&actor.role))))
}

/// Whether the role has the privilege on the source, or on the server whose database it is.
pub fn has_privilege(replica: &Replica, role: &Role, source: &DataSource, privilege: Privilege) -> bool {
    let server = source.member_of.as_ref().map(|membership| membership.server_oid);
    role.superuser || [source.oid].into_iter().chain(server).any(|source| grants::has(replica, role.oid, source, privilege))
}

/// A name as SQL writes it.
fn identifier(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|other| other.is_ascii_lowercase() || other.is_ascii_digit() || other == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{CreateRole, create_role, grant};
    use crate::testing::{self, actor, failure, superuser};

    #[tokio::test]
    async fn a_role_needs_the_privilege_and_must_see_the_source() {
        let services = testing::start().await;
        testing::create(&services, "Shop", "{}").await;
        create_role(&services, &superuser(), CreateRole::named("bob")).await.expect("a role");
        let asked = |actor: &Actor, privilege| require_privilege(&services.store.replica(), actor, "Shop", privilege);
        let bob = actor("bob");
        grant(&services, &superuser(), &[Privilege::Insert], "Shop", "bob").await.expect("granted");
        assert_eq!(failure(asked(&bob, Privilege::Insert)).0, "42704");
        grant(&services, &superuser(), &[Privilege::Usage], "Shop", "bob").await.expect("granted");
        assert!(asked(&bob, Privilege::Insert).is_ok() && asked(&bob, Privilege::Usage).is_ok());
        let (code, message, detail, hint) = failure(asked(&bob, Privilege::Execute));
        assert_eq!((code, message.as_str()), ("42501", "permission denied for foreign server Shop"));
        assert_eq!(detail, "Role \"bob\" does not have the privilege EXECUTE on it.");
        assert_eq!(hint, "A superuser can say GRANT EXECUTE ON FOREIGN SERVER \"Shop\" TO bob.");
        assert!(asked(&superuser(), Privilege::Execute).is_ok());
    }

    #[test]
    fn privileges_have_names() {
        for privilege in Privilege::ALL {
            assert_eq!(Privilege::named(&privilege.name().to_ascii_lowercase()), Some(privilege));
        }
        assert_eq!(Privilege::named("select"), None);
    }
}
