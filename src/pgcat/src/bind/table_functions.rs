//! Functions in FROM: what columns they have, alone and side by side.

use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::ast::Spanned;

use super::from::{Side, rename_columns};
use super::scope::{Item, ItemColumn, ItemFunction, Scanned};
use super::{Binder, Place, fold};
use crate::expr::{Expr, Typed};
use crate::function::{Function, Signature};
use crate::parse::ROWS_FROM;
use crate::query::TableExpr;
use crate::types::{Type, oid};
use crate::value::{Field, Record, Value};

/// A function in FROM with its columns.
struct Bound {
    function: ItemFunction,
    columns: Vec<ItemColumn>,
    /// Whether it gives plain values.
    is_scalar: bool,
    row_type: u32,
}

impl Binder<'_> {
    /// A function in FROM, or several of them side by side.
    pub(super) fn table_function(
        &mut self,
        name: &ast::ObjectName,
        arguments: &[ast::FunctionArg],
        with_ordinality: bool,
        alias: Option<&ast::TableAlias>,
    ) -> Result<Side> {
        let calls = calls(name, arguments)?;
        self.scan_functions(&calls, with_ordinality, alias)
    }

    /// A word such as `current_user` in FROM, which is a function without parentheses.
    pub(super) fn value_function(&mut self, word: &ast::Ident, alias: Option<&ast::TableAlias>) -> Result<Side> {
        self.scan_functions(&[ast::Expr::Identifier(word.clone())], false, alias)
    }

    fn scan_functions(&mut self, calls: &[ast::Expr], with_ordinality: bool, alias: Option<&ast::TableAlias>) -> Result<Side> {
        let mut functions = Vec::with_capacity(calls.len());
        let mut columns = Vec::new();
        let (mut is_scalar, mut row_type) = (calls.len() == 1 && !with_ordinality, oid::RECORD);
        for call in calls {
            let bound = self.scanned_function(call, calls.len() == 1, alias)?;
            is_scalar &= bound.is_scalar;
            if calls.len() == 1 && !with_ordinality {
                row_type = bound.row_type;
            }
            functions.push(bound.function);
            columns.extend(bound.columns);
        }
        if with_ordinality {
            columns.push(ItemColumn::new("ordinality", Type::new(oid::INT8), None));
        }
        let name = match alias {
            Some(alias) if !alias.name.value.is_empty() => fold(&alias.name),
            _ => calls.first().map(super::figure_column_name).unwrap_or_default(),
        };
        let mut item = Item::new(name, columns, Some(Scanned::Function { functions, with_ordinality }));
        (item.is_scalar, item.row_type) = (is_scalar, row_type);
        if let Some(alias) = alias.filter(|alias| !has_definitions(alias)) {
            rename_columns(&mut item, alias, "table")?;
        }
        Ok(self.whole(item))
    }

    fn scanned_function(&mut self, call: &ast::Expr, is_only: bool, alias: Option<&ast::TableAlias>) -> Result<Bound> {
        let outside = std::mem::replace(&mut self.scope_mut().is_lateral, true);
        let typed = self.in_place(Place::FromFunction, |binder| binder.expression(call, Place::FromFunction));
        self.scope_mut().is_lateral = outside;
        let typed = typed?;
        let (expr, outputs) = match typed.expr.clone() {
            Expr::Call(call) if call.function.returns_set => {
                let outputs = call.function.outputs.clone();
                (TableExpr::Set { function: call.function, arguments: call.arguments }, outputs)
            }
            Expr::Call(call) => {
                let outputs = call.function.outputs.clone();
                (TableExpr::Single(Expr::Call(call)), outputs)
            }
            expr => (TableExpr::Single(expr), Arc::default()),
        };
        check_top_level(&expr).map_err(|error| self.error_at(error, call.span()))?;
        let definitions = alias.filter(|alias| has_definitions(alias));
        if let Some(alias) = definitions {
            let span = alias.columns.first().map_or_else(|| call.span(), |column| column.name.span);
            self.check_definitions(&typed, &outputs).map_err(|error| self.error_at(error, span))?;
            let fields = self.defined_columns(alias)?;
            let columns = fields.iter().map(|(name, type_)| ItemColumn::new(&**name, *type_, None)).collect::<Vec<_>>();
            let function = ItemFunction { expr: with_shape(expr, &fields), is_record: true, columns: columns.len() };
            return Ok(Bound { function, columns, is_scalar: false, row_type: oid::RECORD });
        }
        let fields = self.record_fields(typed.type_);
        if !fields.is_empty() {
            let column = |field: &Field| ItemColumn::new(&*field.name, self.names().type_of(field.type_oid, field.typmod), None);
            let columns: Vec<ItemColumn> = fields.iter().map(column).collect();
            let function = ItemFunction { expr, is_record: true, columns: columns.len() };
            return Ok(Bound { function, columns, is_scalar: false, row_type: typed.type_.oid });
        }
        if typed.type_.oid == oid::RECORD {
            let message = "a column definition list is required for functions returning \"record\"";
            return Err(self.error_at(Error::new(Code::Syntax, message), call.span()));
        }
        let typed_settled = if typed.type_.oid == oid::UNKNOWN { Type::new(oid::TEXT) } else { typed.type_ };
        let name = match (self.only_output(&typed), alias) {
            (Some(name), _) => name,
            (None, Some(alias)) if is_only => fold(&alias.name),
            _ => super::figure_column_name(call),
        };
        let columns = vec![ItemColumn::new(name, typed_settled, None)];
        let function = ItemFunction { expr, is_record: false, columns: 1 };
        Ok(Bound { function, columns, is_scalar: true, row_type: typed_settled.oid })
    }

    /// The name of the only OUT parameter of a function, which its column has.
    fn only_output(&self, typed: &Typed) -> Option<String> {
        let Expr::Call(call) = &typed.expr else { return None };
        let row = self.catalog.by_oid(crate::catalog::oid::PG_PROC, call.function.oid)?;
        let (Value::Array(modes), Value::Array(names)) = (row.get("proargmodes"), row.get("proargnames")) else { return None };
        let is_output = |mode: &Value| matches!(mode.as_str(), Some("o" | "b" | "t"));
        let mut outputs = modes.values.iter().zip(&names.values).filter(|(mode, _)| is_output(mode));
        match (outputs.next(), outputs.next()) {
            (Some((_, name)), None) => name.as_str().filter(|name| !name.is_empty()).map(str::to_owned),
            _ => None,
        }
    }

    /// Refuses a list of columns for a function whose columns are known.
    fn check_definitions(&self, typed: &Typed, outputs: &[Field]) -> Result<()> {
        let message = if !outputs.is_empty() {
            "a column definition list is redundant for a function with OUT parameters"
        } else if typed.type_.oid == oid::RECORD {
            return Ok(());
        } else if self.names().is_composite(typed.type_.oid) {
            "a column definition list is redundant for a function returning a named composite type"
        } else {
            "a column definition list is only allowed for functions returning \"record\""
        };
        Err(Error::new(Code::Syntax, message))
    }

    fn defined_columns(&mut self, alias: &ast::TableAlias) -> Result<Vec<(Arc<str>, Type)>> {
        let mut columns: Vec<(Arc<str>, Type)> = Vec::with_capacity(alias.columns.len());
        for column in &alias.columns {
            let name = fold(&column.name);
            let Some(data_type) = &column.data_type else {
                return Err(self.error_at(Error::new(Code::Syntax, "syntax error in a column definition list"), column.name.span));
            };
            if columns.iter().any(|(known, _)| **known == *name) {
                let message = format!("column name \"{name}\" specified more than once");
                return Err(self.error_at(Error::new(Code::DuplicateColumn, message), column.name.span));
            }
            columns.push((name.into(), self.type_name(data_type)?));
        }
        Ok(columns)
    }
}

/// The calls that a function in FROM is: several in ROWS FROM, and one per array of `unnest`.
fn calls(name: &ast::ObjectName, arguments: &[ast::FunctionArg]) -> Result<Vec<ast::Expr>> {
    let word = name.0.last().and_then(|part| part.as_ident());
    let plain = |argument: &ast::FunctionArg| match argument {
        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    };
    let is_rows_from = name.0.len() == 1 && word.is_some_and(|word| word.value == ROWS_FROM && word.quote_style.is_some());
    if is_rows_from {
        let calls: Option<Vec<ast::Expr>> = arguments.iter().map(plain).collect();
        return calls.ok_or_else(|| Error::new(Code::Syntax, "syntax error in ROWS FROM"));
    }
    let is_unnest = word.is_some_and(|word| fold(word) == "unnest");
    if is_unnest && arguments.len() > 1 {
        return Ok(arguments.iter().map(|argument| call(name, std::slice::from_ref(argument))).collect());
    }
    Ok(vec![call(name, arguments)])
}

fn call(name: &ast::ObjectName, arguments: &[ast::FunctionArg]) -> ast::Expr {
    let list = ast::FunctionArgumentList { duplicate_treatment: None, args: arguments.to_vec(), clauses: Vec::new() };
    ast::Expr::Function(ast::Function {
        name: name.clone(),
        uses_odbc_syntax: false,
        parameters: ast::FunctionArguments::None,
        args: ast::FunctionArguments::List(list),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn has_definitions(alias: &ast::TableAlias) -> bool {
    alias.columns.iter().any(|column| column.data_type.is_some())
}

/// Refuses a set-returning function inside of another one's arguments.
fn check_top_level(expr: &TableExpr) -> Result<()> {
    let mut has_inner = false;
    let mut find = |expr: &Expr| {
        expr.each(&mut |expr, deeper| has_inner |= deeper == 0 && matches!(expr, Expr::Call(call) if call.function.returns_set));
    };
    match expr {
        TableExpr::Single(expr) => find(expr),
        TableExpr::Set { arguments, .. } => arguments.iter().for_each(find),
    }
    match has_inner {
        true => Err(Error::new(Code::Unsupported, "set-returning functions must appear at top level of FROM")),
        false => Ok(()),
    }
}

/// Tells a function that gives any records, by one argument more, which fields its records are to have: a record of nulls.
fn with_shape(expr: TableExpr, columns: &[(Arc<str>, Type)]) -> TableExpr {
    let field = |(name, type_): &(Arc<str>, Type)| Field { name: name.clone(), type_oid: type_.oid, typmod: type_.typmod };
    let fields: Arc<[Field]> = columns.iter().map(field).collect();
    let values = vec![Value::Null; fields.len()];
    let shape = Expr::Constant(Value::Record(Arc::new(Record { type_oid: oid::RECORD, fields, values })));
    let shaped = |function: &Function| {
        let mut function = function.clone();
        let Signature { arguments, .. } = &mut function.signature;
        arguments.push(Type::new(oid::RECORD));
        Arc::new(function)
    };
    match expr {
        TableExpr::Set { function, mut arguments } => {
            arguments.push(shape);
            TableExpr::Set { function: shaped(&function), arguments }
        }
        TableExpr::Single(Expr::Call(mut call)) => {
            call.function = shaped(&call.function);
            call.arguments.push(shape);
            TableExpr::Single(Expr::Call(call))
        }
        other => other,
    }
}
