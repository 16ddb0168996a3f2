//! `localtimestamp`.

use datafusion::common::ScalarValue;
use spi::types::{PgType, oid};
use spi::{Error, Result};

use super::SessionFunction;
use crate::calendar::Zone;
use crate::plan_context::PlanContext;

/// When the transaction began, as the local time of the session's time zone.
pub(super) struct Localtimestamp;

impl SessionFunction for Localtimestamp {
    const NAME: &'static str = "localtimestamp";
    const RETURNS: PgType = PgType::new(oid::TIMESTAMP);

    fn call(ctx: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        let name = ctx.settings.current().time_zone();
        let zone = Zone::of_arrow(&name).ok_or_else(|| Error::internal(format!("the session has the unknown time zone \"{name}\"")))?;
        Ok(ScalarValue::TimestampMicrosecond(Some(zone.to_local(ctx.transaction_started_at)), None))
    }
}
