//! `admin.roles`: who may log in.

use domain::access::{self, Role};
use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;

use crate::row::Timestamp;
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct Roles;

/// A role. A superuser sees all, another role only itself.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The role.
    name: String,
    /// Its identity, which it keeps for ever.
    oid: u32,
    /// Whether it may log in.
    login: bool,
    /// Whether it may administrate and sees every data source.
    superuser: bool,
    /// Whether it has a password, without which it cannot log in.
    password: bool,
    /// From when the password is refused.
    valid_until: Option<Timestamp>,
}

impl RowTable for Roles {
    const SCHEMA: &'static str = "admin";
    const NAME: &'static str = "roles";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let own = &extent.ctx.role;
        let row = |role: Role| Row {
            name: role.name,
            oid: role.oid,
            login: role.login,
            superuser: role.superuser,
            password: role.password.is_some(),
            valid_until: role.valid_until.map(Timestamp),
        };
        let roles = access::roles(&extent.replica()).into_iter();
        Ok(roles.filter(|role| own.superuser || role.oid == own.oid).map(row).collect())
    }
}
