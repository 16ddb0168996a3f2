//! Rows as values, and what their fields are.

use spi::{Code, Error, Result};
use sqlparser::ast;

use super::coerce::Fields;
use crate::bind::{Binder, Place};
use crate::expr::{Expr, Typed};
use crate::resolve::format_type;
use crate::types::{Type, oid};
use crate::value::Field;

impl Binder<'_> {
    /// `ROW(a, b)`, whose fields are called `f1`, `f2`, …; `t.*` in it stands for all columns of `t`.
    pub(super) fn row_value(&mut self, items: &[ast::Expr], place: Place) -> Result<Typed> {
        let mut bound = Vec::with_capacity(items.len());
        for item in items {
            match item {
                ast::Expr::QualifiedWildcard(name, _) => {
                    let whole = self.whole_row(name)?;
                    let fields = self.record_fields(whole.type_);
                    for (field, described) in fields.iter().enumerate() {
                        let expr = Expr::Field { record: Box::new(whole.expr.clone()), field };
                        bound.push(Typed::new(expr, self.names().type_of(described.type_oid, described.typmod)));
                    }
                }
                item => bound.push(self.expression(item, place)?),
            }
        }
        Ok(self.row_of(bound))
    }

    fn row_of(&mut self, items: Vec<Typed>) -> Typed {
        let field = |(place, item): (usize, &Typed)| Field {
            name: format!("f{}", place + 1).into(),
            type_oid: item.type_.oid,
            typmod: if item.type_.oid == oid::UNKNOWN { -1 } else { item.type_.typmod },
        };
        let fields: Fields = items.iter().enumerate().map(field).collect();
        let type_ = self.record_type(&fields);
        Typed::new(Expr::Row { type_oid: oid::RECORD, fields, items: items.into_iter().map(|item| item.expr).collect() }, type_)
    }

    /// The type of records with these fields. What a record's fields are is kept for the statement under a number, which is the type's
    /// modifier, as in PostgreSQL.
    pub(crate) fn record_type(&mut self, fields: &Fields) -> Type {
        let known = self.record_shapes.iter().position(|other| other == fields);
        let number = known.unwrap_or_else(|| {
            self.record_shapes.push(fields.clone());
            self.record_shapes.len() - 1
        });
        Type::new(oid::RECORD).with_typmod(i32::try_from(number).unwrap_or(-1))
    }

    /// The fields of a composite type or of a record whose fields are known; none where they are not, or it is neither.
    pub(crate) fn record_fields(&self, type_: Type) -> Fields {
        if type_.oid == oid::RECORD {
            let known = usize::try_from(type_.typmod).ok().and_then(|number| self.record_shapes.get(number));
            return known.cloned().unwrap_or_default();
        }
        self.composite_fields(type_.oid).into()
    }

    /// The columns of a record, for `(record).*`.
    pub(crate) fn record_columns(&self, record: &Typed) -> Result<Vec<(String, Type)>> {
        let fields = self.record_fields(record.type_);
        if fields.is_empty() {
            let message = match record.type_.oid {
                oid::RECORD => "record type has not been registered".to_owned(),
                other => format!("type {} is not composite", format_type(self.names(), other, None)),
            };
            return Err(Error::new(Code::WrongObject, message));
        }
        let column = |field: &Field| (field.name.to_string(), self.names().type_of(field.type_oid, field.typmod));
        Ok(fields.iter().map(column).collect())
    }
}
