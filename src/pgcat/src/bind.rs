//! From the syntax of a statement to a [`Query`] in which every name, type, operator and function is resolved by PostgreSQL's rules.

mod aggregates;
mod arguments;
mod expression;
mod from;
mod grouping;
mod joins;
mod limits;
mod names;
mod place;
mod query;
mod recursion;
mod referenced;
mod relations;
mod scope;
mod search;
mod select;
mod set_operations;
mod set_returning;
mod sort;
mod table_functions;
mod targets;
mod values;
mod views;
mod windows;
mod with;

pub use arguments::bind_arguments;
pub(crate) use expression::UNNAMED;
pub use expression::figure_column_name;
pub use referenced::{Referenced, referenced};

use std::sync::Arc;

use spi::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::tokenizer::Span;

use crate::catalog::Catalog;
use crate::expr::Expr;
use crate::host::Host;
use crate::query::Query;
pub(crate) use crate::resolve::{Coercion, fold, format_type};
use crate::types::{Type, oid};
use crate::value::Field;

pub(crate) use place::Place;
use scope::Scope;

/// A bound statement.
#[derive(Clone, Debug)]
pub struct Bound {
    pub query: Arc<Query>,
    /// Of `$1`, `$2`, …: as declared, or as they were inferred.
    pub parameter_types: Vec<u32>,
    /// How many sub-queries it has; their ids are below.
    pub subqueries: usize,
}

/// The state of binding one statement.
pub(crate) struct Binder<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) host: &'a dyn Host,
    /// The statement's text, for the positions of errors; empty for the text of views and functions.
    pub(crate) source: &'a str,
    /// Where unqualified names are looked for, in order.
    pub(crate) search: Vec<u32>,
    /// The queries around the expression at hand, the innermost last.
    pub(crate) scopes: Vec<Scope>,
    /// Declared types of the parameters; 0 where not known yet.
    pub(crate) parameter_types: Vec<u32>,
    /// The id of the next sub-query.
    pub(crate) subqueries: usize,
    /// The fields of records whose type is `record`: its modifier is a place in here.
    pub(crate) record_shapes: Vec<Arc<[Field]>>,
    /// The names of the parameters of the function in SQL whose text is bound; empty for statements.
    pub(crate) argument_names: Vec<String>,
    /// How many parts of the statement were begun.
    begun: u32,
}

/// After how many parts of a statement it is asked whether to go on. Each takes some microseconds.
const PARTS_BETWEEN_CHECKS: u32 = 32;

/// Binds a query. The parameters' types are those that are declared, 0 where one is not.
pub fn bind(catalog: &Catalog, host: &dyn Host, query: &ast::Query, source: &str, parameter_types: &[u32]) -> Result<Bound> {
    let mut binder = Binder::new(catalog, host, source, parameter_types);
    let (mut query, _) = binder.inner_query(query, true)?;
    for column in query.columns.iter_mut().filter(|column| column.type_.oid == oid::RECORD) {
        // What the fields of its records are only binding knows.
        column.type_ = Type::new(oid::RECORD);
    }
    let parameter_types = binder.parameter_types;
    match parameter_types.iter().position(|type_oid| matches!(*type_oid, 0 | oid::UNKNOWN)) {
        None => Ok(Bound { query: Arc::new(query), parameter_types, subqueries: binder.subqueries }),
        Some(number) => {
            let message = format!("could not determine data type of parameter ${}", number + 1);
            Err(Error::new(Code::IndeterminateType, message))
        }
    }
}

/// The OID of a type that a statement names.
pub fn bind_type(catalog: &Catalog, host: &dyn Host, written: &ast::DataType) -> Result<u32> {
    Binder::new(catalog, host, "", &[]).type_name(written).map(|type_| type_.oid)
}

impl<'a> Binder<'a> {
    fn new(catalog: &'a Catalog, host: &'a dyn Host, source: &'a str, parameter_types: &[u32]) -> Self {
        Self {
            catalog,
            host,
            source,
            search: catalog.search_namespaces(&host.search_path()),
            scopes: Vec::new(),
            parameter_types: parameter_types.to_vec(),
            subqueries: 0,
            record_shapes: Vec::new(),
            argument_names: Vec::new(),
            begun: 0,
        }
    }
}

impl Binder<'_> {
    /// Counts a part of the statement that is begun. Every so many, the statement may be stopped here.
    fn begin(&mut self) -> Result<()> {
        self.begun = self.begun.wrapping_add(1);
        if self.begun.is_multiple_of(PARTS_BETWEEN_CHECKS) { self.host.check_cancelled() } else { Ok(()) }
    }

    /// The innermost query. There is one while anything is bound.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scopes[self.scopes.len() - 1]
    }

    pub(crate) fn scope_mut(&mut self) -> &mut Scope {
        let innermost = self.scopes.len() - 1;
        &mut self.scopes[innermost]
    }

    /// Where in the statement's text something begins, from 1 in characters; `None` for what has no place there.
    pub(crate) fn position(&self, span: Span) -> Option<usize> {
        let (line, column) = (span.start.line as usize, span.start.column as usize);
        if line == 0 || self.source.is_empty() {
            return None;
        }
        let before: usize = self.source.split_inclusive('\n').take(line - 1).map(|line| line.chars().count()).sum();
        Some(before + column)
    }

    /// A condition of a construct such as `WHERE`: an expression that is a truth value.
    pub(crate) fn condition(&mut self, syntax: &ast::Expr, place: Place, construct: &str) -> Result<Expr> {
        let typed = self.expression(syntax, place)?;
        self.truth(typed, construct, syntax)
    }

    /// A type as errors name it.
    pub(crate) fn type_text(&self, type_: Type) -> String {
        format_type(self.names(), type_.oid, (type_.oid != oid::RECORD).then_some(type_.typmod))
    }

    /// The error at the place of what caused it.
    pub(crate) fn error_at(&self, error: Error, span: Span) -> Error {
        match self.position(span) {
            Some(position) if error.position.is_none() => error.position(position),
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests;
