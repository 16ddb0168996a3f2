//! PostgreSQL's binary `numeric` as an integer of so many digits after the point, without a float or a string in between.

use arrow::datatypes::i256;

/// Digits of base 10,000 are what a `numeric` is made of.
const BASE: u128 = 10_000;
const BASE_DIGITS: i32 = 4;

/// `sign` of a number below zero, of one that is none, and of the infinities (`NUMERIC_NEG` and so on).
const NEGATIVE: u16 = 0x4000;
const NAN: u16 = 0xC000;
const INFINITY: u16 = 0xD000;
const MINUS_INFINITY: u16 = 0xF000;

/// The decimal digits that always fit 128 bits.
const I128_DIGITS: i32 = 38;

/// So many digits of base 10,000 fit 64 bits.
const U64_DIGITS: usize = 4;

/// The powers of ten that 128 bits hold.
const POWERS: [i128; I128_DIGITS as usize + 1] = {
    let mut powers = [1; I128_DIGITS as usize + 1];
    let mut place = 1;
    while place < powers.len() {
        powers[place] = 10 * powers[place - 1];
        place += 1;
    }
    powers
};

/// A `numeric` in binary form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numeric<'a> {
    /// Big-endian digits of base 10,000.
    digits: &'a [u8],
    /// The power of 10,000 of the first digit.
    weight: i32,
    sign: u16,
}

impl<'a> Numeric<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let word = |place: usize| Some(u16::from_be_bytes(bytes.get(2 * place..2 * place + 2)?.try_into().ok()?));
        let digits = bytes.get(8..)?;
        let (count, weight, sign) = (word(0)?, word(1)? as i16, word(2)?);
        (digits.len() == 2 * usize::from(count)).then_some(Self { digits, weight: weight.into(), sign })
    }

    /// The number times 10^`scale`, where that is whole and has at most `precision` digits, of which there are at most 38.
    pub(crate) fn decimal(&self, precision: u8, scale: i8) -> Option<i128> {
        let value = if self.digits.len() <= 2 * U64_DIGITS { self.scaled_short(scale)? } else { self.scaled(scale)?.to_i128()? };
        let limit = *POWERS.get(usize::from(precision))?;
        (-limit < value && value < limit).then_some(value)
    }

    /// The same for the few digits that most numbers have: two multiplications instead of one for each digit.
    fn scaled_short(&self, scale: i8) -> Option<i128> {
        let digits = self.digits.chunks_exact(2);
        let last = (self.weight + 1 - digits.len() as i32) * BASE_DIGITS + i32::from(scale);
        let value = digits.fold(0u64, |value, digit| value * BASE as u64 + u64::from(u16::from_be_bytes([digit[0], digit[1]])));
        let value = match usize::try_from(last) {
            _ if value == 0 => 0,
            Ok(power) => i128::from(value).checked_mul(*POWERS.get(power)?)?,
            // The last digit is not zero, so that more zeros than it has cannot be cut off.
            Err(_) => {
                let unit = 10u64.checked_pow(last.unsigned_abs())?;
                (value % unit == 0).then(|| i128::from(value / unit))?
            }
        };
        match self.sign {
            0 => Some(value),
            NEGATIVE => Some(-value),
            _ => None,
        }
    }

    /// The number times 10^`scale`, where that is whole and fits.
    pub(crate) fn scaled(&self, scale: i8) -> Option<i256> {
        if !matches!(self.sign, 0 | NEGATIVE) {
            return None;
        }
        // 128 bits are much faster, and suffice for so many decimal digits.
        let is_small = (self.weight + 1) * BASE_DIGITS + i32::from(scale) <= I128_DIGITS;
        let value = if is_small { i256::from_i128(self.scaled_small(scale)?) } else { self.scaled_large(scale)? };
        if self.sign == NEGATIVE { value.checked_neg() } else { Some(value) }
    }

    fn scaled_small(&self, scale: i8) -> Option<i128> {
        self.parts(scale).try_fold(0i128, |sum, part| {
            let (power, digit) = part?;
            sum.checked_mul(10i128.checked_pow(power)?)?.checked_add(digit)
        })
    }

    fn scaled_large(&self, scale: i8) -> Option<i256> {
        self.parts(scale).try_fold(i256::ZERO, |sum, part| {
            let (power, digit) = part?;
            sum.checked_mul(i256::from_i128(10).checked_pow(power)?)?.checked_add(i256::from_i128(digit))
        })
    }

    /// What follows what, first to last: the power of ten by which to multiply all before it, and a number to add. `None` where
    /// decimal digits are beyond the scale.
    fn parts(&self, scale: i8) -> impl Iterator<Item = Option<(u32, i128)>> {
        let scale = i32::from(scale);
        let digits = self.digits.chunks_exact(2).map(|digit| i128::from(u16::from_be_bytes([digit[0], digit[1]])));
        // The power of ten of each digit of base 10,000.
        let powers = (0..).map(move |place| (self.weight - place) * BASE_DIGITS + scale);
        let parts = digits.zip(powers).map(|(digit, power)| {
            let beyond = power.clamp(-BASE_DIGITS, 0).unsigned_abs();
            let unit = 10i128.pow(beyond);
            (digit % unit == 0).then_some((BASE_DIGITS as u32 - beyond, digit / unit))
        });
        // Zeros at the end are not among the digits.
        let last = (self.weight + 1) * BASE_DIGITS + scale - (self.digits.len() / 2) as i32 * BASE_DIGITS;
        parts.chain((last > 0).then_some(Some((last.unsigned_abs(), 0))))
    }

    /// As an error shows it.
    pub(crate) fn describe(&self) -> &'static str {
        match self.sign {
            NAN => "NaN",
            INFINITY => "Infinity",
            MINUS_INFINITY => "-Infinity",
            _ => "a number with more digits",
        }
    }
}

/// `digits` divided by ten to the power of `scale`, in binary form.
pub(crate) fn encoded(digits: i128, scale: i8) -> Vec<u8> {
    let scale = i32::from(scale);
    // The last digit of base 10,000 is filled up with so many zeros, so that the decimal point stands between two of them.
    let padding = (-scale).rem_euclid(BASE_DIGITS);
    let mut rest = digits.unsigned_abs();
    let mut next = |divisor: u128| {
        let digit = rest % divisor;
        rest /= divisor;
        (digit as u16, rest > 0)
    };
    let (last, mut more) = next(10u128.pow((BASE_DIGITS - padding) as u32));
    let mut reversed = vec![last * 10u16.pow(padding as u32)];
    while more {
        let (digit, is_more) = next(BASE);
        reversed.push(digit);
        more = is_more;
    }
    let weight = reversed.len() as i32 - 1 - (scale + padding) / BASE_DIGITS;
    let sign = if digits < 0 { NEGATIVE } else { 0 };
    let header = [reversed.len() as u16, weight as i16 as u16, sign, scale.max(0) as u16];
    header.into_iter().chain(reversed.into_iter().rev()).flat_map(u16::to_be_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binary(weight: i16, sign: u16, digits: &[u16]) -> Vec<u8> {
        [digits.len() as u16, weight as u16, sign, 0].iter().chain(digits).flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        for (bytes, scale, expected) in [
            (binary(0, 0, &[]), 2, Some(0)),
            (binary(0, 0, &[12, 3400]), 2, Some(1234)),
            (binary(0, NEGATIVE, &[12, 3400]), 4, Some(-123_400)),
            (binary(1, 0, &[1]), 0, Some(10_000)),
            (binary(-1, 0, &[1]), 4, Some(1)),
            (binary(-1, 0, &[1]), 3, None),
            (binary(0, NAN, &[]), 2, None),
            (binary(30_000, 0, &[1]), 2, None),
        ] {
            let value = Numeric::parse(&bytes).expect("a numeric").scaled(scale);
            assert_eq!(value, expected.map(i256::from_i128), "{bytes:?}");
            assert_eq!(Numeric::parse(&bytes).expect("a numeric").decimal(38, scale), expected, "{bytes:?}");
        }
    }

    #[test]
    fn seventy_six_digits_fit() {
        // Seventy before the point and six after it: the last digit of base 10,000 is only half used.
        let digits = [&[99][..], &[9999; 18], &[9900]].concat();
        let parted = Numeric::parse(&binary(17, 0, &digits)).expect("a numeric").scaled(6).map(|value| value.to_string());
        assert_eq!(parted, Some("9".repeat(76)));
        let nines = Numeric::parse(&binary(18, 0, &[9999; 19])).expect("a numeric").scaled(0).map(|value| value.to_string());
        assert_eq!(nines, Some("9".repeat(76)));
    }

    #[test]
    fn what_is_encoded_reads_back() {
        for digits in [0, 1, -1, 9_999, 10_000, -123_456_789, i128::MAX, i128::MIN] {
            for scale in -9..=38 {
                let bytes = encoded(digits, scale);
                let number = Numeric::parse(&bytes).expect("a numeric");
                assert_eq!(number.scaled(scale), Some(i256::from_i128(digits)), "{digits} {scale}");
                let fits = digits.unsigned_abs() < 10u128.pow(38);
                assert_eq!(number.decimal(38, scale), fits.then_some(digits), "{digits} {scale}");
            }
        }
    }

    #[test]
    fn short_and_long_ways_agree() {
        let numbers = [&[1][..], &[10], &[9999, 5000], &[1, 0, 1], &[9999, 9999, 9999, 9999], &[1, 2, 3, 4, 5000]];
        for (digits, weight) in numbers.iter().flat_map(|digits| (-4..10).map(move |weight| (digits, weight))) {
            for sign in [0, NEGATIVE, NAN] {
                let bytes = binary(weight, sign, digits);
                let number = Numeric::parse(&bytes).expect("a numeric");
                for scale in 0..=38 {
                    let limit = i256::from_i128(POWERS[20]);
                    let long = number.scaled(scale).filter(|value| *value < limit && -*value < limit).and_then(|value| value.to_i128());
                    assert_eq!(number.decimal(20, scale), long, "{digits:?} {weight} {sign} {scale}");
                }
            }
        }
    }

    #[test]
    fn damaged_bytes_are_no_number() {
        assert!(Numeric::parse(&[0, 1, 0, 0, 0, 0, 0, 0]).is_none());
        assert!(Numeric::parse(&[0, 0]).is_none());
    }
}
