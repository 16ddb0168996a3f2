//! Division of decimals, with as many digits behind the point as PostgreSQL has.
//!
//! PostgreSQL chooses them for each value, so that there are at least 16 significant ones. A column has one scale here: the one
//! that PostgreSQL chooses where the quotient has one to four digits before the point. Between literals the choice is exact.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal256Builder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal256Type, i256};
use datafusion::common::config::ConfigOptions;
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::logical_expr::{Expr, ExprSchemable, Operator};
use spi::{Code, Error, Result};

use super::computed::{Compute, call};

/// `NUMERIC_MIN_SIG_DIGITS`.
const SIGNIFICANT_DIGITS: i32 = 16;
/// PostgreSQL counts decimal digits in groups of this many.
const GROUP_DIGITS: i32 = 4;
const DIGITS_MAX_128: u8 = 38;
const DIGITS_MAX_256: u8 = 76;

/// The division as a function, if one side is a decimal and the other a decimal or an integer; else its sides, as they were.
pub(super) fn function(left: Expr, op: Operator, right: Expr, schema: &DFSchema) -> std::result::Result<Expr, (Expr, Expr)> {
    let (Ok(left_type), Ok(right_type)) = (left.get_type(schema), right.get_type(schema)) else { return Err((left, right)) };
    let has_decimal = left_type.is_decimal() || right_type.is_decimal();
    let (true, Some((left_digits, left_scale)), Some((right_digits, right_scale))) =
        (op == Operator::Divide && has_decimal, size(&left_type), size(&right_type))
    else {
        return Err((left, right));
    };
    let least = match (literal(&left), literal(&right)) {
        (Some(left), Some(right)) => scale_of_quotient(left, right),
        _ => SIGNIFICANT_DIGITS,
    };
    // A scale that leaves room for the largest quotient, whose divisor is the smallest number of its type.
    let whole = left_digits.saturating_sub(left_scale) + right_scale;
    let scale = least.max(i32::from(left_scale)).max(i32::from(right_scale)).min(i32::from(DIGITS_MAX_256.saturating_sub(whole))) as u8;
    let result = match whole + scale {
        ..=DIGITS_MAX_128 => DataType::Decimal128(DIGITS_MAX_128, scale as i8),
        _ => DataType::Decimal256(DIGITS_MAX_256, scale as i8),
    };
    let wide = |scale: u8| DataType::Decimal256(DIGITS_MAX_256, scale as i8);
    let division = Division { left_scale, right_scale, scale, result: result.clone() };
    debug_assert!(right_digits <= DIGITS_MAX_256);
    Ok(call(division, vec![(left, wide(left_scale)), (right, wide(right_scale))], result))
}

/// Digits and scale of a type of numbers with a scale that is none of the rare negative ones.
fn size(data_type: &DataType) -> Option<(u8, u8)> {
    match *data_type {
        DataType::Decimal32(digits, scale)
        | DataType::Decimal64(digits, scale)
        | DataType::Decimal128(digits, scale)
        | DataType::Decimal256(digits, scale) => Some((digits, u8::try_from(scale).ok()?)),
        ref integer if integer.is_integer() => Some((20, 0)),
        _ => None,
    }
}

/// A literal's digits as a whole number, and how many of them stand behind the point.
fn literal(expr: &Expr) -> Option<(i128, i32)> {
    match expr {
        Expr::Cast(cast) => literal(&cast.expr),
        Expr::Literal(ScalarValue::Int64(Some(number)), _) => Some((i128::from(*number), 0)),
        Expr::Literal(ScalarValue::Int32(Some(number)), _) => Some((i128::from(*number), 0)),
        Expr::Literal(ScalarValue::Decimal128(Some(number), _, scale), _) => Some((*number, i32::from(*scale))),
        _ => None,
    }
}

/// `select_div_scale` of PostgreSQL 16 (`numeric.c`), but for the scales of the operands.
fn scale_of_quotient(left: (i128, i32), right: (i128, i32)) -> i32 {
    let ((left_weight, left_first), (right_weight, right_first)) = (leading_group(left), leading_group(right));
    let weight = left_weight - right_weight - i32::from(left_first <= right_first);
    (SIGNIFICANT_DIGITS - weight * GROUP_DIGITS).max(0)
}

/// The weight of a number's first group of digits that is not zero, and the group.
fn leading_group((number, scale): (i128, i32)) -> (i32, u128) {
    let digits = number.unsigned_abs().to_string();
    if number == 0 {
        return (0, 0);
    }
    // The first digit is worth this power of ten.
    let exponent = digits.len() as i32 - 1 - scale;
    let weight = exponent.div_euclid(GROUP_DIGITS);
    let length = (exponent - weight * GROUP_DIGITS + 1) as usize;
    let group: String = digits.chars().chain(std::iter::repeat('0')).take(length).collect();
    (weight, group.parse().unwrap_or(0))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Division {
    left_scale: u8,
    right_scale: u8,
    scale: u8,
    result: DataType,
}

impl Compute for Division {
    const NAME: &'static str = "numeric_division";

    fn compute(&self, arguments: &[ArrayRef], _: &ConfigOptions) -> Result<ArrayRef> {
        let (left, right) = (arguments[0].as_primitive::<Decimal256Type>(), arguments[1].as_primitive::<Decimal256Type>());
        let mut quotients = Decimal256Builder::with_capacity(left.len());
        for row in 0..left.len() {
            match left.is_null(row) || right.is_null(row) {
                true => quotients.append_null(),
                false => quotients.append_value(self.quotient(left.value(row), right.value(row))?),
            }
        }
        let quotients = quotients.finish().with_precision_and_scale(DIGITS_MAX_256, self.scale as i8)?;
        Ok(cast(&(Arc::new(quotients) as ArrayRef), &self.result)?)
    }
}

impl Division {
    /// Rounded, a half away from zero.
    fn quotient(&self, left: i256, right: i256) -> Result<i256> {
        let out_of_range = || Error::new(Code::OutOfRange, "value overflows numeric format");
        if right == i256::ZERO {
            return Err(Error::new(Code::DivisionByZero, "division by zero"));
        }
        let shift = i32::from(self.scale) - i32::from(self.left_scale) + i32::from(self.right_scale);
        let ten = i256::from_i128(10);
        // The scale is at least the left one's, so nothing is cut off before the division.
        let power = ten.checked_pow(shift.unsigned_abs()).ok_or_else(out_of_range)?;
        let dividend = left.checked_mul(power).ok_or_else(out_of_range)?;
        let (quotient, rest) = (dividend.wrapping_div(right), dividend.wrapping_rem(right));
        let is_half = rest.wrapping_abs() >= right.wrapping_abs().wrapping_sub(rest.wrapping_abs());
        let away = if left.is_negative() == right.is_negative() { i256::ONE } else { i256::MINUS_ONE };
        Ok(if is_half { quotient.wrapping_add(away) } else { quotient })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_postgresqls() {
        for (left, right, scale) in [
            ((1, 0), (30, 1), 20),
            ((100, 1), (4, 0), 16),
            ((4192, 2), (3, 0), 16),
            ((100_000, 0), (3, 0), 12),
            ((1, 0), (100_000, 0), 24),
            ((0, 0), (3, 0), 20),
            ((1, 4), (3, 0), 24),
        ] {
            assert_eq!(scale_of_quotient(left, right), scale, "{left:?} / {right:?}");
        }
    }

    #[test]
    fn quotients_are_rounded() {
        let division = Division { left_scale: 1, right_scale: 0, scale: 1, result: DataType::Decimal128(38, 1) };
        let quotient = |left: i128, right: i128| division.quotient(i256::from_i128(left), i256::from_i128(right)).map(|q| q.to_i128());
        for (left, right, expected) in [(10, 4, 3), (-10, 4, -3), (10, -4, -3), (10, 3, 3), (20, 3, 7), (0, 7, 0)] {
            assert_eq!(quotient(left, right).expect("a quotient"), Some(expected), "{left} / {right}");
        }
        assert_eq!(quotient(1, 0).expect_err("no quotient").code, Code::DivisionByZero);
    }
}
