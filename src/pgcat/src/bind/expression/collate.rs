//! `COLLATE`.

use spi::{Code, Error, Result};
use sqlparser::ast::{self, Spanned};

use crate::bind::{Binder, Place};
use crate::catalog::oid as catalog_oid;
use crate::expr::Typed;
use crate::resolve::{format_type, parts};
use crate::types::{Type, oid};
use crate::value::Value;

impl Binder<'_> {
    pub(super) fn collate(&mut self, operand: &ast::Expr, name: &ast::ObjectName, place: Place) -> Result<Typed> {
        let span = |binder: &Binder<'_>| binder.between(operand.span(), name.span(), "collate");
        let operand = self.expression(operand, place)?;
        let collated = self.with_collation(operand, name);
        self.locate(span, collated)
    }

    fn with_collation(&mut self, operand: Typed, name: &ast::ObjectName) -> Result<Typed> {
        let operand = self.settle_unknown(operand)?;
        if operand.type_.collation == 0 && operand.type_.oid != oid::UNKNOWN {
            let shown = format_type(self.names(), operand.type_.oid, None);
            return Err(Error::new(Code::DatatypeMismatch, format!("collations are not supported by type {shown}")));
        }
        let collation = self.collation(&parts(name)?)?;
        Ok(Typed::new(operand.expr, Type { collation, ..operand.type_ }))
    }

    /// A collation by its name.
    fn collation(&self, name: &[String]) -> Result<u32> {
        let (search, last) = match name {
            [name] => (self.search.clone(), name),
            [.., schema, name] => {
                let undefined = || Error::new(Code::UndefinedSchema, format!("schema \"{schema}\" does not exist"));
                (vec![self.catalog.namespace(schema).ok_or_else(undefined)?], name)
            }
            [] => return Ok(0),
        };
        let rows = self.catalog.find(catalog_oid::PG_COLLATION, &["collname"], &[Value::from(last.as_str())]);
        let found = search
            .iter()
            .find_map(|namespace| rows.iter().find(|row| row.oid("collnamespace") == Some(*namespace)).and_then(|row| row.oid("oid")));
        let undefined = || {
            let message = format!("collation \"{}\" for encoding \"UTF8\" does not exist", name.join("."));
            Error::new(Code::UndefinedObject, message)
        };
        found.ok_or_else(undefined)
    }
}
