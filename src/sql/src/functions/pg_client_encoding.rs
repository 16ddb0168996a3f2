//! `pg_client_encoding()`.

use datafusion::common::ScalarValue;
use spi::Result;
use spi::types::{PgType, oid};

use super::{SessionFunction, text};
use crate::plan_context::PlanContext;

/// The encoding of text on its way to the client, which is always UTF-8.
pub(super) struct PgClientEncoding;

impl SessionFunction for PgClientEncoding {
    const NAME: &'static str = "pg_client_encoding";
    const RETURNS: PgType = PgType::new(oid::NAME);

    fn call(_: &PlanContext, _: &[ScalarValue]) -> Result<ScalarValue> {
        Ok(text("UTF8"))
    }
}
