//! `information_schema.enabled_roles`: the roles whose rights the session has.

use domain::access;
use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;

use crate::row::Identifier;
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct EnabledRoles;

/// The session's role; a superuser has the rights of every role.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The role.
    role_name: Identifier,
}

impl RowTable for EnabledRoles {
    const SCHEMA: &'static str = "information_schema";
    const NAME: &'static str = "enabled_roles";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let role = &extent.ctx.role;
        if !role.superuser {
            return Ok(vec![Row { role_name: Identifier(role.name.clone()) }]);
        }
        let roles = access::roles(&extent.replica());
        Ok(roles.into_iter().map(|role| Row { role_name: Identifier(role.name) }).collect())
    }
}
