//! Functions written in SQL: their text bound as a query with parameters, and the defaults of parameters.

use std::sync::Arc;

use spi::{Error, Result};
use sqlparser::ast;

use crate::bind::{Binder, Place};
use crate::expr::{Expr, Typed};
use crate::function::Signature;
use crate::parse;
use crate::query::{Body, Query};
use crate::resolve::{Coercion, FunctionInfo, fold};
use crate::statics::{self, SqlFunction};
use crate::types::{Type, oid};

impl Binder<'_> {
    /// The query that a function in SQL is; `None` where its text is not known.
    pub(super) fn sql_function(&mut self, info: &FunctionInfo, signature: &Signature) -> Result<Option<Arc<Query>>> {
        let text = match statics::sql_function(info.oid) {
            Some(SqlFunction::Return(expression)) => format!("SELECT {expression}"),
            Some(SqlFunction::Statements(text)) => text.trim().trim_end_matches(';').to_owned(),
            None => return Ok(None),
        };
        let syntax = parse::query(&text)?;
        let mut binder = Binder {
            source: "",
            scopes: Vec::new(),
            parameter_types: signature.arguments.iter().map(|type_| type_.oid).collect(),
            argument_names: info.parameter_names.clone(),
            record_shapes: std::mem::take(&mut self.record_shapes),
            search: self.search.clone(),
            ..*self
        };
        let bound = binder.inner_query(&syntax, true).and_then(|(query, _)| binder.as_result(query, signature.result));
        (self.subqueries, self.record_shapes) = (binder.subqueries, binder.record_shapes);
        bound.map(Some)
    }

    /// The query's columns as the function declares its result.
    fn as_result(&mut self, mut query: Query, result: Type) -> Result<Arc<Query>> {
        match query.columns.len() {
            _ if result.oid == oid::VOID => {}
            1 => self.convert_output(&mut query, 0, result)?,
            _ => {
                let fields = self.record_fields(result);
                for (place, field) in fields.iter().enumerate().take(query.columns.len()) {
                    let to = self.names().type_of(field.type_oid, field.typmod);
                    self.convert_output(&mut query, place, to)?;
                }
            }
        }
        Ok(Arc::new(query))
    }

    /// Makes a column of a query one of another type.
    pub(crate) fn convert_output(&mut self, query: &mut Query, place: usize, to: Type) -> Result<()> {
        let Some(column) = query.columns.get_mut(place) else { return Ok(()) };
        let from = column.type_;
        if from.oid == to.oid || matches!(to.oid, oid::ANY | oid::ANYELEMENT | oid::ANYARRAY) {
            return Ok(());
        }
        column.type_ = to;
        let convert = |binder: &mut Self, expr: &mut Expr| -> Result<()> {
            let taken = std::mem::replace(expr, Expr::Constant(crate::value::Value::Null));
            *expr = binder.coerce(Typed::new(taken, from), to, Coercion::Assignment)?.expr;
            Ok(())
        };
        match &mut query.body {
            Body::Select(select) => select.output.get_mut(place).map_or(Ok(()), |expr| convert(self, expr)),
            Body::Values(rows) => rows.iter_mut().filter_map(|row| row.get_mut(place)).try_for_each(|expr| convert(self, expr)),
            Body::SetOperation(operation) => {
                self.convert_output(&mut operation.left, place, to)?;
                self.convert_output(&mut operation.right, place, to)
            }
        }
    }

    /// A parameter of the function in SQL whose text is bound, by its name.
    pub(in crate::bind::expression) fn named_parameter(&mut self, ident: &ast::Ident) -> Option<Typed> {
        let name = fold(ident);
        let number = self.argument_names.iter().position(|argument| *argument == name && !name.is_empty())?;
        Some(self.parameter(number))
    }

    /// The default of a function's parameter, counted from 1.
    pub(super) fn default_argument(&mut self, function: u32, parameter: usize) -> Result<Typed> {
        let missing = || Error::internal(format!("function {function} has no default for parameter {parameter}"));
        let text = statics::function_default(function, parameter).ok_or_else(missing)?;
        let syntax = parse::expression(text)?;
        let source = std::mem::take(&mut self.source);
        let bound = self.expression(&syntax, Place::FunctionBody);
        self.source = source;
        bound
    }
}
