//! `ARRAY[…]`.

use spi::{Code, Error, Result};
use sqlparser::ast::{self, Spanned};
use sqlparser::tokenizer::Span;

use crate::bind::{Binder, Place};
use crate::expr::{Expr, Typed};
use crate::resolve::{Coercion, format_type};
use crate::types::{Type, oid};

impl Binder<'_> {
    /// An array of the items, of a type if a cast around it says one.
    pub(super) fn array(&mut self, items: &[ast::Expr], wanted: Option<Type>, place: Place) -> Result<Typed> {
        let mut bound = Vec::with_capacity(items.len());
        let mut nested = false;
        for item in items {
            let item = match item {
                // A list in brackets inside of one is an array of the same type.
                ast::Expr::Array(inner) => {
                    nested = true;
                    self.array(&inner.elem, wanted, place)?
                }
                item => self.expression(item, place)?,
            };
            // A vector is an element, though it has some.
            nested |= !matches!(item.type_.oid, oid::INT2VECTOR | oid::OIDVECTOR) && self.names().element(item.type_.oid).is_some();
            bound.push(item);
        }
        let array = match wanted {
            Some(wanted) => self.array_of(bound, wanted, nested),
            None => {
                let syntax: Vec<&ast::Expr> = items.iter().collect();
                self.array_of_common_type(bound, &syntax, nested)
            }
        };
        self.locate(|_| items.first().map_or_else(Span::empty, Spanned::span), array)
    }

    fn array_of(&mut self, items: Vec<Typed>, array: Type, nested: bool) -> Result<Typed> {
        let element = self.names().element(array.oid).unwrap_or_default();
        let to = if nested { array } else { self.names().type_of(element, array.typmod) };
        let items = items.into_iter().map(|item| Ok(self.coerce(item, to, Coercion::Explicit)?.expr)).collect::<Result<_>>()?;
        Ok(Typed::new(Expr::Array { element, items, nested }, array))
    }

    fn array_of_common_type(&mut self, items: Vec<Typed>, syntax: &[&ast::Expr], nested: bool) -> Result<Typed> {
        if items.is_empty() {
            return Err(Error::new(Code::IndeterminateType, "cannot determine type of empty array")
                .hint("Explicitly cast to the desired type, for example ARRAY[]::integer[]."));
        }
        let (items, common) = self.unify(items, syntax, "ARRAY")?;
        let names = self.names();
        let missing = |what: &str| {
            let shown = format_type(names, common.oid, None);
            Error::new(Code::UndefinedObject, format!("could not find {what} type for data type {shown}"))
        };
        let (element, array) = if nested {
            (names.element(common.oid).ok_or_else(|| missing("element"))?, common.oid)
        } else {
            (common.oid, names.array(common.oid).ok_or_else(|| missing("array"))?)
        };
        // The modifier of records is not one of arrays.
        let typmod = if matches!(common.oid, oid::RECORD | oid::RECORD_ARRAY) { -1 } else { common.typmod };
        let type_ = Type { collation: common.collation, ..names.type_of(array, typmod) };
        Ok(Typed::new(Expr::Array { element, items, nested }, type_))
    }
}
