//! What values a setting takes: how they are read, kept in one canonical form, and shown.

use spi::{Code, Error, Result};

/// The values of one setting.
pub(crate) enum Kind {
    Bool,
    Integer {
        min: i64,
        max: i64,
        unit: Unit,
    },
    /// One of these words, in lower case.
    Enum(&'static [&'static str]),
    /// Any text.
    Text,
    /// Text that the function brings into its canonical form, or refuses.
    Checked(fn(name: &str, value: &str) -> Result<String>),
}

/// What an integer counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    None,
    Milliseconds,
    Kilobytes,
}

/// Multiples of a base unit, from the largest to the smallest. Shown are those of at least one.
type Multiples = &'static [(&'static str, f64)];

const TIMES: Multiples = &[("d", 86_400_000.0), ("h", 3_600_000.0), ("min", 60_000.0), ("s", 1000.0), ("ms", 1.0), ("us", 0.001)];
const SIZES: Multiples = &[("TB", 1_073_741_824.0), ("GB", 1_048_576.0), ("MB", 1024.0), ("kB", 1.0), ("B", 1.0 / 1024.0)];

impl Unit {
    /// `pg_settings.unit`.
    pub(crate) fn name(self) -> Option<&'static str> {
        match self {
            Unit::None => None,
            Unit::Milliseconds => Some("ms"),
            Unit::Kilobytes => Some("kB"),
        }
    }

    fn multiples(self) -> Multiples {
        match self {
            Unit::None => &[],
            Unit::Milliseconds => TIMES,
            Unit::Kilobytes => SIZES,
        }
    }

    fn hint(self) -> Option<&'static str> {
        match self {
            Unit::None => None,
            Unit::Milliseconds => Some("Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\"."),
            Unit::Kilobytes => Some("Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\"."),
        }
    }
}

impl Kind {
    /// `pg_settings.vartype`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Kind::Bool => "bool",
            Kind::Integer { .. } => "integer",
            Kind::Enum(_) => "enum",
            Kind::Text | Kind::Checked(_) => "string",
        }
    }

    /// The canonical form of a value as somebody wrote it.
    pub(crate) fn read(&self, name: &str, value: &str) -> Result<String> {
        match self {
            Kind::Bool => match parse_bool(value) {
                Some(value) => Ok(if value { "on" } else { "off" }.to_owned()),
                None => Err(Error::new(Code::InvalidArgument, format!("parameter \"{name}\" requires a Boolean value"))),
            },
            Kind::Integer { min, max, unit } => read_integer(name, value, *min, *max, *unit),
            Kind::Enum(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(value)) {
                Some(word) => Ok((*word).to_owned()),
                None => Err(invalid_value(name, value).hint(format!("Available values: {}.", words.join(", ")))),
            },
            Kind::Text => Ok(value.to_owned()),
            Kind::Checked(check) => check(name, value),
        }
    }

    /// A canonical value as SHOW prints it: `30s` for 30,000 milliseconds.
    pub(crate) fn show(&self, value: &str) -> String {
        let Kind::Integer { unit, .. } = self else { return value.to_owned() };
        match value.parse::<i64>() {
            Ok(number) if number > 0 => {
                let fits = |multiple: f64| multiple >= 1.0 && number % multiple as i64 == 0;
                match unit.multiples().iter().find(|(_, multiple)| fits(*multiple)) {
                    Some((suffix, multiple)) => format!("{}{suffix}", number / *multiple as i64),
                    None => value.to_owned(),
                }
            }
            _ => value.to_owned(),
        }
    }
}

/// `invalid value for parameter "name": "value"`.
pub(crate) fn invalid_value(name: &str, value: &str) -> Error {
    Error::new(Code::InvalidArgument, format!("invalid value for parameter \"{name}\": \"{value}\""))
}

/// A truth value in any of PostgreSQL's spellings, which may be shortened as long as they are unique.
pub(crate) fn parse_bool(value: &str) -> Option<bool> {
    let value = value.to_ascii_lowercase();
    let shortens = |word: &str, at_least: usize| value.len() >= at_least && word.starts_with(&value);
    if shortens("true", 1) || shortens("yes", 1) || shortens("on", 2) || value == "1" {
        Some(true)
    } else if shortens("false", 1) || shortens("no", 1) || shortens("off", 2) || value == "0" {
        Some(false)
    } else {
        None
    }
}

/// A whole number of base units. A fraction is rounded, as in `1.5s` or `0.4ms`.
fn read_integer(name: &str, value: &str, min: i64, max: i64, unit: Unit) -> Result<String> {
    let refused = || {
        let error = invalid_value(name, value);
        match unit.hint() {
            Some(hint) => error.hint(hint),
            None => error,
        }
    };
    let text = value.trim();
    let digits = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| refused())?;
    let multiple = match suffix.trim() {
        "" => 1.0,
        suffix => unit.multiples().iter().find(|(name, _)| *name == suffix).ok_or_else(refused)?.1,
    };
    let number = (number * multiple).round();
    // Compared as floating point: whatever fits between the limits converts without loss.
    if number < min as f64 || number > max as f64 {
        let unit = unit.name().map(|unit| format!(" {unit}")).unwrap_or_default();
        return Err(Error::new(
            Code::InvalidArgument,
            format!("{number}{unit} is outside the valid range for parameter \"{name}\" ({min} .. {max})"),
        ));
    }
    Ok((number as i64).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Kind = Kind::Integer { min: 0, max: i32::MAX as i64, unit: Unit::Milliseconds };

    #[track_caller]
    fn check(kind: &Kind, written: &str, kept: &str, shown: &str) {
        let value = kind.read("x", written).expect("a valid value");
        assert_eq!((value.as_str(), kind.show(&value).as_str()), (kept, shown), "{written}");
    }

    #[test]
    fn numbers_have_units() {
        check(&TIMEOUT, "0", "0", "0");
        check(&TIMEOUT, "30000", "30000", "30s");
        check(&TIMEOUT, " 1.5 s ", "1500", "1500ms");
        check(&TIMEOUT, "2min", "120000", "2min");
        check(&TIMEOUT, "24h", "86400000", "1d");
        check(&TIMEOUT, "900us", "1", "1ms");
        check(&Kind::Integer { min: 64, max: i64::from(i32::MAX), unit: Unit::Kilobytes }, "64MB", "65536", "64MB");
        check(&Kind::Integer { min: -15, max: 3, unit: Unit::None }, "-3", "-3", "-3");
    }

    #[test]
    fn words_are_recognised_in_any_case_and_shortened() {
        check(&Kind::Bool, "T", "on", "on");
        check(&Kind::Bool, "of", "off", "off");
        check(&Kind::Enum(&["hex", "escape"]), "HEX", "hex", "hex");
    }

    #[test]
    fn refuses_as_postgresql_does() {
        for (kind, value, message) in [
            (&TIMEOUT, "fast", "invalid value for parameter \"x\": \"fast\""),
            (&TIMEOUT, "10 years", "invalid value for parameter \"x\": \"10 years\""),
            (&TIMEOUT, "-1", "-1 ms is outside the valid range for parameter \"x\" (0 .. 2147483647)"),
            (&TIMEOUT, "", "invalid value for parameter \"x\": \"\""),
            (&Kind::Bool, "o", "parameter \"x\" requires a Boolean value"),
            (&Kind::Enum(&["hex"]), "base64", "invalid value for parameter \"x\": \"base64\""),
        ] {
            assert_eq!(kind.read("x", value).expect_err("refused").message, message);
        }
    }
}
