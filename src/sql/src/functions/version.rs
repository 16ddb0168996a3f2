//! `version()`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, text};
use crate::plan_context::PlanContext;
use crate::settings::SERVER_VERSION;

/// The version of PostgreSQL that metagate behaves as, with its own. Drivers take the first number apart.
pub(super) struct Version;

impl SessionFunction for Version {
    const NAME: &'static str = "version";
    const RETURNS: PgType = PgType::new(oid::TEXT);

    fn call(ctx: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        let architecture = std::env::consts::ARCH;
        Ok(text(format!(
            "PostgreSQL {SERVER_VERSION} (metagate {}) on {architecture}-pc-linux-gnu, compiled by rustc, 64-bit",
            ctx.engine.version()
        )))
    }
}
