//! `extract(field FROM time)`, a numeric, and `date_part(field, time)`, the same in floating point.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Field, FieldRef, IntervalMonthDayNano, IntervalMonthDayNanoType, Time64MicrosecondType, TimestampMicrosecondType,
};
use chrono::{Datelike, NaiveDateTime};
use datafusion::common::{DataFusionError, Result as DataFusionResult, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use spi::types::{PgType, oid};
use spi::{Code, Error, Result};

use crate::calendar::{self, DAY, SECOND, Zone, is_infinite};
use crate::planner::{conversion, statement};

/// Digits that hold the seconds since 1970 of every time, and its microseconds.
const DIGITS: u8 = 38;
const MICROSECOND_DIGITS: i8 = 6;

/// A field of a date, time or interval. Those of a moment are told in the session's time zone.
#[derive(Debug, PartialEq, Eq, Hash)]
struct DatePart {
    /// Whether the result is a numeric, with as many digits as the field has.
    exact: bool,
    signature: Signature,
}

pub(super) fn functions() -> [ScalarUDF; 2] {
    [true, false].map(|exact| ScalarUDF::new_from_impl(DatePart { exact, signature: Signature::any(2, Volatility::Stable) }))
}

impl ScalarUDFImpl for DatePart {
    fn name(&self) -> &str {
        if self.exact { "extract" } else { "date_part" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DataFusionResult<DataType> {
        Err(DataFusionError::Internal("the type of a field depends on its name".to_owned()))
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> DataFusionResult<FieldRef> {
        let data_type = match (self.exact, args.scalar_arguments.first(), args.arg_fields.get(1)) {
            (true, Some(Some(name)), Some(time)) => {
                let name = name.try_as_str().flatten().unwrap_or_default();
                DataType::Decimal128(DIGITS, Part::named(name, time.data_type()).map_err(conversion::external)?.scale(time.data_type()))
            }
            _ => DataType::Float64,
        };
        Ok(Arc::new(Field::new(self.name(), data_type, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DataFusionResult<ColumnarValue> {
        let [name, time] = args.args.as_slice() else { return Err(DataFusionError::Internal("a field is of one time".to_owned())) };
        let ColumnarValue::Scalar(name) = name else {
            return Err(conversion::external(Error::new(Code::Unsupported, "the field of date_part must be a constant")));
        };
        let is_constant = matches!(time, ColumnarValue::Scalar(_));
        let time = time.to_array(if is_constant { 1 } else { args.number_rows })?;
        let result = match name.try_as_str().flatten() {
            Some(name) => {
                let zone = statement::zone(&args.config_options).map_err(conversion::external)?;
                let micros = fields(name, &time, zone, &args).map_err(conversion::external)?;
                let exact: ArrayRef = Arc::new(micros.with_precision_and_scale(DIGITS, MICROSECOND_DIGITS)?);
                cast(&exact, args.return_type())?
            }
            None => arrow::array::new_null_array(args.return_type(), time.len()),
        };
        if is_constant { ScalarValue::try_from_array(&result, 0).map(ColumnarValue::Scalar) } else { Ok(ColumnarValue::Array(result)) }
    }
}

/// The field of each value, in millionths.
fn fields(name: &str, time: &ArrayRef, zone: Zone, args: &ScalarFunctionArgs) -> Result<Decimal128Array> {
    let part = Part::named(name, time.data_type())?;
    let converted = |to: u32| conversion::converted(time, PgType::new(to), &args.config_options);
    let rows = 0..time.len();
    match time.data_type() {
        DataType::Interval(_) | DataType::Duration(_) => {
            let intervals = cast(time, &DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano))?;
            let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>();
            rows.map(|row| if intervals.is_null(row) { Ok(None) } else { part.of_interval(intervals.value(row)).map(Some) }).collect()
        }
        DataType::Time32(_) | DataType::Time64(_) => {
            let times = cast(time, &DataType::Time64(arrow::datatypes::TimeUnit::Microsecond))?;
            let times = times.as_primitive::<Time64MicrosecondType>();
            rows.map(|row| Ok((!times.is_null(row)).then(|| part.of_time(times.value(row))))).collect()
        }
        DataType::Timestamp(_, Some(_)) => {
            let moments = cast(time, &DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into())))?;
            let moments = moments.as_primitive::<TimestampMicrosecondType>();
            let field = |moment: i64| part.of_local(zone.to_local(moment), zone.offset(moment));
            rows.map(|row| if moments.is_null(row) { Ok(None) } else { field(moments.value(row)) }).collect()
        }
        _ => {
            let times = converted(oid::TIMESTAMP)?;
            let times = times.as_primitive::<TimestampMicrosecondType>();
            rows.map(|row| if times.is_null(row) { Ok(None) } else { part.of_local(times.value(row), 0) }).collect()
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Microseconds,
    Milliseconds,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    Dow,
    Isodow,
    Doy,
    Isoyear,
    Epoch,
    Julian,
    Timezone,
    TimezoneHour,
    TimezoneMinute,
}

impl Part {
    /// A field by its name, if a value of the type has it.
    fn named(name: &str, data_type: &DataType) -> Result<Part> {
        use Part::*;
        let part = match name.to_ascii_lowercase().as_str() {
            "microsecond" | "microseconds" | "us" => Microseconds,
            "millisecond" | "milliseconds" | "ms" => Milliseconds,
            "second" | "seconds" | "s" => Second,
            "minute" | "minutes" | "m" => Minute,
            "hour" | "hours" | "h" => Hour,
            "day" | "days" | "d" => Day,
            "week" | "weeks" | "w" => Week,
            "month" | "months" | "mon" => Month,
            "quarter" => Quarter,
            "year" | "years" | "y" => Year,
            "decade" | "decades" => Decade,
            "century" | "centuries" => Century,
            "millennium" | "millennia" => Millennium,
            "dow" => Dow,
            "isodow" => Isodow,
            "doy" => Doy,
            "isoyear" => Isoyear,
            "epoch" => Epoch,
            "julian" => Julian,
            "timezone" => Timezone,
            "timezone_hour" => TimezoneHour,
            "timezone_minute" => TimezoneMinute,
            _ => return Err(refused(name, data_type, "recognized", Code::InvalidArgument)),
        };
        let has = match data_type {
            DataType::Interval(_) | DataType::Duration(_) => {
                !matches!(part, Week | Dow | Isodow | Doy | Isoyear | Julian) && !part.is_of_zone()
            }
            DataType::Time32(_) | DataType::Time64(_) => part.is_of_clock() || part == Epoch,
            DataType::Date32 | DataType::Date64 => !part.is_of_clock() && !part.is_of_zone(),
            DataType::Timestamp(_, None) => !part.is_of_zone(),
            _ => true,
        };
        if has { Ok(part) } else { Err(refused(name, data_type, "supported", Code::Unsupported)) }
    }

    fn is_of_clock(self) -> bool {
        matches!(self, Part::Microseconds | Part::Milliseconds | Part::Second | Part::Minute | Part::Hour)
    }

    fn is_of_zone(self) -> bool {
        matches!(self, Part::Timezone | Part::TimezoneHour | Part::TimezoneMinute)
    }

    /// The digits behind the point.
    fn scale(self, data_type: &DataType) -> i8 {
        match self {
            Part::Second => 6,
            Part::Milliseconds => 3,
            Part::Epoch if !matches!(data_type, DataType::Date32 | DataType::Date64) => 6,
            Part::Julian if !matches!(data_type, DataType::Date32 | DataType::Date64) => 6,
            _ => 0,
        }
    }

    /// Of a local time that is `offset` microseconds before UTC. An infinite one has only an epoch and years.
    fn of_local(self, time: i64, offset: i64) -> Result<Option<i128>> {
        if is_infinite(time) {
            return Ok(None);
        }
        let whole = |number: i64| i128::from(number) * i128::from(SECOND);
        Ok(Some(match self {
            Part::Epoch => i128::from(time) - i128::from(offset),
            Part::Timezone => i128::from(offset),
            Part::TimezoneHour => whole(offset / SECOND / 3600),
            Part::TimezoneMinute => whole(offset / SECOND / 60 % 60),
            _ if self.is_of_clock() => self.of_time(time.rem_euclid(DAY)),
            _ => {
                let local = calendar::local(time).ok_or_else(|| calendar::out_of_range("timestamp"))?;
                if self == Part::Julian {
                    // Days since noon of the first one, told as of midnight.
                    let fraction = i128::from(time.rem_euclid(DAY)) * i128::from(SECOND) / i128::from(DAY);
                    return Ok(Some(whole(time.div_euclid(DAY) + JULIAN_DAY_OF_1970) + fraction));
                }
                whole(self.of_date(local))
            }
        }))
    }

    fn of_date(self, local: NaiveDateTime) -> i64 {
        // Before Christ there is no year 0.
        let era = |year: i32| if year <= 0 { i64::from(year) - 1 } else { i64::from(year) };
        let year = local.year();
        let hundreds = |length: i32| if year > 0 { (year + length - 1) / length } else { -((length - year) / length) };
        match self {
            Part::Day => local.day().into(),
            Part::Week => local.iso_week().week().into(),
            Part::Month => local.month().into(),
            Part::Quarter => i64::from(local.month0() / 3 + 1),
            Part::Decade => i64::from(year.div_euclid(10)),
            Part::Century => hundreds(100).into(),
            Part::Millennium => hundreds(1000).into(),
            Part::Dow => local.weekday().num_days_from_sunday().into(),
            Part::Isodow => local.weekday().number_from_monday().into(),
            Part::Doy => local.ordinal().into(),
            Part::Isoyear => era(local.iso_week().year()),
            _ => era(year),
        }
    }

    /// Of microseconds since midnight, or of the time of an interval.
    fn of_time(self, micros: i64) -> i128 {
        let whole = |number: i64| i128::from(number) * i128::from(SECOND);
        match self {
            Part::Microseconds => whole(micros % (60 * SECOND)),
            Part::Milliseconds => i128::from(micros % (60 * SECOND)) * 1000,
            Part::Second => i128::from(micros % (60 * SECOND)),
            Part::Minute => whole(micros / (60 * SECOND) % 60),
            Part::Hour => whole(micros / (3600 * SECOND)),
            _ => i128::from(micros),
        }
    }

    fn of_interval(self, interval: IntervalMonthDayNano) -> Result<i128> {
        let (months, micros) = (i64::from(interval.months), interval.nanoseconds / 1000);
        let whole = |number: i64| i128::from(number) * i128::from(SECOND);
        Ok(match self {
            _ if self.is_of_clock() => self.of_time(micros),
            Part::Day => whole(interval.days.into()),
            Part::Month => whole(months % 12),
            Part::Quarter => whole(months % 12 / 3 + 1),
            Part::Decade => whole(months / 120),
            Part::Century => whole(months / 1200),
            Part::Millennium => whole(months / 12_000),
            // A year has 365.25 days here, and the months beside it 30.
            Part::Epoch => {
                let days = months % 12 * calendar::DAYS_PER_MONTH + i64::from(interval.days);
                i128::from(months / 12) * YEAR + i128::from(days) * i128::from(DAY) + i128::from(micros)
            }
            _ => whole(months / 12),
        })
    }
}

/// A year of an interval.
const YEAR: i128 = DAY as i128 * 1461 / 4;

/// The number of 1970-01-01 in the count of days that astronomers use.
const JULIAN_DAY_OF_1970: i64 = 2_440_588;

fn refused(name: &str, data_type: &DataType, what: &str, code: Code) -> Error {
    let type_name = PgType::from_arrow(data_type).format();
    Error::new(code, format!("unit \"{}\" not {what} for type {type_name}", name.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMESTAMP: DataType = DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None);

    #[test]
    fn fields_of_a_time() {
        let time = calendar::micros(NaiveDateTime::parse_from_str("2027-01-01 12:34:56.789", "%Y-%m-%d %H:%M:%S%.f").expect("a time"));
        for (name, millionths) in [
            ("year", 2_027_000_000),
            ("isoyear", 2_026_000_000),
            ("week", 53_000_000),
            ("dow", 5_000_000),
            ("century", 21_000_000),
            ("decade", 202_000_000),
            ("second", 56_789_000),
            ("milliseconds", 56_789_000_000),
            ("epoch", 1_798_806_896_789_000),
        ] {
            let part = Part::named(name, &TIMESTAMP).expect(name);
            assert_eq!(part.of_local(time, 0).expect(name), Some(millionths), "{name}");
        }
    }

    #[test]
    fn fields_of_an_interval() {
        let interval = calendar::interval(14, 40, 3 * 3600 * SECOND);
        let field = |name: &str| {
            Part::named(name, &DataType::Interval(arrow::datatypes::IntervalUnit::MonthDayNano))
                .and_then(|part| part.of_interval(interval))
                .map(|micros| micros as f64 / SECOND as f64)
        };
        for (name, value) in [("day", 40.0), ("month", 2.0), ("year", 1.0), ("hour", 3.0), ("epoch", 40_208_400.0)] {
            assert_eq!(field(name).expect(name), value, "{name}");
        }
        assert_eq!(field("dow").expect_err("no such field").code, Code::Unsupported);
        assert_eq!(field("nonsense").expect_err("no such field").code, Code::InvalidArgument);
    }
}
