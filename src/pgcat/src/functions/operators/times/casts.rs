//! Casts between the types of dates and times.

use spi::{Code, Error, Result};

use super::{intervals, time_and_zone};
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::io::calendar::{self, DAY, SECOND, day, midnight, out_of_range};
use crate::io::zone::Zone;
use crate::io::{self, interval};
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("date_timestamp", |_, _, a| midnight(a.date(0)?).map(Value::Timestamp)),
    ScalarEntry::new("date_timestamptz", |c, _, a| in_utc(c, midnight(a.date(0)?)?)),
    ScalarEntry::new("timestamp_date", |_, _, a| Ok(Value::Date(day(a.timestamp(0)?)))),
    ScalarEntry::new("timestamptz_date", |c, _, a| Ok(Value::Date(day(Zone::of(c.host).to_local(a.timestamp(0)?))))),
    ScalarEntry::new("timestamp_timestamptz", |c, _, a| in_utc(c, a.timestamp(0)?)),
    ScalarEntry::new("timestamptz_timestamp", |c, _, a| Ok(Value::Timestamp(Zone::of(c.host).to_local(a.timestamp(0)?)))),
    ScalarEntry::new("timestamp_time", |_, _, a| Ok(time_of_day(a.timestamp(0)?))),
    ScalarEntry::new("timestamptz_time", |c, _, a| Ok(time_of_day(Zone::of(c.host).to_local(a.timestamp(0)?)))),
    ScalarEntry::new("timestamptz_timetz", timestamptz_timetz),
    ScalarEntry::new("time_timetz", |c, _, a| {
        let zone = Zone::of(c.host);
        let today = zone.to_local(c.host.transaction_started_at()).div_euclid(DAY) * DAY;
        Ok(Value::TimeTz(a.time(0)?, -zone.east_at_local(today + a.time(0)?)))
    }),
    ScalarEntry::new("timetz_time", |_, _, a| time_and_zone(a, 0).map(|(time, _)| Value::Time(time))),
    ScalarEntry::new("time_interval", |_, _, a| Ok(intervals::value(0, 0, a.time(0)?))),
    ScalarEntry::new("interval_time", |_, _, a| Ok(Value::Time(a.interval(0)?.microseconds.rem_euclid(DAY)))),
    ScalarEntry::new("interval_scale", |_, _, a| Ok(Value::Interval(Box::new(interval::apply_modifier(a.interval(0)?, a.int(1)? as i32))))),
    ScalarEntry::new("time_scale", |_, _, a| io::apply_modifier(oid::TIME, a.int(1)? as i32, &a[0], true)),
    ScalarEntry::new("timetz_scale", |_, _, a| io::apply_modifier(oid::TIMETZ, a.int(1)? as i32, &a[0], true)),
    ScalarEntry::new("timestamp_scale", |_, _, a| timestamp_scale(oid::TIMESTAMP, a)),
    ScalarEntry::new("timestamptz_scale", |_, _, a| timestamp_scale(oid::TIMESTAMPTZ, a)),
];

/// Unlike a time, a timestamp is not told what it cannot be cut to.
fn timestamp_scale(type_oid: u32, arguments: &[Value]) -> Result<Value> {
    let precision = arguments.int(1)?;
    if !calendar::is_infinite(arguments.timestamp(0)?) && !(-1..=6).contains(&precision) {
        return Err(Error::new(Code::InvalidArgument, format!("timestamp({precision}) precision must be between 0 and 6")));
    }
    io::apply_modifier(type_oid, precision as i32, &arguments[0], true)
}

fn in_utc(context: &Context<'_>, local: i64) -> Result<Value> {
    let moment = Zone::of(context.host).to_utc(local);
    let is_known = calendar::is_infinite(moment) || calendar::timestamp(moment).is_some();
    if is_known { Ok(Value::Timestamp(moment)) } else { Err(out_of_range("timestamp")) }
}

/// An infinity has no time of day.
fn time_of_day(timestamp: i64) -> Value {
    if calendar::is_infinite(timestamp) { Value::Null } else { Value::Time(timestamp.rem_euclid(DAY)) }
}

fn timestamptz_timetz(context: &Context<'_>, _: &Signature, arguments: &[Value]) -> Result<Value> {
    let moment = arguments.timestamp(0)?;
    if calendar::is_infinite(moment) {
        return Ok(Value::Null);
    }
    let east = Zone::of(context.host).east(moment);
    let local = moment.checked_add(i64::from(east) * SECOND).ok_or_else(|| Error::internal("a time is beyond its zone"))?;
    Ok(Value::TimeTz(local.rem_euclid(DAY), -east))
}
