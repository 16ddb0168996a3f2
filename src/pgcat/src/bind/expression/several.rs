//! Several expressions that become values of one type.

use spi::{Code, Error, Result};
use sqlparser::ast::{self, Spanned as _};
use sqlparser::tokenizer::Span;

use crate::bind::Binder;
use crate::expr::{Expr, Typed};
use crate::resolve::{Coercion, format_type};
use crate::types::{DEFAULT_COLLATION, Type};

impl Binder<'_> {
    /// The type that expressions of these types become together. What they are in the statement and the construct, for example `CASE`,
    /// are for the error. There is at least one.
    pub(crate) fn common_type(&self, types: &[Type], syntax: &[&ast::Expr], construct: &str) -> Result<Type> {
        let oids: Vec<u32> = types.iter().map(|type_| type_.oid).collect();
        let common = self.names().common_type_or_place(&oids, construct);
        let span = |place: usize| syntax.get(place).map_or_else(Span::empty, |expr| expr.span());
        let common = common.or_else(|(error, place)| self.locate(|_| span(place), Err(error)))?;
        let mut alike = types.iter().map(|type_| (type_.oid, type_.typmod)).filter(|(oid, _)| *oid == common);
        let typmod = alike.next().map_or(-1, |(_, typmod)| typmod);
        let typmod = if types.iter().all(|type_| (type_.oid, type_.typmod) == (common, typmod)) { typmod } else { -1 };
        let own = self.names().type_of(common, typmod);
        let collation = if own.collation == 0 { 0 } else { merged_collation(types).unwrap_or(own.collation) };
        Ok(Type { collation, ..own })
    }

    /// Expressions as values of their common type.
    pub(crate) fn unify(&mut self, items: Vec<Typed>, syntax: &[&ast::Expr], construct: &str) -> Result<(Vec<Expr>, Type)> {
        let types: Vec<Type> = items.iter().map(|item| item.type_).collect();
        let common = self.common_type(&types, syntax, construct)?;
        let items = items.into_iter().map(|item| self.unify_one(item, common, construct)).collect::<Result<_>>()?;
        Ok((items, common))
    }

    /// An expression as a value of the common type of several.
    pub(crate) fn unify_one(&mut self, item: Typed, common: Type, construct: &str) -> Result<Expr> {
        let from = item.type_.oid;
        if !self.names().can_coerce(&[from], &[common.oid], Coercion::Implicit) {
            let (from, to) = (format_type(self.names(), from, None), format_type(self.names(), common.oid, None));
            return Err(Error::new(Code::CannotCast, format!("{construct} could not convert type {from} to {to}")));
        }
        Ok(self.convert(item, common.oid, -1, Coercion::Implicit)?.expr)
    }
}

/// The collation of several values: one that is not the default goes before it.
pub(super) fn merged_collation(types: &[Type]) -> Option<u32> {
    let mut collations = types.iter().map(|type_| type_.collation).filter(|collation| *collation != 0).peekable();
    let first = collations.peek().copied();
    collations.find(|collation| *collation != DEFAULT_COLLATION).or(first)
}
