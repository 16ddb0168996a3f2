//! `sign(number)` and `div(number, divisor)`.

use datafusion::common::ScalarValue;
use datafusion::logical_expr::Volatility;
use spi::types::oid;
use spi::{Code, Error};

use super::plain::{Plain, Returns, Work, float};

/// -1, 0 or 1.
pub(super) static SIGN: Plain = Plain {
    name: "sign",
    aliases: &[],
    ways: &[&[oid::FLOAT8]],
    returns: Returns::Type(oid::FLOAT8),
    volatility: Volatility::Immutable,
    work: Work::Rows(|_, values| {
        let number = float(values, 0);
        Ok(ScalarValue::from(if number == 0.0 || number.is_nan() { number } else { number.signum() }))
    }),
};

/// How often the divisor goes into a number, without a rest.
pub(super) static DIV: Plain = Plain {
    name: "div",
    aliases: &[],
    ways: &[&[oid::INT8, oid::INT8]],
    returns: Returns::Whole,
    volatility: Volatility::Immutable,
    work: Work::Rows(|_, values| match values {
        [ScalarValue::Int64(Some(_)), ScalarValue::Int64(Some(0))] => Err(Error::new(Code::DivisionByZero, "division by zero")),
        [ScalarValue::Int64(Some(number)), ScalarValue::Int64(Some(divisor))] => {
            Ok(ScalarValue::Decimal128(Some(i128::from(*number) / i128::from(*divisor)), 38, 0))
        }
        _ => Ok(ScalarValue::Decimal128(None, 38, 0)),
    }),
};
