//! `timezone`, which `AT TIME ZONE` calls: the time somewhere at a moment, and the moment of a time somewhere.

use spi::{Code, Error, Result};

use crate::function::{Context, ScalarEntry};
use crate::functions::Arguments;
use crate::io;
use crate::io::calendar::{self, DAY, SECOND, out_of_range};
use crate::io::zone::{Zone, abbreviation};
use crate::types::oid;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("timestamptz_zone", |_, _, arguments| checked(named(arguments.text(0)?)?.to_local(arguments.timestamp(1)?))),
    ScalarEntry::new("timestamp_zone", |_, _, arguments| checked(named(arguments.text(0)?)?.to_utc(arguments.timestamp(1)?))),
    ScalarEntry::new("timetz_zone", |context, _, arguments| {
        let zone = named(arguments.text(0)?)?;
        moved(arguments, zone.east(context.host.transaction_started_at()))
    }),
    ScalarEntry::new("timestamptz_izone", |context, _, arguments| {
        checked(displacement(context, arguments)?.to_local(arguments.timestamp(1)?))
    }),
    ScalarEntry::new("timestamp_izone", |context, _, arguments| checked(displacement(context, arguments)?.to_utc(arguments.timestamp(1)?))),
    ScalarEntry::new("timetz_izone", |context, _, arguments| moved(arguments, displacement(context, arguments)?.east(0))),
];

fn not_recognized(name: &str) -> Error {
    Error::new(Code::InvalidArgument, format!("time zone \"{name}\" not recognized"))
}

/// A zone by an abbreviation or a name. A bare displacement is read as POSIX does: `+03` is three hours west.
pub fn named(name: &str) -> Result<Zone> {
    if let Some(abbreviation) = abbreviation(&name.to_lowercase()) {
        return Ok(Zone::Fixed(abbreviation.east, name.to_uppercase()));
    }
    let posix = || displacement_of(name).map(|east| Zone::Fixed(-east, name.to_owned()));
    Zone::named(name).or_else(posix).ok_or_else(|| not_recognized(name))
}

/// The same, but a bare displacement is read as in the text of a timestamp: `+03` is three hours east.
pub fn displaced_or_named(name: &str) -> Result<Zone> {
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(Error::new(Code::InvalidArgument, format!("invalid input syntax for type numeric time zone: \"{name}\""))
            .hint("Numeric time zones must have \"-\" or \"+\" as first character."));
    }
    match displacement_of(name) {
        Some(east) => Ok(Zone::Fixed(east, name.to_owned())),
        None => named(name),
    }
}

/// Seconds of `+03:30`.
fn displacement_of(text: &str) -> Option<i32> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (mut seconds, mut unit) = (0, 3600);
    for part in digits.split(':') {
        let number: i32 = part.parse().ok().filter(|number| (0..=167).contains(number))?;
        seconds += number * unit;
        unit /= 60;
    }
    Some(sign * seconds)
}

/// How far east an interval is.
fn displacement(context: &Context<'_>, arguments: &[Value]) -> Result<Zone> {
    let interval = arguments.interval(0)?;
    if interval.months != 0 || interval.days != 0 {
        let shown = io::output(context, oid::INTERVAL, &arguments[0])?;
        return Err(Error::new(Code::InvalidArgument, format!("interval time zone \"{shown}\" must not include months or days")));
    }
    Ok(Zone::Fixed((interval.microseconds / SECOND) as i32, String::new()))
}

fn checked(timestamp: i64) -> Result<Value> {
    let is_known = calendar::is_infinite(timestamp) || calendar::timestamp(timestamp).is_some();
    if is_known { Ok(Value::Timestamp(timestamp)) } else { Err(out_of_range("timestamp")) }
}

/// The same moment of the day with another displacement.
fn moved(arguments: &[Value], east: i32) -> Result<Value> {
    let Some(Value::TimeTz(time, west)) = arguments.get(1) else { return Err(Error::internal("a time with zone was expected")) };
    let utc = time + i64::from(*west) * SECOND;
    Ok(Value::TimeTz((utc + i64::from(east) * SECOND).rem_euclid(DAY), -east))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16: POSIX counts west, timestamps count east.
    #[test]
    fn displacements_have_two_signs() {
        assert_eq!(displaced_or_named("+03").unwrap().east(0), 3 * 3600);
        assert_eq!(named("+03").unwrap().east(0), -3 * 3600);
        assert_eq!(named("EST").unwrap().east(0), -5 * 3600);
        assert_eq!(named("foo").unwrap_err().message, "time zone \"foo\" not recognized");
        assert_eq!(moved(&["UTC".into(), Value::TimeTz(12 * 3_600_000_000, -7200)], 0).unwrap(), Value::TimeTz(10 * 3_600_000_000, 0));
    }
}
