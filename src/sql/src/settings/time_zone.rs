//! The setting `TimeZone`: names of the time zone database, and offsets in PostgreSQL's two notations.

use std::str::FromStr;

use arrow::array::timezone::Tz;
use spi::Result;

use super::kind::invalid_value;

/// The canonical form of a time zone: its name, or for an offset PostgreSQL's `<+03>-03`, where the second sign is POSIX's,
/// which counts west of Greenwich.
pub(super) fn check(name: &str, value: &str) -> Result<String> {
    let written = value.trim();
    if written.eq_ignore_ascii_case("localtime") {
        return Ok("Etc/UTC".to_owned());
    }
    if written.len() < 64 {
        if let Some(zone) = [written.to_owned(), written.to_uppercase(), capitalised(written)].into_iter().find(|zone| known(zone)) {
            return Ok(zone);
        }
        if let Some(seconds) = number_of_hours(written) {
            return Ok(offset_name(seconds));
        }
        if posix_offset(written).is_some() {
            return Ok(written.to_owned());
        }
    }
    Err(invalid_value(name, value))
}

/// A zone as users write it, as Arrow wants it; none if there is no such zone.
pub(crate) fn arrow_time_zone(written: &str) -> Option<String> {
    check("TimeZone", written).ok().map(|canonical| for_arrow(&canonical))
}

/// The zone as Arrow wants it: a name, or an offset `+03:00` that counts east.
pub(super) fn for_arrow(canonical: &str) -> String {
    match posix_offset(canonical) {
        Some(seconds) => {
            format!("{}{:02}:{:02}", if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs() / 3600, seconds.unsigned_abs() / 60 % 60)
        }
        None => canonical.to_owned(),
    }
}

/// PostgreSQL's name for an offset that counts seconds east.
pub(crate) fn offset_name(seconds: i32) -> String {
    let (east, west) = if seconds < 0 { ('-', '+') } else { ('+', '-') };
    let (hours, minutes) = (seconds.unsigned_abs() / 3600, seconds.unsigned_abs() / 60 % 60);
    let number = if minutes == 0 { format!("{hours:02}") } else { format!("{hours:02}:{minutes:02}") };
    format!("<{east}{number}>{west}{number}")
}

/// Names only: Arrow also reads offsets, with the sign that POSIX has not.
fn known(zone: &str) -> bool {
    zone.starts_with(|c: char| c.is_ascii_alphabetic()) && Tz::from_str(zone).is_ok()
}

/// `europe/berlin` as the database writes it. Names that are written otherwise must be given as they are.
fn capitalised(name: &str) -> String {
    let mut start = true;
    let letters = name.chars().map(|c| {
        let letter = if start { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        start = matches!(c, '/' | '_' | '-');
        letter
    });
    letters.collect()
}

/// `3` or `-3.5`: hours east.
fn number_of_hours(text: &str) -> Option<i32> {
    let hours: f64 = text.parse().ok()?;
    (hours.abs() < 24.0).then(|| (hours * 60.0).round() as i32 * 60)
}

/// A POSIX zone without daylight saving, `GMT+3`, `<-03>+03` or `+05:30`: its offset in seconds east, so with the sign turned.
fn posix_offset(text: &str) -> Option<i32> {
    let rest = match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>')?.1,
        None => text.trim_start_matches(|c: char| c.is_ascii_alphabetic()),
    };
    let (sign, number) = match rest.as_bytes().first()? {
        b'+' => (-1, &rest[1..]),
        b'-' => (1, &rest[1..]),
        _ => (-1, rest),
    };
    let (hours, minutes) = number.split_once(':').unwrap_or((number, "0"));
    let (hours, minutes): (i32, i32) = (digits(hours)?, digits(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// One or two digits, and nothing else.
fn digits(text: &str) -> Option<i32> {
    (matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn zone(written: &str, kept: &str, arrow: &str) {
        let canonical = check("TimeZone", written).expect("a time zone");
        assert_eq!((canonical.as_str(), for_arrow(&canonical).as_str()), (kept, arrow), "{written}");
    }

    #[test]
    fn names_and_offsets() {
        zone("europe/berlin", "Europe/Berlin", "Europe/Berlin");
        zone("utc", "UTC", "UTC");
        zone("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires");
        zone("-3", "<-03>+03", "-03:00");
        zone("5.5", "<+05:30>-05:30", "+05:30");
        zone("GMT-03:00", "GMT-03:00", "+03:00");
        zone("+02:00", "+02:00", "-02:00");
    }

    #[test]
    fn unknown_zones_are_refused() {
        for zone in ["Mars/Olympus", "", "GMT+77", "<+03"] {
            assert_eq!(check("TimeZone", zone).expect_err("refused").code, spi::Code::InvalidArgument, "{zone}");
        }
    }
}
