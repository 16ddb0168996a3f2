//! Functions whose arguments are separated by words, `EXTRACT(year FROM x)` and their like.

use spi::{Code, Error, Result};
use sqlparser::ast::{self, CeilFloorKind, DateTimeField, Spanned, TrimWhereField};

use crate::bind::{Binder, Place};
use crate::expr::{Expr, Typed};
use crate::resolve::fold;
use crate::types::{Type, oid};
use crate::value::Value;

impl Binder<'_> {
    pub(super) fn special(&mut self, syntax: &ast::Expr, place: Place) -> Result<Typed> {
        let call = self.special_call(syntax, place);
        self.locate(|binder| binder.word_before(syntax.span()), call)
    }

    fn special_call(&mut self, syntax: &ast::Expr, place: Place) -> Result<Typed> {
        let list = |items: &[Option<&ast::Expr>]| -> Vec<ast::Expr> { items.iter().flatten().copied().cloned().collect() };
        let (name, arguments) = match syntax {
            ast::Expr::AtTimeZone { timestamp, time_zone } => ("timezone", list(&[Some(time_zone), Some(timestamp)])),
            ast::Expr::Position { expr, r#in } => ("position", list(&[Some(r#in), Some(expr)])),
            ast::Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                ("overlay", list(&[Some(expr), Some(overlay_what), Some(overlay_from), overlay_for.as_deref()]))
            }
            ast::Expr::Extract { field, expr, .. } => {
                let field = Typed::new(Expr::Constant(field_name(field).into()), Type::new(oid::UNKNOWN));
                let source = self.expression(expr, place)?;
                return self.call_named("extract", vec![field, source]);
            }
            ast::Expr::Substring { expr, substring_from, substring_for, special, shorthand } => {
                return self.substring(expr, [substring_from.as_deref(), substring_for.as_deref()], *special, *shorthand, place);
            }
            ast::Expr::Trim { trim_where, trim_what, expr, trim_characters } => {
                let name = match trim_where {
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                    Some(TrimWhereField::Both) | None => "btrim",
                };
                let mut arguments = list(&[Some(expr), trim_what.as_deref()]);
                arguments.extend(trim_characters.iter().flatten().cloned());
                (name, arguments)
            }
            ast::Expr::Ceil { expr, field } => return self.rounded("ceil", expr, field, place),
            ast::Expr::Floor { expr, field } => return self.rounded("floor", expr, field, place),
            other => return Err(Error::new(Code::Unsupported, format!("expression \"{other}\" is not supported"))),
        };
        let arguments = self.expressions(&arguments, place)?;
        self.call_named(name, arguments)
    }

    /// Both the form with words and the one with commas, which may mean a function of any schema.
    fn substring(
        &mut self,
        operand: &ast::Expr,
        bounds: [Option<&ast::Expr>; 2],
        commas: bool,
        shorthand: bool,
        place: Place,
    ) -> Result<Typed> {
        let mut arguments = vec![self.expression(operand, place)?];
        let [from, length] = bounds;
        match (from, length) {
            (None, Some(_)) => arguments.push(Typed::new(Expr::Constant(Value::Int(1)), Type::new(oid::INT4))),
            (Some(from), _) => arguments.push(self.expression(from, place)?),
            (None, None) => {}
        }
        if let Some(length) = length {
            arguments.push(self.expression(length, place)?);
        }
        match (commas, shorthand) {
            (_, true) => self.call_with(&["substr".to_owned()], arguments),
            (true, false) => self.call_with(&["substring".to_owned()], arguments),
            (false, false) => self.call_named("substring", arguments),
        }
    }

    /// `CEIL` and `FLOOR`, which PostgreSQL has as plain functions.
    fn rounded(&mut self, name: &str, operand: &ast::Expr, field: &CeilFloorKind, place: Place) -> Result<Typed> {
        let mut arguments = vec![self.expression(operand, place)?];
        match field {
            CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) => {}
            CeilFloorKind::Scale(scale) => arguments.push(self.literal(scale)?),
            CeilFloorKind::DateTimeField(field) => {
                return Err(Error::new(Code::Syntax, format!("syntax error at or near \"{field}\"")));
            }
        }
        self.call_with(&[name.to_owned()], arguments)
    }
}

/// A field as the text that the function takes.
fn field_name(field: &DateTimeField) -> String {
    match field {
        DateTimeField::Custom(ident) => fold(ident),
        other => other.to_string().to_lowercase(),
    }
}
