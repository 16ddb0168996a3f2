//! Roles: records under `role/<oid>`.

use serde::{Deserialize, Serialize};
use spi::{Code, Error, Result, Secret};
use store::{Op, Record, Replica, Store};

use super::grants;
use super::scram::{Verifier, verifier};
use crate::audit::Actor;
use crate::data_sources::{self, next_oid};
use crate::services::Services;
use crate::{change, record, time};

/// The bootstrap superuser's OID, as in PostgreSQL.
pub const ADMIN_OID: u32 = 10;
const ADMIN_NAME: &str = "admin";

const KIND: &str = "role";
const PREFIX: &str = "role/";

/// PostgreSQL's limit for names.
const NAME_BYTES_MAX: usize = 63;
/// Sources that a refusal names; the rest is counted.
const DEPENDENTS_SHOWN_MAX: usize = 10;

/// Somebody who may log in, or who may be granted something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    pub oid: u32,
    pub name: String,
    pub login: bool,
    pub superuser: bool,
    /// Without one the role cannot log in.
    pub password: Option<Verifier>,
    /// From then on the password is refused. In microseconds since 1970 UTC.
    pub valid_until: Option<i64>,
}

impl Role {
    /// Whether it can log in and administrate.
    fn administrates(&self, now: i64) -> bool {
        self.superuser && self.login && self.password.is_some() && self.valid_until.is_none_or(|until| until > now)
    }
}

/// A role as its record holds it.
#[derive(Serialize, Deserialize)]
struct Body {
    name: String,
    login: bool,
    superuser: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<Verifier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_until: Option<i64>,
}

pub fn role(replica: &Replica, name: &str) -> Option<Role> {
    roles(replica).into_iter().find(|role| role.name == name)
}

/// All roles, by OID.
pub fn roles(replica: &Replica) -> Vec<Role> {
    let mut roles: Vec<Role> = replica.scan(PREFIX).filter_map(decode).collect();
    roles.sort_unstable_by_key(|role| role.oid);
    roles
}

/// What `CREATE ROLE` says.
#[derive(Debug, Default)]
pub struct CreateRole {
    pub name: String,
    pub login: bool,
    pub superuser: bool,
    /// A password, or the text of a ready verifier.
    pub password: Option<Secret<String>>,
    pub valid_until: Option<i64>,
}

impl CreateRole {
    /// A role that may do nothing yet.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

/// Gives the revision.
pub async fn create_role(services: &Services, actor: &Actor, request: CreateRole) -> Result<u64> {
    super::require_superuser(actor, "create roles")?;
    check_name(&request.name)?;
    let CreateRole { name, login, superuser, password, valid_until } = request;
    let password = password.as_ref().map(verifier);
    let done = change::commit(&services.store, &actor.role, move |replica| {
        if role(replica, &name).is_some() {
            return Err(Error::exists("role", &name));
        }
        let (oid, counted) = next_oid(replica)?;
        let role = Role { oid, name: name.clone(), login, superuser, password: password.clone(), valid_until };
        Ok((vec![counted, put(&role)?], ()))
    });
    Ok(done.await?.revision)
}

/// What `ALTER ROLE` says; what is `None` stays.
#[derive(Debug, Default)]
pub struct AlterRole {
    pub login: Option<bool>,
    pub superuser: Option<bool>,
    /// `Some(None)` removes the password.
    pub password: Option<Option<Secret<String>>>,
    /// `Some(None)` removes the end.
    pub valid_until: Option<Option<i64>>,
}

/// Gives the revision. Everybody may change their own password.
pub async fn alter_role(services: &Services, actor: &Actor, name: &str, request: AlterRole) -> Result<u64> {
    let only_password = request.login.is_none() && request.superuser.is_none() && request.valid_until.is_none();
    if !(only_password && name == actor.role) {
        super::require_superuser(actor, "alter roles")?;
    }
    let AlterRole { login, superuser, password, valid_until } = request;
    let (name, password) = (name.to_owned(), password.map(|password| password.as_ref().map(verifier)));
    let done = change::commit(&services.store, &actor.role, move |replica| {
        let before = existing(replica, &name)?;
        let after = Role {
            login: login.unwrap_or(before.login),
            superuser: superuser.unwrap_or(before.superuser),
            password: password.clone().unwrap_or_else(|| before.password.clone()),
            valid_until: valid_until.unwrap_or(before.valid_until),
            ..before.clone()
        };
        require_an_administrator(replica, &before, Some(&after))?;
        Ok((if after == before { Vec::new() } else { vec![put(&after)?] }, ()))
    });
    Ok(done.await?.revision)
}

/// Gives the revision. Refuses while anything is granted to the role.
pub async fn drop_role(services: &Services, actor: &Actor, name: &str) -> Result<u64> {
    super::require_superuser(actor, "drop roles")?;
    if name == actor.role {
        return Err(Error::new(Code::InUse, "current user cannot be dropped"));
    }
    let name = name.to_owned();
    let done = change::commit(&services.store, &actor.role, move |replica| {
        let role = existing(replica, &name)?;
        require_an_administrator(replica, &role, None)?;
        require_no_grants(replica, &role)?;
        Ok((vec![Op::delete(key(role.oid))], ()))
    });
    Ok(done.await?.revision)
}

/// Makes the role `admin` if there is no role at all. Gives whether it did.
pub async fn ensure_admin(store: &Store, password: &Secret<String>) -> Result<bool> {
    let password = verifier(password);
    let done = change::commit(store, ADMIN_NAME, move |replica| {
        if replica.scan(PREFIX).next().is_some() {
            return Ok((Vec::new(), false));
        }
        let password = Some(password.clone());
        let admin = Role { oid: ADMIN_OID, name: ADMIN_NAME.to_owned(), login: true, superuser: true, password, valid_until: None };
        Ok((vec![put(&admin)?], true))
    });
    Ok(done.await?.decision)
}

/// Gives a role a new password that does not end, with nobody logged in: the way back for who is locked out.
pub async fn reset_password(store: &Store, name: &str, password: &Secret<String>) -> Result<u64> {
    let (name, password) = (name.to_owned(), verifier(password));
    let done = change::commit(store, "reset-password", move |replica| {
        let role = Role { password: Some(password.clone()), valid_until: None, ..existing(replica, &name)? };
        Ok((vec![put(&role)?], ()))
    });
    Ok(done.await?.revision)
}

pub(super) fn existing(replica: &Replica, name: &str) -> Result<Role> {
    role(replica, name).ok_or_else(|| Error::not_found("role", name))
}

fn check_name(name: &str) -> Result<()> {
    let refused = |why: String| Err(Error::new(Code::InvalidArgument, format!("\"{name}\" cannot be the name of a role")).detail(why));
    match name {
        "" => refused("A name has at least one character.".to_owned()),
        _ if name.len() > NAME_BYTES_MAX => refused(format!("It has {} bytes; a name has at most {NAME_BYTES_MAX}.", name.len())),
        _ if name.chars().any(char::is_control) => refused("It contains a control character.".to_owned()),
        "public" | "none" => refused("The word has a meaning of its own where a role is named.".to_owned()),
        _ if name.starts_with("pg_") => refused("Names that begin with \"pg_\" are reserved.".to_owned()),
        _ => Ok(()),
    }
}

/// Refuses the change that would leave nobody who can log in and administrate.
fn require_an_administrator(replica: &Replica, before: &Role, after: Option<&Role>) -> Result<()> {
    let now = time::now();
    let still = after.is_some_and(|role| role.administrates(now));
    if still || !before.administrates(now) || roles(replica).iter().any(|role| role.oid != before.oid && role.administrates(now)) {
        return Ok(());
    }
    Err(Error::new(Code::WrongState, format!("role \"{}\" is the last superuser that can log in", before.name))
        .detail("Without it nobody could administrate this gateway.")
        .hint("Give another role SUPERUSER, LOGIN and a password first."))
}

fn require_no_grants(replica: &Replica, role: &Role) -> Result<()> {
    let sources = grants::granted_sources_of(replica, role.oid);
    if sources.is_empty() {
        return Ok(());
    }
    let names = sources.iter().take(DEPENDENTS_SHOWN_MAX).filter_map(|oid| data_sources::by_oid(replica, *oid).ok());
    let mut names: Vec<String> = names.map(|source| format!("\"{}\"", source.name)).collect();
    if sources.len() > DEPENDENTS_SHOWN_MAX {
        names.push(format!("{} more", sources.len() - DEPENDENTS_SHOWN_MAX));
    }
    Err(Error::new(Code::DependentObjects, format!("role \"{}\" cannot be dropped because some objects depend on it", role.name))
        .detail(format!("It has privileges on data sources: {}.", names.join(", ")))
        .hint("REVOKE ALL ON FOREIGN SERVER … FROM the role first."))
}

fn key(oid: u32) -> String {
    format!("{PREFIX}{oid}")
}

fn put(role: &Role) -> Result<Op> {
    let Role { oid, name, login, superuser, password, valid_until } = role.clone();
    record::put(key(oid), KIND, &Body { name, login, superuser, password, valid_until })
}

fn decode(record: &Record) -> Option<Role> {
    let oid = record.key.strip_prefix(PREFIX)?.parse().ok()?;
    let Body { name, login, superuser, password, valid_until } = record::read(record)?;
    Some(Role { oid, name, login, superuser, password, valid_until })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Privilege, grant, revoke};
    use crate::testing::{self, actor, failure, superuser};

    #[tokio::test]
    async fn roles_are_made_altered_and_dropped() {
        let services = testing::start().await;
        let password = |text: &str| Some(Secret::new(text.to_owned()));
        let request = CreateRole { login: true, password: password("pencil"), ..CreateRole::named("bob") };
        create_role(&services, &superuser(), request).await.expect("a role");
        let bob = role(&services.store.replica(), "bob").expect("the role");
        assert!(bob.login && !bob.superuser && bob.password.is_some() && bob.oid >= 16384);
        assert!(!testing::stored_text(&services).contains("pencil"));

        let request = AlterRole { superuser: Some(true), valid_until: Some(Some(5)), ..AlterRole::default() };
        alter_role(&services, &superuser(), "bob", request).await.expect("altered");
        let altered = role(&services.store.replica(), "bob").expect("the role");
        assert_eq!(altered, Role { superuser: true, valid_until: Some(5), ..bob });
        let revision = services.store.replica().revision();
        alter_role(&services, &superuser(), "bob", AlterRole::default()).await.expect("as it is");
        assert_eq!(services.store.replica().revision(), revision);

        drop_role(&services, &superuser(), "bob").await.expect("dropped");
        assert_eq!(role(&services.store.replica(), "bob"), None);
        assert_eq!(roles(&services.store.replica())[0].oid, ADMIN_OID);
    }

    #[tokio::test]
    async fn a_ready_verifier_is_taken_as_it_is() {
        let services = testing::start().await;
        let ready = verifier(&Secret::new("pencil".to_owned()));
        let request = CreateRole { password: Some(Secret::new(ready.to_text())), ..CreateRole::named("bob") };
        create_role(&services, &superuser(), request).await.expect("a role");
        assert_eq!(role(&services.store.replica(), "bob").expect("the role").password, Some(ready));
    }

    #[tokio::test]
    async fn the_last_administrator_stays() {
        let services = testing::start().await;
        let demotions = || {
            let stays = AlterRole::default;
            [
                AlterRole { superuser: Some(false), ..stays() },
                AlterRole { login: Some(false), ..stays() },
                AlterRole { password: Some(None), ..stays() },
                AlterRole { valid_until: Some(Some(1)), ..stays() },
            ]
        };
        for demotion in demotions() {
            let (code, message, ..) = failure(alter_role(&services, &superuser(), "admin", demotion).await);
            assert_eq!((code, message.as_str()), ("55000", "role \"admin\" is the last superuser that can log in"));
        }
        let other = testing::actor("other");
        let other = Actor { superuser: true, ..other };
        assert_eq!(failure(drop_role(&services, &other, "admin").await).0, "55000");

        let password = Some(Secret::new("x".to_owned()));
        let second = CreateRole { login: true, superuser: true, password, ..CreateRole::named("other") };
        create_role(&services, &superuser(), second).await.expect("a role");
        for demotion in demotions() {
            alter_role(&services, &superuser(), "admin", demotion).await.expect("altered");
        }
        drop_role(&services, &other, "admin").await.expect("dropped");
    }

    #[tokio::test]
    async fn a_role_with_grants_is_not_dropped() {
        let services = testing::start().await;
        testing::create(&services, "shop", "{}").await;
        create_role(&services, &superuser(), CreateRole::named("bob")).await.expect("a role");
        grant(&services, &superuser(), &[Privilege::Insert], "shop", "bob").await.expect("a grant");
        let (code, message, detail, _) = failure(drop_role(&services, &superuser(), "bob").await);
        assert_eq!((code, message.as_str()), ("2BP01", "role \"bob\" cannot be dropped because some objects depend on it"));
        assert_eq!(detail, "It has privileges on data sources: \"shop\".");
        revoke(&services, &superuser(), &Privilege::ALL, "shop", "bob").await.expect("revoked");
        drop_role(&services, &superuser(), "bob").await.expect("dropped");
    }

    #[tokio::test]
    async fn refusals() {
        let services = testing::start().await;
        create_role(&services, &superuser(), CreateRole::named("bob")).await.expect("a role");
        let new = async |name: &str| failure(create_role(&services, &superuser(), CreateRole::named(name)).await);
        assert_eq!(new("bob").await.1, "role \"bob\" already exists");
        for name in ["", "public", "pg_monitor", "a\u{7}", &"x".repeat(64)] {
            let (code, message, ..) = new(name).await;
            assert_eq!((code, message), ("22023", format!("\"{name}\" cannot be the name of a role")));
        }
        let bob = actor("bob");
        assert_eq!(failure(create_role(&services, &bob, CreateRole::named("eve")).await).1, "permission denied to create roles");
        assert_eq!(failure(drop_role(&services, &bob, "admin").await).1, "permission denied to drop roles");
        let promotion = AlterRole { superuser: Some(true), ..AlterRole::default() };
        assert_eq!(failure(alter_role(&services, &bob, "bob", promotion).await).1, "permission denied to alter roles");
        assert_eq!(failure(alter_role(&services, &bob, "admin", own_password()).await).0, "42501");
        alter_role(&services, &bob, "bob", own_password()).await.expect("one's own password");
        let (code, message, ..) = failure(drop_role(&services, &superuser(), "admin").await);
        assert_eq!((code, message.as_str()), ("55006", "current user cannot be dropped"));
        assert_eq!(failure(drop_role(&services, &superuser(), "eve").await).1, "role \"eve\" does not exist");
    }

    #[tokio::test]
    async fn the_way_back_in() {
        let services = testing::start().await;
        let store = &services.store;
        assert!(!ensure_admin(store, &Secret::new("other".to_owned())).await.expect("there is one"));
        let before = role(&store.replica(), "admin").expect("the role");
        reset_password(store, "admin", &Secret::new("new".to_owned())).await.expect("reset");
        let after = role(&store.replica(), "admin").expect("the role");
        assert_ne!(after.password, before.password);
        assert_eq!(Role { password: None, ..after }, Role { password: None, ..before });
        assert_eq!(failure(reset_password(store, "eve", &Secret::new("new".to_owned())).await).0, "42704");
    }

    fn own_password() -> AlterRole {
        AlterRole { password: Some(Some(Secret::new("mine".to_owned()))), ..AlterRole::default() }
    }
}
