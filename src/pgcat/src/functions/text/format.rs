//! `format`: a text with values in the places of `%s`, `%I` and `%L`.

use spi::{Code, Error, Result};

use super::quote::quote_literal;
use crate::function::{Context, ScalarEntry, Signature};
use crate::functions::Arguments;
use crate::functions::limits::within_limit;
use crate::functions::variadic::typed_values;
use crate::io;
use crate::resolve::quote_identifier;
use crate::value::Value;

pub const FUNCTIONS: &[ScalarEntry] = &[ScalarEntry::new("text_format", format_text), ScalarEntry::new("text_format_nv", format_text)];

/// A value's place in a format.
#[derive(Debug, PartialEq, Eq)]
struct Specifier {
    /// The argument's number, from 1; the next one where it is not said.
    argument: Option<usize>,
    width: Width,
    is_left: bool,
    kind: char,
}

#[derive(Debug, PartialEq, Eq)]
enum Width {
    None,
    Fixed(i64),
    /// Taken from an argument: its number, or the next one.
    Argument(Option<usize>),
}

fn format_text(context: &Context<'_>, signature: &Signature, arguments: &[Value]) -> Result<Value> {
    if arguments.is_null(0) {
        return Ok(Value::Null);
    }
    // A null array has no elements to format.
    let values: Vec<(u32, &Value)> = typed_values(signature, arguments, 1).map(Iterator::collect).unwrap_or_default();
    let (mut out, mut next) = (String::new(), 0);
    let mut rest = arguments.text(0)?;
    while let Some((before, behind)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(behind) = behind.strip_prefix('%') {
            out.push('%');
            rest = behind;
            continue;
        }
        let (specifier, behind) = specifier(behind)?;
        rest = behind;
        let (width, is_left) = width(context, &specifier, &values, &mut next)?;
        let (type_oid, value) = argument(specifier.argument, &values, &mut next)?;
        let text = formatted(context, specifier.kind, type_oid, value)?;
        let padding = width.saturating_sub(text.chars().count());
        within_limit(out.len() + text.len() + padding)?;
        let blanks = " ".repeat(padding);
        out.push_str(&if is_left { text + &blanks } else { blanks + &text });
    }
    out.push_str(rest);
    Ok(out.into())
}

fn argument<'a>(number: Option<usize>, values: &[(u32, &'a Value)], next: &mut usize) -> Result<(u32, &'a Value)> {
    let number = number.unwrap_or(*next + 1);
    *next = number;
    values.get(number - 1).copied().ok_or_else(|| Error::new(Code::InvalidArgument, "too few arguments for format()"))
}

/// The width, and whether blanks come behind the value: also for a negative width.
fn width(context: &Context<'_>, specifier: &Specifier, values: &[(u32, &Value)], next: &mut usize) -> Result<(usize, bool)> {
    let width = match &specifier.width {
        Width::None => 0,
        Width::Fixed(width) => *width,
        Width::Argument(number) => {
            let (type_oid, value) = argument(*number, values, next)?;
            match value {
                Value::Null => 0,
                Value::Int(width) => *width,
                value => io::integer::read(&io::output(context, type_oid, value)?, io::integer::INT4, "integer")?,
            }
        }
    };
    Ok((width.unsigned_abs() as usize, specifier.is_left || width < 0))
}

fn formatted(context: &Context<'_>, kind: char, type_oid: u32, value: &Value) -> Result<String> {
    match (kind, value) {
        ('s', Value::Null) => Ok(String::new()),
        ('L', Value::Null) => Ok("NULL".to_owned()),
        ('I', Value::Null) => Err(Error::new(Code::NullValue, "null values cannot be formatted as an SQL identifier")),
        ('I', value) => Ok(quote_identifier(&io::output(context, type_oid, value)?)),
        ('L', value) => Ok(quote_literal(&io::output(context, type_oid, value)?)),
        (_, value) => io::output(context, type_oid, value),
    }
}

/// Reads what stands behind `%`: `[number$][-][width]kind`.
fn specifier(text: &str) -> Result<(Specifier, &str)> {
    let (leading, mut rest) = number(text)?;
    let mut specifier = Specifier { argument: None, width: Width::None, is_left: false, kind: 's' };
    if let (Some(position), Some(behind)) = (leading, rest.strip_prefix('$')) {
        specifier.argument = Some(numbered(position)?);
        rest = behind;
    } else if let Some(width) = leading {
        specifier.width = Width::Fixed(width);
    }
    if specifier.width == Width::None {
        while let Some(behind) = rest.strip_prefix('-') {
            specifier.is_left = true;
            rest = behind;
        }
        if let Some(behind) = rest.strip_prefix('*') {
            let (position, behind) = number(behind)?;
            specifier.width = match position {
                None => Width::Argument(None),
                Some(position) => Width::Argument(Some(numbered(position)?)),
            };
            rest = match position {
                None => behind,
                Some(_) => behind
                    .strip_prefix('$')
                    .ok_or_else(|| Error::new(Code::InvalidArgument, "width argument position must be ended by \"$\""))?,
            };
        } else if let (Some(width), behind) = number(rest)? {
            specifier.width = Width::Fixed(width);
            rest = behind;
        }
    }
    let hint = "For a single \"%\" use \"%%\".";
    let Some(kind) = rest.chars().next() else {
        return Err(Error::new(Code::InvalidArgument, "unterminated format() type specifier").hint(hint));
    };
    if !matches!(kind, 's' | 'I' | 'L') {
        return Err(Error::new(Code::InvalidArgument, format!("unrecognized format() type specifier \"{kind}\"")).hint(hint));
    }
    specifier.kind = kind;
    Ok((specifier, &rest[1..]))
}

fn numbered(position: i64) -> Result<usize> {
    match position {
        0 => Err(Error::new(Code::InvalidArgument, "format specifies argument 0, but arguments are numbered from 1")),
        position => Ok(position as usize),
    }
}

/// The number at the begin, if there is one.
fn number(text: &str) -> Result<(Option<i64>, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return Ok((None, text));
    }
    let number: i32 = text[..length].parse().map_err(|_| Error::new(Code::OutOfRange, "number is out of range"))?;
    Ok((Some(i64::from(number)), &text[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from PostgreSQL 16.
    #[test]
    fn specifiers_are_read() {
        let read = |text| specifier(text).map(|(specifier, _)| specifier);
        let plain = |argument, width, is_left, kind| Specifier { argument, width, is_left, kind };
        assert_eq!(read("s").unwrap(), plain(None, Width::None, false, 's'));
        assert_eq!(read("2$I").unwrap(), plain(Some(2), Width::None, false, 'I'));
        assert_eq!(read("-10L").unwrap(), plain(None, Width::Fixed(10), true, 'L'));
        assert_eq!(read("1$*2$s").unwrap(), plain(Some(1), Width::Argument(Some(2)), false, 's'));
        for (text, message) in [
            ("d", "unrecognized format() type specifier \"d\""),
            ("", "unterminated format() type specifier"),
            ("1$", "unterminated format() type specifier"),
            ("0$s", "format specifies argument 0, but arguments are numbered from 1"),
        ] {
            assert_eq!(read(text).unwrap_err().message, message);
        }
    }
}
