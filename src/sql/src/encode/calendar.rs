//! Dates, times and timestamps: in ISO style as text, and counted from 2000-01-01 in binary.
//!
//! The arithmetic is our own because PostgreSQL's years reach beyond chrono's, and because these are among the most common columns.

use bytes::{BufMut, BytesMut};
use spi::Result;

use super::integer::put_padded;
use super::read::{Micros, out_of_range};
use super::style::Zone;

/// From 1970-01-01 to 2000-01-01.
const EPOCH_DAYS: i32 = 10_957;
const DAY_MICROS: i64 = 86_400_000_000;
const EPOCH_MICROS: i64 = EPOCH_DAYS as i64 * DAY_MICROS;

pub(super) fn put_date(days: i32, out: &mut BytesMut) {
    match days {
        i32::MAX => out.extend_from_slice(b"infinity"),
        i32::MIN => out.extend_from_slice(b"-infinity"),
        _ => {
            let before_christ = put_day(days.into(), out);
            put_era(before_christ, out);
        }
    }
}

pub(super) fn put_date_binary(days: i32, out: &mut BytesMut) -> Result<()> {
    let since_2000 = match days {
        i32::MAX | i32::MIN => days,
        _ => days.checked_sub(EPOCH_DAYS).ok_or_else(|| out_of_range(days, "date"))?,
    };
    out.put_i32(since_2000);
    Ok(())
}

pub(super) fn put_time(micros: i64, out: &mut BytesMut) {
    let seconds = micros.unsigned_abs() / 1_000_000;
    put_padded(seconds / 3600, 2, out);
    out.put_u8(b':');
    put_padded(seconds / 60 % 60, 2, out);
    out.put_u8(b':');
    put_padded(seconds % 60, 2, out);
    put_fraction(micros.unsigned_abs() % 1_000_000, out);
}

/// `separator` is a space in text and `T` in JSON.
pub(super) fn put_timestamp(Micros(micros): Micros, separator: u8, out: &mut BytesMut) {
    if put_infinity(micros, out) {
        return;
    }
    let before_christ = put_moment(micros, separator, out);
    put_era(before_christ, out);
}

pub(super) fn put_timestamptz(Micros(micros): Micros, separator: u8, zone: Zone, out: &mut BytesMut) {
    if put_infinity(micros, out) {
        return;
    }
    let offset = zone.offset_seconds(micros);
    // At the very ends of the scale there is no local time; they are told in UTC.
    let (local, offset) = micros.checked_add(i64::from(offset) * 1_000_000).map_or((micros, 0), |local| (local, offset));
    let before_christ = put_moment(local, separator, out);
    put_offset(offset, separator == b'T', out);
    put_era(before_christ, out);
}

pub(super) fn put_timestamp_binary(Micros(micros): Micros, out: &mut BytesMut) -> Result<()> {
    let since_2000 = match micros {
        i64::MAX | i64::MIN => micros,
        _ => micros.checked_sub(EPOCH_MICROS).ok_or_else(|| out_of_range(micros, "timestamp"))?,
    };
    out.put_i64(since_2000);
    Ok(())
}

fn put_infinity(micros: i64, out: &mut BytesMut) -> bool {
    match micros {
        i64::MAX => out.extend_from_slice(b"infinity"),
        i64::MIN => out.extend_from_slice(b"-infinity"),
        _ => return false,
    }
    true
}

fn put_moment(micros: i64, separator: u8, out: &mut BytesMut) -> bool {
    let before_christ = put_day(micros.div_euclid(DAY_MICROS), out);
    out.put_u8(separator);
    put_time(micros.rem_euclid(DAY_MICROS), out);
    before_christ
}

/// Returns whether the year is one before Christ, which is said at the end of the text.
fn put_day(days: i64, out: &mut BytesMut) -> bool {
    let (year, month, day) = civil(days);
    let before_christ = year <= 0;
    put_padded(if before_christ { 1 - year } else { year }.unsigned_abs(), 4, out);
    out.put_u8(b'-');
    put_padded(month, 2, out);
    out.put_u8(b'-');
    put_padded(day, 2, out);
    before_christ
}

fn put_era(before_christ: bool, out: &mut BytesMut) {
    if before_christ {
        out.extend_from_slice(b" BC");
    }
}

/// `.5`, without trailing zeros; nothing for a whole second.
pub(super) fn put_fraction(micros: u64, out: &mut BytesMut) {
    if micros == 0 {
        return;
    }
    out.put_u8(b'.');
    put_padded(micros, 6, out);
    while out.last() == Some(&b'0') {
        out.truncate(out.len() - 1);
    }
}

/// `+02`, `-03:30`; JSON always has the minutes.
fn put_offset(seconds: i32, minutes_always: bool, out: &mut BytesMut) {
    out.put_u8(if seconds < 0 { b'-' } else { b'+' });
    let seconds = u64::from(seconds.unsigned_abs());
    put_padded(seconds / 3600, 2, out);
    if !seconds.is_multiple_of(3600) || minutes_always {
        out.put_u8(b':');
        put_padded(seconds / 60 % 60, 2, out);
    }
    if !seconds.is_multiple_of(60) {
        out.put_u8(b':');
        put_padded(seconds % 60, 2, out);
    }
}

/// Year (astronomical: 0 is 1 BC), month and day of a number of days since 1970, in the proleptic Gregorian calendar.
/// After Howard Hinnant's `civil_from_days`, which counts years from March, so that the leap day is the last one.
fn civil(days: i64) -> (i64, u64, u64) {
    const DAYS_PER_ERA: i64 = 146_097;
    let shifted = days + 719_468;
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month as u64, day as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(put: impl Fn(&mut BytesMut)) -> String {
        let mut out = BytesMut::new();
        put(&mut out);
        String::from_utf8(out.to_vec()).expect("ASCII")
    }

    #[test]
    fn dates() {
        for (days, expected) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (19_782, "2024-02-29"),
            (-719_162, "0001-01-01"),
            (-719_163, "0001-12-31 BC"),
            (-735_160, "0044-03-15 BC"),
            (2_932_897, "10000-01-01"),
            (2_145_042_905, "5874897-12-31"),
            (i32::MAX, "infinity"),
            (i32::MIN, "-infinity"),
        ] {
            assert_eq!(written(|out| put_date(days, out)), expected);
        }
    }

    #[test]
    fn the_calendar_agrees_with_chrono() {
        let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).expect("a date");
        for days in (-1_000_000..1_000_000).step_by(97) {
            let date = epoch + chrono::Duration::days(days);
            use chrono::Datelike;
            assert_eq!(civil(days), (date.year().into(), date.month().into(), date.day().into()));
        }
    }

    #[test]
    fn timestamps() {
        for (micros, expected) in [
            (0, "1970-01-01 00:00:00"),
            (-1, "1969-12-31 23:59:59.999999"),
            (1_500_000, "1970-01-01 00:00:01.5"),
            (946_684_800_000_000, "2000-01-01 00:00:00"),
            (-62_135_596_800_000_001, "0001-12-31 23:59:59.999999 BC"),
            (i64::MAX, "infinity"),
            (i64::MIN, "-infinity"),
        ] {
            assert_eq!(written(|out| put_timestamp(Micros(micros), b' ', out)), expected);
        }
    }

    #[test]
    fn timestamps_of_a_zone() {
        let berlin = Zone::parse("Europe/Berlin");
        for (micros, zone, expected) in [
            (0, Zone::Utc, "1970-01-01 00:00:00+00"),
            (0, berlin, "1970-01-01 01:00:00+01"),
            (1_720_000_000_000_000, berlin, "2024-07-03 11:46:40+02"),
            (-3_000_000_000_000_000, berlin, "1874-12-07 19:33:28+00:53:28"),
            (0, Zone::parse("-03:30"), "1969-12-31 20:30:00-03:30"),
            (i64::MAX - 1, Zone::parse("+01:00"), "294247-01-10 04:00:54.775806+00"),
            (i64::MIN, berlin, "-infinity"),
        ] {
            assert_eq!(written(|out| put_timestamptz(Micros(micros), b' ', zone, out)), expected);
        }
        assert_eq!(written(|out| put_timestamptz(Micros(0), b'T', Zone::Utc, out)), "1970-01-01T00:00:00+00:00");
    }

    #[test]
    fn binary_counts_from_2000() {
        let mut out = BytesMut::new();
        put_date_binary(EPOCH_DAYS, &mut out).expect("a date");
        put_date_binary(0, &mut out).expect("a date");
        put_date_binary(i32::MAX, &mut out).expect("infinity");
        put_timestamp_binary(Micros(EPOCH_MICROS + 1), &mut out).expect("a timestamp");
        put_timestamp_binary(Micros(i64::MIN), &mut out).expect("-infinity");
        let mut expected = BytesMut::new();
        [0, -10_957, i32::MAX].into_iter().for_each(|days| expected.put_i32(days));
        [1, i64::MIN].into_iter().for_each(|micros| expected.put_i64(micros));
        assert_eq!(out, expected);
        assert!(put_date_binary(i32::MIN + 1, &mut out).is_err());
        assert!(put_timestamp_binary(Micros(i64::MIN + 1), &mut out).is_err());
    }

    #[test]
    fn times() {
        assert_eq!(written(|out| put_time(0, out)), "00:00:00");
        assert_eq!(written(|out| put_time(DAY_MICROS - 1, out)), "23:59:59.999999");
        assert_eq!(written(|out| put_time(DAY_MICROS, out)), "24:00:00");
        assert_eq!(written(|out| put_time(3_723_000_100, out)), "01:02:03.0001");
    }
}
