//! The catalogs that all databases of a server share: databases, roles, and what is said about them.

use std::sync::Arc;

use super::columns::{pg_auth_members, pg_authid, pg_database, pg_db_role_setting, pg_shdescription};
use super::part::Part;
use super::roles::BOOTSTRAP_ROLE;
use crate::catalog::oid as catalog;
use crate::database::Server;
use crate::relation::Row;
use crate::types::oid;
use crate::value::Value;

/// The number of the encoding UTF-8.
const UTF8: i64 = 6;
/// The tablespace `pg_default`.
const PG_DEFAULT: u32 = 1663;

pub(crate) struct Databases(pub(crate) Arc<Server>);

impl Part for Databases {
    fn count(&self) -> Row {
        self.0.databases.len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        use pg_database as column;
        let database = &self.0.databases[row as usize];
        match column {
            column::OID => Value::oid(database.oid),
            column::DATNAME => database.name.as_str().into(),
            column::DATDBA => Value::oid(database.owner.unwrap_or(BOOTSTRAP_ROLE)),
            column::ENCODING => Value::Int(UTF8),
            column::DATLOCPROVIDER => "c".into(),
            column::DATISTEMPLATE => false.into(),
            column::DATALLOWCONN => database.allow_connections.into(),
            column::DATCONNLIMIT => Value::Int(-1),
            column::DATFROZENXID | column::DATMINMXID => Value::Int(1),
            column::DATTABLESPACE => Value::oid(PG_DEFAULT),
            // Names are in the order of their bytes, as everything that the catalog orders.
            column::DATCOLLATE | column::DATCTYPE => "C".into(),
            _ => Value::Null,
        }
    }
}

pub(crate) struct Roles(pub(crate) Arc<Server>);

impl Part for Roles {
    fn count(&self) -> Row {
        self.0.roles.len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        use pg_authid as column;
        let role = &self.0.roles[row as usize];
        match column {
            column::OID => Value::oid(role.oid),
            column::ROLNAME => role.name.as_str().into(),
            column::ROLSUPER | column::ROLBYPASSRLS => role.superuser.into(),
            column::ROLINHERIT => true.into(),
            column::ROLCREATEROLE => role.create_role.into(),
            column::ROLCREATEDB => role.create_database.into(),
            column::ROLCANLOGIN => role.can_login.into(),
            column::ROLREPLICATION => false.into(),
            column::ROLCONNLIMIT => Value::Int(role.connection_limit.unwrap_or(-1).into()),
            column::ROLVALIDUNTIL => role.valid_until.map_or(Value::Null, Value::Timestamp),
            // Nobody is shown a password, or that there is one.
            _ => Value::Null,
        }
    }
}

pub(crate) struct Memberships(pub(crate) Arc<Server>);

impl Part for Memberships {
    fn count(&self) -> Row {
        self.0.memberships.len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        use pg_auth_members as column;
        let membership = &self.0.memberships[row as usize];
        match column {
            column::OID => Value::oid(membership.oid),
            column::ROLEID => Value::oid(membership.role),
            column::MEMBER => Value::oid(membership.member),
            column::GRANTOR => Value::oid(membership.grantor.unwrap_or(BOOTSTRAP_ROLE)),
            column::ADMIN_OPTION => membership.admin_option.into(),
            _ => true.into(),
        }
    }
}

pub(crate) struct RoleSettings(pub(crate) Arc<Server>);

impl Part for RoleSettings {
    fn count(&self) -> Row {
        self.0.settings.len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        use pg_db_role_setting as column;
        let row = &self.0.settings[row as usize];
        match column {
            column::SETDATABASE => Value::oid(row.database),
            column::SETROLE => Value::oid(row.role),
            _ => Value::array(oid::TEXT, row.settings.iter().map(|setting| setting.as_str().into()).collect()),
        }
    }
}

/// The comments of databases and roles.
pub(crate) struct SharedDescriptions(Vec<(u32, u32, Arc<str>)>);

impl SharedDescriptions {
    pub(crate) fn new(server: &Server) -> Self {
        let of = |class, object, comment: &Option<String>| Some((object, class, comment.as_deref()?.into()));
        let databases = server.databases.iter().filter_map(|row| of(catalog::PG_DATABASE, row.oid, &row.comment));
        let roles = server.roles.iter().filter_map(|row| of(catalog::PG_AUTHID, row.oid, &row.comment));
        Self(databases.chain(roles).collect())
    }
}

impl Part for SharedDescriptions {
    fn count(&self) -> Row {
        self.0.len() as Row
    }

    fn value(&self, row: Row, column: usize) -> Value {
        let (object, class, comment) = &self.0[row as usize];
        match column {
            pg_shdescription::OBJOID => Value::oid(*object),
            pg_shdescription::CLASSOID => Value::oid(*class),
            _ => Value::Text(Arc::clone(comment)),
        }
    }
}
