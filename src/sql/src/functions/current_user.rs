//! `current_user`, `current_role` and `user`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, text};
use crate::plan_context::PlanContext;

/// The role whose privileges hold.
pub(super) struct CurrentUser;

impl SessionFunction for CurrentUser {
    const NAME: &'static str = "current_user";
    const ALIASES: &'static [&'static str] = &["current_role", "user"];
    const RETURNS: PgType = PgType::new(oid::NAME);

    fn call(ctx: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(text(&ctx.role.name))
    }
}
