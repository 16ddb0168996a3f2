//! Sizes for people: `pg_size_pretty` and `pg_size_bytes`.

use bigdecimal::num_bigint::{BigInt, Sign};
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive};
use spi::{Code, Error, Result};

use crate::function::ScalarEntry;
use crate::functions::Arguments;
use crate::functions::operators::numerics;
use crate::io::{is_space, numeric};
use crate::value::{Numeric, Value};

pub const FUNCTIONS: &[ScalarEntry] = &[
    ScalarEntry::new("pg_size_pretty", |_, _, arguments| Ok(pretty(arguments.int(0)?.into()).into())),
    ScalarEntry::new("pg_size_pretty_numeric", |_, _, arguments| match arguments.numeric(0)? {
        Numeric::Finite(number) => Ok(pretty_numeric(number).into()),
        // No unit is large enough for these.
        Numeric::NaN => Ok("NaN PB".into()),
        Numeric::Infinity => Ok("Infinity PB".into()),
        Numeric::NegativeInfinity => Ok("-Infinity PB".into()),
    }),
    ScalarEntry::new("pg_size_bytes", |_, _, arguments| Ok(Value::Int(bytes(arguments.text(0)?)?))),
];

/// A unit: its name, the size up to which the one before is used, and whether that one's number is rounded to halves.
struct Unit {
    name: &'static str,
    limit: u64,
    rounds: bool,
    /// By how many bits it is larger than the one before.
    shift: u32,
}

const UNITS: &[Unit] = &[
    Unit { name: "bytes", limit: 10 * 1024, rounds: false, shift: 0 },
    Unit { name: "kB", limit: 20 * 1024 - 1, rounds: true, shift: 9 },
    Unit { name: "MB", limit: 20 * 1024 - 1, rounds: true, shift: 10 },
    Unit { name: "GB", limit: 20 * 1024 - 1, rounds: true, shift: 10 },
    Unit { name: "TB", limit: 20 * 1024 - 1, rounds: true, shift: 10 },
    Unit { name: "PB", limit: 20 * 1024 - 1, rounds: true, shift: 10 },
];

/// Numbers behind the first unit are kept doubled, so that they are rounded to the nearest at the end.
fn pretty(mut size: BigInt) -> String {
    for (place, unit) in UNITS.iter().enumerate() {
        if *size.magnitude() < unit.limit.into() || place + 1 == UNITS.len() {
            let size = if unit.rounds { half_rounded(size) } else { size };
            return format!("{size} {}", unit.name);
        }
        size /= 1u32 << UNITS[place + 1].shift;
    }
    String::new()
}

fn half_rounded(size: BigInt) -> BigInt {
    let away = if size.sign() == Sign::Minus { -1 } else { 1 };
    (size + away) / 2
}

/// Bytes keep the digits behind the point; larger units are whole.
fn pretty_numeric(size: &BigDecimal) -> String {
    if size.abs() < 10 * 1024 {
        return format!("{} bytes", size.to_plain_string());
    }
    pretty(size.with_scale_round(0, RoundingMode::Down).into_bigint_and_exponent().0)
}

fn bytes(text: &str) -> Result<i64> {
    let invalid = || Error::new(Code::InvalidArgument, format!("invalid size: \"{text}\""));
    let trimmed = text.trim_matches(is_space);
    let length = number_length(trimmed).ok_or_else(invalid)?;
    let number = numeric::read(&trimmed[..length])?;
    let unit = trimmed[length..].trim_matches(is_space);
    let bits = match unit.to_ascii_lowercase().as_str() {
        "" | "bytes" | "b" => 0,
        "kb" => 10,
        "mb" => 20,
        "gb" => 30,
        "tb" => 40,
        "pb" => 50,
        _ => {
            return Err(invalid()
                .detail(format!("Invalid size unit: \"{unit}\"."))
                .hint("Valid units are \"bytes\", \"B\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\"."));
        }
    };
    let factor = Numeric::Finite(BigDecimal::from(1i64 << bits));
    let size = match numerics::multiply(&number, &factor)? {
        Numeric::Finite(size) => numeric::rounded(&size, 0).to_i64(),
        _ => None,
    };
    size.ok_or_else(|| Error::new(Code::OutOfRange, "bigint out of range"))
}

/// How long the number at the begin is; `None` without one.
fn number_length(text: &str) -> Option<usize> {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(text.starts_with(['+', '-']));
    let whole = digits(sign);
    let mut end = sign + whole;
    let mut fraction = 0;
    if text[end..].starts_with('.') {
        fraction = digits(end + 1);
        end += 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    if text[end..].starts_with(['e', 'E']) {
        // As C reads whole numbers, with space in front. What `numeric` says of that is another matter.
        let sign = text.len() - text[end + 1..].trim_start_matches(is_space).len();
        let behind = sign + usize::from(text[sign..].starts_with(['+', '-']));
        let exponent = digits(behind);
        if exponent > 0 {
            end = behind + exponent;
        }
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn sizes_are_written() {
        for (size, expected) in [
            (10_239, "10239 bytes"),
            (10_240, "10 kB"),
            (-10_485_760, "-10 MB"),
            (1_000_000_000_000_000_i64, "909 TB"),
            (0, "0 bytes"),
            (8192, "8192 bytes"),
            (20_480_000, "20 MB"),
        ] {
            assert_eq!(pretty(BigInt::from(size)), expected);
        }
        assert_eq!(pretty_numeric(&BigDecimal::from_str("10240.5").unwrap()), "10 kB");
    }

    /// Recorded from PostgreSQL 16.
    #[test]
    fn sizes_are_read() {
        for (text, expected) in
            [("1 GB", 1_073_741_824), ("1.5kB", 1536), ("-1 MB", -1_048_576), ("10", 10), ("1e3 bytes", 1000), (" 5 tb", 5_497_558_138_880)]
        {
            assert_eq!(bytes(text).unwrap(), expected);
        }
        assert_eq!(bytes("1 AB").unwrap_err().detail.unwrap(), "Invalid size unit: \"AB\".");
        assert_eq!(bytes("x").unwrap_err().message, "invalid size: \"x\"");
    }
}
