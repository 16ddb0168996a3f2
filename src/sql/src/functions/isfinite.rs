//! `isfinite(time)`.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Volatility;
use spi::types::oid;

use super::plain::{Plain, Returns, Work};
use crate::calendar::is_infinite;

/// Whether a date or time is none of the two infinities. Every interval is finite.
pub(super) static ISFINITE: Plain = Plain {
    name: "isfinite",
    aliases: &[],
    ways: &[&[oid::TIMESTAMPTZ], &[oid::TIMESTAMP], &[oid::DATE], &[oid::INTERVAL]],
    returns: Returns::Type(oid::BOOL),
    volatility: Volatility::Immutable,
    work: Work::Rows(|_, values| {
        Ok(ScalarValue::from(match values {
            [ScalarValue::TimestampMicrosecond(Some(time), _)] => !is_infinite(*time),
            [ScalarValue::Date32(Some(days))] => !matches!(*days, i32::MAX | i32::MIN),
            _ => true,
        }))
    }),
};
