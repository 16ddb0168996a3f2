//! `pg_get_userbyid(oid)`.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use domain::access;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, text};
use crate::plan_context::PlanContext;

/// The name of the role with this OID; `unknown (OID=…)` if there is none.
pub(super) struct PgGetUserbyid;

impl SessionFunction for PgGetUserbyid {
    const NAME: &'static str = "pg_get_userbyid";
    const ARGUMENTS: &'static [&'static [DataType]] = &[&[DataType::Int64]];
    const RETURNS: PgType = PgType::new(oid::NAME);

    fn call(ctx: &PlanContext, arguments: &[ScalarValue]) -> Result<ScalarValue> {
        let Some(ScalarValue::Int64(Some(oid))) = arguments.first() else { return Ok(ScalarValue::Utf8(None)) };
        let roles = access::roles(&ctx.services().store.replica());
        let role = roles.into_iter().find(|role| i64::from(role.oid) == *oid);
        Ok(text(role.map_or_else(|| format!("unknown (OID={oid})"), |role| role.name)))
    }
}
