//! Expressions as values of other types: `coerce_to_target_type` of PostgreSQL.

use std::sync::Arc;

use spi::{Code, Error, Result};

use super::position::numbered_place;
use crate::bind::Binder;
use crate::expr::{Conversion, ElementCast, Expr, Typed};
use crate::resolve::{Coercion, Pathway, format_type};
use crate::types::{Type, TypeKind, oid};
use crate::value::{Field, Value};

impl Binder<'_> {
    /// An expression as a value of a type with its modifier.
    pub(crate) fn coerce(&mut self, typed: Typed, to: Type, coercion: Coercion) -> Result<Typed> {
        if !self.names().can_coerce(&[typed.type_.oid], &[to.oid], coercion) {
            return Err(self.cannot_cast(typed.type_.oid, to.oid));
        }
        let converted = self.convert(typed, to.oid, to.typmod, coercion)?;
        self.apply_modifier(converted, to.typmod, coercion == Coercion::Explicit)
    }

    /// An unknown literal, or a parameter of unknown type, as text.
    pub(crate) fn settle_unknown(&mut self, typed: Typed) -> Result<Typed> {
        if typed.type_.oid == oid::UNKNOWN { self.convert(typed, oid::TEXT, -1, Coercion::Implicit) } else { Ok(typed) }
    }

    pub(super) fn cannot_cast(&self, from: u32, to: u32) -> Error {
        let (from, to) = (format_type(self.names(), from, None), format_type(self.names(), to, None));
        Error::new(Code::CannotCast, format!("cannot cast type {from} to {to}"))
    }

    /// An expression as a value of a type that it is known to be able to become; the modifier is only for what makes the value.
    pub(super) fn convert(&mut self, typed: Typed, to: u32, typmod: i32, coercion: Coercion) -> Result<Typed> {
        let from = typed.type_.oid;
        match to {
            _ if from == to => return Ok(typed),
            oid::ANY | oid::ANYELEMENT | oid::ANYNONARRAY | oid::ANYCOMPATIBLE | oid::ANYCOMPATIBLENONARRAY => return Ok(typed),
            oid::ANYENUM => return Ok(typed),
            // An unknown literal is read by the input functions of these, which refuse everything but null.
            oid::ANYARRAY | oid::ANYRANGE | oid::ANYMULTIRANGE if from != oid::UNKNOWN => return Ok(typed),
            oid::ANYCOMPATIBLEARRAY | oid::ANYCOMPATIBLERANGE | oid::ANYCOMPATIBLEMULTIRANGE if from != oid::UNKNOWN => return Ok(typed),
            _ => {}
        }
        if from == oid::UNKNOWN {
            return self.convert_unknown(typed, to, typmod);
        }
        let (base, base_typmod) = self.catalog.base_type(to, typmod);
        if let Some(pathway) = self.names().pathway(from, to, coercion) {
            let converted = self.follow(typed, base, base_typmod, pathway, coercion)?;
            return self.domain_value(converted, base, base_typmod, to);
        }
        if from == oid::RECORD && self.names().is_composite(base) {
            let converted = self.record_to_composite(typed, base, coercion)?;
            return self.domain_value(converted, base, base_typmod, to);
        }
        let type_ = self.type_from(to, &typed);
        Ok(Typed::new(convert(typed.expr, Conversion::Relabel), type_))
    }

    /// A literal is read by the input function of the type; a parameter takes the type.
    fn convert_unknown(&mut self, typed: Typed, to: u32, typmod: i32) -> Result<Typed> {
        let (base, base_typmod) = self.catalog.base_type(to, typmod);
        let place = typed.type_.typmod;
        let converted = match typed.expr {
            Expr::Parameter(number) => return self.settle_parameter(number, to),
            Expr::Constant(Value::Text(text)) => {
                // An interval is cut to its fields as it is read: which number is which depends on them.
                let input = Type { typmod: if base == oid::INTERVAL { base_typmod } else { -1 }, ..Type::new(base) };
                let value = self.input(input, &text);
                let value = self.locate(|_| numbered_place(place), value)?;
                Typed::new(Expr::Constant(value), self.names().type_of(base, input.typmod))
            }
            Expr::Constant(value) => Typed::new(Expr::Constant(value), self.names().type_of(base, -1)),
            expr => {
                let to = self.names().type_of(base, -1);
                Typed::new(convert(expr, Conversion::Text { from: Type::new(oid::UNKNOWN), to }), to)
            }
        };
        self.domain_value(converted, base, base_typmod, to)
    }

    /// A value of a domain's base type as one of the domain.
    fn domain_value(&mut self, typed: Typed, base: u32, base_typmod: i32, domain: u32) -> Result<Typed> {
        if base == domain {
            return Ok(typed);
        }
        let limited = self.apply_modifier(typed, base_typmod, false)?;
        let type_ = Type { oid: domain, typmod: -1, collation: limited.type_.collation };
        Ok(Typed::new(convert(limited.expr, Conversion::Domain { domain }), type_))
    }

    /// A cast by its pathway; the target is no domain.
    fn follow(&mut self, typed: Typed, to: u32, typmod: i32, pathway: Pathway, coercion: Coercion) -> Result<Typed> {
        let type_ = self.type_from(to, &typed);
        match pathway {
            Pathway::Relabel if typed.type_.oid == to => Ok(typed),
            // Values of `bpchar` are compared by another key than other texts.
            Pathway::Relabel if to == oid::BPCHAR => {
                Ok(Typed::new(convert(typed.expr, Conversion::Text { from: typed.type_, to: type_ }), type_))
            }
            Pathway::Relabel => Ok(Typed::new(convert(typed.expr, Conversion::Relabel), type_)),
            Pathway::Text => {
                let from = typed.type_;
                Ok(Typed::new(convert(typed.expr, Conversion::Text { from, to: type_ }), type_))
            }
            Pathway::Function(function) => self.cast_by_function(typed, function, to, typmod, coercion),
            Pathway::Elements => {
                let from = self.names().base_element(typed.type_.oid).unwrap_or_default();
                let element = self.names().element(to).unwrap_or_default();
                let from = self.names().type_of(from, typed.type_.typmod);
                let cast = self.convert(Typed::new(Expr::Parameter(0), from), element, -1, coercion)?;
                Ok(Typed::new(elements(typed.expr, element, cast.expr), type_))
            }
        }
    }

    /// Functions that cast may also take the modifier, and whether the cast is an explicit one.
    fn cast_by_function(&mut self, typed: Typed, function: u32, to: u32, typmod: i32, coercion: Coercion) -> Result<Typed> {
        let Some(info) = self.names().function_by_oid(function) else {
            return Err(Error::new(Code::UndefinedFunction, format!("function {function} does not exist")));
        };
        let declared = self.catalog.by_oid(crate::catalog::oid::PG_PROC, function).map(|row| row.oids("proargtypes")).unwrap_or_default();
        let first = declared.first().copied().unwrap_or(typed.type_.oid);
        let operand = self.convert(typed, first, -1, Coercion::Implicit)?;
        let constant = |value: Value, type_oid| Typed::new(Expr::Constant(value), Type::new(type_oid));
        let more = [constant(Value::Int(typmod.into()), oid::INT4), constant(Value::Bool(coercion == Coercion::Explicit), oid::BOOL)];
        let arguments = std::iter::once(operand).chain(more).take(declared.len()).collect();
        self.call(&info, arguments, to)
    }

    /// A row whose fields become those of a composite type.
    fn record_to_composite(&mut self, typed: Typed, to: u32, coercion: Coercion) -> Result<Typed> {
        let type_ = self.names().type_of(to, -1);
        let Expr::Row { items, fields, .. } = typed.expr else {
            return Ok(Typed::new(convert(typed.expr, Conversion::Record { to }), type_));
        };
        let wanted = self.composite_fields(to);
        let refuse = |detail: String| Err(self.cannot_cast(oid::RECORD, to).detail(detail));
        if items.len() < wanted.len() {
            return refuse("Input has too few columns.".to_owned());
        }
        if items.len() > wanted.len() {
            return refuse("Input has too many columns.".to_owned());
        }
        let mut converted = Vec::with_capacity(items.len());
        for (place, ((item, field), wanted)) in items.into_iter().zip(fields.iter()).zip(&wanted).enumerate() {
            let from = self.names().type_of(field.type_oid, field.typmod);
            let to_type = self.names().type_of(wanted.type_oid, wanted.typmod);
            if !self.names().can_coerce(&[from.oid], &[to_type.oid], coercion) {
                let (from, wanted) = (format_type(self.names(), from.oid, None), format_type(self.names(), to_type.oid, None));
                let detail = format!("Cannot cast type {from} to {wanted} in column {}.", place + 1);
                return Err(self.cannot_cast(oid::RECORD, to).detail(detail));
            }
            converted.push(self.coerce(Typed::new(item, from), to_type, coercion)?.expr);
        }
        Ok(Typed::new(Expr::Row { type_oid: to, fields: wanted.into(), items: converted }, type_))
    }

    /// The fields of a composite type.
    pub(crate) fn composite_fields(&self, type_oid: u32) -> Vec<Field> {
        let (base, _) = self.catalog.base_type(type_oid, -1);
        let Some(info) = self.catalog.type_info(base).filter(|info| info.kind == TypeKind::Composite) else { return Vec::new() };
        let rows = self.catalog.find(crate::catalog::oid::PG_ATTRIBUTE, &["attrelid"], &[Value::oid(info.relation)]);
        let mut fields: Vec<(i64, Field)> = rows
            .iter()
            .filter(|row| row.bool("attisdropped") == Some(false))
            .filter_map(|row| {
                let number = row.int("attnum").filter(|number| *number > 0)?;
                let field = Field { name: row.text("attname")?, type_oid: row.oid("atttypid")?, typmod: row.int("atttypmod")? as i32 };
                Some((number, field))
            })
            .collect();
        fields.sort_by_key(|(number, _)| *number);
        fields.into_iter().map(|(_, field)| field).collect()
    }

    /// Enforces a length or precision.
    fn apply_modifier(&mut self, typed: Typed, typmod: i32, explicit: bool) -> Result<Typed> {
        let type_ = typed.type_.with_typmod(typmod);
        if typed.type_.typmod == typmod || typed.type_.oid == oid::UNKNOWN {
            return Ok(typed);
        }
        if typmod < 0 || !self.names().takes_modifier(type_.oid) {
            return Ok(Typed::new(typed.expr, type_));
        }
        let expr = match self.names().element(type_.oid) {
            Some(element) => {
                let inner = self.names().type_of(element, typmod);
                let cast = convert(Expr::Parameter(0), Conversion::Modifier { type_: inner, explicit });
                elements(typed.expr, element, cast)
            }
            None => convert(typed.expr, Conversion::Modifier { type_, explicit }),
        };
        Ok(Typed::new(expr, type_))
    }

    /// A type with the collation that an expression passes on to it.
    pub(super) fn type_from(&self, to: u32, from: &Typed) -> Type {
        let own = self.names().type_of(to, -1);
        if own.collation == 0 || from.type_.collation == 0 { own } else { Type { collation: from.type_.collation, ..own } }
    }

    /// Arguments as a function takes them.
    pub(super) fn coerce_arguments(&mut self, arguments: Vec<Typed>, declared: &[u32]) -> Result<Vec<Typed>> {
        let pairs = arguments.into_iter().zip(declared);
        pairs.map(|(argument, declared)| self.convert(argument, *declared, -1, Coercion::Implicit)).collect()
    }
}

fn convert(operand: Expr, conversion: Conversion) -> Expr {
    Expr::Convert { operand: Box::new(operand), conversion }
}

fn elements(array: Expr, element: u32, cast: Expr) -> Expr {
    convert(array, Conversion::Elements(Box::new(ElementCast { element, cast })))
}

/// The fields of a record as they are shared.
pub(crate) type Fields = Arc<[Field]>;
