//! How long an interval is, which is what intervals are compared by: a month is 30 days, and a day 24 hours.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray};
use arrow::datatypes::{DataType, Decimal128Type, IntervalMonthDayNanoType, IntervalUnit};
use datafusion::common::config::ConfigOptions;
use datafusion::logical_expr::Expr;
use spi::Result;

use super::computed::{Compute, call, is_call};
use crate::calendar;

/// Microseconds of the longest interval that there is.
const LENGTH: DataType = DataType::Decimal128(38, 0);

/// Puts the interval's length in its place, unless it stands there already.
pub(super) fn take_length(expr: &mut Expr) {
    if !is_length(expr) {
        let interval = std::mem::take(expr);
        *expr = call(Length, vec![(interval, DataType::Interval(IntervalUnit::MonthDayNano))], LENGTH);
    }
}

pub(super) fn is_length(expr: &Expr) -> bool {
    is_call::<Length>(expr)
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Length;

impl Compute for Length {
    const NAME: &'static str = "interval_length";

    fn compute(&self, arguments: &[ArrayRef], _: &ConfigOptions) -> Result<ArrayRef> {
        let intervals = arguments[0].as_primitive::<IntervalMonthDayNanoType>();
        Ok(Arc::new(intervals.unary::<_, Decimal128Type>(calendar::length).with_data_type(LENGTH)))
    }
}
