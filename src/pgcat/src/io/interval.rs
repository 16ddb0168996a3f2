//! `interval`: months, days and microseconds, in four styles of text.

mod iso8601;
mod read;
mod span;
mod write;

pub use read::read;
pub use write::write;

use bytes::{BufMut, BytesMut};
use spi::Result;

use super::calendar::{self, HOUR, MINUTE, MONTHS_PER_YEAR};
use super::wire::Input;
use crate::value::Interval;

/// The fields that an interval can be restricted to, as bits of its modifier.
pub mod fields {
    pub const MONTH: i32 = 1 << 1;
    pub const YEAR: i32 = 1 << 2;
    pub const DAY: i32 = 1 << 3;
    pub const HOUR: i32 = 1 << 10;
    pub const MINUTE: i32 = 1 << 11;
    pub const SECOND: i32 = 1 << 12;
    pub const ALL: i32 = 0x7fff;
}

/// The fields that a modifier restricts an interval to.
pub fn fields_of(typmod: i32) -> i32 {
    if typmod < 0 { fields::ALL } else { typmod >> 16 & fields::ALL }
}

/// What the modifier leaves of an interval.
pub fn apply_modifier(interval: Interval, typmod: i32) -> Interval {
    if typmod < 0 {
        return interval;
    }
    let Interval { months, days, microseconds } = interval;
    const YEAR_MONTH: i32 = fields::YEAR | fields::MONTH;
    let cut = match fields_of(typmod) {
        fields::YEAR => Interval { months: months / MONTHS_PER_YEAR * MONTHS_PER_YEAR, days: 0, microseconds: 0 },
        fields::MONTH | YEAR_MONTH => Interval { months, days: 0, microseconds: 0 },
        fields::DAY => Interval { months, days, microseconds: 0 },
        fields if fields & (fields::MINUTE | fields::SECOND) == 0 => Interval { months, days, microseconds: microseconds / HOUR * HOUR },
        fields if fields & fields::SECOND == 0 => Interval { months, days, microseconds: microseconds / MINUTE * MINUTE },
        _ => interval,
    };
    Interval { microseconds: calendar::rounded(cut.microseconds, typmod & 0xffff), ..cut }
}

pub fn send(interval: &Interval, out: &mut BytesMut) {
    out.put_i64(interval.microseconds);
    out.put_i32(interval.days);
    out.put_i32(interval.months);
}

pub fn receive(input: &mut Input<'_>) -> Result<Interval> {
    Ok(Interval { microseconds: input.i64()?, days: input.i32()?, months: input.i32()? })
}
