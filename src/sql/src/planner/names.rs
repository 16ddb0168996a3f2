//! Where in a query the name stands that an error is about. DataFusion's errors know names, not places.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Ident, Query, Visit, Visitor};
use datafusion::sql::sqlparser::tokenizer::Location;
use spi::{Code, Error};

use crate::parse::fold;

/// The place of the first column or function of the name that the error's message quotes.
pub(super) fn position(error: &Error, query: &Query) -> Option<Location> {
    let name = match error.code {
        Code::UndefinedColumn | Code::Ambiguous | Code::UndefinedTable => column_name(&error.message)?,
        Code::UndefinedFunction => error.message.strip_prefix("function ")?.split(['(', ' ']).next()?,
        _ => return None,
    };
    let mut finder = Finder { name, function: error.code == Code::UndefinedFunction };
    match query.visit(&mut finder) {
        ControlFlow::Break(place) => Some(place),
        ControlFlow::Continue(()) => None,
    }
}

/// From `column "x" does not exist`, `column t.x does not exist` and `… for table "t"`.
fn column_name(message: &str) -> Option<&str> {
    match message.split('"').nth(1) {
        Some(quoted) => Some(quoted),
        None => message.strip_prefix("column ")?.strip_suffix(" does not exist")?.rsplit('.').next(),
    }
}

struct Finder<'a> {
    name: &'a str,
    function: bool,
}

impl Finder<'_> {
    fn matches(&self, ident: &Ident) -> bool {
        fold(ident) == self.name && ident.span.start.line > 0
    }
}

impl Visitor for Finder<'_> {
    type Break = Location;

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Location> {
        let found = match expr {
            Expr::Identifier(ident) if !self.function && self.matches(ident) => Some(ident),
            Expr::CompoundIdentifier(idents) if !self.function && idents.iter().any(|ident| self.matches(ident)) => idents.first(),
            Expr::Function(function) if self.function => {
                function.name.0.last().and_then(|part| part.as_ident()).filter(|ident| self.matches(ident))
            }
            _ => None,
        };
        match found {
            Some(ident) => ControlFlow::Break(ident.span.start),
            None => ControlFlow::Continue(()),
        }
    }
}
