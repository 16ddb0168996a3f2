//! Which roles there are, and who owns what.

use std::collections::HashMap;

use super::columns::pg_authid;
use crate::catalog::oid;
use crate::database::Server;
use crate::relation::{Relation, Row};
use crate::statics::{self, StaticRelation};
use crate::value::Value;

/// The owner of what nobody else owns, as in PostgreSQL the superuser that every server has.
pub(crate) const BOOTSTRAP_ROLE: u32 = 10;

/// The OIDs of all roles by their names.
pub(crate) struct Roles(HashMap<String, u32>);

impl Roles {
    pub(crate) fn of(server: &Server) -> Self {
        let own = server.roles.iter().map(|role| (role.name.clone(), role.oid));
        let Some(base) = statics::relation(oid::PG_AUTHID) else { return Self(own.collect()) };
        let predefined = (0..base.count()).filter(|row| !is_replaced(server, base, *row)).filter_map(|row| {
            let name = base.value(row, pg_authid::ROLNAME).as_str()?.to_owned();
            Some((name, base.value(row, pg_authid::OID).as_oid()?))
        });
        Self(predefined.chain(own).collect())
    }

    /// The role of a name that a source says, or the one that owns everything else.
    pub(crate) fn owner(&self, name: Option<&str>) -> u32 {
        name.and_then(|name| self.0.get(name).copied()).unwrap_or(BOOTSTRAP_ROLE)
    }
}

/// Whether the server has another role of the OID or the name of one that every server has.
pub(crate) fn is_replaced(server: &Server, base: &StaticRelation, row: Row) -> bool {
    let (oid, name) = (base.value(row, pg_authid::OID), base.value(row, pg_authid::ROLNAME));
    server.roles.iter().any(|role| Value::oid(role.oid) == oid || Some(role.name.as_str()) == name.as_str())
}
