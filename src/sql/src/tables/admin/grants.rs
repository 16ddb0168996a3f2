//! `admin.grants`: which role may do what with which data source.

use std::collections::HashMap;

use domain::access::{self, Grant};
use schemars::JsonSchema;
use serde::Serialize;
use spi::Result;

use crate::row::Timestamp;
use crate::tables::extent::Extent;
use crate::tables::row_table::RowTable;

pub(super) struct Grants;

/// A privilege on a data source. A superuser sees all, another role its own.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The data source.
    data_source: String,
    /// The role that has the privilege.
    #[serde(rename = "role")]
    role_name: String,
    /// `USAGE`: to see the data source and to read it; `INSERT`: to add rows to its tables; `QUERY`: to read it with queries in its own
    /// language; `EXECUTE`: to run other statements in its own language. Without `USAGE` the others have no effect.
    privilege: &'static str,
    /// When it was granted.
    granted_at: Timestamp,
    /// The role that granted it.
    granted_by: String,
}

impl RowTable for Grants {
    const SCHEMA: &'static str = "admin";
    const NAME: &'static str = "grants";
    type Row = Row;

    async fn rows(extent: &Extent) -> Result<Vec<Row>> {
        let (replica, own) = (extent.replica(), &extent.ctx.role);
        let sources: HashMap<u32, String> = extent.data_sources(&replica).into_iter().map(|source| (source.oid, source.name)).collect();
        let roles: HashMap<u32, String> = access::roles(&replica).into_iter().map(|role| (role.oid, role.name)).collect();
        let grants = access::grants(&replica).into_iter().filter(|grant| own.superuser || grant.role_oid == own.oid);
        let row = |grant: Grant| {
            Some(Row {
                data_source: sources.get(&grant.source_oid)?.clone(),
                role_name: roles.get(&grant.role_oid)?.clone(),
                privilege: grant.privilege.name(),
                granted_at: Timestamp(grant.granted_at),
                granted_by: grant.granted_by,
            })
        };
        Ok(grants.filter_map(row).collect())
    }
}
