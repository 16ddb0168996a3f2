//! `timezone(zone, time)`, which is `time AT TIME ZONE zone`.

use arrow::array::{Array, ArrayRef, AsArray, TimestampMicrosecondArray};
use arrow::datatypes::TimestampMicrosecondType;
use datafusion::logical_expr::Volatility;
use spi::types::oid;
use spi::{Code, Error, Result};

use super::plain::{Plain, Returns, Work, column};
use crate::calendar::Zone;

/// A moment as the local time of a zone, or a local time of a zone as a moment.
pub(super) static TIMEZONE: Plain = Plain {
    name: "timezone",
    aliases: &[],
    ways: &[&[oid::TEXT, oid::TIMESTAMPTZ], &[oid::TEXT, oid::TIMESTAMP]],
    returns: Returns::OfWay(&[oid::TIMESTAMP, oid::TIMESTAMPTZ]),
    volatility: Volatility::Stable,
    work: Work::Columns(compute),
};

fn compute(_: Zone, arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let zones = arguments[0].as_string::<i32>();
    let times = arguments[1].as_primitive::<TimestampMicrosecondType>();
    let is_moment = times.timezone().is_some();
    let first = if zones.is_empty() || zones.is_null(0) { None } else { Some(zone(zones.value(0))?) };
    let converted = |row: usize| {
        if zones.is_null(row) || times.is_null(row) {
            return Ok(None);
        }
        let zone = match first {
            Some(first) if zones.value(row) == zones.value(0) => first,
            _ => zone(zones.value(row))?,
        };
        let time = times.value(row);
        Ok(Some(if is_moment { zone.to_local(time) } else { zone.to_utc(time) }))
    };
    let converted = (0..times.len()).map(converted).collect::<Result<TimestampMicrosecondArray>>()?;
    column(if is_moment { converted } else { converted.with_timezone("UTC") })
}

/// A zone by its name.
pub(super) fn zone(name: &str) -> Result<Zone> {
    Zone::named(name).ok_or_else(|| Error::new(Code::InvalidArgument, format!("time zone \"{name}\" not recognized")))
}
