//! `pg_timezone_names`: the zones of the IANA database, as they are at the begin of the transaction.

use chrono::{DateTime, Offset as _, TimeZone as _};
use chrono_tz::{OffsetComponents as _, OffsetName as _, TZ_VARIANTS, Tz};

use crate::function::SetEntry;
use crate::functions::catalog::records::{Columns, rows};
use crate::io::calendar::{SECOND, SINCE_1970};
use crate::types::oid;
use crate::value::{Interval, Value};

pub const SETS: &[SetEntry] = &[SetEntry::new("pg_timezone_names", |context, _, _| {
    let moment = context.host.transaction_started_at();
    Ok(rows(COLUMNS, TZ_VARIANTS.iter().map(|zone| row(*zone, moment)).collect()))
})];

const COLUMNS: Columns = &[("name", oid::TEXT), ("abbrev", oid::TEXT), ("utc_offset", oid::INTERVAL), ("is_dst", oid::BOOL)];

fn row(zone: Tz, moment: i64) -> Vec<Value> {
    let utc = DateTime::from_timestamp_micros(moment.saturating_add(SINCE_1970)).unwrap_or_default().naive_utc();
    let offset = zone.offset_from_utc_datetime(&utc);
    let microseconds = i64::from(offset.fix().local_minus_utc()) * SECOND;
    vec![
        zone.name().into(),
        offset.abbreviation().into(),
        Value::Interval(Box::new(Interval { months: 0, days: 0, microseconds })),
        (!offset.dst_offset().is_zero()).into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_have_summers() {
        let berlin = |moment| row(Tz::Europe__Berlin, moment);
        // The first of January and of July 2000.
        assert_eq!(berlin(0)[1..], ["CET".into(), hours(1), false.into()]);
        assert_eq!(berlin(182 * 86_400 * SECOND)[1..], ["CEST".into(), hours(2), true.into()]);
    }

    fn hours(hours: i64) -> Value {
        Value::Interval(Box::new(Interval { months: 0, days: 0, microseconds: hours * 3600 * SECOND }))
    }
}
