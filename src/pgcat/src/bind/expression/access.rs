//! Parts of values: `(record).field`, `array[1]`, `array[1:2]`, and `jsonb` by keys.

use spi::{Code, Error, Result};
use sqlparser::ast::{self, AccessExpr, Ident, Spanned, Subscript as Written};

use crate::bind::{Binder, Place};
use crate::expr::{Expr, Subscript, Typed};
use crate::resolve::{Coercion, fold, format_type};
use crate::types::{Type, oid};
use crate::value::Value;

impl Binder<'_> {
    /// A chain of fields and subscripts. Names at its beginning are a column's.
    pub(super) fn access(&mut self, root: &ast::Expr, chain: &[AccessExpr], place: Place) -> Result<Typed> {
        let mut idents: Vec<Ident> = match root {
            ast::Expr::Identifier(ident) => vec![ident.clone()],
            ast::Expr::CompoundIdentifier(idents) => idents.clone(),
            _ => Vec::new(),
        };
        let mut rest = chain;
        while let (false, [AccessExpr::Dot(ast::Expr::Identifier(ident)), tail @ ..]) = (idents.is_empty(), rest) {
            idents.push(ident.clone());
            rest = tail;
        }
        let mut value = if idents.is_empty() { self.expression(root, place)? } else { self.column_reference(&idents)? };
        while let Some((first, tail)) = rest.split_first() {
            match first {
                AccessExpr::Dot(field) => {
                    let accessed = self.field(value, field);
                    value = self.locate(|_| root.span(), accessed)?;
                    rest = tail;
                }
                AccessExpr::Subscript(_) => {
                    // All subscripts that stand together are of one array.
                    let count = rest.iter().take_while(|access| matches!(access, AccessExpr::Subscript(_))).count();
                    let (subscripts, tail) = rest.split_at(count);
                    let subscripts: Vec<&Written> = subscripts
                        .iter()
                        .filter_map(|access| match access {
                            AccessExpr::Subscript(subscript) => Some(subscript),
                            AccessExpr::Dot(_) => None,
                        })
                        .collect();
                    let accessed = self.subscripts(value, &subscripts, place);
                    value = self.locate(|_| root.span(), accessed)?;
                    rest = tail;
                }
            }
        }
        Ok(value)
    }

    fn field(&mut self, value: Typed, syntax: &ast::Expr) -> Result<Typed> {
        let ast::Expr::Identifier(ident) = syntax else {
            return Err(Error::new(Code::Syntax, format!("syntax error at or near \"{syntax}\"")));
        };
        let name = fold(ident);
        if let Some(field) = self.field_named(&value, &name) {
            return Ok(field);
        }
        let type_ = value.type_;
        // `value.f` may also mean `f(value)`.
        if (type_.oid == oid::RECORD || self.names().is_composite(type_.oid))
            && let Some(call) = self.functional_notation(&name, value)?
        {
            return Ok(call);
        }
        Err(self.no_field(type_, &name))
    }

    /// A field of a record by its name.
    pub(crate) fn field_named(&self, value: &Typed, name: &str) -> Option<Typed> {
        let fields = self.record_fields(value.type_);
        let field = fields.iter().position(|field| &*field.name == name)?;
        let type_ = self.names().type_of(fields[field].type_oid, fields[field].typmod);
        // The column of a row that is written out is that expression itself.
        if let Expr::Row { items, .. } = &value.expr {
            return Some(Typed::new(items.get(field)?.clone(), type_));
        }
        Some(Typed::new(Expr::Field { record: Box::new(value.expr.clone()), field }, type_))
    }

    fn no_field(&self, type_: Type, name: &str) -> Error {
        let shown = format_type(self.names(), type_.oid, None);
        if type_.oid == oid::RECORD {
            return Error::new(Code::UndefinedColumn, format!("could not identify column \"{name}\" in record data type"));
        }
        if self.names().is_composite(type_.oid) {
            return Error::new(Code::UndefinedColumn, format!("column \"{name}\" not found in data type {shown}"));
        }
        let message = format!("column notation .{name} applied to type {shown}, which is not a composite type");
        Error::new(Code::WrongObject, message)
    }

    fn subscripts(&mut self, value: Typed, written: &[&Written], place: Place) -> Result<Typed> {
        let (base, typmod) = self.catalog.base_type(value.type_.oid, value.type_.typmod);
        if base == oid::JSONB {
            return self.json_subscripts(value, written, place);
        }
        let info = self.catalog.type_info(base).filter(|info| info.element != 0);
        let Some(info) = info else {
            let shown = format_type(self.names(), base, None);
            let message = format!("cannot subscript type {shown} because it does not support subscripting");
            return Err(Error::new(Code::DatatypeMismatch, message));
        };
        let is_slice = written.iter().any(|subscript| matches!(subscript, Written::Slice { .. }));
        if is_slice && !info.is_array {
            return Err(Error::new(Code::Unsupported, "slices of fixed-length arrays not implemented"));
        }
        let mut subscripts = Vec::with_capacity(written.len());
        for subscript in written {
            subscripts.push(match subscript {
                // Beside a slice, a single subscript is its upper bound, and the lower is 1.
                Written::Index { index } if is_slice => {
                    let upper = self.subscript(index, place)?;
                    Subscript::Slice { lower: Some(Expr::Constant(Value::Int(1))), upper: Some(upper) }
                }
                Written::Index { index } => Subscript::Index(self.subscript(index, place)?),
                Written::Slice { stride: Some(_), .. } => return Err(Error::new(Code::Syntax, "syntax error at or near \":\"")),
                Written::Slice { lower_bound, upper_bound, .. } => Subscript::Slice {
                    lower: lower_bound.as_ref().map(|bound| self.subscript(bound, place)).transpose()?,
                    upper: upper_bound.as_ref().map(|bound| self.subscript(bound, place)).transpose()?,
                },
            });
        }
        let type_ = match (is_slice, base) {
            // What is cut out of a vector need not count from 0, and so is none.
            (true, oid::INT2VECTOR) => oid::INT2_ARRAY,
            (true, oid::OIDVECTOR) => oid::OID_ARRAY,
            (true, _) => base,
            (false, _) => info.element,
        };
        let type_ = Type { collation: value.type_.collation, ..self.names().type_of(type_, typmod) };
        let array = Box::new(value.expr);
        Ok(Typed::new(Expr::Subscript { array, subscripts }, type_))
    }

    fn subscript(&mut self, syntax: &ast::Expr, place: Place) -> Result<Expr> {
        let typed = self.expression(syntax, place)?;
        let refuse = || Error::new(Code::DatatypeMismatch, "array subscript must have type integer");
        if !self.names().can_coerce(&[typed.type_.oid], &[oid::INT4], Coercion::Assignment) {
            return self.locate(|_| syntax.span(), Err(refuse()));
        }
        Ok(self.convert(typed, oid::INT4, -1, Coercion::Assignment)?.expr)
    }

    /// `document['key'][0]` is what `jsonb_extract_path` gives for these keys.
    fn json_subscripts(&mut self, value: Typed, written: &[&Written], place: Place) -> Result<Typed> {
        let mut arguments = vec![self.convert(value, oid::JSONB, -1, Coercion::Implicit)?];
        for subscript in written {
            let Written::Index { index } = subscript else {
                return Err(Error::new(Code::Unsupported, "jsonb subscript does not support slices"));
            };
            let key = self.expression(index, place)?;
            let is_number = self.names().can_coerce(&[key.type_.oid], &[oid::INT4], Coercion::Implicit) && key.type_.oid != oid::UNKNOWN;
            let key = if is_number { self.convert(key, oid::INT4, -1, Coercion::Implicit)? } else { key };
            if !self.names().can_coerce(&[key.type_.oid], &[oid::TEXT], Coercion::Assignment) {
                let message = format!("subscript type {} is not supported", format_type(self.names(), key.type_.oid, None));
                let error =
                    Error::new(Code::DatatypeMismatch, message).hint("jsonb subscript must be coercible to either integer or text.");
                return self.locate(|_| index.span(), Err(error));
            }
            arguments.push(self.convert(key, oid::TEXT, -1, Coercion::Assignment)?);
        }
        self.call_named("jsonb_extract_path", arguments)
    }
}
