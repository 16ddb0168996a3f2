//! Intervals in PostgreSQL's own style: `1 year 2 mons -3 days +04:05:06.7`.

use bytes::{BufMut, BytesMut};

use super::calendar::put_fraction;
use super::integer::{put, put_padded};
use super::read::Span;

pub(super) fn put_text(span: Span, out: &mut BytesMut) {
    let start = out.len();
    let mut after_negative = false;
    for (value, unit) in [(span.months / 12, " year"), (span.months % 12, " mon"), (span.days, " day")] {
        if value == 0 {
            continue;
        }
        if out.len() > start {
            out.put_u8(b' ');
        }
        // After a negative part PostgreSQL says + where it otherwise says nothing.
        if after_negative && value > 0 {
            out.put_u8(b'+');
        }
        put(value.into(), out);
        out.extend_from_slice(unit.as_bytes());
        if value != 1 {
            out.put_u8(b's');
        }
        after_negative = value < 0;
    }
    if span.micros == 0 && out.len() > start {
        return;
    }
    if out.len() > start {
        out.put_u8(b' ');
    }
    if span.micros < 0 {
        out.put_u8(b'-');
    } else if after_negative {
        out.put_u8(b'+');
    }
    let micros = span.micros.unsigned_abs();
    let seconds = micros / 1_000_000;
    put_padded(seconds / 3600, 2, out);
    out.put_u8(b':');
    put_padded(seconds / 60 % 60, 2, out);
    out.put_u8(b':');
    put_padded(seconds % 60, 2, out);
    put_fraction(micros % 1_000_000, out);
}

pub(super) fn put_binary(span: Span, out: &mut BytesMut) {
    out.put_i64(span.micros);
    out.put_i32(span.days);
    out.put_i32(span.months);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_postgresql_writes_it() {
        for (months, days, micros, expected) in [
            (0, 0, 0, "00:00:00"),
            (14, 3, 14_706_700_000, "1 year 2 mons 3 days 04:05:06.7"),
            (1, 1, 0, "1 mon 1 day"),
            (-1, 0, 0, "-1 mons"),
            (-13, 5, 1_000_000, "-1 years -1 mons +5 days 00:00:01"),
            (0, -1, 3_600_000_000, "-1 days +01:00:00"),
            (0, 0, -1_500_000, "-00:00:01.5"),
            (0, 1, -1, "1 day -00:00:00.000001"),
            (0, 0, 360_000_000_000, "100:00:00"),
        ] {
            let mut out = BytesMut::new();
            put_text(Span { months, days, micros }, &mut out);
            assert_eq!(std::str::from_utf8(&out), Ok(expected));
        }
    }
}
