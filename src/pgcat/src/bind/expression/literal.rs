//! Constants as they are written: numbers, strings of all kinds, and nothing.

use spi::{Code, Error, Result};
use sqlparser::ast::{Value as Written, ValueWithSpan};

use crate::bind::Binder;
use crate::expr::{Expr, Typed};
use crate::function::Context;
use crate::resolve::Coercion;
use crate::types::{Type, oid};
use crate::value::Value;

use super::position::place_number;

impl Binder<'_> {
    /// A constant. A string has no type yet.
    pub(super) fn literal(&mut self, written: &ValueWithSpan) -> Result<Typed> {
        match &written.value {
            Written::Number(digits, _) => self.number(digits),
            Written::Null => Ok(self.unknown(Value::Null, written)),
            Written::Boolean(truth) => Ok(Typed::new(Expr::Constant(Value::Bool(*truth)), Type::new(oid::BOOL))),
            Written::Placeholder(name) => self.locate(|_| written.span, self.parameter_number(name)).map(|number| self.parameter(number)),
            Written::HexStringLiteral(digits) => {
                let typed = self.unknown(Value::text(format!("x{digits}")), written);
                self.coerce(typed, Type::new(oid::BIT), Coercion::Explicit)
            }
            Written::SingleQuotedByteStringLiteral(digits) => {
                let typed = self.unknown(Value::text(format!("b{digits}")), written);
                self.coerce(typed, Type::new(oid::BIT), Coercion::Explicit)
            }
            Written::NationalStringLiteral(text) => {
                let typed = self.unknown(Value::text(text.as_str()), written);
                self.coerce(typed, Type::new(oid::BPCHAR), Coercion::Explicit)
            }
            other => match string(other) {
                Some(text) => Ok(self.unknown(Value::text(text), written)),
                None => Err(Error::new(Code::Syntax, format!("syntax error at or near \"{other}\""))),
            },
        }
    }

    /// A literal without type. It carries its place in the statement where other types have their modifier, for the error of the
    /// type's input function.
    fn unknown(&self, value: Value, written: &ValueWithSpan) -> Typed {
        let typmod = if self.source.is_empty() { -1 } else { place_number(written.span) };
        Typed::new(Expr::Constant(value), Type { oid: oid::UNKNOWN, typmod, collation: 0 })
    }

    /// The smallest of `integer`, `bigint` and `numeric` that holds a number.
    pub(super) fn number(&mut self, digits: &str) -> Result<Typed> {
        let digits = digits.replace('_', "");
        if let Some(number) = whole(&digits) {
            let type_oid = if i32::try_from(number).is_ok() { oid::INT4 } else { oid::INT8 };
            return Ok(Typed::new(Expr::Constant(Value::Int(number)), Type::new(type_oid)));
        }
        let value = self.input(Type::new(oid::NUMERIC), &digits).map_err(|error| match error.code {
            Code::InvalidText => Error::new(Code::Syntax, format!("trailing junk after numeric literal at or near \"{digits}\"")),
            _ => error,
        })?;
        Ok(Typed::new(Expr::Constant(value), Type::new(oid::NUMERIC)))
    }

    /// What a type's input function makes of a text.
    pub(super) fn input(&self, to: Type, text: &str) -> Result<Value> {
        let context = Context { catalog: self.catalog, host: self.host };
        crate::io::input(&context, to.oid, to.typmod, text)
    }
}

/// A whole number in any of the bases that PostgreSQL knows, if it fits.
fn whole(digits: &str) -> Option<i64> {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |digits| ("-", digits));
    let lower = digits.to_ascii_lowercase();
    let based = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().find_map(|(prefix, base)| Some((lower.strip_prefix(prefix)?, base)));
    let (digits, base) = based.unwrap_or((&lower, 10));
    i64::from_str_radix(&format!("{sign}{digits}"), base).ok()
}

/// The text of a string literal.
pub(super) fn string(written: &Written) -> Option<&str> {
    match written {
        Written::SingleQuotedString(text) | Written::EscapedStringLiteral(text) | Written::UnicodeStringLiteral(text) => Some(text),
        Written::DollarQuotedString(text) => Some(&text.value),
        _ => None,
    }
}
