//! `generate_series` of timestamps. Rows are made as they are read.

use spi::Result;

use super::zone::named;
use crate::function::{RowSource, SetEntry};
use crate::functions::Arguments;
use crate::functions::math::series::zero_step;
use crate::functions::operators::times::{add, add_in_zone};
use crate::io::zone::Zone;
use crate::value::compare::compare;
use crate::value::{Interval, Value};

pub const SETS: &[SetEntry] = &[
    SetEntry::new("generate_series_timestamp", |_, _, arguments| series(arguments, None)),
    SetEntry::new("generate_series_timestamptz", |context, _, arguments| series(arguments, Some(Zone::of(context.host)))),
    SetEntry::new("generate_series_timestamptz_at_zone", |_, _, arguments| series(arguments, Some(named(arguments.text(3)?)?))),
];

/// Of local times, or of moments whose months and days are counted in a zone.
fn series(arguments: &[Value], zone: Option<Zone>) -> Result<RowSource> {
    let (start, stop, step) = (arguments.timestamp(0)?, arguments.timestamp(1)?, arguments.interval(2)?);
    let zero = Value::Interval(Box::new(Interval { months: 0, days: 0, microseconds: 0 }));
    let direction = compare(&arguments[2], &zero);
    if direction.is_eq() {
        return Err(zero_step());
    }
    let mut next = Some(start);
    Ok(Box::new(std::iter::from_fn(move || {
        let current = next.filter(|moment| if direction.is_gt() { *moment <= stop } else { *moment >= stop })?;
        let moved = match &zone {
            None => add(current, step),
            Some(zone) => add_in_zone(current, step, zone),
        };
        // A step that leads out of the calendar, or nowhere, ends the series.
        next = moved.ok().filter(|moved| *moved != current);
        Some(Ok(Value::Timestamp(current)))
    })))
}
