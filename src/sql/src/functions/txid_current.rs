//! `txid_current()`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::SessionFunction;
use crate::plan_context::PlanContext;

/// The number of the transaction, unique since the gateway started.
pub(super) struct TxidCurrent;

impl SessionFunction for TxidCurrent {
    const NAME: &'static str = "txid_current";
    const RETURNS: PgType = PgType::new(oid::INT8);

    fn call(ctx: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(ScalarValue::Int64(i64::try_from(ctx.transaction_id).ok()))
    }
}
