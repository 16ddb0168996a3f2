//! `to_timestamp(seconds)`.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Volatility;
use spi::types::oid;

use super::moment;
use super::plain::{Plain, Returns, Work, float};
use crate::calendar::{SECOND, out_of_range};

/// The moment so many seconds after 1970 UTC.
pub(super) static TO_TIMESTAMP: Plain = Plain {
    name: "to_timestamp",
    aliases: &[],
    ways: &[&[oid::FLOAT8]],
    returns: Returns::Type(oid::TIMESTAMPTZ),
    volatility: Volatility::Immutable,
    work: Work::Rows(|_, values| {
        let seconds = float(values, 0);
        let micros = (seconds * SECOND as f64).round();
        match seconds.is_infinite() || micros.abs() < 9.2e18 {
            // The conversion ends at the infinities.
            true => Ok::<ScalarValue, spi::Error>(moment(micros as i64)),
            false => Err(out_of_range("timestamp")),
        }
    }),
};
