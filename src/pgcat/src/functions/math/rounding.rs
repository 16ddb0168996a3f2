//! Whole numbers near numbers: `round`, `trunc`, `ceil`, `floor`, and `sign`.

use bigdecimal::{BigDecimal, RoundingMode};
use spi::Result;

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::operators::numerics;
use crate::io::numeric::{SCALE_MAX, WHOLE_DIGITS_MAX, in_range};
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("dround", |_, _, arguments| Ok(Value::Float(arguments.float(0)?.round_ties_even()))),
    ScalarEntry::new("dtrunc", |_, _, arguments| Ok(Value::Float(arguments.float(0)?.trunc()))),
    ScalarEntry::new("dceil", |_, _, arguments| Ok(Value::Float(arguments.float(0)?.ceil()))),
    ScalarEntry::new("dfloor", |_, _, arguments| Ok(Value::Float(arguments.float(0)?.floor()))),
    ScalarEntry::new("dsign", |_, _, arguments| {
        let number = arguments.float(0)?;
        Ok(Value::Float(if number > 0.0 {
            1.0
        } else if number < 0.0 {
            -1.0
        } else {
            0.0
        }))
    }),
    ScalarEntry::new("numeric_round", |_, _, arguments| to_scale(arguments.numeric(0)?, arguments.int(1)?, RoundingMode::HalfUp)),
    ScalarEntry::new("numeric_trunc", |_, _, arguments| to_scale(arguments.numeric(0)?, arguments.int(1)?, RoundingMode::Down)),
    ScalarEntry::new("numeric_ceil", |_, _, arguments| to_scale(arguments.numeric(0)?, 0, RoundingMode::Ceiling)),
    ScalarEntry::new("numeric_floor", |_, _, arguments| to_scale(arguments.numeric(0)?, 0, RoundingMode::Floor)),
    ScalarEntry::new("numeric_sign", |_, _, arguments| {
        let number = arguments.numeric(0)?;
        let sign = Numeric::Finite(BigDecimal::from(numerics::sign(number)));
        Ok(numerics::value(if *number == Numeric::NaN { Numeric::NaN } else { sign }))
    }),
];

/// With so many digits behind the point; a negative count makes digits before it zero.
fn to_scale(number: &Numeric, scale: i64, mode: RoundingMode) -> Result<Value> {
    let Numeric::Finite(number) = number else { return Ok(numerics::value(number.clone())) };
    // One digit more than a number can have before the point, as rounding may give it.
    let scale = scale.clamp(-WHOLE_DIGITS_MAX - 1, SCALE_MAX);
    let rounded = number.with_scale_round(scale, mode);
    in_range(rounded.with_scale(scale.max(0))).map(numerics::value)
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn numbers_are_rounded() {
        for (number, scale, mode, expected) in [
            ("2.5", 0, RoundingMode::HalfUp, "3"),
            ("-2.5", 0, RoundingMode::HalfUp, "-3"),
            ("1.2345", 2, RoundingMode::HalfUp, "1.23"),
            ("1234.5", -2, RoundingMode::HalfUp, "1200"),
            ("1.5", 3, RoundingMode::HalfUp, "1.500"),
            ("1.999", 2, RoundingMode::Down, "1.99"),
            ("1234.5", -2, RoundingMode::Down, "1200"),
            ("-1.1", 0, RoundingMode::Ceiling, "-1"),
            ("-1.1", 0, RoundingMode::Floor, "-2"),
        ] {
            let value = to_scale(&Numeric::Finite(BigDecimal::from_str(number).unwrap()), scale, mode).unwrap();
            let Value::Numeric(value) = value else { panic!("{value:?}") };
            let Numeric::Finite(value) = *value else { panic!("{value:?}") };
            assert_eq!(value.to_plain_string(), expected);
        }
    }
}
