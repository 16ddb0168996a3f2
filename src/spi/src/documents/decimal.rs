//! Decimal numbers of any size, as PostgreSQL's `numeric` has them: no digit is lost.

use std::fmt;

use arrow::datatypes::i256;

/// The most digits before the point that `numeric` has.
const WHOLE_DIGITS_MAX: i64 = 131_072;

/// The most digits behind the point that `numeric` has.
const FRACTION_DIGITS_MAX: i64 = 16_383;

/// The most digits that 128 and 256 bits hold, whatever the digits are.
const DIGITS_MAX_128: usize = 38;
const DIGITS_MAX_256: usize = 76;

/// A `numeric`. Equal are those that are written alike: `1.5` and `1.50` are not, but [`Decimal::same_value`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decimal {
    NaN,
    Infinity,
    NegativeInfinity,
    Finite(Finite),
}

/// `digits` with the point `scale` places from their end; a negative scale stands for zeros behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finite {
    negative: bool,
    /// Without leading zeros, but `0` for zero.
    digits: Box<str>,
    scale: i32,
}

impl Decimal {
    /// Reads `-12.50`, `1E+3`, `NaN`, `Infinity`. `None` for what is no number, or beyond what `numeric` holds.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        match (unsigned, negative) {
            ("NaN", _) => return Some(Decimal::NaN),
            ("Infinity" | "inf", false) => return Some(Decimal::Infinity),
            ("Infinity" | "inf", true) => return Some(Decimal::NegativeInfinity),
            _ => {}
        }
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_number = !(whole.is_empty() && fraction.is_empty()) && [whole, fraction].concat().bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            return None;
        }
        Self::new(negative, &[whole, fraction].concat(), fraction.len() as i64 - i64::from(exponent))
    }

    /// `value` with the point `scale` places from its end, as Avro and Decimal128 write numbers.
    pub fn from_i128(value: i128, scale: i32) -> Option<Self> {
        Self::new(value < 0, &value.unsigned_abs().to_string(), i64::from(scale))
    }

    /// The shortest decimal that reads as this number again.
    pub fn from_f64(value: f64) -> Self {
        match value {
            _ if value.is_nan() => Decimal::NaN,
            f64::INFINITY => Decimal::Infinity,
            f64::NEG_INFINITY => Decimal::NegativeInfinity,
            // Numbers have at most 309 digits before the point, and at most 341 behind it.
            finite => Self::parse(&format!("{finite:e}")).unwrap_or(Decimal::NaN),
        }
    }

    fn new(negative: bool, digits: &str, scale: i64) -> Option<Self> {
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() {
            let scale = scale.clamp(0, FRACTION_DIGITS_MAX) as i32;
            return Some(Decimal::Finite(Finite { negative: false, digits: "0".into(), scale }));
        }
        let fits = digits.len() as i64 - scale <= WHOLE_DIGITS_MAX && scale <= FRACTION_DIGITS_MAX;
        fits.then(|| Decimal::Finite(Finite { negative, digits: digits.into(), scale: scale as i32 }))
    }

    /// The nearest double.
    pub fn to_f64(&self) -> f64 {
        match self {
            Decimal::NaN => f64::NAN,
            Decimal::Infinity => f64::INFINITY,
            Decimal::NegativeInfinity => f64::NEG_INFINITY,
            // It is a number as Rust writes one, so that it is read.
            Decimal::Finite(finite) => finite.scientific().parse().unwrap_or(f64::NAN),
        }
    }

    /// The double that this number is a shortest text of. Others have digits that a double loses.
    pub fn exact_f64(&self) -> Option<f64> {
        let double = self.to_f64();
        let (Decimal::Finite(own), Decimal::Finite(shortest)) = (self, Self::from_f64(double)) else {
            return (!matches!(self, Decimal::Finite(_))).then_some(double);
        };
        let (own, shortest) = (own.shortened(), shortest.shortened());
        // Where two texts are equally short and near, as 0.62 and 0.63 may be to a double of 0.625, programs write either.
        let other = || Self::parse(&format!("{double:.*e}", shortest.1.len() - 1));
        let is_other = || matches!(other(), Some(Decimal::Finite(other)) if other.shortened() == own);
        (own == shortest || own.1.len() == shortest.1.len() && is_other()).then_some(double)
    }

    /// The same number, however many zeros end it. `NaN` is `NaN`, as PostgreSQL has it.
    pub fn same_value(&self, other: &Decimal) -> bool {
        match (self, other) {
            (Decimal::Finite(one), Decimal::Finite(other)) => one.shortened() == other.shortened(),
            _ => self == other,
        }
    }

    /// The digits before the point, and those behind it that are not just zeros at the end; `None` if it is not finite.
    pub fn digits(&self) -> Option<(usize, usize)> {
        let Decimal::Finite(finite) = self else { return None };
        let (_, digits, scale) = finite.shortened();
        let whole = (digits.len() as i64 - i64::from(scale)).max(0);
        Some(if digits == "0" { (0, 0) } else { (whole as usize, scale.max(0) as usize) })
    }

    /// The number times ten to the power of `scale`; `None` where that is no whole number, or has more than 76 digits.
    pub fn unscaled(&self, scale: u8) -> Option<i256> {
        let Decimal::Finite(finite) = self else { return None };
        let (negative, digits, own_scale) = finite.shortened();
        if digits == "0" {
            return Some(i256::ZERO);
        }
        let zeros = usize::try_from(i64::from(scale) - i64::from(own_scale)).ok()?;
        let length = digits.len().checked_add(zeros).filter(|length| *length <= DIGITS_MAX_256)?;
        let text = format!("{}{digits}{}", if negative { "-" } else { "" }, "0".repeat(zeros));
        if length <= DIGITS_MAX_128 { text.parse().ok().map(i256::from_i128) } else { i256::from_string(&text) }
    }

    /// The number with at most `scale` digits behind the point, rounded half away from zero as PostgreSQL does.
    pub fn rounded(&self, scale: u8) -> Option<Self> {
        let Decimal::Finite(finite) = self else { return Some(self.clone()) };
        let Ok(surplus) = usize::try_from(i64::from(finite.scale) - i64::from(scale)) else { return Some(self.clone()) };
        let kept = finite.digits.len().checked_sub(surplus);
        let Some(kept) = kept else { return Self::new(false, "0", scale.into()) };
        let (digits, dropped) = finite.digits.split_at(kept);
        let mut digits = digits.as_bytes().to_vec();
        if dropped.bytes().next().is_some_and(|digit| digit >= b'5') {
            let nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
            let end = digits.len();
            digits[end - nines..].fill(b'0');
            match end.checked_sub(nines + 1) {
                Some(place) => digits[place] += 1,
                None => digits.insert(0, b'1'),
            }
        }
        // Digits stay digits.
        Self::new(finite.negative, &String::from_utf8_lossy(&digits), scale.into())
    }

    /// As JSON has numbers: of many digits with an exponent, so that a short text cannot become an endless one. What is not finite is a
    /// string, as `to_jsonb` writes it.
    pub(crate) fn write_json(&self, out: &mut String) {
        /// The longest numbers that a double has are written out.
        const WRITTEN_OUT_MAX: i32 = 400;
        match self {
            Decimal::Finite(finite) if finite.scale.abs() > WRITTEN_OUT_MAX => out.push_str(&finite.scientific()),
            Decimal::Finite(_) => out.push_str(&self.to_string()),
            _ => out.push_str(&format!("\"{self}\"")),
        }
    }
}

impl From<i64> for Decimal {
    fn from(value: i64) -> Self {
        let digits = value.unsigned_abs().to_string();
        Decimal::Finite(Finite { negative: value < 0, digits: digits.into(), scale: 0 })
    }
}

impl Finite {
    /// Sign, digits and scale without the zeros at the end.
    fn shortened(&self) -> (bool, &str, i32) {
        let digits = self.digits.trim_end_matches('0');
        match digits {
            "" => (false, "0", 0),
            digits => (self.negative, digits, self.scale - (self.digits.len() - digits.len()) as i32),
        }
    }

    fn scientific(&self) -> String {
        format!("{}{}e{}", if self.negative { "-" } else { "" }, self.digits, -self.scale)
    }
}

/// As `numeric` is printed: without an exponent.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finite = match self {
            Decimal::NaN => return f.write_str("NaN"),
            Decimal::Infinity => return f.write_str("Infinity"),
            Decimal::NegativeInfinity => return f.write_str("-Infinity"),
            Decimal::Finite(finite) => finite,
        };
        let digits = &*finite.digits;
        f.write_str(if finite.negative { "-" } else { "" })?;
        let Ok(scale) = usize::try_from(finite.scale) else {
            let zeros = if digits == "0" { 0 } else { finite.scale.unsigned_abs() as usize };
            return write!(f, "{digits}{:0<zeros$}", "");
        };
        match digits.len().checked_sub(scale) {
            _ if scale == 0 => f.write_str(digits),
            Some(0) | None => write!(f, "0.{digits:0>scale$}"),
            Some(point) => write!(f, "{}.{}", &digits[..point], &digits[point..]),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
    }

    #[test]
    fn numbers_are_printed_as_numeric_is() {
        for (text, printed) in [
            ("0", "0"),
            ("-0.00", "0.00"),
            ("007.50", "7.50"),
            ("+1E+3", "1000"),
            ("1.0e1", "10"),
            ("-12e-4", "-0.0012"),
            (".5", "0.5"),
            ("5.", "5"),
            ("0e9", "0"),
            ("NaN", "NaN"),
            ("-Infinity", "-Infinity"),
            ("123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"),
        ] {
            assert_eq!(decimal(text).to_string(), printed, "{text}");
        }
        for text in ["", "-", ".", "1e", "1e9999999999", "1e200000", "1e-20000", "0x1", "1 ", "--1", "1.2.3", "٣"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn doubles_are_told_from_numbers_with_more_digits() {
        for (text, double) in [
            ("0.10", Some(0.1)),
            ("-235313735053219.62", Some(-235_313_735_053_219.62)),
            ("-235313735053219.63", Some(-235_313_735_053_219.62)),
            ("-235313735053219.61", None),
            ("0.1000000000000000056", None),
            ("9007199254740993", None),
            ("1e23", Some(1e23)),
            ("1e400", None),
            ("1e-400", None),
            ("Infinity", Some(f64::INFINITY)),
        ] {
            assert_eq!(decimal(text).exact_f64(), double, "{text}");
        }
    }

    #[test]
    fn digits_are_counted_without_empty_ones() {
        for (text, digits) in
            [("0.00", Some((0, 0))), ("1.50", Some((1, 1))), ("1e3", Some((4, 0))), ("0.001", Some((0, 3))), ("NaN", None)]
        {
            assert_eq!(decimal(text).digits(), digits, "{text}");
        }
    }

    #[test]
    fn unscaled_numbers_are_exact_or_none() {
        for (text, scale, unscaled) in [
            ("1.50", 1, Some("15")),
            ("1.5", 0, None),
            ("-1e3", 2, Some("-100000")),
            ("0", 0, Some("0")),
            ("NaN", 0, None),
            ("99999999999999999999999999999999999999.9", 1, Some("999999999999999999999999999999999999999")),
            ("1e76", 0, None),
            ("1e-9000", 76, None),
        ] {
            assert_eq!(decimal(text).unscaled(scale).map(|value| value.to_string()).as_deref(), unscaled, "{text}");
        }
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        for (text, scale, rounded) in [
            ("1.25", 1, "1.3"),
            ("-1.25", 1, "-1.3"),
            ("9.99", 1, "10.0"),
            ("0.04", 1, "0.0"),
            ("0.5", 0, "1"),
            ("0.004", 1, "0.0"),
            ("7", 2, "7"),
        ] {
            assert_eq!(decimal(text).rounded(scale).map(|value| value.to_string()).as_deref(), Some(rounded), "{text}");
        }
    }

    #[test]
    fn long_numbers_stay_short_in_json() {
        let mut out = String::new();
        decimal("-1e100000").write_json(&mut out);
        decimal("NaN").write_json(&mut out);
        assert_eq!(out, "-1e100000\"NaN\"");
    }

    proptest! {
        #[test]
        fn doubles_survive(value: f64) {
            let decimal = Decimal::from_f64(value);
            prop_assert!(decimal.to_f64().to_bits() == value.to_bits() || value.is_nan() || value == 0.0);
            prop_assert!(decimal.exact_f64() == Some(value) || value.is_nan());
            prop_assert_eq!(Decimal::parse(&decimal.to_string()).map(|read| read.same_value(&decimal)), Some(true));
        }

        #[test]
        fn unscaled_numbers_are_the_number(value: i128, scale in 0u8..38) {
            let decimal = Decimal::from_i128(value, i32::from(scale)).expect("a number");
            prop_assert_eq!(decimal.unscaled(scale), Some(i256::from_i128(value)));
        }
    }
}
