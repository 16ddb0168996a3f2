//! LIKE, ILIKE and SIMILAR TO, which are operators under other names.

use spi::{Code, Error, Result};
use sqlparser::ast::{self, Spanned, ValueWithSpan};

use super::boolean;
use crate::bind::{Binder, Place};
use crate::expr::Typed;
use crate::types::oid;

impl Binder<'_> {
    pub(super) fn pattern(&mut self, syntax: &ast::Expr, place: Place) -> Result<Typed> {
        match syntax {
            ast::Expr::Like { negated, any, expr, pattern, escape_char } => {
                let name = if *negated { "!~~" } else { "~~" };
                self.like(name, if *negated { "not" } else { "like" }, expr, pattern, *any, escape_char.as_ref(), place)
            }
            ast::Expr::ILike { negated, any, expr, pattern, escape_char } => {
                let name = if *negated { "!~~*" } else { "~~*" };
                self.like(name, if *negated { "not" } else { "ilike" }, expr, pattern, *any, escape_char.as_ref(), place)
            }
            ast::Expr::SimilarTo { negated, expr, pattern, escape_char } => {
                let span = |binder: &Binder<'_>| binder.between(expr.span(), pattern.span(), if *negated { "not" } else { "similar" });
                let operand = self.expression(expr, place)?;
                let mut arguments = vec![self.expression(pattern, place)?];
                if let Some(escape) = escape_char {
                    arguments.push(self.literal(escape)?);
                }
                let pattern = self.call_named("similar_to_escape", arguments)?;
                let applied = self.apply(&[if *negated { "!~" } else { "~" }.to_owned()], vec![operand, pattern]);
                self.locate(span, applied)
            }
            other => Err(Error::new(Code::Syntax, format!("syntax error at or near \"{other}\""))),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "they are the parts of the syntax")]
    fn like(
        &mut self,
        name: &str,
        word: &str,
        operand: &ast::Expr,
        pattern: &ast::Expr,
        any: bool,
        escape: Option<&ValueWithSpan>,
        place: Place,
    ) -> Result<Typed> {
        let span = |binder: &Binder<'_>| binder.between(operand.span(), pattern.span(), word);
        let name = [name.to_owned()];
        if any {
            let left = self.expression(operand, place)?;
            let found = self.any_or_all(&name, left, pattern, false, place);
            return self.locate(span, found);
        }
        let operand = self.expression(operand, place)?;
        let mut pattern = self.expression(pattern, place)?;
        if let Some(escape) = escape {
            let escape = self.literal(escape)?;
            pattern = self.call_named("like_escape", vec![pattern, escape])?;
        }
        let applied = self.apply(&name, vec![operand, pattern]);
        self.locate(span, applied).map(|typed| if typed.type_.oid == oid::BOOL { boolean(typed.expr) } else { typed })
    }

    /// A function of `pg_catalog` that the language itself calls.
    pub(super) fn call_named(&mut self, name: &str, arguments: Vec<Typed>) -> Result<Typed> {
        let name = ["pg_catalog".to_owned(), name.to_owned()];
        self.call_with(&name, arguments)
    }
}
