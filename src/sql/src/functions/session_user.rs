//! `session_user`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, text};
use crate::plan_context::PlanContext;

/// The role that logged in. It is the current role too, because no session can change its role.
pub(super) struct SessionUser;

impl SessionFunction for SessionUser {
    const NAME: &'static str = "session_user";
    const RETURNS: PgType = PgType::new(oid::NAME);

    fn call(ctx: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(text(&ctx.role.name))
    }
}
