//! What stands in parentheses behind a type, as the number that `pg_attribute.atttypmod` has for it.

use spi::{Code, Error, Result};

use super::{Names, format_type};
use crate::types::oid;

/// What lengths of text and `numeric` add to what is written.
const HEADER: i64 = 4;
const LONGEST: i64 = 10 * 1024 * 1024;
/// More digits of a second are not kept.
const FINEST: i64 = 6;
/// No field of an interval is left out.
pub(super) const ALL_FIELDS: i32 = 0x7fff;
const FULL_PRECISION: i32 = 0xffff;

/// The fields that an interval can be restricted to, by the mask that its modifier has for them.
pub(super) const INTERVAL_FIELDS: &[(i32, &str)] = &[
    (1 << 2, "year"),
    (1 << 1, "month"),
    (1 << 3, "day"),
    (1 << 10, "hour"),
    (1 << 11, "minute"),
    (1 << 12, "second"),
    (1 << 2 | 1 << 1, "year to month"),
    (1 << 3 | 1 << 10, "day to hour"),
    (1 << 3 | 1 << 10 | 1 << 11, "day to minute"),
    (1 << 3 | 1 << 10 | 1 << 11 | 1 << 12, "day to second"),
    (1 << 10 | 1 << 11, "hour to minute"),
    (1 << 10 | 1 << 11 | 1 << 12, "hour to second"),
    (1 << 11 | 1 << 12, "minute to second"),
];

/// The modifier of a type for what is written behind it; -1 if nothing is.
pub(super) fn modifier(names: Names<'_>, type_oid: u32, written: &[String]) -> Result<i32> {
    if written.is_empty() {
        return Ok(-1);
    }
    let base = names.element(type_oid).unwrap_or(type_oid);
    let type_name = || format_type(names, base, None);
    let numbers = || -> Result<Vec<i64>> {
        let number = |text: &String| {
            let invalid = || Error::new(Code::InvalidText, format!("invalid input syntax for type integer: \"{text}\""));
            text.parse::<i64>().map_err(|_| invalid())
        };
        written.iter().map(number).collect()
    };
    match base {
        oid::VARCHAR => length(&numbers()?, "varchar", HEADER),
        oid::BPCHAR => length(&numbers()?, "char", HEADER),
        oid::BIT => length(&numbers()?, "bit", 0),
        oid::VARBIT => length(&numbers()?, "varbit", 0),
        oid::NUMERIC => numeric(&numbers()?),
        oid::TIME => precision(&numbers()?, "TIME", ""),
        oid::TIMETZ => precision(&numbers()?, "TIME", " WITH TIME ZONE"),
        oid::TIMESTAMP => precision(&numbers()?, "TIMESTAMP", ""),
        oid::TIMESTAMPTZ => precision(&numbers()?, "TIMESTAMP", " WITH TIME ZONE"),
        oid::INTERVAL => interval(&numbers()?),
        _ => Err(Error::new(Code::Syntax, format!("type modifier is not allowed for type \"{}\"", type_name()))),
    }
}

fn invalid() -> Error {
    Error::new(Code::InvalidArgument, "invalid type modifier")
}

fn length(numbers: &[i64], name: &str, header: i64) -> Result<i32> {
    let [length] = numbers else { return Err(invalid()) };
    if *length < 1 {
        return Err(Error::new(Code::InvalidArgument, format!("length for type {name} must be at least 1")));
    }
    let longest = if header == 0 { i64::from(i32::MAX / 8) } else { LONGEST };
    if *length > longest {
        return Err(Error::new(Code::InvalidArgument, format!("length for type {name} cannot exceed {longest}")));
    }
    Ok((length + header) as i32)
}

fn numeric(numbers: &[i64]) -> Result<i32> {
    let (precision, scale) = match numbers {
        [precision] => (*precision, 0),
        [precision, scale] => (*precision, *scale),
        _ => return Err(Error::new(Code::InvalidArgument, "invalid NUMERIC type modifier")),
    };
    if !(1..=1000).contains(&precision) {
        return Err(Error::new(Code::InvalidArgument, format!("NUMERIC precision {precision} must be between 1 and 1000")));
    }
    if !(-1000..=1000).contains(&scale) {
        return Err(Error::new(Code::InvalidArgument, format!("NUMERIC scale {scale} must be between -1000 and 1000")));
    }
    Ok((((precision << 16) | (scale & 0x7ff)) + HEADER) as i32)
}

/// Digits of a second. PostgreSQL warns and takes the finest where more are asked for.
fn precision(numbers: &[i64], name: &str, suffix: &str) -> Result<i32> {
    let [digits] = numbers else { return Err(invalid()) };
    if *digits < 0 {
        return Err(Error::new(Code::InvalidArgument, format!("{name}({digits}){suffix} precision must not be negative")));
    }
    Ok((*digits).min(FINEST) as i32)
}

/// The mask of fields, and the digits of a second.
fn interval(numbers: &[i64]) -> Result<i32> {
    let invalid = || Error::new(Code::InvalidArgument, "invalid INTERVAL type modifier");
    let fields = *numbers.first().ok_or_else(invalid)? as i32;
    if fields != ALL_FIELDS && !INTERVAL_FIELDS.iter().any(|(mask, _)| *mask == fields) {
        return Err(invalid());
    }
    match numbers {
        [_] if fields == ALL_FIELDS => Ok(-1),
        [_] => Ok((fields << 16) | FULL_PRECISION),
        [_, digits] if *digits < 0 => Err(Error::new(Code::InvalidArgument, format!("INTERVAL({digits}) precision must not be negative"))),
        [_, digits] => Ok((fields << 16) | (*digits).min(FINEST) as i32),
        _ => Err(invalid()),
    }
}
