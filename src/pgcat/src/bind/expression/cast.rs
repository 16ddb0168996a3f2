//! Casts, and literals with their type in front.

use spi::{Code, Error, Result};
use sqlparser::ast::{self, DataType, DateTimeField, Ident, Spanned, TypedString};
use sqlparser::tokenizer::Span;

use crate::bind::{Binder, Place};
use crate::expr::Typed;
use crate::resolve::{Coercion, TypeName, interval_modifiers};
use crate::types::Type;

impl Binder<'_> {
    /// The type that a statement names.
    pub(crate) fn type_name(&self, written: &DataType) -> Result<Type> {
        let found = TypeName::new(written).and_then(|name| name.resolve(self.names(), self.host.database()));
        self.locate(|_| type_span(written), found)
    }

    pub(super) fn cast(&mut self, operand: &ast::Expr, written: &DataType, place: Place) -> Result<Typed> {
        // The type is looked at first, so that what it is called is known to an array that may be empty.
        let to = self.type_name(written)?;
        let mut inner = operand;
        while let ast::Expr::Nested(nested) = inner {
            inner = nested;
        }
        let typed = match inner {
            ast::Expr::Array(array) if self.names().base_element(to.oid).is_some() => {
                let (base, typmod) = self.catalog.base_type(to.oid, to.typmod);
                let wanted = self.names().type_of(base, typmod);
                self.array(&array.elem, Some(wanted), place)?
            }
            _ => self.expression(operand, place)?,
        };
        self.coerce(typed, to, Coercion::Explicit)
    }

    pub(super) fn typed_string(&mut self, string: &TypedString) -> Result<Typed> {
        let to = self.type_name(&string.data_type)?;
        let literal = self.literal(&string.value)?;
        self.coerce(literal, to, Coercion::Explicit)
    }

    /// `type 'literal'` for types that the parser takes for a prefix.
    pub(super) fn prefixed(&mut self, prefix: &Ident, value: &ast::Expr) -> Result<Typed> {
        let written = DataType::Custom(ast::ObjectName::from(vec![prefix.clone()]), Vec::new());
        let ast::Expr::Value(value) = value else {
            return Err(Error::new(Code::Syntax, format!("syntax error at or near \"{value}\"")));
        };
        let to = self.type_name(&written)?;
        let literal = self.literal(value)?;
        self.coerce(literal, to, Coercion::Explicit)
    }

    /// `INTERVAL '1 2' DAY TO HOUR`.
    pub(super) fn interval(&mut self, interval: &ast::Interval, place: Place) -> Result<Typed> {
        let ast::Expr::Value(_) = interval.value.as_ref() else {
            return Err(Error::new(Code::Syntax, format!("syntax error at or near \"{}\"", interval.value)));
        };
        let word = |field: &DateTimeField| field.to_string().to_lowercase();
        let fields = interval.leading_field.as_ref().map(|first| match &interval.last_field {
            Some(last) => format!("{} to {}", word(first), word(last)),
            None => word(first),
        });
        let precision = interval.fractional_seconds_precision.or(interval.leading_precision);
        let modifiers = interval_modifiers(fields.as_deref(), precision);
        let name = TypeName { names: vec!["pg_catalog".to_owned(), "interval".to_owned()], modifiers, is_array: false };
        let to = name.resolve(self.names(), self.host.database())?;
        let literal = self.expression(&interval.value, place)?;
        self.coerce(literal, to, Coercion::Explicit)
    }
}

/// Where a type stands, as far as the parser tells.
fn type_span(written: &DataType) -> Span {
    match written {
        DataType::Custom(name, _) => name.span(),
        DataType::Array(ast::ArrayElemTypeDef::SquareBracket(element, _)) => type_span(element),
        _ => Span::empty(),
    }
}
