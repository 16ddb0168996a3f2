//! Values in PostgreSQL's binary form.

use arrow::datatypes::IntervalMonthDayNano;
use datafusion::common::ScalarValue;
use spi::types::{PgType, oid};

use super::{Refused, array, numeric, text};

/// Days and microseconds from 1970, where Arrow counts from, to 2000, where PostgreSQL does.
const DAYS_1970_TO_2000: i32 = 10_957;
const MICROSECONDS_1970_TO_2000: i64 = DAYS_1970_TO_2000 as i64 * 86_400_000_000;

pub(super) fn decode(bytes: &[u8], oid: u32) -> Result<ScalarValue, Refused> {
    if let Some(element) = PgType::new(oid).element() {
        return array::from_binary(bytes, element);
    }
    Ok(match oid {
        oid::BOOL => match bytes {
            [value] => ScalarValue::Boolean(Some(*value != 0)),
            _ => return Err(Refused::Binary),
        },
        oid::INT2 => ScalarValue::Int16(Some(i16::from_be_bytes(fixed(bytes)?))),
        oid::INT4 => ScalarValue::Int32(Some(i32::from_be_bytes(fixed(bytes)?))),
        oid::INT8 => ScalarValue::Int64(Some(i64::from_be_bytes(fixed(bytes)?))),
        oid::OID => ScalarValue::Int64(Some(u32::from_be_bytes(fixed(bytes)?).into())),
        oid::FLOAT4 => ScalarValue::Float32(Some(f32::from_be_bytes(fixed(bytes)?))),
        oid::FLOAT8 => ScalarValue::Float64(Some(f64::from_be_bytes(fixed(bytes)?))),
        oid::NUMERIC => numeric::from_binary(bytes)?,
        oid::BYTEA => ScalarValue::Binary(Some(bytes.to_vec())),
        oid::DATE => {
            let days = i32::from_be_bytes(fixed(bytes)?);
            ScalarValue::Date32(Some(days.checked_add(DAYS_1970_TO_2000).ok_or_else(|| Refused::Range("infinity".to_owned()))?))
        }
        oid::TIME => ScalarValue::Time64Microsecond(Some(i64::from_be_bytes(fixed(bytes)?))),
        oid::TIMESTAMP => ScalarValue::TimestampMicrosecond(Some(timestamp(bytes)?), None),
        oid::TIMESTAMPTZ => ScalarValue::TimestampMicrosecond(Some(timestamp(bytes)?), Some("UTC".into())),
        oid::INTERVAL => interval(bytes)?,
        oid::UUID => {
            let digits: String = fixed::<16>(bytes)?.iter().map(|byte| format!("{byte:02x}")).collect();
            return text::uuid(&digits);
        }
        oid::JSONB => match bytes {
            // The version of the format.
            [1, json @ ..] => return text::decode(utf8(json)?, oid, "UTC"),
            _ => return Err(Refused::Binary),
        },
        oid::JSON => return text::decode(utf8(bytes)?, oid, "UTC"),
        oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME | oid::CHAR | oid::UNKNOWN => ScalarValue::Utf8(Some(utf8(bytes)?.to_owned())),
        _ => return Err(Refused::Unsupported),
    })
}

fn fixed<const LENGTH: usize>(bytes: &[u8]) -> Result<[u8; LENGTH], Refused> {
    bytes.try_into().map_err(|_| Refused::Binary)
}

fn utf8(bytes: &[u8]) -> Result<&str, Refused> {
    std::str::from_utf8(bytes).map_err(|_| Refused::Encoding)
}

fn timestamp(bytes: &[u8]) -> Result<i64, Refused> {
    let since_2000 = i64::from_be_bytes(fixed(bytes)?);
    // The two ends of the range are PostgreSQL's infinities.
    since_2000
        .checked_add(MICROSECONDS_1970_TO_2000)
        .filter(|_| since_2000 != i64::MIN)
        .ok_or_else(|| Refused::Range("infinity".to_owned()))
}

/// Microseconds, days and months.
fn interval(bytes: &[u8]) -> Result<ScalarValue, Refused> {
    let bytes: [u8; 16] = fixed(bytes)?;
    let (microseconds, rest) = bytes.split_first_chunk::<8>().ok_or(Refused::Binary)?;
    let (days, months) = rest.split_first_chunk::<4>().ok_or(Refused::Binary)?;
    let nanoseconds = i64::from_be_bytes(*microseconds).checked_mul(1000).ok_or_else(|| Refused::Range("interval".to_owned()))?;
    let (days, months) = (i32::from_be_bytes(*days), i32::from_be_bytes(fixed(months)?));
    Ok(ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(months, days, nanoseconds))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_have_three_parts() {
        let bytes = [[0, 0, 0, 0, 0, 0, 0, 1].as_slice(), &[0, 0, 0, 2], &[0, 0, 0, 3]].concat();
        assert_eq!(decode(&bytes, oid::INTERVAL), Ok(ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(3, 2, 1000)))));
    }

    #[test]
    fn wrong_lengths_and_infinities_are_refused() {
        for oid in
            [oid::BOOL, oid::INT2, oid::INT4, oid::INT8, oid::FLOAT8, oid::DATE, oid::TIMESTAMP, oid::UUID, oid::INTERVAL, oid::JSONB]
        {
            assert_eq!(decode(&[0, 0, 0], oid), Err(Refused::Binary), "{oid}");
        }
        assert_eq!(decode(&i64::MAX.to_be_bytes(), oid::TIMESTAMP), Err(Refused::Range("infinity".to_owned())));
        assert_eq!(decode(&i64::MIN.to_be_bytes(), oid::TIMESTAMPTZ), Err(Refused::Range("infinity".to_owned())));
    }
}
