//! Arithmetic of dates, times and intervals.
//!
//! A day and an interval make a time. The difference of two times is in days and less. Days and months that are added to a moment
//! are days and months of the session's time zone.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, IntervalMonthDayNanoArray, PrimitiveArray, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{
    DataType, Float64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, Time64MicrosecondType, TimeUnit,
    TimestampMicrosecondType,
};
use datafusion::common::config::ConfigOptions;
use datafusion::common::{DFSchema, Result as DataFusionResult};
use datafusion::logical_expr::expr::Cast;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator, Volatility};
use datafusion::sql::sqlparser::ast::BinaryOperator;
use spi::types::{PgType, oid};
use spi::{Code, Error, Result};

use super::computed::{Compute, call};
use crate::calendar::{self, DAY, DAYS_PER_MONTH, add, add_in_zone, difference};
use crate::planner::casts::conversion;
use crate::planner::statement;

const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);
const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);
const TIME: DataType = DataType::Time64(TimeUnit::Microsecond);

fn timestamptz() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// Types as far as this arithmetic tells them apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Day,
    Time,
    Local,
    Moment,
    Interval,
    Number,
}

fn kind(data_type: &DataType) -> Option<Kind> {
    Some(match data_type {
        DataType::Date32 | DataType::Date64 => Kind::Day,
        DataType::Time32(_) | DataType::Time64(_) => Kind::Time,
        DataType::Timestamp(_, None) => Kind::Local,
        DataType::Timestamp(_, Some(_)) => Kind::Moment,
        DataType::Interval(_) | DataType::Duration(_) => Kind::Interval,
        number if number.is_numeric() => Kind::Number,
        _ => return None,
    })
}

/// The operation as a function, if it is one of these; else its sides, as they were.
pub(super) fn function(
    left: Expr,
    op: Operator,
    right: Expr,
    schema: &DFSchema,
) -> DataFusionResult<std::result::Result<Expr, (Expr, Expr)>> {
    let (Ok(left_type), Ok(right_type)) = (left.get_type(schema), right.get_type(schema)) else { return Ok(Err((left, right))) };
    let (Some(left_kind), Some(right_kind)) = (kind(&left_type), kind(&right_type)) else { return Ok(Err((left, right))) };
    let sign = if op == Operator::Minus { -1 } else { 1 };
    Ok(Ok(match (left_kind, op, right_kind) {
        (Kind::Interval, Operator::Plus, Kind::Day | Kind::Time | Kind::Local | Kind::Moment) => moved(right, right_kind, left, sign),
        (Kind::Day | Kind::Time | Kind::Local | Kind::Moment, Operator::Plus | Operator::Minus, Kind::Interval) => {
            moved(left, left_kind, right, sign)
        }
        (Kind::Day, Operator::Minus, Kind::Day) => {
            let number = |day: Expr| Box::new(Expr::Cast(Cast::new(Box::new(day), DataType::Int32)));
            Expr::BinaryExpr(BinaryExpr { left: number(left), op, right: number(right) })
        }
        (Kind::Day | Kind::Local | Kind::Moment, Operator::Minus, Kind::Day | Kind::Local | Kind::Moment) => {
            let zoned = left_kind == Kind::Moment || right_kind == Kind::Moment;
            let same = |expr, data_type: &DataType| match zoned {
                true => conversion::convert(expr, data_type, PgType::new(oid::TIMESTAMPTZ)),
                false => Ok(expr),
            };
            let common = if zoned { timestamptz() } else { TIMESTAMP };
            let sides = vec![(same(left, &left_type)?, common.clone()), (same(right, &right_type)?, common)];
            call(Difference, sides, INTERVAL)
        }
        (Kind::Time, Operator::Minus, Kind::Time) => call(Between, vec![(left, TIME), (right, TIME)], INTERVAL),
        (Kind::Interval, Operator::Multiply, Kind::Number) => scaled(left, right, false),
        (Kind::Number, Operator::Multiply, Kind::Interval) => scaled(right, left, false),
        (Kind::Interval, Operator::Divide, Kind::Number) => scaled(left, right, true),
        _ => return Ok(Err((left, right))),
    }))
}

/// Plans intervals that are multiplied or divided, of which DataFusion cannot even tell the type.
#[derive(Debug)]
pub(in crate::planner) struct IntervalPlanner;

impl ExprPlanner for IntervalPlanner {
    fn plan_binary_op(&self, expr: RawBinaryExpr, schema: &DFSchema) -> DataFusionResult<PlannerResult<RawBinaryExpr>> {
        let op = match expr.op {
            BinaryOperator::Multiply => Operator::Multiply,
            BinaryOperator::Divide => Operator::Divide,
            _ => return Ok(PlannerResult::Original(expr)),
        };
        let RawBinaryExpr { op: written, left, right } = expr;
        Ok(match function(left, op, right, schema)? {
            Ok(planned) => PlannerResult::Planned(planned),
            Err((left, right)) => PlannerResult::Original(RawBinaryExpr { op: written, left, right }),
        })
    }
}

fn moved(time: Expr, kind: Kind, interval: Expr, sign: i64) -> Expr {
    let arguments = |data_type: DataType| vec![(time, data_type), (interval, INTERVAL)];
    match kind {
        Kind::Time => call(MovedTime { sign }, arguments(TIME), TIME),
        Kind::Moment => call(MovedMoment { sign }, arguments(timestamptz()), timestamptz()),
        _ => call(Moved { sign }, arguments(TIMESTAMP), TIMESTAMP),
    }
}

fn scaled(interval: Expr, number: Expr, divided: bool) -> Expr {
    call(Scaled { divided }, vec![(interval, INTERVAL), (number, DataType::Float64)], INTERVAL)
}

/// Each pair of values, where neither is null.
fn pairs<L: arrow::array::ArrowPrimitiveType, R: arrow::array::ArrowPrimitiveType, T>(
    arguments: &[ArrayRef],
    then: impl Fn(L::Native, R::Native) -> Result<T>,
) -> Result<Vec<Option<T>>> {
    let (left, right): (&PrimitiveArray<L>, &PrimitiveArray<R>) = (arguments[0].as_primitive(), arguments[1].as_primitive());
    let row = |row: usize| match left.is_null(row) || right.is_null(row) {
        true => Ok(None),
        false => then(left.value(row), right.value(row)).map(Some),
    };
    (0..left.len()).map(row).collect()
}

/// A local time, and later or earlier by an interval.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Moved {
    sign: i64,
}

impl Compute for Moved {
    const NAME: &'static str = "timestamp_and_interval";

    fn compute(&self, arguments: &[ArrayRef], _: &ConfigOptions) -> Result<ArrayRef> {
        let times =
            pairs::<TimestampMicrosecondType, IntervalMonthDayNanoType, _>(arguments, |time, interval| add(time, interval, self.sign))?;
        Ok(Arc::new(TimestampMicrosecondArray::from(times)))
    }
}

/// A moment, and later or earlier by an interval.
#[derive(Debug, PartialEq, Eq, Hash)]
struct MovedMoment {
    sign: i64,
}

impl Compute for MovedMoment {
    const NAME: &'static str = "timestamptz_and_interval";
    const VOLATILITY: Volatility = Volatility::Stable;

    fn compute(&self, arguments: &[ArrayRef], options: &ConfigOptions) -> Result<ArrayRef> {
        let zone = statement::zone(options)?;
        let later = |time, interval| add_in_zone(time, interval, self.sign, zone);
        let times = pairs::<TimestampMicrosecondType, IntervalMonthDayNanoType, _>(arguments, later)?;
        Ok(Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")))
    }
}

/// A time of day, and later or earlier by the hours and less of an interval. The clock begins again at midnight.
#[derive(Debug, PartialEq, Eq, Hash)]
struct MovedTime {
    sign: i64,
}

impl Compute for MovedTime {
    const NAME: &'static str = "time_and_interval";

    fn compute(&self, arguments: &[ArrayRef], _: &ConfigOptions) -> Result<ArrayRef> {
        let later = |time: i64, interval: IntervalMonthDayNano| Ok((time + interval.nanoseconds / 1000 % DAY * self.sign).rem_euclid(DAY));
        let times = pairs::<Time64MicrosecondType, IntervalMonthDayNanoType, _>(arguments, later)?;
        Ok(Arc::new(Time64MicrosecondArray::from(times)))
    }
}

/// From one time to another.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Difference;

impl Compute for Difference {
    const NAME: &'static str = "timestamp_difference";

    fn compute(&self, arguments: &[ArrayRef], _: &ConfigOptions) -> Result<ArrayRef> {
        let intervals = pairs::<TimestampMicrosecondType, TimestampMicrosecondType, _>(arguments, difference)?;
        Ok(Arc::new(IntervalMonthDayNanoArray::from(intervals)))
    }
}

/// From one time of day to another.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Between;

impl Compute for Between {
    const NAME: &'static str = "time_difference";

    fn compute(&self, arguments: &[ArrayRef], _: &ConfigOptions) -> Result<ArrayRef> {
        let between = |later, earlier| Ok(calendar::interval(0, 0, later - earlier));
        let intervals = pairs::<Time64MicrosecondType, Time64MicrosecondType, _>(arguments, between)?;
        Ok(Arc::new(IntervalMonthDayNanoArray::from(intervals)))
    }
}

/// An interval some times over, or some part of it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Scaled {
    divided: bool,
}

impl Compute for Scaled {
    const NAME: &'static str = "scaled_interval";

    fn compute(&self, arguments: &[ArrayRef], _: &ConfigOptions) -> Result<ArrayRef> {
        let scale = |interval, number: f64| match self.divided {
            true if number == 0.0 => Err(Error::new(Code::DivisionByZero, "division by zero")),
            true => scale(interval, |part| part / number),
            false => scale(interval, |part| part * number),
        };
        let intervals = pairs::<IntervalMonthDayNanoType, Float64Type, _>(arguments, scale)?;
        Ok(Arc::new(IntervalMonthDayNanoArray::from(intervals)))
    }
}

/// Fractions of months become days, and fractions of days become hours and less.
fn scale(interval: IntervalMonthDayNano, by: impl Fn(f64) -> f64) -> Result<IntervalMonthDayNano> {
    let (months, days) = (by(f64::from(interval.months)), by(f64::from(interval.days)));
    // As PostgreSQL, without what the parts of a day are inexact by.
    let exact = |number: f64| (number * 1e6).round() / 1e6;
    let days_of_month = exact(months.fract() * DAYS_PER_MONTH as f64);
    let rest = exact(days.fract() + days_of_month.fract()) * DAY as f64;
    let (days, rest) = (days.trunc() + days_of_month.trunc(), rest);
    let micros = (by((interval.nanoseconds / 1000) as f64) + rest).round();
    let fits = months.abs() <= f64::from(i32::MAX) && days.abs() <= f64::from(i32::MAX) && micros.abs() < 9.2e15;
    match fits {
        true => Ok(calendar::interval(months.trunc() as i32, days as i32, micros as i64)),
        false => Err(calendar::out_of_range("interval")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_go_down() {
        const HOUR: i64 = DAY / 24;
        let interval = calendar::interval;
        assert_eq!(scale(interval(0, 1, 0), |part| part * 3.0).expect("days"), interval(0, 3, 0));
        assert_eq!(scale(interval(0, 0, 3 * HOUR), |part| part / 2.0).expect("hours"), interval(0, 0, HOUR * 3 / 2));
        assert_eq!(scale(interval(1, 0, 0), |part| part / 2.0).expect("days"), interval(0, 15, 0));
        assert_eq!(scale(interval(0, 1, 0), |part| part * 1.5).expect("hours"), interval(0, 1, 12 * HOUR));
        assert_eq!(scale(interval(i32::MAX, 0, 0), |part| part * 2.0).expect_err("too long").code, Code::DatetimeRange);
    }
}
