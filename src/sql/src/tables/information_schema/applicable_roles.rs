//! `information_schema.applicable_roles`: roles that are members of other roles. There are none, as roles are granted data sources
//! and never other roles.

use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;

use crate::row::{Identifier, YesOrNo};
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct ApplicableRoles;

/// Memberships of roles in other roles. There are none: roles are granted data sources, never other roles.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The member.
    grantee: Identifier,
    /// The role that it is a member of.
    role_name: Identifier,
    /// Whether it may pass the membership on.
    is_grantable: YesOrNo,
}

impl RowTable for ApplicableRoles {
    const SCHEMA: &'static str = "information_schema";
    const NAME: &'static str = "applicable_roles";
    type Row = Row;

    async fn rows(_: &Extent) -> Result<Vec<Row>> {
        Ok(Vec::new())
    }
}
