//! Fractions as integers.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::{DataType, Decimal256Type, Float64Type, i256};
use spi::types::PgType;
use spi::{Code, Error, Result};

use super::conversion::cast;

/// Rounded: a half of a decimal away from zero, a half of a floating-point number to the even one.
pub(super) fn to_integer(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    let out_of_range = || Error::new(Code::OutOfRange, format!("{} out of range", PgType::from_arrow(to).format()));
    let whole: Int64Array = match array.data_type() {
        data_type if data_type.is_floating() => {
            let numbers = cast(array, &DataType::Float64)?;
            numbers.as_primitive::<Float64Type>().try_unary(|number| whole_float(number).ok_or_else(out_of_range))?
        }
        DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => {
            let scale = *scale;
            let numbers = cast(array, &DataType::Decimal256(76, scale))?;
            numbers.as_primitive::<Decimal256Type>().try_unary(|number| whole_decimal(number, scale).ok_or_else(out_of_range))?
        }
        other => return Err(Error::internal(format!("{other} is no number with a fraction"))),
    };
    let array: ArrayRef = Arc::new(whole);
    cast(&array, to).map_err(|_| out_of_range())
}

fn whole_float(number: f64) -> Option<i64> {
    let whole = number.round_ties_even();
    // 2^63 is the first number that is too large, and -2^63 the last one that fits.
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole).then_some(whole as i64)
}

fn whole_decimal(number: i256, scale: i8) -> Option<i64> {
    let ten = i256::from_i128(10);
    let Ok(digits) = u32::try_from(scale) else {
        return number.checked_mul(ten.checked_pow(u32::from(scale.unsigned_abs()))?)?.to_i128()?.try_into().ok();
    };
    let unit = ten.checked_pow(digits)?;
    let half = unit.checked_div(i256::from_i128(2))?;
    let moved = if number.is_negative() { number.checked_sub(half)? } else { number.checked_add(half)? };
    // Without digits behind the point there is no half.
    let whole = if digits == 0 { number } else { moved.checked_div(unit)? };
    whole.to_i128()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves() {
        let decimal = |tenths: i128| whole_decimal(i256::from_i128(tenths), 1);
        assert_eq!((decimal(15), decimal(25), decimal(-15), decimal(14), decimal(-14)), (Some(2), Some(3), Some(-2), Some(1), Some(-1)));
        assert_eq!((whole_float(2.5), whole_float(3.5), whole_float(-2.5)), (Some(2), Some(4), Some(-2)));
        assert_eq!((whole_float(f64::NAN), whole_float(1e19), whole_float(i64::MIN as f64)), (None, None, Some(i64::MIN)));
        assert_eq!((whole_decimal(i256::from_i128(7), 0), whole_decimal(i256::from_i128(7), -2)), (Some(7), Some(700)));
        assert_eq!(whole_decimal(i256::from_i128(i128::from(i64::MAX) + 1), 0), None);
    }
}
