//! Days of the calendar that Java once had: Julian before 1582-10-15, Gregorian since.
//!
//! Such files count days so that the date that was meant comes out in that calendar. Everybody else's is Gregorian all the way back, in
//! which the same date is another day. Source: Hive's `CalendarUtils`.

/// Days from 1970-01-01 to 1582-10-15, the first day of the Gregorian calendar.
const FIRST_GREGORIAN_DAY: i64 = -141_427;

/// The number that astronomers give to 1970-01-01, of days since the year 4713 before Christ.
const JULIAN_DAY_OF_1970: i64 = 2_440_588;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The day of the Gregorian calendar, since 1970-01-01, that has the date of this one.
pub(super) fn proleptic_day(day: i32) -> i32 {
    if i64::from(day) >= FIRST_GREGORIAN_DAY {
        return day;
    }
    let (year, month, day_of_month) = julian_date(i64::from(day));
    // The calendars are apart by no more than some years even at the ends of the range.
    i32::try_from(gregorian_day(year, month, day_of_month)).unwrap_or(day)
}

/// The same of a moment in microseconds.
pub(super) fn proleptic_micros(micros: i64) -> i64 {
    let day = micros.div_euclid(MICROS_PER_DAY);
    // Microseconds end 300,000 years away, so that days always fit.
    let moved = i32::try_from(day).map_or(day, |day| i64::from(proleptic_day(day)));
    micros.saturating_add((moved - day).saturating_mul(MICROS_PER_DAY))
}

/// Year, month and day of the Julian calendar. Source: E. G. Richards' algorithm.
fn julian_date(day: i64) -> (i64, i64, i64) {
    let e = 4 * (day + JULIAN_DAY_OF_1970 + 1401) + 3;
    let h = 5 * (e.rem_euclid(1461) / 4) + 2;
    let month = (h / 153 + 2) % 12 + 1;
    (e.div_euclid(1461) - 4716 + (14 - month) / 12, month, h % 153 / 5 + 1)
}

/// The day of a date in the Gregorian calendar; the 29th of February of a year that has none is the 1st of March.
fn gregorian_day(year: i64, month: i64, day_of_month: i64) -> i64 {
    // Years begin in March, so that the leap day is their last.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day_of_month - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_stay_and_days_move() {
        for (hybrid, proleptic) in [
            (0, 0),
            (-141_427, -141_427),
            // 1582-10-04, the day before.
            (-141_428, -141_438),
            // 1000-02-28; the 29th, which the Gregorian calendar has not; and the 1st of March.
            (-354_222, -354_227),
            (-354_221, -354_226),
            (-354_220, -354_226),
            // 0001-01-01.
            (-719_164, -719_162),
        ] {
            assert_eq!(proleptic_day(hybrid), proleptic, "{hybrid}");
        }
        assert_eq!(proleptic_micros(-719_164 * MICROS_PER_DAY + 1), -719_162 * MICROS_PER_DAY + 1);
        assert_eq!(proleptic_micros(-1), -1);
    }

    #[test]
    fn days_are_dates_in_their_order() {
        for day in (-2_000_000..FIRST_GREGORIAN_DAY).step_by(97) {
            let (year, month, day_of_month) = julian_date(day);
            assert!((1..=12).contains(&month) && (1..=31).contains(&day_of_month), "{day}");
            assert!(julian_date(day + 1) > (year, month, day_of_month), "{day}");
        }
    }
}
