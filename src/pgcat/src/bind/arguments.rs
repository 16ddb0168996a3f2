//! The arguments of EXECUTE: expressions of nothing, as values of the parameters' types.

use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::ast::Spanned;

use super::scope::Scope;
use super::{Binder, Bound, Coercion, Place};
use crate::catalog::Catalog;
use crate::host::Host;
use crate::query::{Body, OutputColumn, Query};

/// Binds the arguments as a query of one row. `types` are those of the parameters, of which there are as many. Values become of these
/// types as they would in an assignment to a column.
pub fn bind_arguments(catalog: &Catalog, host: &dyn Host, arguments: &[ast::Expr], source: &str, types: &[u32]) -> Result<Bound> {
    let mut binder = Binder::new(catalog, host, source, &[]);
    binder.scopes.push(Scope::default());
    let row = binder.in_place(Place::ExecuteArgument, |binder| {
        let argument = |(number, (argument, type_oid)): (usize, (&ast::Expr, &u32))| {
            let typed = binder.expression(argument, Place::ExecuteArgument)?;
            let (from, to) = (typed.type_.oid, binder.names().type_of(*type_oid, -1));
            if !binder.names().can_coerce(&[from], &[to.oid], Coercion::Assignment) {
                let (number, from, to) = (number + 1, binder.type_text(typed.type_), binder.type_text(to));
                let message = format!("parameter ${number} of type {from} cannot be coerced to the expected type {to}");
                let error = Error::new(Code::DatatypeMismatch, message).hint("You will need to rewrite or cast the expression.");
                return Err(binder.error_at(error, argument.span()));
            }
            binder.coerce(typed, to, Coercion::Assignment)
        };
        arguments.iter().zip(types).enumerate().map(argument).collect::<Result<Vec<_>>>()
    })?;
    if !binder.parameter_types.is_empty() {
        return Err(Error::new(Code::UndefinedParameter, format!("there is no parameter ${}", binder.parameter_types.len())));
    }
    let column = |(number, type_): (usize, _)| OutputColumn { name: format!("column{}", number + 1), type_, origin: None };
    let query = Query {
        registers: binder.scope().registers.len(),
        ctes: Vec::new(),
        columns: row.iter().map(|typed| typed.type_).enumerate().map(column).collect(),
        body: Body::Values(vec![row.into_iter().map(|typed| typed.expr).collect()]),
        order_by: Vec::new(),
        offset: None,
        limit: None,
        with_ties: false,
        is_volatile: false,
    };
    Ok(Bound { query: Arc::new(query), parameter_types: Vec::new(), subqueries: binder.subqueries })
}
